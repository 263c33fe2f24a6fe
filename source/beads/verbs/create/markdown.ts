import { GastownError } from '../../../common/errors.ts';
import { safeLine } from '../../../common/text.ts';
import type { CommandInput } from '../../../ledger/commands.ts';
import { issueOf } from '../../issue.ts';
import { parsePriority, parseType } from '../../values.ts';
import type { Call, Output } from '../../verb.ts';
import { parseDependencies } from './dependencies.ts';

/** Beads of one file: past this it is an import. */
const ISSUES_MAX = 1_000;

/**
 * `create --file`: a `## Title` begins a bead; `### Priority`, `Type`, `Description`, `Design`, `Acceptance Criteria`,
 * `Notes`, `Assignee`, `Labels` and `Dependencies` are its parts, and text right below the title describes it. The whole
 * file is checked before the first bead is made.
 */
export const createFromMarkdown = async (call: Call, more: { rig?: string }): Promise<Output> => {
  const { args, data } = call;
  const file = args.text('file')!;
  if (args.words.length > 0 || args.has('title')) {
    throw new GastownError('usage', 'cannot specify both a title and --file', {
      hint: 'The titles stand in the file.',
    });
  }
  const sections = readSections(call.file(file));
  if (sections.length === 0) {
    throw new GastownError('usage', `no issues found in markdown file ${file}`, {
      hint: 'Each begins with "## Title".',
    });
  }
  if (sections.length > ISSUES_MAX) {
    throw new GastownError('usage', `${sections.length} issues in one file are too many; ${ISSUES_MAX} are allowed`);
  }
  const drafts = sections.map(section => ({ ...draftOf(call, section), ...more }));
  if (args.on('dry-run')) {
    const rows = drafts.map(draft => `  ${draft.title} [P${draft.priority}, ${draft.issue_type}]`);
    return { text: [`[DRY RUN] Would create ${drafts.length} issues from ${file}:`, ...rows].join('\n'), json: drafts };
  }
  const ids: string[] = [];
  for (const draft of drafts) {
    const { written } = await call.execute({ type: 'bead.create', payload: draft });
    ids.push(written[0]!.id);
  }
  if (args.on('silent')) return { text: ids.join('\n'), essential: true };
  const made = ids.map(id => data.beads.get(id)!);
  const rows = made.map(bead => `  ${bead.id}: ${safeLine(bead.title)} [P${bead.priority}, ${bead.issue_type}]`);
  return {
    text: [`✓ Created ${made.length} issues from ${file}:`, ...rows].join('\n'),
    json: made.map(issueOf),
  };
};

interface Section {
  readonly title: string;
  /** By heading in lower case; what stands right below the title is ''. */
  readonly parts: ReadonlyMap<string, string>;
}

const readSections = (text: string): Section[] => {
  const sections: { title: string; parts: Map<string, string> }[] = [];
  let part = '';
  let fenced = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const heading = fenced ? null : /^(##|###)\s+(.+?)\s*$/.exec(line);
    const current = sections.at(-1);
    if (heading?.[1] === '##') {
      sections.push({ title: heading[2]!, parts: new Map() });
      part = '';
    } else if (heading && current) part = heading[2]!.toLowerCase();
    else if (current) current.parts.set(part, `${current.parts.get(part) ?? ''}${line}\n`);
  }
  return sections.map(({ title, parts }) => ({
    title,
    parts: new Map([...parts].map(([name, body]) => [name, body.trim()])),
  }));
};

const draftOf = (call: Call, { title, parts }: Section): CommandInput<'bead.create'> => {
  const { data, args } = call;
  const part = (...names: string[]) =>
    names.map(name => parts.get(name)).find(text => text !== undefined && text !== '');
  const texts = {
    description: part('description', ''),
    design: part('design'),
    acceptance_criteria: part('acceptance criteria', 'acceptance'),
    notes: part('notes'),
    assignee: part('assignee'),
  };
  const labels = [...new Set([...words(part('labels')), ...args.list('labels')])];
  const { dependencies, dependents } = parseDependencies(data, words(part('dependencies', 'deps')));
  try {
    return {
      title,
      issue_type: parseType(data, part('type') ?? args.text('type') ?? 'task'),
      priority: parsePriority(part('priority') ?? args.text('priority') ?? '2'),
      ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)),
      ...(labels.length > 0 && { labels }),
      ...(dependencies.length > 0 && { dependencies }),
      ...(dependents.length > 0 && { dependents }),
    };
  } catch (error) {
    throw new GastownError('usage', `in "${title}": ${(error as Error).message}`, { cause: error });
  }
};

/** Separated by commas or lines, with or without list marks. */
const words = (text = ''): string[] =>
  text
    .split(/[,\n]/)
    .map(word => word.replace(/^\s*[-*]\s+/, '').trim())
    .filter(Boolean);
