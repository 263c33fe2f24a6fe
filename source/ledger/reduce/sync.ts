import { endedSession, leftMerge } from '../merge/machine.ts';
import type { AnyRecord, Merge, Polecat } from '../schema.ts';
import { updateBead, wish } from './bead-records.ts';
import { offHook } from './dispatch.ts';
import { isOpenMerge } from './rigs.ts';
import { conflict, type Reducers, type Transaction } from './transaction.ts';
import { voidApprovals } from './void-approvals.ts';

const TOWN = 'town';

export const syncReducers: Reducers<'town.home' | 'town.takeOver' | 'sync.apply'> = {
  'town.home': (tx, { replica, host }) => {
    const { home } = tx.get('town', TOWN);
    if (home?.replica === replica) return;
    if (home) throw conflict(`This town works on ${home.host} already.`);
    tx.update('town', TOWN, { home: { replica, host, at: tx.now } });
  },

  'town.takeOver': (tx, { replica, host, missing }) => {
    if (tx.get('town', TOWN).home?.replica === replica) return;
    tx.update('town', TOWN, { home: { replica, host, at: tx.now }, dispatchPaused: undefined });
    for (const session of [...tx.data.sessions.values()])
      if (session.status !== 'ended') tx.update('sessions', session.id, endedSession(session, tx.now));
    for (const polecat of [...tx.data.polecats.values()]) if (polecat.hook) unhook(tx, polecat);
    for (const id of new Set(missing)) {
      const merge = tx.find('merges', id);
      if (merge && isOpenMerge(merge)) sendToWork(tx, merge);
    }
  },

  'sync.apply': (tx, { records }) => {
    for (const { kind, id, rev, record } of records) {
      const known = (tx.find(kind, id) as AnyRecord | undefined)?.rev ?? 0;
      if (known !== rev) throw conflict(`${id} has changed in this moment: it is at revision ${known}, not ${rev}.`);
      if (record.id !== id) throw conflict(`A record of another id was given for ${id}.`);
      tx.replace(kind, record as unknown as AnyRecord);
    }
  },
};

/** The bead is wanted again, on the same polecat's hook if that one is free. */
const unhook = (tx: Transaction, polecat: Polecat): void => {
  const bead = tx.find('beads', polecat.hook!);
  tx.update('polecats', polecat.id, offHook(tx, polecat));
  tx.explain(polecat.id);
  if (bead?.assignee !== polecat.id || (bead.status !== 'hooked' && bead.status !== 'in_progress')) return;
  updateBead(tx, bead.id, {
    status: 'open',
    assignee: undefined,
    town: { ...bead.town, dispatch: wish(tx, { prefer: polecat.id }) },
  });
  tx.explain(bead.id);
};

const sendToWork = (tx: Transaction, merge: Merge): void => {
  const left = leftMerge(merge, tx.now);
  tx.update('merges', merge.id, { ...left, group: undefined, held: undefined, landing: undefined });
  voidApprovals(tx, merge.id, left.cause!.summary);
  tx.explain(merge.id);
  const bead = tx.find('beads', merge.bead);
  if (bead?.town.merge !== merge.id) return;
  updateBead(tx, bead.id, {
    status: 'open',
    assignee: undefined,
    town: { ...bead.town, merge: undefined, cause: left.cause, dispatch: wish(tx, { prefer: merge.polecat }) },
  });
  tx.explain(bead.id);
};
