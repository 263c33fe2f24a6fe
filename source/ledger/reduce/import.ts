import { isSame } from '../diff.ts';
import { inertTownData, rigOfId } from '../interchange/town-data.ts';
import type { Bead, BeadTown, Comment, Dependency } from '../schema.ts';
import { BEAD_ID, holderOf } from './bead-records.ts';
import { activeRig } from './rigs.ts';
import { invalid, type Patch, type Reducers, type Transaction } from './transaction.ts';

/** Checked against the schema of beads when it is put. */
type Issue = Partial<Bead> & Pick<Bead, 'id' | 'title'>;

export const importReducers: Reducers<'beads.import'> = {
  'beads.import': (tx, { beads, memories, stale, rig }) => {
    if (rig !== undefined) activeRig(tx, rig);
    for (const issue of beads as unknown as Issue[]) {
      const known = tx.find('beads', issue.id);
      if (!known) add(tx, issue, rig);
      else if (known.status !== 'tombstone') merge(tx, known, { issue, stale: stale === true });
    }
    for (const { id, text } of memories) {
      const known = tx.find('memories', id);
      if (!known) tx.create('memories', { id, text, by: tx.by, at: tx.now });
    }
  },
};

const add = (tx: Transaction, issue: Issue, rig: string | undefined): void => {
  if (!BEAD_ID.test(issue.id)) {
    throw invalid(`"${issue.id}" cannot be the id of a bead.`, 'Use letters, digits, dots and dashes.');
  }
  const home = issue.town?.rig ?? rigOfId(tx.data, issue.id) ?? rig;
  const defaults = { status: 'open', priority: 2, issue_type: 'task', created_at: tx.now, updated_at: tx.now };
  tx.create('beads', {
    ...defaults,
    ...issue,
    town: {
      attempts: 0,
      respawns: 0,
      reworks: 0,
      ...inertTownData(issue.town),
      ...(home !== undefined && { rig: home }),
    },
  } as Bead);
};

/** The newer one wins by field; sets are united; what is gone from the one is not gone. */
const merge = (tx: Transaction, known: Bead, { issue, stale }: { issue: Issue; stale: boolean }): void => {
  const isNewer =
    stale || (issue.updated_at !== undefined && Date.parse(issue.updated_at) > Date.parse(known.updated_at));
  const [first, second] = isNewer ? [issue, known] : [known, issue];
  const sets = {
    labels: unite<string>(known.labels, issue.labels, label => label),
    dependencies: unite<Dependency>(first.dependencies, second.dependencies, edge => edge.depends_on_id),
    comments: unite<Comment>(first.comments, second.comments, commentKey),
  };
  const patch: Patch<Bead> = { ...(isNewer && newerFields(tx, known, issue)), ...sets };
  const isChanged = Object.entries(patch).some(([field, value]) => !isSame(value, known[field]));
  if (isChanged) tx.update('beads', known.id, patch);
};

/** Its own fields of a newer version. A bead on a hook or in the merge queue stays with who works on it. */
const newerFields = (tx: Transaction, known: Bead, issue: Issue): Patch<Bead> => {
  const { id: _id, town, labels: _l, dependencies: _d, comments: _c, ...fields } = issue;
  const cleared = Object.fromEntries(
    CLEARABLE.filter(field => known[field] !== undefined).map(field => [field, undefined]),
  );
  const isHeld = holderOf(tx, known) !== undefined || known.town.merge !== undefined;
  const kept = isHeld ? Object.fromEntries(HELD.map(field => [field, known[field]])) : {};
  return {
    ...cleared,
    ...fields,
    ...kept,
    town: { ...known.town, ...inertTownData(town), as_written: town?.as_written } as BeadTown,
  };
};

/** What the importing side leaves out when it is empty: missing in a newer version, it was taken away. */
const CLEARABLE: readonly (keyof Bead & string)[] = [
  'description',
  'design',
  'acceptance_criteria',
  'notes',
  'spec_id',
  'assignee',
  'owner',
  'estimated_minutes',
  'started_at',
  'closed_at',
  'close_reason',
  'closed_by_session',
  'due_at',
  'defer_until',
  'external_ref',
  'metadata',
  'pinned',
  'ephemeral',
  'no_history',
  'is_template',
];

const HELD: readonly (keyof Bead & string)[] = [
  'status',
  'assignee',
  'started_at',
  'closed_at',
  'close_reason',
  'deleted_at',
  'deleted_by',
  'delete_reason',
];

const unite = <T>(
  first: readonly T[] | undefined,
  second: readonly T[] | undefined,
  keyOf: (element: T) => string,
): T[] | undefined => {
  if (!first && !second) return undefined;
  const keys = new Set((first ?? []).map(keyOf));
  const more = (second ?? []).filter(element => !keys.has(keyOf(element)));
  return more.length > 0 ? [...(first ?? []), ...more] : [...(first ?? [])];
};

/** Numbers count from one in each database: what was said by whom and when is what makes a comment the same. */
const commentKey = ({ author, text, created_at }: Comment): string => JSON.stringify([author, text, created_at]);
