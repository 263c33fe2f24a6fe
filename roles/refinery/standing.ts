import { requestsOf } from '../../source/ledger/requests.ts';
import type { LedgerData, Merge } from '../../source/ledger/schema.ts';
import { type Chain, chainKey } from '../role.ts';
import type { Accused, Ladder, Prior, Suspects } from './ladder.ts';
import type { Round, Stack } from './round.ts';

/** The ladder as the ledger has it: each request under test with what the gates have said of it so far. */
export const ladderOf = ({ view, rig, members }: Round): Ladder => {
  const suspects: Suspects[] = [];
  const accused: Accused[] = [];
  for (const run of runsOf(members)) {
    const { reds } = run[0]!.suspicion!;
    const passed = Math.min(...run.map(({ suspicion }) => suspicion!.passed));
    if (run.length === 1) accused.push({ id: run[0]!.id, reds, passed });
    else suspects.push({ ids: run.map(({ id }) => id), passed });
  }
  const unknown = members.filter(({ suspicion }) => !suspicion).map(({ id }) => id);
  return { unknown, suspects, accused, prior: priorOf(view.ledger, { rig: rig.id, now: view.now }) };
};

/** `s2` before `s10`: the oldest run first. Its members in queue order. */
const runsOf = (members: readonly Merge[]): Merge[][] => {
  const runs = new Map<string, Merge[]>();
  for (const merge of members) {
    if (!merge.suspicion) continue;
    const run = runs.get(merge.suspicion.run);
    if (run) run.push(merge);
    else runs.set(merge.suspicion.run, [merge]);
  }
  return [...runs].sort(([a], [b]) => runNumber(a) - runNumber(b)).map(([, run]) => run);
};

const runNumber = (run: string): number => Number.parseInt(run.slice(1), 10) || 0;

/** Names for runs of suspects that no request under test bears. */
export const freshRuns = (members: readonly Merge[]): (() => string) => {
  let highest = Math.max(0, ...members.map(({ suspicion }) => (suspicion ? runNumber(suspicion.run) : 0)));
  return () => `s${++highest}`;
};

/** What lately landed and was sent back as red: how good work in this rig is, is learnt from a week. */
const LEARNT_FROM_MS = 7 * 24 * 3_600_000;

const priorOf = (ledger: LedgerData, { rig, now }: { rig: string; now: number }): Prior => {
  const { landed, red } = requestsOf(ledger).since(rig, new Date(now - LEARNT_FROM_MS).toISOString());
  return { landed, rejected: red };
};

/** The chain of these requests on the target's present tip, if it was built. */
export const chainFor = ({ view, rig, seen, members }: Round, ids: readonly string[]): Chain | undefined => {
  const key = chainKey(ids.map(id => members.find(member => member.id === id)!));
  return view.observed.chains.get(rig.id)?.find(chain => chain.tip === seen.tip && chain.key === key);
};

/** The stacks that a chain consists of, shortest first: each may be tested, and lands as it is. */
export const stacksOf = ({ members }: Round, chain: Chain): Stack[] => {
  const stacks: Stack[] = [];
  const below: Merge[] = [];
  for (const link of chain.links) {
    const merge = members.find(member => member.id === link.merge);
    if (link.outcome !== 'stacked' || !merge) continue;
    below.push(merge);
    stacks.push({ commit: link.candidate, tree: link.tree, members: [...below] });
  }
  return stacks;
};
