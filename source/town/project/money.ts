import { asksNow, type Budget, budgetName, budgetsOf, hasBudgets, isOf, isSpent } from '../../ledger/budgets.ts';
import { type CostSum, costsBy, NO_COST, usdOf } from '../../ledger/costs.ts';
import type { LedgerData } from '../../ledger/schema.ts';
import { dayOf } from '../meter/day.ts';
import type { AttentionRow, Counts, RowCost } from '../view.ts';
import type { ProjectionInput } from './input.ts';

/** Sums over the records of cost that rows show; the same that `gastown costs` prints. */
export interface Sums {
  readonly beads: ReadonlyMap<string, CostSum>;
  readonly convoys: ReadonlyMap<string, CostSum>;
  readonly sessions: ReadonlyMap<string, CostSum>;
  readonly days: ReadonlyMap<string, CostSum>;
}

export const sumsOf = ({ data }: ProjectionInput['ledger']): Sums => ({
  beads: costsBy(data, 'bead'),
  convoys: costsBy(data, 'convoy'),
  sessions: costsBy(data, 'session'),
  days: costsBy(data, 'day'),
});

/** Nothing for what never asked a model. */
export const rowCost = (sum: CostSum | undefined): RowCost =>
  sum ? { costUsd: usdOf(sum.nanos), ...(sum.unpriced > 0 && { unpriced: sum.unpriced }) } : {};

export const moneyCounts = (
  { world, now }: ProjectionInput,
  sums: Sums,
): Pick<Counts, 'costTodayUsd' | 'costPerHourUsd' | 'unpricedToday'> => {
  const today = sums.days.get(world.money?.today ?? dayOf(now)) ?? NO_COST;
  return {
    costTodayUsd: usdOf(today.nanos),
    costPerHourUsd: usdOf(world.money?.lastHourNanos ?? 0),
    ...(today.unpriced > 0 && { unpricedToday: today.unpriced }),
  };
};

/** Budgets of which four fifths are spent: whether they are raised, or may run out. */
export const budgetRows = (input: ProjectionInput): AttentionRow[] => {
  const { ledger, world, config, now } = input;
  const limits = config.settings.budgets;
  if (!hasBudgets(ledger.data, limits)) return [];
  const today = world.money?.today ?? dayOf(now);
  return budgetsOf(ledger.data, { limits, today, absence: world.absence })
    .filter(budget => asksNow(budget) && !isOver(ledger.data, budget) && (isSpent(budget) || !budget.letStop))
    .map(budget => budgetRow(input, budget));
};

/** What a raised budget is, in USD: half as much again. */
export const raisedUsd = ({ limitNanos, spentNanos, unattended }: Budget): number =>
  Math.ceil((Math.max(unattended?.wholeNanos ?? limitNanos, spentNanos) * RAISE * CENTS_A_USD) / NANOS_A_USD) /
  CENTS_A_USD;

const RAISE = 1.5;
const CENTS_A_USD = 100;
const NANOS_A_USD = 1_000_000_000;

const budgetRow = (input: ProjectionInput, budget: Budget): AttentionRow => {
  const spent = isSpent(budget);
  const name = budgetName(budget);
  const flying = inFlight(input, budget);
  const lines = [
    `${usd(budget.spentNanos)} of ${usd(budget.limitNanos)} are spent.`,
    budget.unattended
      ? `${usd(budget.unattended.wholeNanos)} may be spent in all, once somebody is back at the screen.`
      : '',
    flying.turns > 0
      ? `${flying.turns === 1 ? 'The turn' : `The ${flying.turns} turns`} under way may add about ${usd(flying.nanos)}, by the largest so far.`
      : '',
    budget.unpriced > 0 ? `${budget.unpriced} calls without a known price are not in it.` : '',
    spent ? 'Nothing new is started for it; its agents pause between two turns, and go on once it is raised.' : '',
    `gastown budget ${budget.key} <USD> sets another amount.`,
  ];
  return {
    key: `budget:${budget.key}:${budget.limitNanos}:${spent ? 'spent' : 'asks'}`,
    kind: 'budget',
    subject: budget.key,
    title: spent
      ? `${upper(name)} is spent`
      : `${upper(name)} is nearly spent (${Math.floor((100 * budget.spentNanos) / budget.limitNanos)} %)`,
    yes: `raise it to $${raisedUsd(budget).toFixed(2)}`,
    ...(!spent && { no: 'let it run out' }),
    severity: spent ? 'high' : 'medium',
    since: lastAt(input.ledger.data, budget),
    behind: 0,
    detail: lines.filter(Boolean).join('\n'),
  };
};

/** Nothing is left to be done for a bead that is closed, or a convoy that ended. */
const isOver = (data: LedgerData, { scope, key }: Budget): boolean => {
  if (scope === 'bead') return ['closed', 'tombstone'].includes(data.beads.get(key)?.status ?? 'closed');
  if (scope === 'convoy') return ['landed', 'cancelled'].includes(data.convoys.get(key)?.status ?? 'landed');
  return false;
};

/** The largest turn so far of each session that works and counts against it. */
const inFlight = ({ ledger, world }: ProjectionInput, budget: Budget): { turns: number; nanos: number } => {
  let [turns, nanos] = [0, 0];
  for (const { id, status, bead } of ledger.data.sessions.values()) {
    const record = status === 'ended' ? undefined : ledger.data.beads.get(bead);
    const largest = record && isOf(budget, record) ? (world.money?.inFlight(id) ?? 0) : 0;
    if (largest > 0) turns += 1;
    nanos += largest;
  }
  return { turns, nanos };
};

const lastAt = (data: LedgerData, budget: Budget): number => {
  let last = 0;
  for (const cost of data.costs.values()) {
    const bead = data.beads.get(cost.bead);
    if (bead && isOf(budget, bead)) last = Math.max(last, Date.parse(cost.at));
  }
  return last;
};

const usd = (nanos: number): string => `$${usdOf(nanos).toFixed(2)}`;
const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
