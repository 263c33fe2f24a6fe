import { describe, expect, test } from 'vitest';
import { mergeRows } from '../../../components/rows/merge-rows.ts';
import { planRows } from '../../../components/rows/plan-rows.ts';
import { polecatRows } from '../../../components/rows/polecat-rows.ts';
import { SORT_KEYS, type SortKey, sortedView } from '../../../components/rows/sort.ts';
import type { ListPaneId } from '../../../components/state.ts';
import { exampleView } from '../fixtures/view.ts';
import { play } from '../play.ts';
import { KEYS, PLAIN } from './look.ts';

const shown = { width: 100, height: 30, focused: true, keys: KEYS, theme: PLAIN };
const idsOf = (pane: ListPaneId, by: SortKey, reversed = false) => {
  const view = sortedView(exampleView(), pane, { by, reversed });
  const draw = { plan: planRows, polecats: polecatRows, refinery: mergeRows, health: mergeRows }[pane];
  return draw({ ...shown, view }).ids.join(' ');
};

describe('sorting', () => {
  test.each([
    ['plan', 'priority', 'cv-1 gt-2 gt-3 gt-1 gt-4 gt-5 cv-2 gt-7 gt-6 gt-8 gt-9 gt-10 gt-11 gt-12'],
    ['plan', 'state', 'cv-1 gt-2 gt-3 gt-5 gt-4 gt-1 cv-2 gt-6 gt-7 gt-10 gt-9 gt-12 gt-8 gt-11'],
    ['plan', 'name', 'cv-1 gt-1 gt-4 gt-5 gt-3 gt-2 cv-2 gt-6 gt-7 gt-9 gt-8 gt-12 gt-11 gt-10'],
    ['polecats', 'state', 'web/toast web/rictus web/slit web/nux web/morsov web/ace'],
    ['polecats', 'age', 'web/slit web/nux web/rictus web/toast web/ace web/morsov'],
    ['polecats', 'cost', 'web/nux web/slit web/rictus web/toast web/ace web/morsov'],
    ['refinery', 'priority', 'mr-2 mr-1 mr-3 mr-4 mr-5 mr-6 mr-7 mr-8'],
    ['refinery', 'name', 'mr-1 mr-3 mr-4 mr-2 mr-8 mr-6 mr-5 mr-7'],
  ] as const)('%s by %s keeps beads with their convoy, and what is over below the queue', (pane, by, ids) => {
    expect(idsOf(pane, by)).toBe(ids);
  });

  test('the other way round keeps what is alike in its order', () => {
    expect(idsOf('polecats', 'cost', true)).toBe('web/rictus web/toast web/ace web/morsov web/slit web/nux');
  });

  test('loses and doubles no row, whatever it is by', () => {
    for (const [pane, keys] of Object.entries(SORT_KEYS) as [ListPaneId, readonly SortKey[]][])
      for (const by of keys) {
        const view = exampleView();
        const sorted = sortedView(view, pane, { by, reversed: false });
        expect(new Set(sorted.merges)).toEqual(new Set(view.merges));
        expect(new Set(sorted.polecats)).toEqual(new Set(view.polecats));
        expect(new Set(sorted.health.dogs)).toEqual(new Set(view.health.dogs));
        expect(new Set(sorted.convoys.flatMap(({ beads }) => beads))).toEqual(
          new Set(view.convoys.flatMap(({ beads }) => beads)),
        );
      }
  });

  test('one view is sorted once, so that what is drawn and what is moved about in are one list', () => {
    const view = exampleView();
    const sorting = { by: 'name', reversed: false } as const;
    expect(sortedView(view, 'plan', sorting)).toBe(sortedView(view, 'plan', { ...sorting }));
    expect(sortedView(view, 'plan', undefined)).toBe(view);
  });

  test('the title says by what, and which way', () => {
    const { title } = polecatRows({ ...shown, view: exampleView(), sorting: { by: 'cost', reversed: true } });
    expect(title).toBe('Polecats (workers)  6  by cost ↑');
  });
});

test('O offers what the pane can be sorted by; the same again turns it round, I too, and own order ends it', () => {
  const game = play();
  game.press('2', 'O');
  expect(game.dialog).toMatchObject({ kind: 'menu', index: 0 });
  game.press('G', 'enter');
  expect(game.state.sort).toEqual({ polecats: { by: 'cost', reversed: false } });
  game.press('O');
  expect(game.dialog).toMatchObject({ index: 4 });
  game.press('enter');
  expect(game.state.sort).toEqual({ polecats: { by: 'cost', reversed: true } });
  game.press('I');
  expect(game.state.sort.polecats?.reversed).toBe(false);
  game.press('O', 'g', 'enter', 'I');
  expect(game.state.sort).toEqual({});
  expect(game.flash).toContain('O sorts it');
});
