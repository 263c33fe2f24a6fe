import { approvalNeeded, hasApproval } from '../../roles/refinery/approval.ts';
import { isOpen } from '../../roles/refinery/order.ts';
import { heldForTip } from '../../roles/refinery/target.ts';
import { confirmWord } from '../../source/ledger/guards.ts';
import { OPERATOR, PLENTY_BYTES, RIG } from './state.ts';
import type { SimulatedTown } from './town.ts';

const PATIENCE_MS = 20_000;
const RELEASES_MAX = 2;

/** Somebody who looks now and then: approves, releases what is held (twice), repairs a red target. True when something was done. */
export const createPerson = ({ state }: SimulatedTown): (() => boolean) => {
  const releases = new Map<string, number>();
  let repaired = false;
  return () => {
    const { data, execute } = state.ledger;
    const rig = data.rigs.get(RIG)!;
    let acted = false;
    for (const merge of data.merges.values()) {
      if (!isOpen(merge) || merge.state === 'landing' || state.now - Date.parse(merge.since) < PATIENCE_MS) continue;
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
  const merges = [...data.merges.values()].filter(merge => merge.state === 'queued' || merge.state === 'testing');
  const hooked = [...data.polecats.values()].filter(polecat => polecat.hook);
  const parked = [...data.beads.values()].filter(bead => bead.town.parked);
  if (hooked.length > 0 && random.chance(0.01)) {
    execute(OPERATOR, 'hook.release', { polecat: random.pick(hooked).id, requeue: true, prefer: random.chance(0.5) });
  }
  if (hooked.length > 0 && random.chance(0.003)) {
    execute(OPERATOR, 'bead.park', { id: random.pick(hooked).hook!, reason: 'not now' });
  }
  if (merges.length > 0 && random.chance(0.03)) execute(OPERATOR, 'merge.hold', { id: random.pick(merges).id });
  if (merges.length > 0 && random.chance(0.05)) {
    execute(OPERATOR, 'merge.order', { id: random.pick(merges).id, order: random.pick([-1, 1, null]) });
  }
  if (parked.length > 0 && random.chance(0.01)) execute(OPERATOR, 'bead.sling', { id: random.pick(parked).id });
  if (random.chance(0.01)) execute(OPERATOR, 'merge.pause', { rig: RIG });
  if (random.chance(0.1)) execute(OPERATOR, 'merge.resume', { rig: RIG });
  if (random.chance(0.003))
    execute(OPERATOR, 'rig.update', { id: RIG, policy: random.pick(['auto', 'guarded', 'all'] as const) });
};

/** All faults end: what is left to do can be done. */
export const calm = ({ state }: SimulatedTown): void => {
  state.hostReachable = true;
  state.freeDiskBytes = PLENTY_BYTES;
  state.ledger.execute(OPERATOR, 'town.thaw', {});
  state.ledger.execute(OPERATOR, 'merge.resume', { rig: RIG });
};
