import { asksNow, type Budget, budgetName, budgetsOf, hasBudgets, isSpent } from '../../ledger/budgets.ts';
import { usdOf } from '../../ledger/costs.ts';
import { dayOf } from '../meter/day.ts';
import type { BudgetGauge } from '../view.ts';
import type { ProjectionInput } from './input.ts';

/** Budgets of single beads and convoys that are shown, those nearest to their end. */
const SINGLE_SHOWN = 4;

/** Made anew only when the ledger changed or a new day began. */
export const createBudgetGauges = (): ((input: ProjectionInput) => readonly BudgetGauge[] | undefined) => {
  let key: string | undefined;
  let gauges: readonly BudgetGauge[] | undefined;
  return ({ ledger, world, config, now }) => {
    const today = world.money?.today ?? dayOf(now);
    const asked = `${ledger.seq} ${today}`;
    if (asked === key) return gauges;
    key = asked;
    const limits = config.settings.budgets;
    gauges = hasBudgets(ledger.data, limits)
      ? shown(budgetsOf(ledger.data, { limits, today })).map(gaugeOf)
      : undefined;
    return gauges;
  };
};

const shown = (budgets: readonly Budget[]): readonly Budget[] => {
  const isGeneral = ({ scope }: Budget): boolean => scope === 'town' || scope === 'day';
  const single = budgets.filter(budget => !isGeneral(budget)).sort((a, b) => shareOf(b) - shareOf(a));
  return [...budgets.filter(isGeneral).reverse(), ...single.slice(0, SINGLE_SHOWN)];
};

const shareOf = ({ spentNanos, limitNanos }: Budget): number =>
  limitNanos > 0 ? spentNanos / limitNanos : Number.POSITIVE_INFINITY;

const gaugeOf = (budget: Budget): BudgetGauge => ({
  key: budget.key,
  name: budgetName(budget),
  limitUsd: usdOf(budget.limitNanos),
  spentUsd: usdOf(budget.spentNanos),
  unpriced: budget.unpriced,
  state: isSpent(budget) ? 'stopped' : asksNow(budget) ? 'asks' : 'ok',
});
