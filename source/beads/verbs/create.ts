import { GastownError } from '../../common/errors.ts';
import { safeLine } from '../../common/text.ts';
import type { CommandInput } from '../../ledger/commands.ts';
import type { Flag } from '../arguments.ts';
import { findBead, knownPrefixes, prefixOf } from '../ids.ts';
import { issueOf } from '../issue.ts';
import { parseMoment } from '../times.ts';
import { longText, parseMetadata, parsePriority, parseStatus, parseType } from '../values.ts';
import type { Call, Output, Verb } from '../verb.ts';
import { parseDependencies, waitsFor } from './create/dependencies.ts';
import { createFromGraph } from './create/graph.ts';
import { createFromMarkdown } from './create/markdown.ts';

const FLAGS: readonly Flag[] = [
  { name: 'title', kind: 'text', help: 'Title, instead of the word' },
  { name: 'type', short: 't', kind: 'text', help: 'bug, feature, task, epic, chore, decision, … (default task)' },
  { name: 'priority', short: 'p', kind: 'text', help: '0-4 or P0-P4, 0 = highest (default 2)' },
  { name: 'description', short: 'd', kind: 'text', aliases: ['body', 'message'], help: 'What to do (- reads stdin)' },
  {
    name: 'body-file',
    kind: 'text',
    aliases: ['description-file'],
    help: 'Read the description from a file (- for stdin)',
  },
  { name: 'stdin', kind: 'switch', help: 'Read the description from stdin' },
  { name: 'design', kind: 'text', help: 'Design notes' },
  { name: 'design-file', kind: 'text', help: 'Read the design from a file (- for stdin)' },
  { name: 'acceptance', kind: 'text', aliases: ['acceptance-criteria'], help: 'Acceptance criteria' },
  { name: 'notes', kind: 'text', aliases: ['append-notes'], help: 'Notes' },
  { name: 'assignee', short: 'a', kind: 'text', help: 'Assignee' },
  { name: 'labels', short: 'l', kind: 'list', aliases: ['label'], help: 'Labels, comma-separated' },
  { name: 'parent', kind: 'text', help: 'Parent: the new one becomes parent.N' },
  { name: 'no-inherit-labels', kind: 'switch', help: 'Do not take over the labels of the parent' },
  {
    name: 'deps',
    kind: 'list',
    help: "'type:id' or 'id': this one depends on id; 'blocks:id': id depends on this one",
  },
  { name: 'waits-for', kind: 'text', help: 'Wait for the children of this issue' },
  { name: 'waits-for-gate', kind: 'text', help: 'all-children (default) or any-children' },
  { name: 'id', kind: 'text', help: 'Id of its own' },
  { name: 'force', kind: 'switch', help: 'Take an id with a prefix that is not of this town' },
  { name: 'status', short: 's', kind: 'text', help: 'Status to begin with' },
  { name: 'external-ref', kind: 'text', help: "The same work elsewhere ('gh-9', 'jira-ABC')" },
  { name: 'spec-id', kind: 'text', help: 'Specification it comes from' },
  { name: 'estimate', short: 'e', kind: 'number', help: 'Minutes' },
  { name: 'due', kind: 'text', help: 'Due: +6h, +1d, tomorrow, next monday, 2026-01-15' },
  { name: 'defer', kind: 'text', help: 'Not ready before; as --due' },
  { name: 'metadata', kind: 'text', help: 'JSON, or @file.json' },
  { name: 'ephemeral', kind: 'switch', help: 'Short-lived: never in bd ready' },
  { name: 'no-history', kind: 'switch', help: 'Mark as one whose history is of no interest' },
  { name: 'mol-type', kind: 'text', help: 'swarm, patrol or work' },
  { name: 'wisp-type', kind: 'text', help: 'Kind of a short-lived one' },
  { name: 'event-category', kind: 'text', help: 'Kind of event (with --type event)' },
  { name: 'event-actor', kind: 'text', help: 'Who caused the event' },
  { name: 'event-target', kind: 'text', help: 'What the event is about' },
  { name: 'event-payload', kind: 'text', help: 'JSON of the event' },
  {
    name: 'rig',
    kind: 'text',
    aliases: ['repo'],
    help: 'Repository of the town it belongs to (default: the only one)',
  },
  { name: 'file', short: 'f', kind: 'text', help: 'Make many from a Markdown file: a "## Title" each' },
  { name: 'graph', kind: 'text', help: 'Make a plan of nodes and edges from a JSON file (- for stdin)' },
  { name: 'dry-run', kind: 'switch', help: 'Only say what would be made' },
  { name: 'silent', kind: 'switch', help: 'Print only the id' },
];

const createVerb: Verb = {
  name: 'create',
  aliases: ['new'],
  summary: 'Create a new issue, or many from a Markdown file',
  usage: '[title] [flags]',
  flags: FLAGS,
  writes: true,
  run: call => {
    const more = rigOf(call, call.args.text('rig'));
    if (call.args.has('file')) return createFromMarkdown(call, more);
    return call.args.has('graph') ? createFromGraph(call, more) : createOne(call);
  },
};

const quickVerb: Verb = {
  name: 'q',
  summary: 'Quick capture: create an issue and print only its id',
  usage: '<title> [flags]',
  flags: FLAGS.filter(flag => ['title', 'type', 'priority', 'labels'].includes(flag.name)),
  writes: true,
  async run(call) {
    const { args, data } = call;
    const id = await create(call, {
      title: titleOf(call),
      issue_type: parseType(data, args.text('type') ?? 'task'),
      priority: parsePriority(args.text('priority') ?? '2'),
      ...(args.has('labels') && { labels: [...args.list('labels')] }),
      ...rigOf(call, undefined),
    });
    return { text: id, essential: true, json: { id } };
  },
};

export const createVerbs: readonly Verb[] = [createVerb, quickVerb];

type Draft = CommandInput<'bead.create'>;

const createOne = async (call: Call): Promise<Output> => {
  const { args, data } = call;
  const draft = draftOf(call);
  const status = args.has('status') ? parseStatus(data, args.text('status')!) : 'open';
  if (args.on('dry-run')) return preview(draft);
  const id = await create(call, draft);
  if (status !== 'open') await call.execute({ type: 'bead.update', payload: { id, set: { status } } });
  const bead = data.beads.get(id)!;
  if (args.on('silent')) return { text: id, essential: true };
  return {
    text: `✓ Created issue: ${id} — ${safeLine(bead.title)}\n  Priority: P${bead.priority}\n  Status: ${bead.status}`,
    json: { schema_version: 1, ...issueOf(bead) },
  };
};

/** Executes it and answers with the new id. */
const create = async (call: Call, draft: Draft): Promise<string> => {
  const { written } = await call.execute({ type: 'bead.create', payload: draft });
  return written[0]!.id;
};

/** What the flags ask for; nothing is changed by it. */
const draftOf = (call: Call): Draft => {
  const { args, data, now } = call;
  const text = (flag: string, field: string) => (args.has(flag) ? { [field]: args.text(flag)! } : {});
  const description = longText(call, { text: 'description', file: 'body-file', stdin: 'stdin' });
  const design = longText(call, { text: 'design', file: 'design-file' });
  const parent = args.text('parent') ? findBead(data, args.text('parent')!) : undefined;
  const inherited = parent && !args.on('no-inherit-labels') ? (parent.labels ?? []) : [];
  const labels = [...new Set([...args.list('labels'), ...inherited])];
  const { dependencies, dependents } = parseDependencies(data, args.list('deps'));
  if (args.has('waits-for')) dependencies.push(waitsFor(data, args.text('waits-for')!, args.text('waits-for-gate')));
  const estimate = args.number('estimate');
  if (estimate !== undefined && estimate < 0)
    throw new GastownError('usage', 'estimate must be a non-negative number of minutes');
  return {
    title: titleOf(call),
    issue_type: parseType(data, args.text('type') ?? 'task'),
    priority: parsePriority(args.text('priority') ?? '2'),
    ...(args.text('id') && { id: idOf(call) }),
    ...(description !== undefined && { description }),
    ...(design !== undefined && { design }),
    ...text('acceptance', 'acceptance_criteria'),
    ...text('notes', 'notes'),
    ...(args.text('assignee') && { assignee: args.text('assignee')! }),
    ...(labels.length > 0 && { labels }),
    ...(parent && { parent: parent.id }),
    ...(dependencies.length > 0 && { dependencies }),
    ...(dependents.length > 0 && { dependents }),
    ...text('external-ref', 'external_ref'),
    ...text('spec-id', 'spec_id'),
    ...(estimate !== undefined && { estimated_minutes: estimate }),
    ...(args.text('due') && { due_at: parseMoment(args.text('due')!, now) }),
    ...(args.text('defer') && { defer_until: parseMoment(args.text('defer')!, now) }),
    ...(args.has('metadata') && { metadata: parseMetadata(call, args.text('metadata')!) as never }),
    ...(args.on('ephemeral') && { ephemeral: true }),
    ...(args.on('no-history') && { no_history: true }),
    ...text('mol-type', 'mol_type'),
    ...text('wisp-type', 'wisp_type'),
    ...text('event-category', 'event_kind'),
    ...text('event-actor', 'actor'),
    ...text('event-target', 'target'),
    ...text('event-payload', 'payload'),
    ...rigOf(call, args.text('rig')),
  };
};

/** One title: unquoted words are an error, or half of it would be lost. */
const titleOf = ({ args }: Call): string => {
  const flag = args.has('title') ? args.text('title') : undefined;
  if (args.words.length > 1) {
    throw new GastownError('usage', `accepts at most 1 title, received ${args.words.length}`, {
      hint: 'Put the title into quotes.',
    });
  }
  const [word] = args.words;
  if (word !== undefined && flag !== undefined && word !== flag) {
    throw new GastownError('usage', 'cannot specify different titles as both the word and --title');
  }
  const title = (word ?? flag ?? '').trim();
  if (title === '') throw new GastownError('usage', 'title required', { hint: 'bd create "What is to be done"' });
  return title;
};

const idOf = ({ args, data }: Call): string => {
  const id = args.text('id')!;
  const known = knownPrefixes(data);
  if (args.on('force') || known.includes(prefixOf(id))) return id;
  throw new GastownError(
    'usage',
    `prefix mismatch: "${id}" does not begin with ${known.map(one => `${one}-`).join(', ')}`,
    {
      hint: 'Use --force to take it all the same.',
    },
  );
};

/** The rig named; an agent's beads belong to its own one. */
const rigOf = (call: Call, named: string | undefined): { rig?: string } => {
  if (named) return { rig: named };
  return call.isAgent ? { rig: call.name.slice(0, call.name.indexOf('/')) } : {};
};

const preview = (draft: Draft): Output => {
  const { parent, dependencies, dependents, ...fields } = draft;
  const deps = [
    ...(parent ? [`child of ${parent}`] : []),
    ...(dependencies ?? []).map(edge => `${edge.type ?? 'blocks'}:${edge.depends_on_id}`),
    ...(dependents ?? []).map(edge => `${edge.issue_id} depends on it`),
  ];
  const lines = [
    '[DRY RUN] Would create issue:',
    `  ID: ${draft.id ?? '(will be generated)'}`,
    `  Title: ${draft.title}`,
    `  Type: ${draft.issue_type}`,
    `  Priority: P${draft.priority}`,
    '  Status: open',
    ...(draft.assignee ? [`  Assignee: ${draft.assignee}`] : []),
    ...(draft.description ? [`  Description: ${draft.description}`] : []),
    ...(draft.labels ? [`  Labels: ${draft.labels.join(', ')}`] : []),
    ...(deps.length > 0 ? [`  Dependencies: ${deps.join(', ')}`] : []),
  ];
  return { text: lines.join('\n'), json: { id: '', ...fields, status: 'open', ...(dependencies && { dependencies }) } };
};
