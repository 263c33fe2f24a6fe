import type { CommandPayload } from '../commands.ts';
import { beadId } from '../ids.ts';
import type { Bead, BeadTown, Dependency, Rig } from '../schema.ts';
import { beadsSetting } from '../vocabulary.ts';
import { conflict, invalid, type Patch, type Transaction } from './transaction.ts';

/** Where nothing else is set. */
const TOWN_PREFIX = 'gt';
/** An id given from outside: also a file name in Git and a word on command lines. */
export const BEAD_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const DEFAULT_PRIORITY = 2;

/** What a bead is made from, without what ties it to other records. */
export type Draft = Omit<
  CommandPayload<'bead.create'>,
  'parent' | 'convoy' | 'dispatch' | 'dependencies' | 'dependents'
>;

/** A new open bead, with an id of its own if the draft has none. */
export const createBead = (
  tx: Transaction,
  draft: Draft,
  options: {
    rig: Rig | undefined;
    town: Partial<BeadTown>;
    dependencies: readonly Pick<Dependency, 'depends_on_id' | 'type' | 'metadata' | 'thread_id'>[];
  },
): Bead => {
  const { rig: _rig, agent, touches, labels, priority, issue_type, id: given, ...texts } = draft;
  if (given !== undefined && !BEAD_ID.test(given))
    throw invalid(`"${given}" cannot be the id of a bead.`, 'Use letters, digits, dots and dashes.');
  const id = given ?? hashedId(tx, draft, options.rig?.prefix ?? townPrefix(tx));
  return tx.create('beads', {
    ...texts,
    id,
    status: 'open',
    priority: priority ?? DEFAULT_PRIORITY,
    issue_type: issue_type ?? 'task',
    created_at: tx.now,
    created_by: tx.by,
    updated_at: tx.now,
    ...(labels?.length && { labels: [...new Set(labels)] }),
    ...(options.dependencies.length > 0 && {
      dependencies: options.dependencies.map(edge => ({
        issue_id: id,
        ...edge,
        created_at: tx.now,
        created_by: tx.by,
      })),
    }),
    town: {
      attempts: 0,
      respawns: 0,
      reworks: 0,
      ...(options.rig && { rig: options.rig.id }),
      ...(agent && { agent }),
      ...(touches?.length && { touches }),
      ...options.town,
    },
  });
};

/** Prefix of a bead that belongs to no rig. */
const townPrefix = (tx: Transaction): string => beadsSetting(tx.data, 'issue_prefix') ?? TOWN_PREFIX;

export const hashedId = (tx: Transaction, draft: Pick<Draft, 'title' | 'description'>, prefix: string): string =>
  beadId(
    prefix,
    {
      title: draft.title,
      description: draft.description ?? '',
      creator: tx.by,
      createdAt: tx.now,
      // A plan's beads share their millisecond, and may share their title.
      nanoseconds: tx.size,
    },
    { count: tx.data.beads.size, isTaken: id => tx.find('beads', id) !== undefined },
  );

/** As `tx.update`, with the time, and with the undefined members of `town` left out. */
export const updateBead = (tx: Transaction, id: string, patch: Patch<Bead>): Bead =>
  tx.update('beads', id, {
    ...patch,
    updated_at: tx.now,
    ...(patch.town && {
      town: Object.fromEntries(Object.entries(patch.town).filter(([, value]) => value !== undefined)) as BeadTown,
    }),
  } as Patch<Bead>);

/** The bead, unless it is unknown or deleted. */
export const liveBead = (tx: Transaction, id: string): Bead => {
  const bead = tx.get('beads', id);
  if (bead.status !== 'tombstone') return bead;
  throw conflict(`${id} was deleted${bead.deleted_by ? ` by ${bead.deleted_by}` : ''}.`, 'Create a new bead instead.');
};

/** Ends a bead, however its work ended, and with the last one its convoy. */
export const closeBead = (
  tx: Transaction,
  id: string,
  options: { reason: string; session?: string | undefined; town?: Patch<BeadTown> },
): void => {
  const bead = tx.get('beads', id);
  updateBead(tx, id, {
    status: 'closed',
    closed_at: tx.now,
    close_reason: options.reason,
    ...(options.session && { closed_by_session: options.session }),
    town: { ...bead.town, dispatch: undefined, parked: undefined, ...options.town },
  } as Patch<Bead>);
  closeParkEscalation(tx, id);
  landConvoyIfDone(tx, bead.town.convoy);
};

/** Approved → landed with its last bead. */
export const landConvoyIfDone = (tx: Transaction, id: string | undefined): void => {
  const convoy = id === undefined ? undefined : tx.find('convoys', id);
  if (convoy?.status !== 'approved' || openBeadsOf(tx, convoy.beads).length > 0) return;
  tx.update('convoys', convoy.id, { status: 'landed', endedAt: tx.now });
  tx.explain(convoy.id);
};

export const openBeadsOf = (tx: Transaction, ids: readonly string[]): string[] =>
  ids.filter(id => {
    const bead = tx.find('beads', id);
    return bead !== undefined && bead.status !== 'closed' && bead.status !== 'tombstone';
  });

/** The polecat that holds the bead on its hook. */
export const holderOf = (tx: Transaction, bead: Bead) => {
  const polecat = bead.assignee === undefined ? undefined : tx.find('polecats', bead.assignee);
  return polecat?.hook === bead.id ? polecat : undefined;
};

/** Refuses what would pull a bead away from under a polecat or the merge queue. */
export const assertFree = (tx: Transaction, bead: Bead, what: string): void => {
  const holder = holderOf(tx, bead);
  if (holder)
    throw conflict(`${bead.id} cannot ${what}: it is on the hook of ${holder.id}.`, 'Stop the polecat first.');
  if (bead.town.merge) {
    throw conflict(
      `${bead.id} cannot ${what}: ${bead.town.merge} is in the merge queue.`,
      'Wait for it, or reject it first.',
    );
  }
};

/** Key of the escalation that asks about a parked bead. */
export const parkKey = (bead: string): string => `park:${bead}`;

/** A person has decided about a parked bead: the question is answered. */
export const closeParkEscalation = (tx: Transaction, bead: string): void => {
  const key = parkKey(bead);
  for (const escalation of tx.data.escalations.values()) {
    if (escalation.key === key && !escalation.closedAt) tx.update('escalations', escalation.id, { closedAt: tx.now });
  }
};

/** The wish to be on a hook. */
export const wish = (tx: Transaction, options: { polecat?: string | undefined; prefer?: string | undefined } = {}) => ({
  at: tx.now,
  by: tx.by,
  ...(options.polecat && { polecat: options.polecat }),
  ...(options.prefer && { prefer: options.prefer }),
});
