import { type Budget, budgetName, budgetsOf, hasBudgets, isOf, isSpent } from '../source/ledger/budgets.ts';
import { usdOf } from '../source/ledger/costs.ts';
import type { Bead } from '../source/ledger/schema.ts';
import { activeRig, iso, SHELL } from './facts.ts';
import type { ServiceLimit, WorldView } from './role.ts';

/** Why no session may be started for the bead just now: a budget is spent, or its agent's service turns calls away. Undefined when one may. */
export const startRefusal = (view: WorldView, bead: Bead): string | undefined => {
  const agent = bead.town.agent ?? activeRig(view.ledger, bead.town.rig)?.agent;
  // A script costs nothing.
  if (agent === SHELL) return undefined;
  const spent = spentBudget(view, bead);
  if (spent) return spentBecause(spent);
  const limit = agent === undefined ? undefined : view.observed.money?.limits.get(agent);
  if (!limit || !isLimited(limit, view.now)) return undefined;
  return `${agent} is turned away by its service until ${iso(limit.until)}${limit.message ? `: ${limit.message}` : ''}`;
};

/** After the clock was set back nobody knows how long is left: a call that is turned away again says so. */
export const isLimited = ({ since, until }: ServiceLimit, now: number): boolean => since <= now && now < until;

/** The first budget of the bead's that is spent. */
export const spentBudget = (view: WorldView, bead: Pick<Bead, 'id' | 'town'>): Budget | undefined =>
  spentBudgets(view).find(budget => isOf(budget, bead));

export const spentBecause = (budget: Budget): string =>
  `${budgetName(budget)} is spent: ${usd(budget.spentNanos)} of ${usd(budget.limitNanos)}`;

const usd = (nanos: number): string => `$${usdOf(nanos).toFixed(2)}`;

/** The same for every bead of one view: sums over all records are made once a tick. */
const spentBudgets = (view: WorldView): readonly Budget[] => {
  const today = view.observed.money?.today;
  if (today === undefined || !hasBudgets(view.ledger, view.settings.budgets)) return [];
  const known = memo.get(view);
  if (known) return known;
  const { absence } = view.observed;
  const spent = budgetsOf(view.ledger, { limits: view.settings.budgets, today, absence }).filter(isSpent);
  memo.set(view, spent);
  return spent;
};
const memo = new WeakMap<WorldView, readonly Budget[]>();
