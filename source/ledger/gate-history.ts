import { median } from '../common/median.ts';
import type { GateRun, LedgerData, Quarantined, Rig, Verdict } from './schema.ts';

/** What is known of one gate of a rig from its runs: derived, never stored. */
export interface GateHistory {
  readonly gate: string;
  /** Runs looked at: the last ones, at most `RUNS`. Those that could not run say nothing and are left out. */
  readonly runs: number;
  readonly passed: number;
  /** Runs red on a tree on which another was green. */
  readonly flakes: number;
  /** ISO time of the last of them. */
  readonly lastFlakeAt?: string;
  /** Of passing runs; absent where there are none. */
  readonly medianMs?: number;
  /** Tests that failed and did not on the same tree, most often first. */
  readonly flakyTests: readonly FlakyTest[];
  /** In force. */
  readonly quarantined: readonly Quarantined[];
}

export interface FlakyTest {
  readonly gate: string;
  readonly test: string;
  /** Trees on which it did both. */
  readonly trees: number;
  /** ISO time of its last red run that blamed nobody. */
  readonly lastAt: string;
}

/** Runs that a gate's rates are taken from. */
export const RUNS = 50;
/** Above this share of flakes over `RUNS` runs, a gate no longer tells good from bad. */
export const FLAKE_RATE_MAX = 0.05;
/** Trees on which a test must have been both before it is called flaky. */
export const FLAKY_FROM_TREES = 2;
/** Passes from which a usual duration is known: a new rig is not bothered. */
const SHORT_AFTER_PASSES = 10;
/** A run in less than this share of the usual time has hardly done the usual work. */
const SHORT_SHARE = 0.1;
/** Gates that are usually quicker than this differ by what else the machine does. */
const SHORT_FROM_MS = 2_000;

/** `now` is in ms since the epoch. */
export const gateHistories = (
  ledger: Pick<LedgerData, 'verdicts'>,
  { rig, now }: { rig: Rig; now: number },
): GateHistory[] => {
  const byGate = Map.groupBy(
    [...ledger.verdicts.values()].filter(verdict => verdict.rig === rig.id),
    verdict => verdict.gate,
  );
  return rig.gates.map(({ name }) => historyOf(name, byGate.get(name) ?? [], quarantineOf(rig, name, now)));
};

/** The tests of a gate that do not count now. */
export const quarantineOf = (rig: Pick<Rig, 'quarantine'>, gate: string, now: number): Quarantined[] =>
  (rig.quarantine ?? []).filter(one => one.gate === gate && Date.parse(one.until) > now);

/** Whether a gate has shown to be too flaky to be trusted: only once there are enough runs. */
export const isTooFlaky = ({ runs, flakes }: GateHistory): boolean => runs >= RUNS && flakes / runs > FLAKE_RATE_MAX;

/** Below this, in ms, a pass of the gate is suspicious; undefined where too little is known. Runs under one environment are compared. */
export const shortBelowMs = (
  ledger: Pick<LedgerData, 'verdicts'>,
  key: { rig: string; gate: string; environment: string },
): number | undefined => {
  const durations: number[] = [];
  for (const verdict of ledger.verdicts.values()) {
    if (verdict.rig !== key.rig || verdict.gate !== key.gate || verdict.environment !== key.environment) continue;
    for (const run of verdict.runs) if (run.outcome === 'pass' && !run.isShort) durations.push(run.durationMs);
  }
  const usual = median(durations);
  if (durations.length < SHORT_AFTER_PASSES || usual === undefined || usual < SHORT_FROM_MS) return undefined;
  return usual * SHORT_SHARE;
};

/** Red and green on the tree, whichever came first. A pass whose only failures were excused counts for its tests alone. */
export const isMixed = ({ runs }: Pick<Verdict, 'runs'>): boolean =>
  runs.some(run => run.outcome === 'pass') && runs.some(run => run.outcome === 'fail');

const historyOf = (gate: string, verdicts: readonly Verdict[], quarantined: readonly Quarantined[]): GateHistory => {
  const runs = verdicts
    .flatMap(verdict => verdict.runs.map(run => ({ run, isFlake: run.outcome === 'fail' && isMixed(verdict) })))
    .filter(({ run }) => run.outcome !== 'could_not_run')
    .sort((a, b) => (a.run.at < b.run.at ? -1 : 1))
    .slice(-RUNS);
  const passes = runs.filter(({ run }) => run.outcome === 'pass');
  const lastFlake = runs.findLast(({ isFlake }) => isFlake);
  const medianMs = median(passes.map(({ run }) => run.durationMs));
  return {
    gate,
    runs: runs.length,
    passed: passes.length,
    flakes: runs.filter(({ isFlake }) => isFlake).length,
    ...(lastFlake && { lastFlakeAt: lastFlake.run.at }),
    ...(medianMs !== undefined && { medianMs }),
    flakyTests: flakyTests(gate, verdicts),
    quarantined,
  };
};

/**
 * Tests named by reports as red on a tree on which they were green as well: in a run that did not name them, and whose report
 * was whole, or that passed.
 */
const flakyTests = (gate: string, verdicts: readonly Verdict[]): FlakyTest[] => {
  const found = new Map<string, { trees: number; lastAt: string }>();
  for (const { runs } of verdicts) {
    if (runs.length < 2) continue;
    const reds = new Map<string, GateRun>();
    for (const run of runs) for (const test of run.tests?.failed ?? []) reds.set(test, run);
    for (const [test, red] of reds) {
      if (!runs.some(run => isGreenFor(run, test, red))) continue;
      const { at } = red;
      const known = found.get(test);
      found.set(test, { trees: (known?.trees ?? 0) + 1, lastAt: known && known.lastAt > at ? known.lastAt : at });
    }
  }
  return [...found]
    .map(([test, seen]) => ({ gate, test, ...seen }))
    .sort((a, b) => b.trees - a.trees || (a.test < b.test ? -1 : 1));
};

const isGreenFor = (run: GateRun, test: string, red: GateRun): boolean => {
  if (run.tests?.failed.includes(test)) return false;
  if (run.outcome === 'pass') return true;
  // A run that stopped at its first failure may never have come to this test.
  return run.tests !== undefined && !run.tests.isPartial && run.tests.total >= (red.tests?.total ?? 0);
};
