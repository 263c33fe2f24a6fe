import { approvalNeeded, hasApproval } from '../../roles/refinery/approval.ts';
import { isOpen } from '../../roles/refinery/order.ts';
import { heldForTip } from '../../roles/refinery/target.ts';
import { operator, RIG, type SimulatedTown } from './town.ts';

const PATIENCE_MS = 20_000;
const RELEASES_MAX = 2;

/** Somebody who looks now and then: approves, releases what is held (twice), repairs a red target. True when something was done. */
export const createPerson = (town: SimulatedTown): (() => boolean) => {
  const releases = new Map<string, number>();
  let repaired = false;
  return () => {
    const { data, now } = town;
    const rig = data.rigs.get(RIG)!;
    let acted = false;
    for (const merge of data.merges.values()) {
      if (!isOpen(merge) || merge.state === 'landing' || now - Date.parse(merge.since) < PATIENCE_MS) continue;
      if (heldForTip(merge)) {
        if (!repaired) town.repository.push({ id: 'repair', files: [], kind: 'repair' });
        acted ||= !repaired;
        repaired = true;
      } else if (merge.held) {
        const count = (releases.get(merge.id) ?? 0) + 1;
        releases.set(merge.id, count);
        if (count <= RELEASES_MAX) town.execute(operator, 'merge.release', { id: merge.id });
        else town.execute(operator, 'merge.reject', { id: merge.id, reason: 'enough' });
        acted = true;
      } else if (approvalNeeded(rig) && !hasApproval(data, merge, rig)) {
        town.execute(operator, 'merge.approve', { id: merge.id, head: merge.head });
        acted = true;
      }
    }
    return acted;
  };
};
