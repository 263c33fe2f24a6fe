import { approvalsOf, needsPerson, validApproval } from '../approvals.ts';
import { blockingFindings, findingsHash, isGuarded } from '../guards.ts';
import { LIMITS, type Merge, type Rig } from '../schema.ts';
import { outcomeOf, verdictId } from '../verdict.ts';
import { closeBead } from './bead-records.ts';
import { settleIntegration } from './integrations.ts';
import { requeued, waitingMerge } from './merges.ts';
import { settleRevert } from './reverts.ts';
import { activeRig } from './rigs.ts';
import { assertMergesNotPaused, assertNotStopped } from './town.ts';
import { conflict, type Reducers, type Transaction } from './transaction.ts';
import { voidApprovals } from './void-approvals.ts';

/** After every time there is: leaves out all runs that could not run. */
const END_OF_TIME = '\uffff';

export const landingReducers: Reducers<
  | 'merge.group'
  | 'merge.sift'
  | 'merge.guard'
  | 'gate.record'
  | 'merge.landing'
  | 'merge.pr'
  | 'merge.unland'
  | 'merge.landed'
> = {
  'merge.group': (tx, { ids, group }) => {
    const merges = distinct(ids).map(id => waitingMerge(tx, id));
    assertOneRig(merges);
    for (const merge of merges) {
      if (group !== undefined && merge.held)
        throw conflict(`${merge.id} is held by ${merge.held.by}.`, 'Release it first.');
      if (group === undefined ? merge.state === 'queued' : merge.state === 'testing' && merge.group === group) continue;
      tx.update('merges', merge.id, group === undefined ? requeued(tx) : { state: 'testing', since: tx.now, group });
      tx.explain(merge.id);
    }
  },

  'merge.sift': (tx, { changes }) => {
    for (const { id, run, ...seen } of changes) {
      const merge = waitingMerge(tx, id);
      if (merge.state !== 'testing') throw conflict(`${id} is ${merge.state}, not testing.`);
      const since = merge.suspicion?.since ?? tx.now;
      tx.update('merges', id, { suspicion: run === null ? undefined : { run, since, ...seen } });
      tx.explain(id);
    }
  },

  'merge.guard': (tx, { id, ...seen }) => {
    const merge = waitingMerge(tx, id);
    if (merge.head !== seen.head || merge.base !== seen.base) return;
    tx.update('merges', id, { guards: { ...seen, at: tx.now } });
    const now = findingsHash(tx.get('merges', id));
    const isOther = approvalsOf(tx.data, id).some(one => !one.voidedAt && one.findings !== now);
    if (isOther) voidApprovals(tx, id, 'The guards see something else in it than when it was approved.');
  },

  'gate.record': (tx, { rig, tree, gate, environment, run }) => {
    tx.get('rigs', rig);
    const id = verdictId({ rig, gate, environment, tree });
    const known = tx.find('verdicts', id);
    if (known) tx.update('verdicts', id, { runs: [...known.runs, run].slice(-LIMITS.verdictRuns) });
    else tx.create('verdicts', { id, rig, tree, gate, environment, runs: [run] });
  },

  'merge.landing': (tx, { ids, old, new: next, tree }) => {
    assertNotStopped(tx);
    const merges = distinct(ids).map(id => tx.get('merges', id));
    const rig = activeRig(tx, assertOneRig(merges));
    assertMergesNotPaused(tx, rig.id);
    for (const merge of merges) {
      if (merge.state === 'landing' && merge.landing?.new === next && merge.landing.old === old) continue;
      if (merge.state !== 'testing') throw conflict(`${merge.id} is ${merge.state}, not testing.`);
      if (old !== next) assertMayLand(tx, { merge, rig, tree });
      tx.update('merges', merge.id, { state: 'landing', since: tx.now, landing: { old, new: next, tree, at: tx.now } });
      tx.explain(merge.id);
    }
  },

  'merge.pr': (tx, { ids, ...pr }) => {
    for (const merge of distinct(ids).map(id => tx.get('merges', id))) {
      if (merge.state !== 'landing' || merge.landing?.new !== pr.head) {
        throw conflict(`${merge.id} is not on its way onto the target as ${pr.head.slice(0, 12)}.`);
      }
      if (merge.pr?.number === pr.number && merge.pr.head === pr.head && !merge.pr.closed) continue;
      tx.update('merges', merge.id, { pr: { ...pr, at: tx.now } });
      tx.explain(merge.id);
    }
  },

  'merge.unland': (tx, { ids, batchMax }) => {
    for (const [index, merge] of distinct(ids)
      .map(id => tx.get('merges', id))
      .entries()) {
      if (merge.state === 'queued') continue;
      if (merge.state !== 'landing') throw conflict(`${merge.id} is ${merge.state}, not landing.`);
      // A pull request that is taken apart goes on with the first part of what it held.
      const leaves = batchMax !== undefined && index >= batchMax;
      tx.update('merges', merge.id, {
        ...requeued(tx),
        ...(batchMax && { batchMax }),
        ...(leaves && { pr: undefined }),
      });
      tx.explain(merge.id);
    }
  },

  'merge.landed': (tx, { ids, sha, as = sha }) => {
    const merges = distinct(ids).map(id => tx.get('merges', id));
    for (const merge of merges) {
      if (merge.state === 'landed' && merge.landedSha === as) continue;
      if (merge.state !== 'landing' || merge.landing?.new !== sha) {
        throw conflict(
          `${merge.id} is ${merge.state}${merge.landing ? ` as ${merge.landing.new.slice(0, 12)}` : ''}: it cannot have landed as ${sha.slice(0, 12)}.`,
        );
      }
      tx.update('merges', merge.id, {
        state: 'landed',
        since: tx.now,
        landedSha: as,
        group: undefined,
        suspicion: undefined,
      });
      tx.explain(merge.id);
    }
    for (const merge of merges) if (merge.state === 'landing') countLanded(tx, merge, as);
  },
};

/** Only here is a bead closed as landed. */
const countLanded = (tx: Transaction, merge: Merge, sha: string): void => {
  if (merge.reverts) {
    settleRevert(tx, merge, sha);
    return;
  }
  if (merge.integrates) settleIntegration(tx, merge);
  const polecat = tx.find('polecats', merge.polecat);
  if (polecat) tx.update('polecats', polecat.id, { landed: polecat.landed + 1 });
  const bead = tx.find('beads', merge.bead);
  if (!bead || bead.status === 'closed' || bead.status === 'tombstone') return;
  closeBead(tx, bead.id, {
    reason: `Landed on ${merge.target} as ${sha.slice(0, 12)}`.slice(0, 500),
    town: { merge: undefined, cause: undefined, landed_sha: sha },
  });
  tx.explain(bead.id);
};

/**
 * The last door before the target: the guards have looked at this very work and none blocks it, every gate of the rig is
 * green on this very tree, and a person has approved where the rig has no gates, its policy wants it or a guard asks. Whatever a role decided, nothing else is ever written as an intent to land.
 */
const assertMayLand = (tx: Transaction, landing: { merge: Merge; rig: Rig; tree: string }): void => {
  const { merge, rig, tree } = landing;
  if (merge.held) throw conflict(`${merge.id} is held by ${merge.held.by}.`, 'Release it first.');
  assertGuarded(merge, rig);
  for (const gate of rig.gates) {
    if (!isGreen(tx, { rig: rig.id, gate: gate.name, tree })) {
      throw conflict(
        `The gate ${gate.name} has not passed on the tree ${tree.slice(0, 12)}: ${merge.id} cannot land.`,
        'Run it first.',
      );
    }
  }
  if (needsPerson(merge, rig) && !validApproval(tx.data, merge, rig.policy)) {
    throw conflict(
      `${merge.id} waits for a person's approval of ${merge.head.slice(0, 12)}.`,
      'Look at its diff and decide.',
    );
  }
};

const assertGuarded = (merge: Merge, rig: Rig): void => {
  if (!isGuarded(merge, rig)) {
    throw conflict(`The guards have not looked at ${merge.id} at ${merge.head.slice(0, 12)}: it cannot land.`);
  }
  const [block] = blockingFindings(merge);
  if (block) throw conflict(`${merge.id} cannot land: ${block.summary}`);
};

const isGreen = (tx: Transaction, key: { rig: string; gate: string; tree: string }): boolean => {
  for (const verdict of tx.data.verdicts.values()) {
    if (verdict.tree !== key.tree || verdict.gate !== key.gate || verdict.rig !== key.rig) continue;
    if (outcomeOf(verdict.runs, END_OF_TIME) === 'pass') return true;
  }
  return false;
};

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)];

const assertOneRig = (merges: readonly Merge[]): string => {
  const { rig } = merges[0]!;
  const other = merges.find(merge => merge.rig !== rig);
  if (other) throw conflict(`${merges[0]!.id} and ${other.id} belong to different rigs.`);
  return rig;
};
