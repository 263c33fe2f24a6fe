import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createNotifier } from '../../../source/town/notify/notifier.ts';
import type { AttentionRow, TownView } from '../../../source/town/view.ts';
import { attentionRow } from '../../components/small-view.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A town that changes only when it is told to, and what a person hears of it. */
const town = (at: string) => {
  vi.setSystemTime(new Date(at));
  const quiet = { from: 22 * 60, to: 7 * 60 };
  const rows: AttentionRow[] = [];
  const heard: string[] = [];
  const context = {
    config: { notify: { command: [], bell: true, osc: 'off', severity: 'medium', quiet } },
    now: () => Date.now(),
  } as unknown as Parameters<typeof createNotifier>[0];
  const notifier = createNotifier(context, () => ({ attention: rows }) as unknown as TownView);
  notifier.subscribe(({ key, more }) => heard.push(more > 0 ? `${key} and ${more}` : key));
  const asks = (key: string, severity: AttentionRow['severity'] = 'medium') => {
    rows.push(attentionRow(key, { severity }));
    notifier.look();
  };
  return { heard, asks };
};

test('what quiet hours held back is told when they end, though nothing else happens', () => {
  const { heard, asks } = town('2026-11-23T23:00:00');
  asks('a');
  asks('b', 'high');
  vi.advanceTimersByTime(7 * 3_600_000 + 59 * 60_000);
  expect(heard).toEqual([]);
  vi.advanceTimersByTime(2 * 60_000);
  expect(heard).toEqual(['a and 1']);
  vi.advanceTimersByTime(24 * 3_600_000);
  expect(heard).toHaveLength(1);
});

test('something critical in between is told at once, and alone', () => {
  const { heard, asks } = town('2026-11-23T23:00:00');
  asks('a');
  asks('c', 'critical');
  vi.advanceTimersByTime(60_000);
  expect(heard).toEqual(['c']);
  vi.advanceTimersByTime(9 * 3_600_000);
  expect(heard).toEqual(['c', 'a']);
});

test('a clock that is set back a day silences nobody', () => {
  const { heard, asks } = town('2026-11-23T12:00:00');
  asks('a');
  vi.advanceTimersByTime(60_000);
  vi.setSystemTime(new Date('2026-11-22T12:00:00'));
  asks('b');
  vi.advanceTimersByTime(60_000);
  expect(heard).toEqual(['a', 'b']);
});
