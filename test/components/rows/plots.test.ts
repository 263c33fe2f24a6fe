import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { burnDown } from '../../../components/rows/burn-down.ts';
import { gauge } from '../../../components/rows/gauge.ts';
import { sparkline } from '../../../components/rows/sparkline.ts';
import { shortCount, trendSpan, trendWords } from '../../../components/rows/trend-words.ts';
import { createTheme } from '../../../components/theme.ts';
import { beadRow, NOON, smallView } from '../small-view.ts';
import { PLAIN } from './look.ts';

const ASCII = createTheme({ colour: false, unicode: false });

describe('small bars', () => {
  test('have the largest at full height, and nothing for nothing only', () => {
    expect(sparkline([0, 1, 4, 8, 100], { width: 5, theme: PLAIN })).toBe('▁▂▂▂█');
    expect(sparkline([0, 1, 4, 8, 100], { width: 5, theme: ASCII })).toBe('_...#');
    expect(sparkline([0, 0], { width: 5, theme: PLAIN })).toBe('▁▁');
  });

  test('are added up where there are more than columns, the newest whole', () => {
    expect(sparkline([9, 1, 1, 2, 2], { width: 3, theme: PLAIN })).toBe('█▃▅');
  });

  test('are never wider than there is room, and never fail', () => {
    const property = fc.property(
      fc.array(fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e12, noNaN: true })), { maxLength: 100 }),
      fc.integer({ min: 0, max: 50 }),
      (values, width) => {
        const bars = [...sparkline(values, { width, theme: PLAIN })];
        expect(bars.length).toBeLessThanOrEqual(width);
        for (const bar of bars) expect('▁▂▃▄▅▆▇█').toContain(bar);
      },
    );
    fc.assert(property, { numRuns: 100 });
  });
});

describe('a gauge', () => {
  const text = (share: number): string =>
    gauge(share, { columns: 10, style: row => row, theme: ASCII })
      .map(piece => piece.text)
      .join('');

  test.each([
    [0, '..........'],
    [0.001, '#.........'],
    [0.55, '#####.....'],
    [0.999, '#########.'],
    [1, '##########'],
    [7, '##########'],
    [Number.POSITIVE_INFINITY, '##########'],
  ])('of %f is %s', (share, expected) => {
    expect(text(share)).toBe(expected);
  });
});

describe('the last hours', () => {
  const trends = {
    stepMs: 600_000,
    lastAt: NOON,
    costUsd: [0, 0.5, 1],
    landings: [1, 0, 2],
    tokens: [1_000, 200_000, 3_000_000],
  };

  test('are bars with what they come to', () => {
    expect(trendWords(trends, { width: 10, theme: PLAIN })).toEqual([
      { label: 'cost', bars: '▁▅█', total: '$1.50' },
      { label: 'landed', bars: '▅▁█', total: '3' },
      { label: 'tokens', bars: '▂▂█', total: '3.2M' },
    ]);
    expect(trendSpan({ ...trends, landings: Array.from({ length: 36 }, () => 0) })).toBe('6h');
  });

  test.each([
    [0, '0'],
    [999, '999'],
    [12_345, '12.3k'],
    [4_500_000, '4.5M'],
  ])('%i tokens are %s', (count, expected) => {
    expect(shortCount(count)).toBe(expected);
  });
});

describe('a burn-down', () => {
  const HOUR = 3_600_000;
  const closed = (id: string, hoursAgo: number) =>
    beadRow(id, { status: 'closed', phase: 'landed', closedAt: new Date(NOON - hoursAgo * HOUR).toISOString() });
  const convoyOf = (...beads: ReturnType<typeof beadRow>[]) => {
    const view = smallView({ beads: new Map(beads.map(bead => [bead.id, bead])) });
    const convoy = {
      ...view.convoys[0]!,
      beads: beads.map(({ id }) => id),
      closed: beads.filter(({ status }) => status === 'closed').length,
      createdAt: NOON - 4 * HOUR,
    };
    return burnDown(view, convoy, { width: 5, theme: PLAIN });
  };

  test('goes from all beads to those that are left now', () => {
    expect(convoyOf(closed('b1', 2.5), closed('b2', 0.5), beadRow('b3'), beadRow('b4'))).toBe(
      '██▇▇▅  4 to 2 in 4h 00m',
    );
  });

  test('ends when the last bead was closed', () => {
    expect(convoyOf(closed('b1', 3), closed('b2', 2))).toMatch(/▁ {2}2 to 0 in 2h 00m$/);
  });

  test('is none before anything is done', () => {
    expect(convoyOf(beadRow('b1'))).toBeUndefined();
  });
});
