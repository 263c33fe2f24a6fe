import type { CommandPayload } from '../commands.ts';
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
import { activeRig } from './rigs.ts';
import { conflict, invalid, type Reducers, type Transaction } from './transaction.ts';

export const planReducers: Reducers<'plan.import' | 'convoy.approve' | 'convoy.land' | 'convoy.cancel'> = {
  'plan.import': (tx, { title, rig: rigId, goal, source, beads, approve }) => {
    const rig = activeRig(tx, rigId);
    assertPlan(beads);
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
          dependencies: [...new Set(needs)].map(need => ({ depends_on_id: ids.get(need)!, type: 'blocks' })),
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

type PlanBead = CommandPayload<'plan.import'>['beads'][number];

const assertPlan = (beads: readonly PlanBead[]): void => {
  const keys = new Set<string>();
  for (const { key } of beads) {
    if (keys.has(key)) throw invalid(`Two beads of the plan have the key ${key}.`, 'Give each bead a key of its own.');
    keys.add(key);
  }
  for (const { key, needs } of beads) {
    const unknown = needs.find(need => !keys.has(need));
    if (unknown !== undefined)
      throw invalid(
        `${key} needs ${unknown}, which is not in the plan.`,
        `The keys are: ${[...keys].slice(0, 50).join(', ')}.`,
      );
  }
};

/** Each bead after what it needs, else as the plan has them. Throws where they need each other in a circle. */
const inOrder = (beads: readonly PlanBead[]): PlanBead[] => {
  const byKey = new Map(beads.map(bead => [bead.key, bead]));
  const missing = new Map(beads.map(bead => [bead.key, new Set(bead.needs).size]));
  const neededBy = new Map<string, string[]>(beads.map(bead => [bead.key, []]));
  for (const bead of beads) for (const need of new Set(bead.needs)) neededBy.get(need)!.push(bead.key);
  const ordered = beads.filter(bead => missing.get(bead.key) === 0);
  for (const bead of ordered) {
    for (const key of neededBy.get(bead.key)!) {
      const left = missing.get(key)! - 1;
      missing.set(key, left);
      if (left === 0) ordered.push(byKey.get(key)!);
    }
  }
  if (ordered.length === beads.length) return ordered;
  const circle = circleOf(beads.filter(bead => missing.get(bead.key)! > 0));
  throw invalid(`Beads of the plan need each other in a circle: ${circle}.`, 'Remove one of these needs.');
};

const circleOf = (waiting: readonly PlanBead[]): string => {
  const left = new Map(waiting.map(bead => [bead.key, bead]));
  const path: string[] = [];
  for (let key = waiting[0]!.key; ; key = left.get(key)!.needs.find(need => left.has(need))!) {
    const seen = path.indexOf(key);
    if (seen >= 0) return [...path.slice(seen), key].join(' → ');
    path.push(key);
  }
};
