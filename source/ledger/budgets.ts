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
  /** Where nobody is at the screen, `limitNanos` is what may be spent until somebody is: of how much in all, and what was spent before. */
  readonly unattended?: { readonly wholeNanos: number; readonly beforeNanos: number };
}

/** Nobody has been at the screen since then. */
export interface Absence {
  /** ms since the epoch. */
  readonly since: number;
  /** Of what was left then of the budgets that bound a time, as much may be spent: 0 to 1. */
  readonly share: number;
  /** What was spent by then, of that day and in all. */
  readonly day: string;
  readonly dayNanos: number;
  readonly townNanos: number;
}

/**
 * Every budget that has a limit and of which something was spent, and those of `beads` also where nothing was yet. With an
 * `absence` those of day and town are the share that it leaves; what bounds one piece of work is spent on that alone.
 */
export const budgetsOf = (
  data: Pick<LedgerData, 'costs' | 'beads' | 'town'>,
  {
    limits,
    today,
    beads = [],
    absence,
  }: {
    limits: BudgetLimits;
    today: string;
    beads?: readonly Pick<Bead, 'id' | 'town'>[];
    absence?: Absence | undefined;
  },
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
    ...budget('day', `day:${today}`, costsBy(data, 'day').get(today) ?? NO_COST).map(whileAbsent(absence, today)),
    ...budget('town', 'town', costsInAll(data)).map(whileAbsent(absence, today)),
  ];
};

const whileAbsent =
  (absence: Absence | undefined, today: string) =>
  (budget: Budget): Budget => {
    if (!absence || absence.share >= 1) return budget;
    const { limitNanos: wholeNanos, scope } = budget;
    const beforeNanos = scope === 'town' ? absence.townNanos : absence.day === today ? absence.dayNanos : 0;
    // Where it was overspent before, nothing is left to take a share of.
    if (beforeNanos >= wholeNanos) return budget;
    const limitNanos = beforeNanos + Math.round((wholeNanos - beforeNanos) * absence.share);
    return { ...budget, limitNanos, unattended: { wholeNanos, beforeNanos } };
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

export const isSpent = (budget: Budget): boolean => budget.spentNanos >= nanosAt(budget, BUDGET_STOPS_AT);

export const asksNow = (budget: Budget): boolean => budget.spentNanos >= nanosAt(budget, BUDGET_ASKS_AT);

/** Where calls are refused. */
export const refusesAtNanos = (budget: Budget): number => nanosAt(budget, BUDGET_REFUSES_AT);

/** Where a share of what may be spent is: what an absent person left behind begins at what was spent before. */
const nanosAt = ({ limitNanos, unattended }: Budget, share: number): number => {
  const from = unattended?.beforeNanos ?? 0;
  return from + Math.round((limitNanos - from) * share);
};

/** For people: `the budget of 2026-11-23`, `the budget of the town while nobody is at the screen`. */
export const budgetName = ({ scope, key, unattended }: Pick<Budget, 'scope' | 'key' | 'unattended'>): string => {
  const of = { day: key.slice('day:'.length), town: 'the town', bead: `bead ${key}`, convoy: `convoy ${key}` }[scope];
  return `the budget of ${of}${unattended === undefined ? '' : ' while nobody is at the screen'}`;
};
