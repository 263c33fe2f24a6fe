import { safeText } from '../../source/common/text.ts';
import type { Rig } from '../../source/ledger/schema.ts';
import { couldNotRunStreak, type TreeVerdict, treeVerdict } from '../../source/ledger/verdict.ts';
import { activeRigs, isStopped, shortSha } from '../facts.ts';
import { fenced } from '../prompts/fence.ts';
import { isOpen } from '../refinery/order.ts';
import { treesUnderTest } from '../refinery/round.ts';
import { redRuns } from '../refinery/verdicts.ts';
import type { Action, Decide, RigObservation, WorldView } from '../role.ts';
import { act, isDue, run } from './due.ts';

/** Label of the bead that says a target is red. */
export const TARGET_RED = 'target-red';

/**
 * Runs the gates on a target whose tip nobody has tested (somebody pushed to it), when the queue leaves the gates free,
 * and makes a red target a bead. A tip is known only while there was work for the rig, so an idle town starts nothing.
 */
export const mainTest: Decide = view => {
  if (isStopped(view)) return [];
  return activeRigs(view.ledger).flatMap(rig => {
    const seen = view.observed.rigs.get(rig.id);
    if (!seen || rig.gates.length === 0) return [];
    const verdict = treeVerdict(view.ledger, {
      rig: rig.id,
      gates: rig.gates,
      environment: seen.environment,
      tree: seen.tipTree,
    });
    if (verdict.outcome === 'fail' && redRuns(verdict.verdict) >= view.settings.refinery.confirm)
      return report(view, { rig, seen, verdict });
    return verdict.outcome === 'pass' || isHopeless(view, verdict) ? [] : test(view, rig, seen);
  });
};

/** A gate that could not run that often in a row waits for the next tip, or for a person: an idle town must not try for ever. */
const isHopeless = (view: WorldView, { outcome, verdict }: TreeVerdict): boolean =>
  outcome === 'could_not_run' && couldNotRunStreak(verdict?.runs ?? []) >= view.settings.refinery.maxCouldNotRun;

const test = (view: WorldView, rig: Rig, seen: RigObservation): Action[] => {
  if (!isDue(view, 'main-test', view.settings.dogs.mainTestMs) || treesUnderTest(view, rig.id).length > 0) return [];
  for (const merge of view.ledger.merges.values()) if (merge.rig === rig.id && isOpen(merge)) return [];
  return [run(view, 'main-test', `${rig.branch} at ${shortSha(seen.tip)} has no settled verdict`, rig.id)];
};

/** One bead a tip, and none while an earlier one is still open. Not dispatched: a person says who repairs it. */
const report = (
  view: WorldView,
  { rig, seen, verdict }: { rig: Rig; seen: RigObservation; verdict: TreeVerdict },
): Action[] => {
  const tipLabel = `tip-${shortSha(seen.tip)}`;
  for (const bead of view.ledger.beads.values()) {
    if (bead.town.rig !== rig.id || !bead.labels?.includes(TARGET_RED)) continue;
    if (bead.labels.includes(tipLabel) || (bead.status !== 'closed' && bead.status !== 'tombstone')) return [];
  }
  const gate = verdict.gate!.name;
  const output = verdict.verdict?.runs.findLast(one => one.outcome === 'fail')?.output;
  const because = `gate ${gate} fails on ${rig.branch} at ${shortSha(seen.tip)}`;
  return [
    act.command(
      'bead.create',
      {
        title: `${rig.branch} is red: gate ${gate} fails at ${shortSha(seen.tip)}`,
        description: [
          `The gate \`${gate}\` fails on the target itself.`,
          output ? fenced('output of the gate', safeText(output)) : '',
        ]
          .filter(Boolean)
          .join('\n\n'),
        priority: 1,
        issue_type: 'bug',
        labels: [TARGET_RED, tipLabel],
        rig: rig.id,
      },
      { key: `target-red:${rig.id}:${seen.tip}`, subject: rig.id, because },
    ),
  ];
};
