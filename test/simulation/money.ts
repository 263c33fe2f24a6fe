import { type BudgetLimits, budgetsOf, refusesAtNanos } from '../../source/ledger/budgets.ts';
import { costsBy, costsInAll, NO_USAGE, sumCosts } from '../../source/ledger/costs.ts';
import { createPending, type Pending } from '../../source/town/meter/fold.ts';
import { stopGroups } from '../../source/town/meter/stops.ts';
import { hasUnjudgedEnd } from '../../source/town/meter/turns.ts';
import { DOUBLED, note, SECOND, type State, TOWN } from './state.ts';

/** What one call costs at most; some have no price that anybody knows. */
const CALL_NANOS_MAX = 400_000_000;
const UNPRICED = 0.05;
/** The day never ends: where one does is the book's business and not the roles'. */
export const TODAY = '2026-11-23';
const LOG = 'usage';
const WRITE_EVERY_MS = 10 * SECOND;

/** The meter and its log, which outlive the town, and the town's book of it, which does not. */
export interface Money {
  readonly calls: Call[];
  /** All that was spent up to each call, from nothing on. */
  readonly sums: { readonly nanos: number; readonly unpriced: number }[];
  /** What each budget's sessions may still spend, told by the town; counted from a place in the log. */
  stops: { readonly offset: number; readonly groups: ReturnType<typeof stopGroups> };
  book: { read: number; pending: Pending; writtenAt: number } | undefined;
  /** Calls made by sessions of which the meter had not been told a budget yet. */
  untold: number;
  /** What was spent and not in the ledger yet when the person left. */
  unfoldedAtLeaving: number;
}

interface Call {
  readonly session: string;
  readonly nanos: number;
  readonly unpriced: number;
}

export const createMoney = (): Money => ({
  calls: [],
  sums: [{ nanos: 0, unpriced: 0 }],
  stops: { offset: 0, groups: [] },
  book: undefined,
  untold: 0,
  unfoldedAtLeaving: 0,
});

/** One model call of a session, written down before it is answered. False when the meter refuses it. */
export const callModel = ({ money, random, options }: State, session: string): boolean => {
  const groups = money.stops.groups.filter(({ sessions }) => sessions.includes(session));
  const since = money.calls.slice(money.stops.offset);
  for (const { sessions, leftNanos } of groups) {
    const spent = since.reduce((sum, call) => sum + (sessions.includes(call.session) ? call.nanos : 0), 0);
    if (spent >= leftNanos) return false;
  }
  const isUnpriced = random.chance(UNPRICED);
  const nanos = isUnpriced ? 0 : Math.floor(random.between(CALL_NANOS_MAX / 100, CALL_NANOS_MAX));
  const unpriced = isUnpriced ? 1 : 0;
  const before = money.sums.at(-1)!;
  money.calls.push({ session, nanos, unpriced });
  money.sums.push({ nanos: before.nanos + nanos, unpriced: before.unpriced + unpriced });
  if (groups.length === 0 && isLimited(options.budgets)) money.untold++;
  return true;
};

/** Reads on in the log and brings into the ledger what has gathered, as the town does before each tick. */
export const followMoney = (state: State): void => {
  const { money, ledger, now, random } = state;
  money.book ??= { read: placeOf(state), pending: createPending(), writtenAt: now };
  const { book } = money;
  for (const { session, nanos, unpriced } of money.calls.slice(book.read)) {
    const model = 'opus';
    book.pending.add({ session, model, day: TODAY, source: 'meter', calls: 1, usage: NO_USAGE, nanos, unpriced });
  }
  book.read = money.calls.length;
  const isDue = now - book.writtenAt >= WRITE_EVERY_MS || hasUnjudgedEnd(ledger.data, state.host);
  if (book.pending.size > 0 && isDue) {
    book.writtenAt = now;
    const payload = { log: LOG, offset: book.read, entries: book.pending.take() };
    const isWritten = ledger.execute(TOWN, 'usage.add', payload);
    if (isWritten && random.chance(DOUBLED)) ledger.execute(TOWN, 'usage.add', payload);
    if (!isWritten) {
      // Nothing of it is in the ledger: all is read again from the ledger's own place. Until then the meter goes by what it was
      // told before, as the town is told of the refusal by an error.
      money.book = undefined;
      return;
    }
  }
  money.stops = {
    offset: money.book?.read ?? placeOf(state),
    groups: stopGroups(ledger.data, {
      limits: state.options.budgets,
      today: TODAY,
      absence: state.absence,
      isMetered: () => true,
      pending: session => money.book?.pending.nanos(session) ?? 0,
    }),
  };
};

/** Each call is in the ledger once as far as it is read; and nothing is spent above a budget but by calls under way. */
export const checkMoney = (state: State): void => {
  const { ledger, money, options } = state;
  if (money.calls.length === 0) return;
  const { nanos, unpriced } = sumCosts(ledger.data.costs.values());
  const due = money.sums[placeOf(state)]!;
  if (nanos !== due.nanos || unpriced !== due.unpriced)
    throw new Error(`the ledger counts ${nanos} nanos and ${unpriced} unpriced, the meter ${JSON.stringify(due)}`);
  const unfolded = money.sums.at(-1)!.nanos - due.nanos;
  const slack = CALL_NANOS_MAX * (1 + money.untold) + (state.absence ? money.unfoldedAtLeaving : 0);
  const { absence } = state;
  for (const budget of budgetsOf(ledger.data, { limits: options.budgets, today: TODAY, absence })) {
    const { scope, key, limitNanos, spentNanos } = budget;
    // What is not in the ledger yet may be another bead's: it counts against the town as a whole only.
    const spent = spentNanos + (scope === 'town' || scope === 'day' ? unfolded : 0);
    if (spent > refusesAtNanos(budget) + slack)
      throw new Error(`${spent} nanos are spent of the ${limitNanos} of ${key}`);
  }
};

/** The person goes, or is back. The town learns it at once. */
export const leaveOrReturn = (state: State): void => {
  const { ledger, money, settings, now } = state;
  note(state, () => (state.absence ? 'the person is back' : 'the person leaves'));
  if (state.absence) state.absence = undefined;
  else {
    const townNanos = costsInAll(ledger.data).nanos;
    const dayNanos = costsBy(ledger.data, 'day').get(TODAY)?.nanos ?? 0;
    state.absence = { since: now, share: settings.unattended.budgetShare, day: TODAY, dayNanos, townNanos };
    money.unfoldedAtLeaving = money.sums.at(-1)!.nanos - townNanos;
  }
  followMoney(state);
};

export const isLimited = (budgets: BudgetLimits): boolean => Object.values(budgets).some(usd => usd > 0);

/** Up to where the ledger has read the log: in its records, so that sums and place are one write. */
const placeOf = ({ ledger }: State): number => {
  let place = 0;
  for (const { upto } of ledger.data.costs.values()) place = Math.max(place, upto?.offset ?? 0);
  return place;
};
