import { createHash } from 'node:crypto';
import { compactJson } from '../common/json.ts';
import type { Approval, LedgerData, Merge, Rig } from './schema.ts';

/** The hash that begins the chain. */
export const FIRST_LINK = '0'.repeat(64);

/** The approval that lets this very state of the request land, if there is one: not voided, same head and base, same policy. */
export const validApproval = (data: LedgerData, merge: Merge, policy: Rig['policy']): Approval | undefined =>
  approvalsOf(data, merge.id).find(
    approval =>
      !approval.voidedAt && approval.head === merge.head && approval.base === merge.base && approval.policy === policy,
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

/** True when every approval follows from the one before it and none was changed or taken out. */
export const isChainWhole = (data: LedgerData): boolean => {
  const byPrevious = new Map([...data.approvals.values()].map(approval => [approval.previous, approval]));
  let link = FIRST_LINK;
  for (let left = data.approvals.size; left > 0; left--) {
    const next = byPrevious.get(link);
    if (!next) return false;
    link = approvalHash(next);
  }
  return !byPrevious.has(link);
};
