import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowFilter } from '../../../components/rows/filter.ts';
import { type Area, layout, type PaneNumber, zoomsAt } from '../../../components/rows/layout.ts';
import { windowStart } from '../../../components/rows/window.ts';

const overlap = (a: Area, b: Area): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const PANES = [0, 1, 2, 3, 4, 5] as const;

const placedAt = (input: Parameters<typeof layout>[0]) => {
  const placed = layout(input);
  if (placed.tooSmall) throw new Error('too small');
  return placed;
};

describe('layout', () => {
  test('never lets two areas overlap, leaves the screen or loses the focused pane', () => {
    const property = fc.property(
      fc.integer({ min: 80, max: 400 }),
      fc.integer({ min: 20, max: 150 }),
      fc.constantFrom<PaneNumber>(...PANES),
      fc.constantFrom<PaneNumber>(1, 2, 3, 4),
      fc.constantFrom('normal' as const, 'half' as const, 'full' as const),
      (columns, rows, focus, list, zoom) => {
        const placed = placedAt({ columns, rows, focus, list, zoom });
        const areas = [placed.header, placed.footer, ...(placed.strip ? [placed.strip] : []), ...placed.regions];
        const clashes = areas.flatMap((a, index) => areas.slice(index + 1).filter(b => overlap(a, b)));
        expect(clashes).toEqual([]);
        expect(areas.filter(({ x, y, width, height }) => x + width > columns || y + height > rows)).toEqual([]);
        const leastRows = zoom === 'half' ? 1 : 4;
        expect(placed.regions.filter(({ height, width }) => height < leastRows || width < 40)).toEqual([]);
        const shown = placed.regions.map(({ pane }) => pane);
        expect(shown).toContain(focus);
        expect(new Set(shown).size).toBe(shown.length);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test('each step of zoom gives the focused pane more room, at every size and for every pane', () => {
    const property = fc.property(
      fc.integer({ min: 80, max: 400 }),
      fc.integer({ min: 20, max: 150 }),
      fc.constantFrom<PaneNumber>(...PANES),
      (columns, rows, focus) => {
        const rooms = zoomsAt({ columns, rows }).map(zoom => {
          const { width, height } = placedAt({ columns, rows, focus, zoom }).regions.find(
            ({ pane }) => pane === focus,
          )!;
          return width * height;
        });
        expect(rooms.length).toBeGreaterThanOrEqual(2);
        expect(rooms).toEqual([...new Set(rooms)].sort((a, b) => a - b));
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  test.each([
    [80, 24, 'normal', '3', true],
    [80, 24, 'full', '3', false],
    [120, 29, 'normal', '3', true],
    [100, 30, 'normal', '35', true],
    [119, 45, 'normal', '35', true],
    [100, 30, 'half', '3', true],
    [100, 30, 'full', '3', false],
    [84, 46, 'normal', '12345', false],
    [84, 46, 'half', '12345', false],
    [119, 46, 'normal', '12345', false],
    [120, 30, 'normal', '12345', false],
    [120, 46, 'half', '31245', false],
    [180, 45, 'normal', '123450', false],
    [200, 50, 'half', '31245', false],
    [200, 50, 'full', '3', false],
  ] as const)('at %i×%i %s shows the panes %s', (columns, rows, zoom, panes, hasStrip) => {
    const placed = placedAt({ columns, rows, focus: 3, zoom });
    expect(placed.regions.map(({ pane }) => pane).join('')).toBe(panes);
    expect(placed.strip !== undefined).toBe(hasStrip);
  });

  test.each([
    [100, 30, 0, '04'],
    [100, 30, 5, '54'],
    [84, 50, 0, '12340'],
    [120, 40, 0, '12340'],
    [200, 50, 0, '123450'],
  ] as const)('at %i×%i pane %i has its place: %s', (columns, rows, focus, panes) => {
    const { regions } = placedAt({ columns, rows, focus, list: 4, zoom: 'normal' });
    expect(regions.map(({ pane }) => pane).join('')).toBe(panes);
  });

  test('on a tall screen the focused pane opens and the others keep a few rows, or their titles', () => {
    const heights = (zoom: 'normal' | 'half') =>
      placedAt({ columns: 84, rows: 50, focus: 2, zoom }).regions.map(({ height }) => height);
    expect(heights('normal')).toEqual([5, 27, 5, 5, 5]);
    expect(heights('half')).toEqual([1, 43, 1, 1, 1]);
  });

  test('a tall one may be narrow: all panes stand one above the other', () => {
    const { regions } = placedAt({ columns: 60, rows: 90, focus: 3, zoom: 'normal' });
    expect(regions.map(({ pane, width }) => [pane, width])).toEqual([1, 2, 3, 4, 5].map(pane => [pane, 60]));
  });

  test.each([
    [79, 24],
    [80, 19],
    [60, 45],
    [59, 90],
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
