import type { Gate, GateRun, LedgerData, Verdict } from './schema.ts';

/**
 * The four outcomes of a gate on a tree, and `unknown` for none yet. Only `pass` lands.
 * `flaky_pass`: red and green on the same tree and not yet green twice in a row: it is run again, and blames nobody.
 */
export type GateOutcome = 'pass' | 'fail' | 'flaky_pass' | 'could_not_run' | 'unknown';

/** Runs with both colours after which a gate that never settled counts as red. */
const MIXED_RUNS_MAX = 5;

/** Outcome of all runs of one gate on one tree. `since` (ISO) leaves out earlier runs that could not run: a person's retry starts them anew. */
export const outcomeOf = (runs: readonly GateRun[], since = ''): GateOutcome => {
  const last = runs.at(-1);
  if (!last) return 'unknown';
  const coloured = runs.filter(run => run.outcome !== 'could_not_run');
  if (last.outcome === 'could_not_run') return last.at >= since ? 'could_not_run' : outcomeOf(coloured, since);
  const reds = coloured.filter(run => run.outcome === 'fail').length;
  if (reds === 0) return 'pass';
  if (reds === coloured.length) return 'fail';
  if (coloured.slice(-2).every(run => run.outcome === 'pass')) return 'pass';
  return coloured.length >= MIXED_RUNS_MAX ? 'fail' : 'flaky_pass';
};

/** Runs at the end, in a row, that could not run at or after `since`. */
export const couldNotRunStreak = (runs: readonly GateRun[], since = ''): number => {
  let streak = 0;
  for (const run of runs.toReversed()) {
    if (run.outcome !== 'could_not_run' || run.at < since) break;
    streak++;
  }
  return streak;
};

/** Key of the verdict of one gate on one tree: `<rig>:<gate>:<environment>:<tree>`. The environment holds the gate definition's hash, so a changed command never reuses an old green. */
export const verdictId = (key: { rig: string; gate: string; environment: string; tree: string }): string =>
  `${key.rig}:${key.gate}:${key.environment}:${key.tree}`;

export interface TreeVerdict {
  /** Worst of the gates, in the order run: `unknown` when one has no run and none before it is red. */
  readonly outcome: GateOutcome;
  /** The gate that decides it when it is not `pass`. */
  readonly gate?: Gate;
  readonly verdict?: Verdict;
}

/** What is known of a tree under a rig's gates. No gates at all is `unknown`: the caller must ask a person. */
export const treeVerdict = (
  ledger: LedgerData,
  query: { rig: string; gates: readonly Gate[]; environment: string; tree: string; since?: string },
): TreeVerdict => {
  for (const gate of query.gates) {
    const verdict = ledger.verdicts.get(verdictId({ ...query, gate: gate.name }));
    const outcome = outcomeOf(verdict?.runs ?? [], query.since);
    if (outcome !== 'pass') return { outcome, gate, ...(verdict && { verdict }) };
  }
  return { outcome: query.gates.length === 0 ? 'unknown' : 'pass' };
};
