import { GastownError } from '../common/errors.ts';
import { type Budget, budgetName, budgetsOf } from '../ledger/budgets.ts';
import { usdOf } from '../ledger/costs.ts';
import { OPERATOR, type TownContext } from './context.ts';
import { dayOf } from './meter/day.ts';
import { raisedUsd } from './project/money.ts';

type Needed = Pick<TownContext, 'ledger' | 'config' | 'world' | 'now' | 'execute'>;

/** Half as much again: paused agents go on. Answers what it came to, in words. */
export const raiseBudget = async (context: Needed, key: string): Promise<string> => {
  const budget = find(context, key);
  const usd = raisedUsd(budget);
  await set(context, { scope: key, usd }, 'The operator raised it.');
  return `${budgetName(budget)} is now $${usd.toFixed(2)}; what was paused for it goes on.`;
};

/** It is not asked about again before it is spent. */
export const letBudgetStop = async (context: Needed, key: string): Promise<string> => {
  const budget = find(context, key);
  await set(context, { scope: key, usd: usdOf(budget.limitNanos), letStop: true }, 'The operator lets it run out.');
  return `${budgetName(budget)} stays as it is: its agents pause when it is spent.`;
};

const find = ({ ledger, config, world, now }: Needed, key: string): Budget => {
  const today = world.money?.today ?? dayOf(now());
  const budget = budgetsOf(ledger.data, { limits: config.settings.budgets, today }).find(one => one.key === key);
  if (budget) return budget;
  throw new GastownError('conflict', 'This budget is no longer the one that was asked about; nothing was done.', {
    hint: 'Look at the queue again.',
  });
};

const set = async (
  context: Needed,
  payload: { scope: string; usd: number; letStop?: boolean },
  because: string,
): Promise<void> => {
  await context.execute(OPERATOR, { type: 'budget.set', payload }, because);
};
