import { afterEach, expect, test } from 'vitest';
import { feedLines } from '../../../components/rows/past-rows.ts';
import { withShortTimes } from '../../../components/rows/short-times.ts';
import { NOON } from '../small-view.ts';

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

test('times are those of the clock on the person’s wall, with the day that it is there', () => {
  process.env.TZ = 'America/New_York';
  expect(withShortTimes('2026-11-23T11:47:26.123Z', NOON)).toBe('06:47:26');
  expect(withShortTimes('2026-11-23T03:00:00Z', NOON)).toBe('11-22 22:00:00');
  expect(feedLines([{ seq: 1, at: NOON, actor: 'town', what: 'landed', subject: 'm1' }])).toEqual([
    '07:00:00  town  landed m1',
  ]);
});

test.each([
  ['2026-11-23T11:47:26.123Z  mayor  hook.set: ready', '11:47:26  mayor  hook.set: ready'],
  ['since: 2026-11-22T23:59:59.000Z → 2026-11-23T00:00:00Z', 'since: 11-22 23:59:59 → 00:00:00'],
  ['2025-12-31T08:00:00.000Z', '2025-12-31 08:00:00'],
  ['head 2026-11-23, and no time', 'head 2026-11-23, and no time'],
])('%j is read as %j', (line, shown) => {
  expect(withShortTimes(line, NOON)).toBe(shown);
});
