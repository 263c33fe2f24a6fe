import { recentRunsOf } from '../../source/ledger/recent-runs.ts';
import { type GateRun, type LedgerData, LIMITS, type Merge, type Verdict } from '../../source/ledger/schema.ts';
import { couldNotRunStreak, type TreeVerdict, treeVerdict } from '../../source/ledger/verdict.ts';
import { hasPassed } from '../facts.ts';
import type { Round, Stack } from './round.ts';

/**
 * What the gates said of a stack: `open` wants a run, `resting` wants one after a pause, `stuck` could not run as often as
 * is tried.
 */
export type StackState = 'pass' | 'fail' | 'open' | 'resting' | 'stuck';

/** What is known of a tree; runs that could not run count from the last change of those who need it, so that a person's retry starts them anew. */
export const verdictOn = (
  { view, rig, seen }: Pick<Round, 'view' | 'rig' | 'seen'>,
  { tree, members }: Pick<Stack, 'tree' | 'members'>,
): TreeVerdict =>
  treeVerdict(view.ledger, {
    rig: rig.id,
    gates: rig.gates,
    environment: seen.environment,
    tree,
    since: sinceOf(members),
  });

export const sinceOf = (members: readonly Merge[]): string =>
  members.reduce((last, { since }) => (since > last ? since : last), '');

export const stateOf = (round: Round, stack: Stack): StackState => {
  if (round.rig.gates.length === 0) return 'pass';
  const known = verdictOn(round, stack);
  switch (known.outcome) {
    case 'pass':
    case 'fail':
      return known.outcome;
    case 'could_not_run': {
      const { runs } = known.verdict!;
      const streak = couldNotRunStreak(runs, sinceOf(stack.members));
      if (streak >= round.view.settings.refinery.maxCouldNotRun) return 'stuck';
      return hasPassed(round.view, runs.at(-1)!.at, retryPauseMs(streak)) ? 'open' : 'resting';
    }
    default:
      return 'open';
  }
};

/** 2 s, 4 s, 8 s: what stood in the way may pass (a full disk, a busy port). */
export const retryPauseMs = (streak: number): number => 1_000 * 2 ** streak;

/** Red runs of one gate on one tree. */
export const redRuns = (verdict: Verdict | undefined): number =>
  (verdict?.runs ?? []).filter(run => run.outcome === 'fail').length;

export const lastRed = (runs: readonly GateRun[]): GateRun | undefined => runs.findLast(run => run.outcome === 'fail');

/** The end of what the last red run printed, as evidence. */
export const lastOutput = (verdict: Verdict | undefined): string | undefined =>
  lastRed(verdict?.runs ?? [])?.output?.slice(-LIMITS.evidenceChars);

/** Above this share a red run says little of the longer stacks: they are let finish. */
const FLAKY_ABOVE = 0.05;

/** True when so many of the rig's recent trees were red and green that one red must not end other runs. */
export const isFlaky = (ledger: LedgerData, rig: string): boolean => recentRunsOf(ledger).flakyShare(rig) > FLAKY_ABOVE;

/** Median time of one run of all gates of the rig that passed, or undefined while one of them never has. */
export const usualRunMs = (
  ledger: LedgerData,
  rig: string,
  gates: readonly { readonly name: string }[],
): number | undefined => {
  const runs = recentRunsOf(ledger);
  const medians = gates.map(({ name }) => runs.usualMs(rig, name));
  return medians.includes(undefined) ? undefined : medians.reduce<number>((sum, median) => sum + median!, 0);
};
