import { needsPerson, validApproval } from '../../source/ledger/approvals.ts';
import { askingFindings, blockingFindings, isGuarded } from '../../source/ledger/guards.ts';
import type { LedgerData, Merge, Rig } from '../../source/ledger/schema.ts';
import type { WorldView } from '../role.ts';
import { notLandedUnattended } from '../unattended.ts';
import { sameAs, twinAhead } from './twins.ts';

/** True when this does not land without a person: the policy says so, there are no gates to speak for the work, or a guard asks. */
export const approvalNeeded = (merge: Merge, rig: Rig): boolean => needsPerson(merge, rig);

/** True when a person's approval stands for exactly this work: same head, base, policy and findings, and not voided since. */
export const hasApproval = (ledger: LedgerData, merge: Merge, rig: Rig): boolean =>
  validApproval(ledger, merge, rig.policy) !== undefined;

/** May be tested and landed: as far as guards and people are concerned, and no request with the same patch goes first. */
export const isCleared = (view: WorldView, merge: Merge, rig: Rig): boolean =>
  whyNotCleared(view, merge, rig) === undefined;

/** As far as guards and people are concerned. */
const isLetThrough = (view: WorldView, merge: Merge, rig: Rig): boolean =>
  whyNotLetThrough(view, merge, rig) === undefined;

/** What keeps it from being tested, in a few words, or undefined. */
export const whyNotCleared = (view: WorldView, merge: Merge, rig: Rig): string | undefined => {
  const why = whyNotLetThrough(view, merge, rig);
  if (why !== undefined) return why;
  const twin = twinAhead(view.ledger, merge, one => isLetThrough(view, one, rig));
  return twin && sameAs(twin);
};

const whyNotLetThrough = (view: WorldView, merge: Merge, rig: Rig): string | undefined => {
  if (merge.held) return merge.held.reason ? `held: ${merge.held.reason}` : `held by ${merge.held.by}`;
  if (!isGuarded(merge, rig)) return 'guards are to look at what it changes first';
  if (blockingFindings(merge).length > 0) return 'a guard stopped it: it goes back';
  if (!approvalNeeded(merge, rig) || hasApproval(view.ledger, merge, rig)) return notLandedUnattended(view, merge, rig);
  const why = whyApproval(merge, rig);
  return why ? `waits for your approval: ${why}` : 'waits for your approval';
};

/** Findings named in one line; the request's own page lists all. */
const NAMED = 2;

const whyApproval = (merge: Merge, rig: Rig): string | undefined => {
  const asking = askingFindings(merge, rig).map(finding => finding.summary);
  const more = asking.length - NAMED;
  if (asking.length > 0) return `${asking.slice(0, NAMED).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  return rig.gates.length === 0 ? 'the rig has no gates' : undefined;
};
