import { GastownError } from '../common/errors.ts';
import type { Bead } from '../ledger/schema.ts';
import { categoryOf, plainType } from '../ledger/vocabulary.ts';
import type { Flag } from './arguments.ts';
import { findBead } from './ids.ts';
import { childrenOf, type Links, parentOf } from './issue.ts';
import { globSource, matching } from './patterns.ts';
import { parseMoment } from './times.ts';
import { parsePair, parsePriority, parseStatus } from './values.ts';
import type { Call } from './verb.ts';

/** Keeps a bead or not. */
export type Test = (bead: Bead) => boolean;

/** What narrows down any list of beads; `list`, `ready` and their like take all of it. */
export const FILTER_FLAGS: readonly Flag[] = [
  { name: 'assignee', short: 'a', kind: 'text', help: 'Of this assignee' },
  { name: 'no-assignee', short: 'u', kind: 'switch', aliases: ['unassigned'], help: 'Without an assignee' },
  { name: 'label', short: 'l', kind: 'list', aliases: ['labels'], help: 'With all of these labels' },
  { name: 'label-any', kind: 'list', help: 'With at least one of these labels' },
  { name: 'exclude-label', kind: 'list', help: 'With none of these labels' },
  { name: 'label-pattern', kind: 'text', help: "With a label like 'tech-*'" },
  { name: 'label-regex', kind: 'text', help: 'With a label that matches' },
  { name: 'no-labels', kind: 'switch', help: 'Without labels' },
  { name: 'type', short: 't', kind: 'text', help: 'Of this type' },
  { name: 'exclude-type', kind: 'list', help: 'Of none of these types' },
  { name: 'priority', short: 'p', kind: 'text', help: '0-4 or P0-P4' },
  { name: 'priority-min', kind: 'text', help: 'This number or above: 2 means P2, P3 and P4' },
  { name: 'priority-max', kind: 'text', help: 'This number or below: 1 means P0 and P1' },
  { name: 'metadata-field', kind: 'texts', help: 'With this key=value in the metadata' },
  { name: 'has-metadata-key', kind: 'text', help: 'With this key in the metadata' },
  { name: 'mol-type', kind: 'text', help: 'Of this molecule type' },
];

/** What a list of everything can be narrowed down by besides. */
export const SEARCH_FLAGS: readonly Flag[] = [
  { name: 'status', short: 's', kind: 'text', help: 'Of these statuses, comma-separated; all for every one' },
  { name: 'all', kind: 'switch', help: 'Closed ones too' },
  { name: 'id', kind: 'list', help: 'Only these ids' },
  { name: 'title', kind: 'text', aliases: ['title-contains'], help: 'With this in the title, in any case' },
  { name: 'desc-contains', kind: 'text', help: 'With this in the description' },
  { name: 'notes-contains', kind: 'text', help: 'With this in the notes' },
  { name: 'empty-description', kind: 'switch', help: 'Without a description' },
  { name: 'external-ref', kind: 'text', help: 'With exactly this external reference' },
  { name: 'external-contains', kind: 'text', help: 'With this in the external reference' },
  { name: 'spec', kind: 'text', help: 'Whose spec id begins so' },
  { name: 'no-parent', kind: 'switch', help: 'Only those below no other' },
  { name: 'pinned', kind: 'switch', help: 'Only pinned ones' },
  { name: 'no-pinned', kind: 'switch', help: 'No pinned ones' },
  { name: 'include-gates', kind: 'switch', help: 'Gates too' },
  { name: 'include-infra', kind: 'switch', help: 'Agents, roles and messages too' },
  { name: 'include-templates', kind: 'switch', help: 'Templates too' },
  { name: 'deferred', kind: 'switch', help: 'Only those that are put off' },
  { name: 'overdue', kind: 'switch', help: 'Only those past their time that are not closed' },
  ...(['created', 'updated', 'closed', 'due', 'defer'] as const).flatMap(moment => [
    { name: `${moment}-after`, kind: 'text' as const, help: 'After this date or time' },
    { name: `${moment}-before`, kind: 'text' as const, help: 'Before this date or time' },
  ]),
];

/** Passes what all flags of `FILTER_FLAGS` that stand on the line let through. Throws `usage` on a value that makes no sense. */
export const filterOf = ({ args, data }: Call): Test => {
  const tests: Test[] = [];
  const labels = (bead: Bead): readonly string[] => bead.labels ?? [];
  if (args.has('assignee')) tests.push(bead => (bead.assignee ?? '') === args.text('assignee'));
  if (args.on('no-assignee')) tests.push(bead => bead.assignee === undefined || bead.assignee === '');
  const all = args.list('label');
  if (all.length > 0) tests.push(bead => all.every(label => labels(bead).includes(label)));
  const any = args.list('label-any');
  if (any.length > 0) tests.push(bead => any.some(label => labels(bead).includes(label)));
  const none = args.list('exclude-label');
  if (none.length > 0) tests.push(bead => !none.some(label => labels(bead).includes(label)));
  const patterns = [
    ...(args.has('label-pattern') ? [globSource(args.text('label-pattern')!)] : []),
    ...(args.has('label-regex') ? [args.text('label-regex')!] : []),
  ];
  for (const pattern of patterns) {
    const wanted = matching(new Set([...data.beads.values()].flatMap(labels)), pattern);
    tests.push(bead => labels(bead).some(label => wanted.has(label)));
  }
  if (args.on('no-labels')) tests.push(bead => labels(bead).length === 0);
  if (args.has('type')) {
    const type = typeWord(args.text('type')!);
    tests.push(bead => bead.issue_type === type);
  }
  const types = args.list('exclude-type').map(typeWord);
  if (types.length > 0) tests.push(bead => !types.includes(bead.issue_type));
  tests.push(...priorityTests(args));
  for (const given of args.list('metadata-field')) {
    const [key, value] = parsePair(given, 'metadata-field');
    tests.push(bead => textOf(metadataAt(bead, key)) === value);
  }
  if (args.has('has-metadata-key')) tests.push(bead => metadataAt(bead, args.text('has-metadata-key')!) !== undefined);
  if (args.has('mol-type')) tests.push(bead => bead.mol_type === args.text('mol-type'));
  return bead => tests.every(test => test(bead));
};

/** Likewise for `SEARCH_FLAGS`. Without a word about statuses, finished ones are left out. */
export const searchOf = (call: Call): Test => {
  const { args, data, now } = call;
  const tests: Test[] = [statusTest(call)];
  const ids = new Set(args.list('id').map(id => findBead(data, id).id));
  if (ids.size > 0) tests.push(bead => ids.has(bead.id));
  const contains = (flag: string, of: (bead: Bead) => string | undefined): void => {
    if (!args.has(flag)) return;
    const wanted = args.text(flag)!.toLowerCase();
    tests.push(bead => of(bead)?.toLowerCase().includes(wanted) ?? false);
  };
  contains('title', bead => bead.title);
  contains('desc-contains', bead => bead.description);
  contains('notes-contains', bead => bead.notes);
  contains('external-contains', bead => bead.external_ref);
  if (args.on('empty-description')) tests.push(bead => !bead.description?.trim());
  if (args.has('external-ref')) tests.push(bead => bead.external_ref === args.text('external-ref'));
  if (args.has('spec')) tests.push(bead => bead.spec_id?.startsWith(args.text('spec')!) ?? false);
  if (args.on('no-parent')) tests.push(bead => parentOf(bead) === undefined);
  if (args.on('pinned')) tests.push(isPinned);
  if (args.on('no-pinned')) tests.push(bead => !isPinned(bead));
  const isAskedFor = (type: string) => args.has('type') && typeWord(args.text('type')!) === type;
  if (!args.on('include-gates') && !isAskedFor('gate')) tests.push(bead => bead.issue_type !== 'gate');
  if (!args.on('include-infra')) tests.push(bead => !INFRA.has(bead.issue_type) || isAskedFor(bead.issue_type));
  if (!args.on('include-templates')) tests.push(bead => bead.is_template !== true);
  if (args.on('deferred')) tests.push(bead => bead.status === 'deferred' || bead.defer_until !== undefined);
  if (args.on('overdue')) {
    const at = new Date(now).toISOString();
    tests.push(bead => bead.status !== 'closed' && bead.due_at !== undefined && bead.due_at < at);
  }
  tests.push(...momentTests(call));
  return bead => tests.every(test => test(bead));
};

/** Beads below `id`: its children, or with `deep` theirs too. */
export const below = (links: Links, id: string, options: { deep: boolean }): ReadonlySet<string> => {
  const found = new Set<string>();
  const queue = [id];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const child of childrenOf(links, next)) {
      if (found.has(child.id)) continue;
      found.add(child.id);
      if (options.deep) queue.push(child.id);
    }
  }
  return found;
};

const INFRA = new Set(['agent', 'role', 'message']);

const statusTest = ({ args, data }: Call): Test => {
  const words = args.has('status') ? args.text('status')!.split(',') : [];
  const given = words.map(word => word.trim()).filter(Boolean);
  if (args.has('status') && given.length === 0) throw new GastownError('usage', '--status wants a status');
  if (given.includes('all')) return () => true;
  const wanted = new Set(given.map(word => (word === 'hooked' ? word : parseStatus(data, word))));
  if (wanted.size > 0) return bead => wanted.has(bead.status);
  if (args.on('all') || args.has('closed-after') || args.has('closed-before')) return () => true;
  return bead => categoryOf(data, bead.status) !== 'done';
};

const isPinned: Test = bead => bead.pinned === true || bead.status === 'pinned';

const MOMENTS = {
  created: bead => bead.created_at,
  updated: bead => bead.updated_at,
  closed: bead => bead.closed_at,
  due: bead => bead.due_at,
  defer: bead => bead.defer_until,
} satisfies Record<string, (bead: Bead) => string | undefined>;

const momentTests = ({ args, now }: Call): Test[] =>
  Object.entries(MOMENTS).flatMap(([name, of]) => {
    const tests: Test[] = [];
    const bound = (flag: string, compare: (at: string, limit: string) => boolean): void => {
      if (!args.has(flag)) return;
      const limit = parseMoment(args.text(flag)!, now);
      tests.push(bead => {
        const at = of(bead);
        return at !== undefined && compare(at, limit);
      });
    };
    bound(`${name}-after`, (at, limit) => at > limit);
    bound(`${name}-before`, (at, limit) => at < limit);
    return tests;
  });

const priorityTests = (args: Call['args']): Test[] => {
  const tests: Test[] = [];
  const bound = (flag: string, compare: (priority: number, limit: number) => boolean): void => {
    if (!args.has(flag)) return;
    const limit = parsePriority(args.text(flag)!);
    tests.push(bead => compare(bead.priority, limit));
  };
  bound('priority', (priority, limit) => priority === limit);
  bound('priority-min', (priority, limit) => priority >= limit);
  bound('priority-max', (priority, limit) => priority <= limit);
  return tests;
};

const typeWord = (given: string): string => {
  const type = given.trim();
  return { mr: 'merge-request', mol: 'molecule' }[type] ?? plainType(type);
};

/** `a.b` as a key of its own (Beads' usual form), else step by step. */
const metadataAt = (bead: Bead, key: string): unknown => {
  const { metadata } = bead;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  if (Object.hasOwn(metadata, key)) return (metadata as Record<string, unknown>)[key];
  let value: unknown = metadata;
  for (const step of key.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
};

const textOf = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
