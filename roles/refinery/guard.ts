import { plural } from '../../source/common/text.ts';
import { blockingFindings, isGuarded } from '../../source/ledger/guards.ts';
import { type Cause, type GuardFinding, LIMITS, type Merge, type Rig } from '../../source/ledger/schema.ts';
import { byId, iso } from '../facts.ts';
import type { Action, WorldView } from '../role.ts';
import { act } from './round.ts';

/** Looks asked for in one effect: a few milliseconds each, so that the first are known while others wait. */
const LOOKS_AT_ONCE = 20;
/** Findings listed as evidence for whoever does it again. */
const FINDINGS_LISTED = 40;
const SUMMARY_CHARS = 500;

/**
 * Before any gate: guards look at each request that waits, again whenever its work or the policy is another. What one of
 * them blocks goes back to whoever did the work. Also while the queue is paused: looking moves nothing.
 */
export const guard = (view: WorldView, rig: Rig): Action[] => {
  const waiting = [...view.ledger.merges.values()].filter(
    merge => merge.rig === rig.id && (merge.state === 'queued' || merge.state === 'testing'),
  );
  // One that is held is looked at once it is let go: what cannot be read must not be asked for again and again. It goes back
  // then, too: whoever holds it wants it left where it is.
  const free = waiting.filter(merge => !merge.held);
  const unseen = free.filter(merge => !isGuarded(merge, rig)).sort(byId);
  const blocked = free.filter(merge => isGuarded(merge, rig) && blockingFindings(merge).length > 0);
  return [...blocked.map(merge => sendBack(view, merge)), ...(unseen.length > 0 ? [look(rig, unseen)] : [])];
};

const look = (rig: Rig, unseen: readonly Merge[]): Action =>
  act.effect(
    { type: 'guards.run', rig: rig.id, merges: unseen.slice(0, LOOKS_AT_ONCE).map(merge => merge.id) },
    {
      key: `guards:${rig.id}`,
      subject: unseen[0]!.id,
      because: `${plural(unseen.length, 'request')} to look at for secrets and protected files before any gate runs`,
    },
  );

const sendBack = (view: WorldView, merge: Merge): Action => {
  const cause = causeOf(blockingFindings(merge), view.now);
  return act.command(
    'merge.bounce',
    { id: merge.id, cause },
    { key: `merge:${merge.id}`, subject: merge.id, because: cause.summary },
  );
};

const causeOf = (findings: readonly GuardFinding[], now: number): Cause => {
  const more = findings.length - 1;
  const summary = `a guard stopped it: ${findings[0]!.summary}${more > 0 ? `, and ${plural(more, 'more finding')}` : ''}`;
  const files = [...new Set(findings.flatMap(finding => finding.path ?? []))];
  const listed = findings.slice(0, FINDINGS_LISTED).map(({ guard: name, summary: text }) => `${name}: ${text}`);
  return {
    kind: 'guard',
    summary: summary.slice(0, SUMMARY_CHARS),
    ...(files.length > 0 && { files: files.slice(0, 200) }),
    output: listed.join('\n').slice(0, LIMITS.evidenceChars),
    at: iso(now),
  };
};
