import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { healthRows } from '../../../components/rows/health-rows.ts';
import { mergeRows } from '../../../components/rows/merge-rows.ts';
import type { Pane, PaneInput } from '../../../components/rows/pane.ts';
import { planRows } from '../../../components/rows/plan-rows.ts';
import { polecatRows } from '../../../components/rows/polecat-rows.ts';
import type { TownView } from '../../../source/town/view.ts';
import { exampleView } from '../fixtures/view.ts';
import { COLOUR, colourCodes, faultOf, HOSTILE, KEYS, PLAIN, plainRow } from './look.ts';

const PANES: Readonly<Record<string, Pane>> = {
  plan: planRows,
  polecats: polecatRows,
  refinery: mergeRows,
  health: healthRows,
};

const show = (pane: Pane, input: Partial<PaneInput> = {}) =>
  pane({ view: exampleView(), width: 80, height: 16, focused: true, keys: KEYS, theme: PLAIN, ...input });

describe.each(Object.entries(PANES))('%s', (name, pane) => {
  test.each([80, 200])('at %i columns looks as agreed', width => {
    const { title, rows } = show(pane, { width });
    const text = [title, ...rows.map(row => plainRow(row).trimEnd())].join('\n');
    // The feed shows the time of day where the person is.
    expect(text.replace(/\d\d:\d\d:\d\d/g, 'HH:MM:SS').trimEnd()).toMatchSnapshot();
  });

  test('has exact rows, none too wide, none with control characters, and the selection in sight', () => {
    const property = fc.property(
      fc.integer({ min: 10, max: 220 }),
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 40 })), { minLength: 1 }),
      fc.nat(),
      fc.boolean(),
      (width, height, texts, pick, focused) => {
        const view = hostile(texts);
        const { ids } = show(pane, { view, width, height });
        const selected = ids[pick % ids.length]!;
        const { rows } = show(pane, { view, width, height, selected, focused, theme: COLOUR });
        expect(rows).toHaveLength(height);
        expect(rows.map(row => faultOf(row, width)).filter(Boolean)).toEqual([]);
        expect(rows.filter(row => row.startsWith(focused ? '\u001B[7m' : '\u001B[1m'))).toHaveLength(1);
      },
    );
    fc.assert(property, { numRuns: 60 });
  });

  test('says the same without colour', () => {
    const coloured = show(pane, { theme: COLOUR });
    const { rows } = show(pane);
    expect(colourCodes(rows)).toEqual([]);
    expect(colourCodes(coloured.rows).length).toBeGreaterThanOrEqual(name === 'feed' ? 0 : 1);
    expect(coloured.rows.map(plainRow)).toEqual(rows.map(plainRow));
  });

  test('names every row once', () => {
    const { ids } = show(pane);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test.each([
  ['plan', planRows, 'Press N to tell a goal'],
  ['polecats', polecatRows, 's to sling'],
  ['refinery', mergeRows, 'comes here by itself'],
] as const)('an empty %s says what to do next', (_, pane, hint) => {
  const view = exampleView({ convoys: [], loose: [], polecats: [], merges: [] });
  expect(show(pane, { view }).rows.join(' ')).toContain(hint);
});

test('a filter keeps beads with their convoy and stands in the title with the place', () => {
  const shown = show(planRows, { filter: 'p0 NUX', selected: 'gt-2' });
  expect(shown.ids).toEqual(['cv-1', 'gt-2']);
  expect(shown.title).toBe('Plan  2 of 2  /p0 NUX');
  expect(show(planRows, { filter: 'no such words' }).rows[0]).toContain('Esc clears the filter');
});

test('a filter finds beads of folded convoys', () => {
  const folded = new Set(['cv-1']);
  expect(show(planRows, { folded }).ids).not.toContain('gt-2');
  expect(show(planRows, { folded, filter: 'tokens' }).ids).toContain('gt-2');
});

test('an age moves on though the record is the same', () => {
  const view = exampleView();
  const later = { ...view, at: view.at + 60_000 };
  expect(show(polecatRows, { view }).rows[0]).toContain(' 1m ');
  expect(show(polecatRows, { view: later }).rows[0]).toContain(' 2m ');
});

test('an unchanged record is drawn once, until the width changes', () => {
  const view = exampleView();
  let reads = 0;
  const polecat = {
    ...view.polecats[0]!,
    get doing() {
      reads++;
      return 'typing';
    },
  };
  const draw = (width: number): number => {
    const before = reads;
    show(polecatRows, { view: { ...view, polecats: [polecat] }, width });
    return reads - before;
  };
  expect(draw(80)).toBeGreaterThan(0);
  expect(draw(80)).toBe(0);
  expect(draw(90)).toBeGreaterThan(0);
});

/** The example with every text that is not an id replaced. */
const hostile = (texts: readonly string[]): TownView => {
  const view = exampleView();
  let next = 0;
  const text = (): string => texts[next++ % texts.length]!;
  return {
    ...view,
    convoys: view.convoys.map(row => ({ ...row, title: text() })),
    beads: new Map([...view.beads].map(([id, row]) => [id, { ...row, title: text(), assignee: text() }])),
    polecats: view.polecats.map(row => ({ ...row, name: text(), beadTitle: text(), doing: text() })),
    merges: view.merges.map(row => ({ ...row, title: text(), why: text(), polecat: text() })),
    rigs: view.rigs.map(row => ({ ...row, branch: text() })),
    health: {
      ...view.health,
      roles: view.health.roles.map(row => ({ ...row, lastAction: text(), because: text() })),
      dogs: view.health.dogs.map(row => ({ ...row, note: text() })),
    },
    feed: view.feed.map(row => ({ ...row, actor: text(), what: text(), because: text() })),
  };
};
