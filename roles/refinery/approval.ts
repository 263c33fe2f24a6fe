import { validApproval } from '../../source/ledger/approvals.ts';
import type { LedgerData, Merge, Rig } from '../../source/ledger/schema.ts';
import { twinAhead } from './twins.ts';

/** True when nothing of this rig lands without a person: its policy says so, or there are no gates to speak for the work. */
export const approvalNeeded = (rig: Rig): boolean => rig.policy === 'all' || rig.gates.length === 0;

/** True when a person's approval stands for exactly this work: same head, base and policy, and not voided since. */
export const hasApproval = (ledger: LedgerData, merge: Merge, rig: Rig): boolean =>
  validApproval(ledger, merge, rig.policy) !== undefined;

/** May be tested and landed: as far as people are concerned, and no request with the same patch goes first. */
export const isCleared = (ledger: LedgerData, merge: Merge, rig: Rig): boolean =>
  isLetThrough(ledger, merge, rig) && twinAhead(ledger, merge, twin => isLetThrough(ledger, twin, rig)) === undefined;

/** As far as people are concerned. */
export const isLetThrough = (ledger: LedgerData, merge: Merge, rig: Rig): boolean =>
  merge.held === undefined && (!approvalNeeded(rig) || hasApproval(ledger, merge, rig));
