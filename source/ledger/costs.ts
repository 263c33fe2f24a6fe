import type { Cost, LedgerData, Usage } from './schema.ts';

/** What a set of calls used and cost. Money is whole billionths of a USD: sums are exact, and rounded only when shown. */
export interface CostSum {
  readonly calls: number;
  readonly nanos: number;
  /** Calls whose price nobody knows: with any of them, `nanos` is not the whole cost. */
  readonly unpriced: number;
  readonly usage: Usage;
}

export const NO_USAGE: Usage = { uncachedIn: 0, cacheRead: 0, cacheWrite: 0, out: 0, reasoning: 0 };
export const NO_COST: CostSum = { calls: 0, nanos: 0, unpriced: 0, usage: NO_USAGE };

/** By what costs can be told apart. */
export const COST_GROUPS = ['bead', 'convoy', 'session', 'polecat', 'rig', 'agent', 'model', 'day', 'change'] as const;
export type CostGroup = (typeof COST_GROUPS)[number];

export const sumCosts = (costs: Iterable<CostSum>): CostSum => {
  let sum = NO_COST;
  for (const one of costs) sum = plus(sum, one);
  return sum;
};

/** Sums by one property of the records; of `change`, by the commit that landed. What has none is left out. */
export const costsBy = (data: Pick<LedgerData, 'costs' | 'beads'>, by: CostGroup): ReadonlyMap<string, CostSum> => {
  const sums = new Map<string, CostSum>();
  for (const cost of data.costs.values()) {
    const key = keyOf(data, cost, by);
    if (key !== undefined) sums.set(key, plus(sums.get(key) ?? NO_COST, cost));
  }
  return sums;
};

const keyOf = (data: Pick<LedgerData, 'beads'>, cost: Cost, by: CostGroup): string | undefined =>
  by === 'change' ? data.beads.get(cost.bead)?.town.landed_sha : cost[by];

const plus = (a: CostSum, b: CostSum): CostSum => ({
  calls: a.calls + b.calls,
  nanos: a.nanos + b.nanos,
  unpriced: a.unpriced + b.unpriced,
  usage: addUsage(a.usage, b.usage),
});

export const addUsage = (a: Usage, b: Usage): Usage => {
  const long = (a.cacheWrite1h ?? 0) + (b.cacheWrite1h ?? 0);
  return {
    uncachedIn: a.uncachedIn + b.uncachedIn,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    out: a.out + b.out,
    reasoning: a.reasoning + b.reasoning,
    ...(long > 0 && { cacheWrite1h: long }),
  };
};

const NANOS_A_USD = 1_000_000_000;

/** For rows and JSON: a cent is a hundred times coarser than what this rounds to. */
export const usdOf = (nanos: number): number => Math.round(nanos / 1_000) / 1_000_000;
export const nanosOf = (usd: number): number => Math.round(usd * NANOS_A_USD);
