import { plural, safeLine } from '../../common/text.ts';
import { earlierApproval } from '../../ledger/approvals.ts';
import type { Approval, Merge, Rig } from '../../ledger/schema.ts';
import type { ApprovedBefore } from '../view.ts';
import type { ProjectionInput } from './input.ts';

/** What a person approved of the bead's work before, that does not stand for this request; undefined where there is none. */
export const approvedBefore = (
  { ledger, world }: Pick<ProjectionInput, 'ledger' | 'world'>,
  { merge, rig, requests }: { merge: Merge; rig: Rig; requests: readonly Merge[] },
): ApprovedBefore | undefined => {
  const approval = earlierApproval(ledger.data, merge, { policy: rig.policy, requests });
  if (!approval) return undefined;
  const counted = world.sinceApproval.get(merge.id);
  const since = counted?.from === approval.head && counted.to === merge.head ? counted : undefined;
  return {
    merge: approval.merge,
    head: approval.head,
    at: Date.parse(approval.at),
    by: safeLine(approval.by),
    reason: safeLine(approval.voidReason ?? `It was given under the policy ${approval.policy}.`),
    words: wordsOf(approval, merge, since),
  };
};

const wordsOf = (
  approval: Approval,
  merge: Merge,
  since: { commits?: number; rewritten?: boolean } | undefined,
): string => {
  if (approval.head === merge.head) return 'you approved just this before, and that is void by now';
  if (since?.commits === undefined) return 'changed since you approved';
  if (since.rewritten) return `done again since you approved, in ${plural(since.commits, 'commit')}`;
  return `${plural(since.commits, 'new commit')} since you approved`;
};
