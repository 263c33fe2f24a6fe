import { type CallLine, isCallLine, readLineLog } from './log.ts';
import { type ModelPrice, priceNanosSince } from './prices.ts';
import type { MeterState } from './state.ts';

/** What sessions may still cost before their calls are refused: the last resort, where the town no longer pauses them. */
export interface Spending {
  /** Told at each line of the log. */
  spent(line: CallLine, end: number): void;
  put(state: MeterState): void;
  /** Why calls of this session are refused, or undefined. */
  stopOf(session: string): string | undefined;
}

/** Opens with the state of an earlier meter, and what its log tells since. */
export const createSpending = (log: { file: string; name: string }, first: MeterState): Spending => {
  let state = first;
  let since: { end: number; session: string; nanos: number }[] = [];

  const spent = (line: CallLine, end: number): void => {
    const nanos = costOf(line, state.prices);
    if (nanos > 0) since.push({ end, session: line.session, nanos });
  };

  for (let from = { name: log.name, offset: state.stops.log === log.name ? state.stops.offset : 0 }; ; ) {
    const piece = readLineLog(log.file, from);
    if (!piece) break;
    for (const { value, end } of piece.lines) if (isCallLine(value)) spent(value, end);
    if (piece.next === from.offset) break;
    from = { name: piece.name, offset: piece.next };
  }

  return {
    spent,
    put(next) {
      state = next;
      if (next.stops.log === log.name) since = since.filter(({ end }) => end > next.stops.offset);
    },
    stopOf(session) {
      const group = state.stops.groups.find(({ sessions, leftNanos }) => {
        if (!sessions.includes(session)) return false;
        const nanos = since.reduce((sum, one) => sum + (sessions.includes(one.session) ? one.nanos : 0), 0);
        return nanos >= leftNanos;
      });
      return group && `The budget of ${group.name} is spent. A person has to raise it before this goes on.`;
    },
  };
};

const costOf = (line: CallLine, prices: Readonly<Record<string, ModelPrice>>): number =>
  line.usage
    ? (priceNanosSince(line.model, { all: line.usage, before: line.before }, { overrides: prices, at: line.at }) ?? 0)
    : 0;
