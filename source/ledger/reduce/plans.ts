import type { Bead } from '../schema.ts';
import {
  closeBead,
  createBead,
  hashedId,
  holderOf,
  landConvoyIfDone,
  openBeadsOf,
  updateBead,
  wish,
} from './bead-records.ts';
import { assertPlan, inOrder } from './plan-order.ts';
import { activeRig } from './rigs.ts';
import { conflict, type Reducers, type Transaction } from './transaction.ts';

export const planReducers: Reducers<
  'plan.import' | 'convoy.approve' | 'convoy.order' | 'convoy.land' | 'convoy.cancel'
> = {
  'plan.import': (tx, { title, rig: rigId, goal, design, source, beads, approve }) => {
    const rig = activeRig(tx, rigId);
    assertPlan(tx, beads);
    const id = tx.mintId('convoys', 'cv');
    tx.create('convoys', {
      id,
      title,
      status: approve ? 'approved' : 'proposed',
      rig: rig.id,
      beads: [],
      createdAt: tx.now,
      createdBy: tx.by,
      ...(goal && { goal }),
      ...(design && { design }),
      ...(source && { source }),
      ...(approve && { approvedAt: tx.now }),
    });
    const ids = new Map<string, string>();
    for (const bead of inOrder(beads)) {
      const { key, needs, ...draft } = bead;
      const target = draft.rig === undefined ? rig : activeRig(tx, draft.rig);
      const created = createBead(
        tx,
        { ...draft, id: draft.id ?? hashedId(tx, draft, target.prefix) },
        {
          rig: target,
          town: { convoy: id, ...(approve && { dispatch: wish(tx) }) },
          dependencies: [...new Set(needs)].map(need => ({ depends_on_id: ids.get(need) ?? need, type: 'blocks' })),
        },
      );
      ids.set(key, created.id);
    }
    tx.update('convoys', id, { beads: beads.map(bead => ids.get(bead.key)!) });
  },

  'convoy.approve': (tx, { id }) => {
    const convoy = tx.get('convoys', id);
    if (convoy.status === 'approved') return;
    if (convoy.status !== 'proposed') throw conflict(`The convoy ${id} is ${convoy.status} already.`);
    tx.update('convoys', id, { status: 'approved', approvedAt: tx.now });
    for (const bead of convoy.beads.flatMap(member => tx.find('beads', member) ?? [])) {
      if (bead.status !== 'open' || bead.town.dispatch) continue;
      updateBead(tx, bead.id, { town: { ...bead.town, dispatch: wish(tx) } });
    }
    landConvoyIfDone(tx, id);
  },

  'convoy.order': (tx, { id, beads }) => {
    const convoy = tx.get('convoys', id);
    if (convoy.beads.join() === beads.join()) return;
    if ([...convoy.beads].sort().join() !== [...beads].sort().join()) {
      throw conflict(
        `${id} has other beads by now: it was not put in another order.`,
        'Look at it and repeat the move.',
      );
    }
    tx.update('convoys', id, { beads, ordered: { at: tx.now, by: tx.by } });
  },

  'convoy.land': (tx, { id }) => {
    const convoy = tx.get('convoys', id);
    if (convoy.status === 'landed') return;
    if (convoy.status !== 'approved') throw conflict(`The convoy ${id} is ${convoy.status}, not approved.`);
    const open = openBeadsOf(tx, convoy.beads);
    if (open.length > 0)
      throw conflict(`${open.length} of ${convoy.beads.length} beads of ${id} are not closed, among them ${open[0]}.`);
    landConvoyIfDone(tx, id);
  },

  'convoy.cancel': (tx, { id, reason }) => {
    const convoy = tx.get('convoys', id);
    if (convoy.status === 'cancelled') return;
    if (convoy.status === 'landed') throw conflict(`The convoy ${id} has landed already.`);
    tx.update('convoys', id, { status: 'cancelled', endedAt: tx.now });
    for (const bead of convoy.beads.flatMap(member => tx.find('beads', member) ?? [])) {
      if (isNotBegun(tx, bead))
        closeBead(tx, bead.id, { reason: `Cancelled with its plan${reason ? `: ${reason}` : ''}`.slice(0, 500) });
    }
  },
};

/** What nobody works on ends with its plan; what is on a hook or in the queue goes on to its own end. */
const isNotBegun = (tx: Transaction, bead: Bead): boolean =>
  bead.status !== 'closed' && bead.status !== 'tombstone' && !bead.town.merge && !holderOf(tx, bead);
