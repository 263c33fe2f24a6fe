import { childId } from '../ids.ts';
import type { Rig } from '../schema.ts';
import {
  assertFree,
  closeBead,
  closeParkEscalation,
  createBead,
  landConvoyIfDone,
  liveBead,
  updateBead,
  wish,
} from './bead-records.ts';
import { assertClosable, reopened } from './bead-update.ts';
import { addDependency } from './dependencies.ts';
import { activeRig } from './rigs.ts';
import { conflict, invalid, type Reducers, type Transaction } from './transaction.ts';

/** Comments on one bead: past this it is a conversation and belongs into a file. */
const COMMENTS_MAX = 500;

export const beadReducers: Reducers<
  | 'bead.create'
  | 'bead.comment'
  | 'bead.claim'
  | 'bead.close'
  | 'bead.duplicate'
  | 'bead.supersede'
  | 'bead.reopen'
  | 'bead.delete'
> = {
  'bead.create': (tx, { parent, convoy: convoyId, dispatch, dependencies = [], dependents = [], ...draft }) => {
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
    const edges = above ? [{ depends_on_id: above.id, type: 'parent-child' }] : [];
    const bead = createBead(tx, { ...draft, ...(id !== undefined && { id }) }, { rig, town, dependencies: edges });
    for (const edge of dependencies) {
      addDependency(tx, { issue_id: bead.id, ...edge });
    }
    for (const { issue_id, type } of dependents) {
      addDependency(tx, { issue_id, depends_on_id: bead.id, type });
    }
    if (convoy) tx.update('convoys', convoy.id, { beads: [...convoy.beads, bead.id] });
  },

  'bead.comment': (tx, { id, text, author = tx.by }) => {
    const bead = liveBead(tx, id);
    const comments = bead.comments ?? [];
    if (comments.length >= COMMENTS_MAX) throw invalid(`${id} has ${COMMENTS_MAX} comments, the most a bead holds.`);
    const comment = { id: tx.mintId('beads', 'c'), issue_id: id, author, text, created_at: tx.now };
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

  'bead.close': (tx, { id, reason, force, session }) => {
    const bead = liveBead(tx, id);
    if (bead.status === 'closed') return;
    assertFree(tx, bead, 'be closed');
    if (!force) assertClosable(tx, bead);
    closeBead(tx, id, { reason: reason ?? 'Closed', session });
  },

  'bead.duplicate': (tx, { id, of }) => {
    endFor(tx, { id, other: of, type: 'duplicates', reason: `duplicate of ${of}` });
  },

  'bead.supersede': (tx, { id, by }) => {
    endFor(tx, { id, other: by, type: 'supersedes', reason: `superseded by ${by}` });
  },

  'bead.reopen': (tx, { id, reason }) => {
    const bead = liveBead(tx, id);
    if (bead.status === 'open') return;
    if (bead.status !== 'closed') throw conflict(`${id} is ${bead.status}, not closed.`);
    updateBead(tx, id, {
      ...reopened(tx, bead),
      status: 'open',
      ...(reason && { notes: bead.notes ? `${bead.notes}\n\nReopened: ${reason}` : `Reopened: ${reason}` }),
    });
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

/** The bead ends because of another one, and says which. A looser tie between the two gives way to that. */
const endFor = (
  tx: Transaction,
  { id, other, type, reason }: { id: string; other: string; type: string; reason: string },
): void => {
  if (id === other) throw invalid(`${id} cannot stand for itself.`, 'Name the bead that stays.');
  const bead = liveBead(tx, id);
  liveBead(tx, other);
  if (bead.status !== 'closed') assertFree(tx, bead, 'be closed');
  const known = bead.dependencies?.find(edge => edge.depends_on_id === other);
  if (known?.type === type && bead.status === 'closed') return;
  const others = (bead.dependencies ?? []).filter(edge => edge.depends_on_id !== other);
  const edge = { issue_id: id, depends_on_id: other, type, created_at: tx.now, created_by: tx.by };
  updateBead(tx, id, { dependencies: [...others, edge] });
  if (bead.status !== 'closed') closeBead(tx, id, { reason });
};

/** The rig named, or the only one there is. */
const rigOf = (tx: Transaction, id: string | undefined): Rig | undefined => {
  if (id !== undefined) return activeRig(tx, id);
  const active = [...tx.data.rigs.values()].filter(rig => !rig.removedAt);
  return active.length === 1 ? active[0] : undefined;
};
