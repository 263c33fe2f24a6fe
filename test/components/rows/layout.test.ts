import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowFilter } from '../../../components/rows/filter.ts';
import { type Area, layout, type PaneNumber } from '../../../components/rows/layout.ts';
import { windowStart } from '../../../components/rows/window.ts';

const overlap = (a: Area, b: Area): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe('layout', () => {
  test('never lets two areas overlap, leaves the screen or loses the focused pane', () => {
    const property = fc.property(
      fc.integer({ min: 80, max: 400 }),
      fc.integer({ min: 20, max: 150 }),
      fc.constantFrom<PaneNumber>(1, 2, 3, 4, 5),
      fc.constantFrom('normal' as const, 'half' as const, 'full' as const),
      (columns, rows, focus, zoom) => {
        const placed = layout({ columns, rows, focus, zoom });
        if (placed.tooSmall) throw new Error('too small');
        const areas = [placed.header, placed.footer, ...(placed.strip ? [placed.strip] : []), ...placed.regions];
        const clashes = areas.flatMap((a, index) => areas.slice(index + 1).filter(b => overlap(a, b)));
        expect(clashes).toEqual([]);
        expect(areas.filter(({ x, y, width, height }) => x + width > columns || y + height > rows)).toEqual([]);
        expect(placed.regions.filter(({ height, width }) => height < 4 || width < 40)).toEqual([]);
        expect(placed.regions.map(({ pane }) => pane)).toContain(focus);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test.each([
    [120, 30, 'normal', 5, false],
    [119, 30, 'normal', 1, true],
    [120, 29, 'normal', 1, true],
    [200, 50, 'half', 5, false],
    [80, 24, 'half', 2, true],
    [200, 50, 'full', 1, false],
  ] as const)('at %i×%i %s shows %i panes', (columns, rows, zoom, count, hasStrip) => {
    const placed = layout({ columns, rows, focus: 3, zoom });
    if (placed.tooSmall) throw new Error('too small');
    expect(placed.regions).toHaveLength(count);
    expect(placed.strip !== undefined).toBe(hasStrip);
  });

  test.each([
    [79, 24],
    [80, 19],
  ])('%i×%i is too small', (columns, rows) => {
    expect(layout({ columns, rows, focus: 1, zoom: 'normal' })).toEqual({ tooSmall: true });
  });
});

test('a window always shows the selected row, with two rows around it where there are', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 500 }),
    fc.nat(),
    (...drawn) => {
      const [height, count, pick] = drawn;
      const index = pick % count;
      const start = windowStart({ index, count, height });
      const context = height >= 5 ? 2 : 0;
      expect(start).toBeGreaterThanOrEqual(0);
      expect(start).toBeLessThanOrEqual(Math.max(0, index - context));
      expect(start + height).toBeGreaterThan(Math.min(count - 1, index + context));
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test.each([
  ['', 'anything', true],
  ['!', 'anything', true],
  ['auth P0', 'p0 rotate AUTH', true],
  ['auth p1', 'p0 rotate auth', false],
  ['!auth p1', 'p0 rotate auth', true],
  ['!auth', 'p0 rotate auth', false],
])('the filter %j on %j passes: %j', (typed, row, passes) => {
  expect(rowFilter(typed)?.(row) ?? true).toBe(passes);
});
