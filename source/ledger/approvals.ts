import { createHash } from 'node:crypto';
import { compactJson } from '../common/json.ts';
import { askingFindings, findingsHash } from './guards.ts';
import type { Approval, LedgerData, Merge, Rig } from './schema.ts';

/** The hash that begins the chain. */
export const FIRST_LINK = '0'.repeat(64);

/** True when this lands only with a person: there are no gates to speak for it, the policy says so, or a guard asks. */
export const needsPerson = (merge: Merge, rig: Rig): boolean =>
  rig.gates.length === 0 || rig.policy === 'all' || askingFindings(merge, rig).length > 0;

/** The approval that lets this very state of the request land, if there is one: not voided, same head and base, same policy, same findings. */
export const validApproval = (data: LedgerData, merge: Merge, policy: Rig['policy']): Approval | undefined =>
  approvalsOf(data, merge.id).find(
    approval =>
      !approval.voidedAt &&
      approval.head === merge.head &&
      approval.base === merge.base &&
      approval.policy === policy &&
      approval.findings === findingsHash(merge),
  );

/** All approvals of a request, oldest first. */
export const approvalsOf = (data: LedgerData, merge: string): Approval[] => {
  const found: Approval[] = [];
  for (let number = 1; ; number++) {
    const approval = data.approvals.get(`${merge}.${number}`);
    if (!approval) return found;
    found.push(approval);
  }
};

/** SHA-256 of what a person decided. Voiding does not change it: the decision stays provable. */
export const approvalHash = (approval: Approval): string => {
  const { rev: _rev, voidedAt: _voidedAt, voidReason: _voidReason, ...decided } = approval;
  return createHash('sha256').update(compactJson(decided)).digest('hex');
};

/** Hash of the newest approval of the town: the one that no other follows. */
export const lastLink = (data: LedgerData): string => {
  const hashes = new Map([...data.approvals.values()].map(approval => [approvalHash(approval), approval]));
  for (const { previous } of data.approvals.values()) hashes.delete(previous);
  return [...hashes.keys()][0] ?? FIRST_LINK;
};

/**
 * The person's last approval of a bead's work, where it does not stand for this request: of an older request that this one
 * follows, or of this one before it came back. What was looked at then is known; only the rest is new.
 */
export const earlierApproval = (
  data: LedgerData,
  merge: Merge,
  { policy, requests }: { policy: Rig['policy']; requests: readonly Merge[] },
): Approval | undefined => {
  if (merge.reverts || validApproval(data, merge, policy)) return undefined;
  return requests
    .filter(one => one.bead === merge.bead && one.rig === merge.rig && !one.reverts && one.createdAt <= merge.createdAt)
    .flatMap(one => approvalsOf(data, one.id))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .at(-1);
};

/** Whether every approval follows from the one before it and none was changed or taken out; if not, after which one it breaks. */
export type ChainReport =
  | { readonly whole: true; readonly length: number }
  | { readonly whole: false; readonly length: number; readonly after?: string; readonly reason: string };

/** Walks the chain from its first link. */
export const examineChain = (approvals: Iterable<Approval>): ChainReport => {
  const all = [...approvals];
  const length = all.length;
  const byPrevious = new Map<string, Approval>();
  for (const approval of all) {
    const other = byPrevious.get(approval.previous);
    if (other)
      return { whole: false, length, reason: `${other.id} and ${approval.id} both say that they follow the same one` };
    byPrevious.set(approval.previous, approval);
  }
  let link = FIRST_LINK;
  let last: Approval | undefined;
  for (let left = length; left > 0; left--) {
    const next = byPrevious.get(link);
    if (!next) return { whole: false, length, ...(last && { after: last.id }), reason: missing(last) };
    link = approvalHash(next);
    last = next;
  }
  return { whole: true, length };
};

const missing = (last: Approval | undefined): string =>
  last
    ? `what follows ${last.id} was taken out, or ${last.id} itself was changed`
    : 'the first approval of the town was changed or taken out';
