import { derived } from '../common/table.ts';
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
  if (by !== 'change') return sumsIn(data.costs)[by];
  const sums = new Map<string, CostSum>();
  for (const cost of data.costs.values()) {
    const key = data.beads.get(cost.bead)?.town.landed_sha;
    if (key !== undefined) sums.set(key, plus(sums.get(key) ?? NO_COST, cost));
  }
  return sums;
};

/** All that was ever used. */
export const costsInAll = ({ costs }: Pick<LedgerData, 'costs'>): CostSum => sumsIn(costs).town.get('town') ?? NO_COST;

/** By what a record itself says. */
const OWN_GROUPS = ['bead', 'convoy', 'session', 'polecat', 'rig', 'agent', 'model', 'day'] as const;
type OwnGroup = (typeof OWN_GROUPS)[number];

/** Kept up a record at a time: screens and budgets ask for them all day, and records of cost are kept for ever. */
const sumsIn = derived<Cost, Readonly<Record<OwnGroup | 'town', ReadonlyMap<string, CostSum>>>>(() => {
  const sums = { town: new Map<string, CostSum>() } as Record<OwnGroup | 'town', Map<string, CostSum>>;
  for (const group of OWN_GROUPS) sums[group] = new Map();
  const change = (cost: Cost, by: 1 | -1): void => {
    for (const group of [...OWN_GROUPS, 'town'] as const) {
      const key = group === 'town' ? group : cost[group];
      if (key !== undefined) sums[group].set(key, plus(sums[group].get(key) ?? NO_COST, cost, by));
    }
  };
  return {
    value: sums,
    change(after, before) {
      if (before) change(before, -1);
      if (after) change(after, 1);
    },
  };
});

const plus = (a: CostSum, b: CostSum, times: 1 | -1 = 1): CostSum => ({
  calls: a.calls + times * b.calls,
  nanos: a.nanos + times * b.nanos,
  unpriced: a.unpriced + times * b.unpriced,
  usage: changedUsage(a.usage, b.usage, times),
});

export const addUsage = (a: Usage, b: Usage): Usage => changedUsage(a, b, 1);

/** With so many times the other: 1 adds it, -1 takes it out again. */
const changedUsage = (a: Usage, b: Usage, times: 1 | -1): Usage => {
  const long = (a.cacheWrite1h ?? 0) + times * (b.cacheWrite1h ?? 0);
  return {
    uncachedIn: a.uncachedIn + times * b.uncachedIn,
    cacheRead: a.cacheRead + times * b.cacheRead,
    cacheWrite: a.cacheWrite + times * b.cacheWrite,
    out: a.out + times * b.out,
    reasoning: a.reasoning + times * b.reasoning,
    ...(long > 0 && { cacheWrite1h: long }),
  };
};

const NANOS_A_USD = 1_000_000_000;

/** For rows and JSON: a cent is a hundred times coarser than what this rounds to. */
export const usdOf = (nanos: number): number => Math.round(nanos / 1_000) / 1_000_000;
export const nanosOf = (usd: number): number => Math.round(usd * NANOS_A_USD);
