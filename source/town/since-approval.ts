import { earlierApproval } from '../ledger/approvals.ts';
import { requestsOf } from '../ledger/requests.ts';
import type { Merge } from '../ledger/schema.ts';
import type { TownContext } from './context.ts';

/**
 * Counts what came since a person's earlier approval, once for each request that follows one, so that its row can say it.
 * Where Git cannot say, the row does without.
 */
export const followApprovals = async (context: TownContext): Promise<void> => {
  const { ledger, world, log } = context;
  const { merges, rigs } = ledger.data;
  for (const id of world.sinceApproval.keys()) if (!isOpen(merges.get(id))) world.sinceApproval.delete(id);
  if (ledger.data.approvals.size === 0) return;
  const requests = requestsOf(ledger.data);
  for (const merge of requests.open()) {
    const rig = rigs.get(merge.rig);
    if (!rig) continue;
    const approval = earlierApproval(ledger.data, merge, {
      policy: rig.policy,
      requests: requests.ofBead(merge.bead),
    });
    if (!approval || world.sinceApproval.get(merge.id)?.from === approval.head) continue;
    const seen = { from: approval.head, to: merge.head };
    world.sinceApproval.set(merge.id, seen);
    if (approval.head === merge.head) continue;
    try {
      const landing = await context.landing(merge.rig);
      world.sinceApproval.set(merge.id, { ...seen, ...(await landing.countSince(approval, merge)) });
      context.changed();
    } catch (error) {
      log.warn({ err: error, merge: merge.id }, 'what came since the approval was not counted');
    }
  }
};

const isOpen = (merge: Merge | undefined): boolean =>
  merge !== undefined && ['queued', 'testing', 'landing'].includes(merge.state);
