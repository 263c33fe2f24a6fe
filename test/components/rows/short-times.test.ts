import { expect, test } from 'vitest';
import { withShortTimes } from '../../../components/rows/short-times.ts';
import { NOON } from '../small-view.ts';

test.each([
  ['2026-11-23T11:47:26.123Z  mayor  hook.set: ready', '11:47:26  mayor  hook.set: ready'],
  ['since: 2026-11-22T23:59:59.000Z → 2026-11-23T00:00:00Z', 'since: 11-22 23:59:59 → 00:00:00'],
  ['2025-12-31T08:00:00.000Z', '2025-12-31 08:00:00'],
  ['head 2026-11-23, and no time', 'head 2026-11-23, and no time'],
])('%j is read as %j', (line, shown) => {
  expect(withShortTimes(line, NOON)).toBe(shown);
});
