import { hasPassed } from '../../roles/facts.ts';
import { approvalNeeded, hasApproval } from '../../roles/refinery/approval.ts';
import { isOpen } from '../../roles/refinery/order.ts';
import { heldForTip } from '../../roles/refinery/target.ts';
import { type Budget, budgetsOf, isSpent } from '../../source/ledger/budgets.ts';
import { usdOf } from '../../source/ledger/costs.ts';
import { confirmWord } from '../../source/ledger/guards.ts';
import { isLimited, TODAY } from './money.ts';
import { OPERATOR, PLENTY_BYTES, RIG, type State } from './state.ts';
import type { SimulatedTown } from './town.ts';

const PATIENCE_MS = 20_000;
const RELEASES_MAX = 2;

/** Somebody who looks now and then: approves, releases what is held (twice), repairs a red target. True when something was done. */
export const createPerson = ({ state }: SimulatedTown): (() => boolean) => {
  const releases = new Map<string, number>();
  const raiseBudgets = createPurse(state, () => state.now - state.movedMs);
  let repaired = false;
  return () => {
    const { data, execute } = state.ledger;
    const rig = data.rigs.get(RIG)!;
    let acted = raiseBudgets();
    for (const merge of data.merges.values()) {
      if (!isOpen(merge) || merge.state === 'landing' || !hasPassed(state, merge.since, PATIENCE_MS)) continue;
      if (heldForTip(merge) && !repaired) {
        state.repository.push({ id: 'repair', files: [], kind: 'repair' });
        repaired = true;
        acted = true;
      } else if (merge.held) {
        const count = (releases.get(merge.id) ?? 0) + 1;
        releases.set(merge.id, count);
        if (count <= RELEASES_MAX) execute(OPERATOR, 'merge.release', { id: merge.id });
        else execute(OPERATOR, 'merge.reject', { id: merge.id, reason: 'enough' });
        acted = true;
      } else if (approvalNeeded(merge, rig) && !hasApproval(data, merge, rig)) {
        execute(OPERATOR, 'merge.approve', { id: merge.id, head: merge.head, word: confirmWord(merge, rig) });
        acted = true;
      }
    }
    return acted;
  };
};

/** What has been spent for a while gets half as much again. */
const createPurse = ({ ledger, options }: State, clock: () => number): (() => boolean) => {
  const since = new Map<string, number>();
  let seq = -1;
  let spent: readonly Budget[] = [];
  return () => {
    if (!isLimited(options.budgets)) return false;
    if (seq !== ledger.seq) spent = budgetsOf(ledger.data, { limits: options.budgets, today: TODAY }).filter(isSpent);
    seq = ledger.seq;
    let raised = false;
    for (const budget of spent) {
      const { key, limitNanos } = budget;
      const seenAt = since.get(key) ?? clock();
      since.set(key, seenAt);
      if (clock() - seenAt < PATIENCE_MS) continue;
      since.delete(key);
      raised = true;
      ledger.execute(OPERATOR, 'budget.set', { scope: key, usd: usdOf(limitNanos) * 1.5 });
    }
    return raised;
  };
};

/** Something goes wrong outside: a crash, a silent host, a full disk, a stop, a push to the target. */
export const disturb = (town: SimulatedTown): void => {
  const { state } = town;
  const { random, ledger } = state;
  if (random.chance(0.01)) town.crash({ host: random.chance(0.3) });
  if (random.chance(0.02)) state.hostReachable = random.chance(0.5);
  if (random.chance(0.02)) state.freeDiskBytes = random.pick([1, PLENTY_BYTES]);
  if (random.chance(0.005)) ledger.execute(OPERATOR, 'town.estop', { reason: 'fire' });
  if (random.chance(0.05)) ledger.execute(OPERATOR, 'town.thaw', {});
  if (random.chance(0.02)) {
    state.repository.push({ id: `push-${state.now}`, files: random.chance(0.3) ? ['src/a.ts'] : [], kind: 'good' });
  }
};

/** An operator who changes their mind: takes work away, holds, reorders, pauses, parks, tries again. */
export const meddle = ({ state }: SimulatedTown): void => {
  const { random, ledger } = state;
  const { data, execute } = ledger;
  const hooked = () => [...data.polecats.values()].filter(polecat => polecat.hook);
  const waiting = () =>
    [...data.merges.values()].filter(merge => merge.state === 'queued' || merge.state === 'testing');
  const parked = () => [...data.beads.values()].filter(bead => bead.town.parked);
  const one = <T>(chance: number, all: () => readonly T[], act: (chosen: T) => void): void => {
    if (!random.chance(chance)) return;
    const found = all();
    if (found.length > 0) act(random.pick(found));
  };
  one(0.01, hooked, ({ id }) =>
    execute(OPERATOR, 'hook.release', { polecat: id, requeue: true, prefer: random.chance(0.5) }),
  );
  one(0.003, hooked, ({ hook }) => execute(OPERATOR, 'bead.park', { id: hook!, reason: 'not now' }));
  one(0.03, waiting, ({ id }) => execute(OPERATOR, 'merge.hold', { id }));
  one(0.05, waiting, ({ id }) => execute(OPERATOR, 'merge.order', { id, order: random.pick([-1, 1, null]) }));
  one(0.01, parked, ({ id }) => execute(OPERATOR, 'bead.sling', { id }));
  if (random.chance(0.01)) execute(OPERATOR, 'merge.pause', { rig: RIG });
  if (random.chance(0.1)) execute(OPERATOR, 'merge.resume', { rig: RIG });
  if (random.chance(0.003))
    execute(OPERATOR, 'rig.update', { id: RIG, policy: random.pick(['auto', 'guarded', 'all'] as const) });
};

/** All faults end: what is left to do can be done. */
export const calm = ({ state }: SimulatedTown): void => {
  state.hostReachable = true;
  state.freeDiskBytes = PLENTY_BYTES;
  state.isTargetDirty = false;
  state.ledger.execute(OPERATOR, 'town.thaw', {});
  state.ledger.execute(OPERATOR, 'merge.resume', { rig: RIG });
};
