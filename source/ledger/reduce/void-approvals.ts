import { approvalsOf } from '../approvals.ts';
import type { Transaction } from './transaction.ts';

/** Voids visibly what was approved of a request: the decision stays on record, with why it no longer holds. */
export const voidApprovals = (tx: Transaction, merge: string, reason: string): void => {
  for (const approval of approvalsOf(tx.data, merge)) {
    if (approval.voidedAt) continue;
    tx.update('approvals', approval.id, { voidedAt: tx.now, voidReason: reason });
    tx.explain(merge);
  }
};
