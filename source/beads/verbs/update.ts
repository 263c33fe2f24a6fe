import { GastownError, toGastownError } from '../../common/errors.ts';
import { safeLine } from '../../common/text.ts';
import type { CommandInput } from '../../ledger/commands.ts';
import type { Bead } from '../../ledger/schema.ts';
import type { Flag } from '../arguments.ts';
import { findBead } from '../ids.ts';
import { issueOf } from '../issue.ts';
import { parseMoment } from '../times.ts';
import { longText, parseMetadata, parsePair, parsePriority, parseStatus, parseType } from '../values.ts';
import type { Call, Output, Verb } from '../verb.ts';

const FLAGS: readonly Flag[] = [
  { name: 'title', kind: 'text', help: 'New title' },
  { name: 'status', short: 's', kind: 'text', help: 'New status' },
  { name: 'priority', short: 'p', kind: 'text', help: '0-4 or P0-P4' },
  { name: 'type', short: 't', kind: 'text', help: 'New type' },
  { name: 'assignee', short: 'a', kind: 'text', help: 'Assignee; empty for none' },
  {
    name: 'claim',
    kind: 'switch',
    help: 'Take it: assignee you, status in_progress; refused when somebody else has it',
  },
  {
    name: 'description',
    short: 'd',
    kind: 'text',
    aliases: ['body', 'message'],
    help: 'New description (- reads stdin)',
  },
  {
    name: 'body-file',
    kind: 'text',
    aliases: ['description-file'],
    help: 'Read the description from a file (- for stdin)',
  },
  { name: 'stdin', kind: 'switch', help: 'Read the description from stdin' },
  { name: 'allow-empty-description', kind: 'switch', help: 'Take an empty description from a file or stdin' },
  { name: 'design', kind: 'text', help: 'New design notes' },
  { name: 'design-file', kind: 'text', help: 'Read the design from a file (- for stdin)' },
  { name: 'acceptance', kind: 'text', aliases: ['acceptance-criteria'], help: 'New acceptance criteria' },
  { name: 'notes', kind: 'text', help: 'New notes, in place of the old' },
  { name: 'append-notes', kind: 'text', help: 'Add to the notes' },
  { name: 'parent', kind: 'text', help: 'New parent; empty for none' },
  { name: 'add-label', kind: 'list', help: 'Add labels' },
  { name: 'remove-label', kind: 'list', help: 'Remove labels' },
  { name: 'set-labels', kind: 'list', help: 'These labels and no others' },
  { name: 'metadata', kind: 'text', help: 'New metadata: JSON, or @file.json' },
  { name: 'set-metadata', kind: 'texts', help: 'Set one key=value' },
  { name: 'unset-metadata', kind: 'texts', help: 'Remove one key' },
  { name: 'external-ref', kind: 'text', help: 'The same work elsewhere; empty for none' },
  { name: 'spec-id', kind: 'text', help: 'Specification; empty for none' },
  { name: 'estimate', short: 'e', kind: 'number', help: 'Minutes' },
  { name: 'due', kind: 'text', help: 'Due: +6h, tomorrow, 2026-01-15; empty for never' },
  { name: 'defer', kind: 'text', help: 'Not ready before; empty for at once' },
  { name: 'await-id', kind: 'text', help: 'What a gate waits for' },
  { name: 'ephemeral', kind: 'switch', help: 'Make it a short-lived one' },
  { name: 'persistent', kind: 'switch', help: 'Make it a lasting one' },
  { name: 'no-history', kind: 'switch', help: 'Mark as one whose history is of no interest' },
  { name: 'history', kind: 'switch', help: 'Take that mark away' },
  { name: 'session', kind: 'text', help: 'Agent session that closes it' },
];

/** Flags of `update` whose value goes into a field as it stands; an empty one removes the field. */
const TEXTS: Readonly<Record<string, string>> = {
  acceptance: 'acceptance_criteria',
  notes: 'notes',
  'external-ref': 'external_ref',
  'spec-id': 'spec_id',
  'await-id': 'await_id',
};

export const updateVerb: Verb = {
  name: 'update',
  summary: 'Change one or more issues',
  usage: '<id...> [flags]',
  flags: FLAGS,
  writes: true,
  async run(call) {
    const { args } = call;
    const set = changesOf(call);
    const isClaim = args.on('claim');
    if (Object.keys(set).length === 0 && !isClaim) {
      throw new GastownError('usage', 'no updates specified', {
        hint: "'bd update --help' lists what can be changed.",
      });
    }
    return eachBead(call, {
      done: bead => `✓ Updated issue: ${bead.id} — ${safeLine(bead.title)}`,
      async act(bead) {
        if (isClaim) await call.execute({ type: 'bead.claim', payload: { id: bead.id, assignee: call.name } });
        if (Object.keys(set).length > 0) await call.execute({ type: 'bead.update', payload: { id: bead.id, set } });
      },
    });
  },
};

/**
 * Does something to each bead named; what is refused for one does not keep the others back. Prints what was done, the
 * refusals on stderr, and ends with 1 if there was one.
 */
export const eachBead = async (
  call: Call,
  work: { act(bead: Bead, index: number): Promise<void>; done(bead: Bead, index: number): string },
): Promise<Output & { text: string }> => {
  const { args, data } = call;
  if (args.words.length === 0)
    throw new GastownError('usage', 'no issue ID provided', { hint: 'Name one or more ids.' });
  const rows: string[] = [];
  const changed: Bead[] = [];
  const refusals: { error: string; hint?: string; code: string }[] = [];
  for (const [index, word] of args.words.entries()) {
    try {
      const { id } = findBead(data, word);
      await work.act(data.beads.get(id)!, index);
      const bead = data.beads.get(id)!;
      changed.push(bead);
      rows.push(work.done(bead, index));
    } catch (error) {
      const { message, hint, code } = toGastownError(error);
      if (code === 'internal') throw error;
      if (args.words.length === 1) throw error;
      refusals.push({ error: message, code, ...(hint && { hint }) });
    }
  }
  const asLine = (one: (typeof refusals)[number]) => `Error: ${one.error}${one.hint ? ` ${one.hint}` : ''}`;
  return {
    text: rows.join('\n'),
    json: changed.map(issueOf),
    ...(refusals.length > 0 && {
      stderr: args.on('json')
        ? refusals.map(one => JSON.stringify({ schema_version: 1, ...one })).join('\n')
        : refusals.map(asLine).join('\n'),
      exitCode: 1,
    }),
  };
};

type Changes = CommandInput<'bead.update'>['set'];

const changesOf = (call: Call): Changes => {
  const { args, data, now } = call;
  const description = descriptionOf(call);
  const design = longText(call, { text: 'design', file: 'design-file' });
  const moment = (flag: string, field: string) =>
    args.has(flag) ? { [field]: args.text(flag) ? parseMoment(args.text(flag)!, now) : null } : {};
  const estimate = args.number('estimate');
  if (estimate !== undefined && estimate < 0) {
    throw new GastownError('usage', 'estimate must be a non-negative number of minutes');
  }
  return {
    ...titleOf(call),
    ...(args.has('status') && { status: parseStatus(data, args.text('status')!) }),
    ...(args.has('priority') && { priority: parsePriority(args.text('priority')!) }),
    ...(args.has('type') && { issue_type: parseType(data, args.text('type')!) }),
    ...(args.has('assignee') && { assignee: args.text('assignee') || null }),
    ...(description !== undefined && { description: description || null }),
    ...(design !== undefined && { design: design || null }),
    ...Object.fromEntries(
      Object.entries(TEXTS)
        .filter(([flag]) => args.has(flag))
        .map(([flag, field]) => [field, args.text(flag) || null]),
    ),
    ...(args.has('append-notes') && { appendNotes: args.text('append-notes')! }),
    ...(args.has('parent') && { parent: args.text('parent') ? findBead(data, args.text('parent')!).id : null }),
    ...labelsOf(call),
    ...metadataOf(call),
    ...(estimate !== undefined && { estimated_minutes: estimate }),
    ...moment('due', 'due_at'),
    ...moment('defer', 'defer_until'),
    ...(args.on('ephemeral') && { ephemeral: true }),
    ...(args.on('persistent') && { ephemeral: null }),
    ...(args.on('no-history') && { no_history: true }),
    ...(args.on('history') && { no_history: null }),
    ...(args.has('status') && sessionOf(call)),
  };
};

const titleOf = ({ args }: Call): { title?: string } => {
  if (!args.has('title')) return {};
  const title = args.text('title')!.trim();
  if (title === '') throw new GastownError('usage', 'title cannot be empty');
  return { title };
};

/** An empty description from a file that was not written yet would wipe out the one that is there. */
const descriptionOf = (call: Call): string | undefined => {
  const { args } = call;
  const description = longText(call, { text: 'description', file: 'body-file', stdin: 'stdin' });
  const isRead = args.has('body-file') || args.on('stdin') || args.text('description') === '-';
  if (isRead && description?.trim() === '' && !args.on('allow-empty-description')) {
    throw new GastownError('usage', 'the description read is empty', {
      hint: 'Use --allow-empty-description to take it all the same.',
    });
  }
  return description;
};

const labelsOf = ({ args }: Call): Changes => ({
  ...(args.has('set-labels') && { labels: [...args.list('set-labels')] }),
  ...(args.has('add-label') && { addLabels: [...args.list('add-label')] }),
  ...(args.has('remove-label') && { removeLabels: [...args.list('remove-label')] }),
});

const metadataOf = (call: Call): Changes => {
  const { args } = call;
  const pairs = args.list('set-metadata').map(given => parsePair(given, 'set-metadata'));
  const keys = args.list('unset-metadata');
  if (args.has('metadata') && (pairs.length > 0 || keys.length > 0)) {
    throw new GastownError('usage', 'cannot combine --metadata with --set-metadata or --unset-metadata');
  }
  return {
    ...(args.has('metadata') && { metadata: parseMetadata(call, args.text('metadata')!) as never }),
    ...(pairs.length > 0 && { setMetadata: Object.fromEntries(pairs) }),
    ...(keys.length > 0 && { unsetMetadata: [...keys] }),
  };
};

const sessionOf = ({ args, session }: Call): Changes => {
  const given = args.text('session') ?? session;
  return args.text('status') === 'closed' && given ? { closed_by_session: given } : {};
};
