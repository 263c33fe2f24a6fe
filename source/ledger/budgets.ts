import { type CostSum, costsBy, costsInAll, NO_COST, nanosOf } from './costs.ts';
import type { Bead, LedgerData } from './schema.ts';

/** What a person allows each bead, each convoy, each day and the town in all, in USD. 0 is no limit. */
export interface BudgetLimits {
  bead: number;
  convoy: number;
  day: number;
  town: number;
}
export const BUDGET_SCOPES = ['bead', 'convoy', 'day', 'town'] as const;
export type BudgetScope = (typeof BUDGET_SCOPES)[number];

/** From this share on a person is asked; at all of it nothing new begins; past the last the meter refuses calls. */
export const BUDGET_ASKS_AT = 0.8;
export const BUDGET_STOPS_AT = 1;
export const BUDGET_REFUSES_AT = 1.2;

/** One budget with what was spent of it. */
export interface Budget {
  readonly scope: BudgetScope;
  /** What it is set by: the id of a bead or convoy, `day:<date>`, `town`. */
  readonly key: string;
  readonly limitNanos: number;
  readonly spentNanos: number;
  /** Calls that are in no sum, because nobody knows their price. */
  readonly unpriced: number;
  /** A person said that it may run out. */
  readonly letStop: boolean;
}

/** Every budget that has a limit and of which something was spent, and those of `beads` also where nothing was yet. */
export const budgetsOf = (
  data: Pick<LedgerData, 'costs' | 'beads' | 'town'>,
  { limits, today, beads = [] }: { limits: BudgetLimits; today: string; beads?: readonly Pick<Bead, 'id' | 'town'>[] },
): readonly Budget[] => {
  const set = data.town.get('town')?.budgets ?? {};
  const budget = (scope: BudgetScope, key: string, spent: CostSum): Budget[] => {
    const usd = set[key]?.usd ?? set[scope]?.usd ?? limits[scope];
    // A budget that a person set to nothing for this very key lets nothing through; none in general is no limit.
    if (usd === 0 && set[key] === undefined) return [];
    const letStop = set[key]?.letStop === true;
    const { nanos: spentNanos, unpriced } = spent;
    return [{ scope, key, limitNanos: nanosOf(usd), spentNanos, unpriced, letStop }];
  };
  const convoys = beads.flatMap(({ town: { convoy } }) => convoy ?? []);
  return [
    ...[
      ...withThese(
        costsBy(data, 'bead'),
        beads.map(({ id }) => id),
      ),
    ].flatMap(([id, spent]) => budget('bead', id, spent)),
    ...[...withThese(costsBy(data, 'convoy'), convoys)].flatMap(([id, spent]) => budget('convoy', id, spent)),
    ...budget('day', `day:${today}`, costsBy(data, 'day').get(today) ?? NO_COST),
    ...budget('town', 'town', costsInAll(data)),
  ];
};

const withThese = (sums: ReadonlyMap<string, CostSum>, ids: readonly string[]): ReadonlyMap<string, CostSum> =>
  new Map([...ids.map(id => [id, NO_COST] as const), ...sums]);

export const hasBudgets = (data: Pick<LedgerData, 'town'>, limits: BudgetLimits): boolean =>
  BUDGET_SCOPES.some(scope => limits[scope] > 0) || data.town.get('town')?.budgets !== undefined;

/** Whether work on this bead counts against the budget. */
export const isOf = (budget: Budget, bead: Pick<Bead, 'id' | 'town'>): boolean => {
  if (budget.scope === 'bead') return budget.key === bead.id;
  return budget.scope === 'convoy' ? budget.key === bead.town.convoy : true;
};

export const isSpent = ({ spentNanos, limitNanos }: Budget): boolean => spentNanos >= limitNanos * BUDGET_STOPS_AT;

export const asksNow = ({ spentNanos, limitNanos }: Budget): boolean => spentNanos >= limitNanos * BUDGET_ASKS_AT;

/** For people: `the budget of the day`. */
export const budgetName = ({ scope, key }: Pick<Budget, 'scope' | 'key'>): string => {
  if (scope === 'day') return `the budget of ${key.slice('day:'.length)}`;
  return scope === 'town' ? 'the budget of the town' : `the budget of ${scope} ${key}`;
};
