import type { MeterState } from '../../agents/meter/state.ts';
import {
  type Absence,
  type BudgetLimits,
  budgetName,
  budgetsOf,
  hasBudgets,
  isOf,
  refusesAtNanos,
} from '../../ledger/budgets.ts';
import type { LedgerData, Session } from '../../ledger/schema.ts';

type Group = MeterState['stops']['groups'][number];

/**
 * What the live sessions of each budget may still cost before their calls are refused. Calls that are not in the ledger yet
 * count whoever made them: a session that has just ended spent of the same budget.
 */
export const stopGroups = (
  data: LedgerData,
  money: {
    readonly limits: BudgetLimits;
    readonly today: string;
    readonly absence?: Absence | undefined;
    readonly isMetered: (session: string) => boolean;
    /** Nanos of a session that were read and are not in the ledger yet. */
    readonly pending: (session: string) => number;
  },
): Group[] => {
  const { limits, today, absence, isMetered, pending } = money;
  if (!hasBudgets(data, limits)) return [];
  const unwritten = [...data.sessions.values()].flatMap(session => {
    const nanos = pending(session.id);
    return nanos > 0 ? [{ session, nanos }] : [];
  });
  const live = [...data.sessions.values()].filter(({ id, status }) => status !== 'ended' && isMetered(id));
  // An agent's first turn may cost a whole budget before anything of it is in the ledger.
  const beads = live.flatMap(({ bead }) => data.beads.get(bead) ?? []);
  return budgetsOf(data, { limits, today, beads, absence }).flatMap(budget => {
    const isOfBudget = ({ bead }: Session): boolean => {
      const record = data.beads.get(bead);
      return record !== undefined && isOf(budget, record);
    };
    const sessions = live.filter(isOfBudget);
    if (sessions.length === 0) return [];
    const waiting = unwritten.reduce((sum, { session, nanos }) => sum + (isOfBudget(session) ? nanos : 0), 0);
    const leftNanos = Math.max(0, refusesAtNanos(budget) - budget.spentNanos - waiting);
    const name = budgetName(budget).replace(/^the budget of /, '');
    return { name, sessions: sessions.map(({ id }) => id), leftNanos };
  });
};
