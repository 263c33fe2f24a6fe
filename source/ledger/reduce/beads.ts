import type { CommandPayload } from '../commands.ts';
import { beadId, childId } from '../ids.ts';
import { blockedBy } from '../ready.ts';
import type { Bead, BeadTown, Rig } from '../schema.ts';
import { activeRig } from './rigs.ts';
import { conflict, invalid, type Patch, type Reducers, type Transaction } from './transaction.ts';

/** Prefix of a bead that belongs to no rig. */
const TOWN_PREFIX = 'gt';
/** An id given from outside: also a file name in Git and a word on command lines. */
const BEAD_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** Comments on one bead: past this it is a conversation and belongs into a file. */
const COMMENTS_MAX = 500;
const DEFAULT_PRIORITY = 2;

export const beadReducers: Reducers<
  'bead.create' | 'bead.update' | 'bead.comment' | 'bead.claim' | 'bead.close' | 'bead.reopen' | 'bead.delete'
> = {
  'bead.create': (tx, { parent, convoy: convoyId, dispatch, ...draft }) => {
    const above = parent === undefined ? undefined : liveBead(tx, parent);
    const convoy = convoyId === undefined ? undefined : tx.get('convoys', convoyId);
    if (convoy && convoy.status !== 'proposed' && convoy.status !== 'approved') {
      throw conflict(
        `The convoy ${convoy.id} is ${convoy.status} already.`,
        'Create the bead without it, or in another one.',
      );
    }
    const rig = rigOf(tx, draft.rig ?? above?.town.rig ?? convoy?.rig);
    if (dispatch && !rig) throw invalid('A bead without a rig cannot be dispatched.', 'Name the rig.');
    const town = { ...(convoy && { convoy: convoy.id }), ...(dispatch && { dispatch: wish(tx) }) };
    const id = draft.id ?? (above && childId(above.id, child => tx.find('beads', child) !== undefined));
    const dependencies = above ? [{ depends_on_id: above.id, type: 'parent-child' }] : [];
    const bead = createBead(tx, { ...draft, ...(id !== undefined && { id }) }, { rig, town, dependencies });
    if (convoy) tx.update('convoys', convoy.id, { beads: [...convoy.beads, bead.id] });
  },

  'bead.update': (tx, { id, baseRev, set }) => {
    const bead = liveBead(tx, id);
    if (baseRev !== undefined && baseRev !== bead.rev) {
      throw conflict(
        `${id} has changed: it is at revision ${bead.rev}, not ${baseRev}.`,
        'Read it again and repeat the change.',
      );
    }
    const { status, assignee, addLabels, removeLabels, appendNotes, agent, ...fields } = set;
    const patch: Patch<Bead> = {};
    for (const [field, value] of Object.entries(fields)) patch[field] = value === null ? undefined : value;
    if (addLabels || removeLabels) patch.labels = labelsOf(bead, addLabels, removeLabels);
    if (appendNotes !== undefined) {
      const notes = 'notes' in patch ? patch.notes : bead.notes;
      patch.notes = notes ? `${notes}\n\n${appendNotes}` : appendNotes;
    }
    if (agent !== undefined) patch.town = { ...bead.town, agent: agent ?? undefined };
    if (status !== undefined && status !== bead.status) Object.assign(patch, statusPatch(tx, bead, { status, patch }));
    if (assignee !== undefined && (assignee ?? undefined) !== bead.assignee) {
      assertFree(tx, bead, 'be given to somebody else');
      patch.assignee = assignee ?? undefined;
    }
    updateBead(tx, id, patch);
  },

  'bead.comment': (tx, { id, text }) => {
    const bead = liveBead(tx, id);
    const comments = bead.comments ?? [];
    if (comments.length >= COMMENTS_MAX) throw invalid(`${id} has ${COMMENTS_MAX} comments, the most a bead holds.`);
    const comment = { id: tx.mintId('beads', 'c'), author: tx.by, text, created_at: tx.now };
    updateBead(tx, id, { comments: [...comments, comment] });
  },

  'bead.claim': (tx, { id, assignee }) => {
    const bead = liveBead(tx, id);
    if (bead.assignee === assignee && bead.status !== 'open' && bead.status !== 'closed') return;
    if (bead.status === 'closed') throw conflict(`${id} is closed.`, 'Look for ready work.');
    if (bead.assignee !== undefined && bead.assignee !== assignee) {
      throw conflict(`${id} is already claimed by ${bead.assignee}.`, 'Look for other ready work.');
    }
    if (bead.status !== 'open') throw conflict(`${id} is ${bead.status}, not open.`, 'Look for other ready work.');
    updateBead(tx, id, {
      assignee,
      status: 'in_progress',
      started_at: bead.started_at ?? tx.now,
      town: { ...bead.town, dispatch: undefined },
    });
  },

  'bead.close': (tx, { id, reason, force }) => {
    const bead = liveBead(tx, id);
    if (bead.status === 'closed') return;
    assertFree(tx, bead, 'be closed');
    const open = force ? [] : openBlockers(tx, bead);
    if (open.length > 0) {
      throw conflict(
        `${id} depends on ${open.join(', ')}, which ${open.length === 1 ? 'is' : 'are'} not closed.`,
        tx.actor.role === 'operator' ? 'Close them first, or repeat with --force.' : 'Close them first.',
      );
    }
    closeBead(tx, id, { reason: reason ?? 'Closed' });
  },

  'bead.reopen': (tx, { id, reason }) => {
    const bead = liveBead(tx, id);
    if (bead.status === 'open') return;
    if (bead.status !== 'closed') throw conflict(`${id} is ${bead.status}, not closed.`);
    updateBead(tx, id, {
      status: 'open',
      closed_at: undefined,
      close_reason: undefined,
      assignee: undefined,
      town: { ...bead.town, landed_sha: undefined, respawns: 0, reworks: 0 },
      ...(reason && { notes: bead.notes ? `${bead.notes}\n\nReopened: ${reason}` : `Reopened: ${reason}` }),
    });
    const convoy = bead.town.convoy === undefined ? undefined : tx.find('convoys', bead.town.convoy);
    if (convoy?.status === 'landed') tx.update('convoys', convoy.id, { status: 'approved', endedAt: undefined });
  },

  'bead.delete': (tx, { id, reason }) => {
    const bead = tx.get('beads', id);
    if (bead.status === 'tombstone') return;
    assertFree(tx, bead, 'be deleted');
    updateBead(tx, id, {
      status: 'tombstone',
      deleted_at: tx.now,
      deleted_by: tx.by,
      ...(reason && { delete_reason: reason }),
      town: { ...bead.town, dispatch: undefined, parked: undefined },
    });
    closeParkEscalation(tx, id);
    landConvoyIfDone(tx, bead.town.convoy);
  },
};

type Draft = Omit<CommandPayload<'bead.create'>, 'parent' | 'convoy' | 'dispatch'>;

/** A new open bead, with an id of its own if the draft has none. */
export const createBead = (
  tx: Transaction,
  draft: Draft,
  options: {
    rig: Rig | undefined;
    town: Partial<BeadTown>;
    dependencies: readonly { depends_on_id: string; type: string }[];
  },
): Bead => {
  const { rig: _rig, agent, touches, labels, priority, issue_type, id: given, ...texts } = draft;
  if (given !== undefined && !BEAD_ID.test(given))
    throw invalid(`"${given}" cannot be the id of a bead.`, 'Use letters, digits, dots and dashes.');
  const id = given ?? hashedId(tx, draft, options.rig?.prefix ?? TOWN_PREFIX);
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
export const closeBead = (tx: Transaction, id: string, options: { reason: string; town?: Patch<BeadTown> }): void => {
  const bead = tx.get('beads', id);
  updateBead(tx, id, {
    status: 'closed',
    closed_at: tx.now,
    close_reason: options.reason,
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

/** The rig named, or the only one there is. */
const rigOf = (tx: Transaction, id: string | undefined): Rig | undefined => {
  if (id !== undefined) return activeRig(tx, id);
  const active = [...tx.data.rigs.values()].filter(rig => !rig.removedAt);
  return active.length === 1 ? active[0] : undefined;
};

const labelsOf = (bead: Bead, add: readonly string[] = [], remove: readonly string[] = []): string[] | undefined => {
  const labels = [...new Set([...(bead.labels ?? []), ...add])].filter(label => !remove.includes(label));
  return labels.length > 0 ? labels : undefined;
};

const statusPatch = (
  tx: Transaction,
  bead: Bead,
  { status, patch }: { status: Bead['status']; patch: Patch<Bead> },
): Patch<Bead> => {
  if (bead.status === 'closed') throw conflict(`${bead.id} is closed.`, 'Reopen it first.');
  assertFree(tx, bead, `become ${status}`);
  if (bead.town.parked) closeParkEscalation(tx, bead.id);
  return {
    status,
    ...(status === 'in_progress' && !bead.started_at && { started_at: tx.now }),
    ...(bead.town.parked && { town: { ...(patch.town ?? bead.town), parked: undefined } as BeadTown }),
  };
};

const openBlockers = (tx: Transaction, bead: Bead): string[] => {
  const held = new Set(
    (bead.dependencies ?? []).filter(edge => edge.type === 'blocks').map(edge => edge.depends_on_id),
  );
  return blockedBy(tx.data, bead).filter(id => held.has(id));
};
