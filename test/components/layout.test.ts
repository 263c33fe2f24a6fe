import { expect, test } from 'vitest';
import { type ChromeInput, flashRow, footerRow, headerRow } from '../../components/chrome.ts';
import { FOOTER_ROWS, HEADER_ROWS, layout } from '../../components/layout.ts';
import type { ScreenContext } from '../../components/situation.ts';
import { situationOf } from '../../components/situation.ts';
import { initialState, PANES, type ScreenState } from '../../components/state.ts';
import { detailPane, logPane } from '../../components/text-panes.ts';
import { createTheme } from '../../components/theme.ts';
import { textWidth } from '../../source/common/text.ts';
import type { TownView } from '../../source/town/view.ts';
import { NOON, smallView } from './small-view.ts';

const theme = createTheme({ colour: true, unicode: true });
const plain = (text: string) => text.replace(/\u001B\[[\d;]*m/g, '');

const contextOf = (view: TownView, overrides: Partial<ScreenContext> = {}): ScreenContext => ({
  view,
  now: NOON,
  readsPlans: true,
  ids: pane => (pane === 'plan' ? ['cv-1', 'gt-1'] : []),
  pageRows: () => 10,
  ...overrides,
});

const SIZES = [
  [80, 20],
  [80, 24],
  [119, 50],
  [120, 30],
  [200, 50],
  [400, 120],
] as const;

test.each(
  SIZES.flatMap(([columns, rows]) =>
    PANES.flatMap(focus => ([0, 1, 2] as const).map(zoom => [columns, rows, focus, zoom] as const)),
  ),
)(
  'at %i×%i with %s focused and zoom %i panes fill the room, do not overlap, and the focused one is among them',
  (columns, rows, focus, zoom) => {
    const list = focus === 'log' || focus === 'detail' ? 'plan' : focus;
    const places = layout({ focus, list, zoom }, { columns, rows });
    expect(places.map(place => place.pane)).toContain(focus);
    expect(new Set(places.map(place => place.pane)).size).toBe(places.length);
    const taken = new Set<string>();
    for (const place of places) {
      expect(place.height).toBeGreaterThanOrEqual(3);
      expect(place.x + place.width).toBeLessThanOrEqual(columns);
      for (let y = place.y; y < place.y + place.height; y++)
        for (let x = place.x; x < place.x + place.width; x += 20) {
          expect(taken.has(`${x} ${y}`)).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
    expect(Math.min(...places.map(place => place.y))).toBe(HEADER_ROWS);
    expect(Math.max(...places.map(place => place.y + place.height))).toBe(rows - FOOTER_ROWS);
  },
);

test('a wide screen shows all panes, a small one the focused pane and a strip', () => {
  const state = { focus: 'plan', list: 'plan', zoom: 0 } as const;
  expect(layout(state, { columns: 200, rows: 50 }).map(place => place.pane)).toEqual([
    'plan',
    'log',
    'polecats',
    'refinery',
    'health',
  ]);
  expect(layout(state, { columns: 80, rows: 24 }).map(place => place.pane)).toEqual(['plan', 'log']);
  expect(
    layout({ ...state, focus: 'log', list: 'polecats' }, { columns: 80, rows: 24 }).map(place => place.pane),
  ).toEqual(['log', 'polecats']);
});

const chrome = (overrides: Partial<ChromeInput> & { context?: ScreenContext } = {}): ChromeInput => {
  const view = overrides.view ?? smallView();
  return { view, state: initialState(), context: contextOf(view), width: 80, theme, ...overrides };
};

test('the header keeps to its width and shows what counts first', () => {
  for (const width of [80, 120, 200]) expect(textWidth(plain(headerRow(chrome({ width }))))).toBe(width);
  expect(plain(headerRow(chrome({ width: 200 })))).toMatch(
    /testville.*COMMAND.*! 2 need you.*1 working.*0 waiting.*0 stalled.*queue 3.*\$0.00 today/,
  );
  const stopped = smallView({ town: { name: 't', path: '/t', estop: true, estopReason: 'fire' } });
  expect(plain(headerRow(chrome({ view: stopped, state: { ...initialState(), frozen: true } })))).toMatch(
    /STOPPED.*FROZEN/,
  );
});

test('the flash line shows what was said, else what is wrong with the town', () => {
  const stopped = smallView({ town: { name: 't', path: '/t', estop: true, estopReason: 'fire' } });
  expect(plain(flashRow(chrome({ view: stopped })))).toContain('fire');
  const state: ScreenState = { ...initialState(), flash: { text: 'done', kind: 'good', at: 0 } };
  expect(plain(flashRow(chrome({ view: stopped, state }))).trim()).toBe('done');
  const broken = smallView({ town: { name: 't', path: '/t', estop: false, banner: 'The disk is full.' } });
  expect(plain(flashRow(chrome({ view: broken })))).toContain('The disk is full.');
});

test('the footer shows only keys that work now, as many as fit', () => {
  const view = smallView();
  const convoy = plain(footerRow(chrome({ view })));
  expect(convoy).toMatch(/^S sling all/);
  expect(convoy).not.toMatch(/(^| )s sling/);
  expect(textWidth(convoy)).toBe(80);
  const state = { ...initialState(), selected: { plan: { id: 'gt-1', index: 1 } } };
  expect(plain(footerRow(chrome({ view, state })))).toMatch(/^s sling/);
  const readOnly = contextOf(view, { readOnly: 'only looks' });
  expect(plain(footerRow(chrome({ view, state, context: readOnly })))).not.toContain('sling');
});

const LOG = {
  ...initialState().log,
  name: 'nux',
  lines: Array.from({ length: 30 }, (_, index) => `line ${index} ${'x'.repeat(index)}`),
};

test('the log shows its end while it is followed, and where it stopped with a count', () => {
  const context = contextOf(smallView());
  const following = logPane(LOG, context, { width: 20, height: 5, theme });
  expect(following.rows.map(plain)[4]).toMatch(/^line 29 x/);
  expect(following.title).toContain('following');
  const stopped = logPane({ ...LOG, follow: false, top: 3, unseen: 7 }, context, { width: 20, height: 5, theme });
  expect(stopped.rows.map(plain)[0]).toMatch(/^line 3 /);
  expect(stopped.title).toMatch(/\+7/);
  const wrapped = logPane({ ...LOG, wrap: true }, context, { width: 20, height: 5, theme });
  expect(wrapped.rows.map(plain).join('')).toContain('x'.repeat(9));
  expect(wrapped.rows).toHaveLength(5);
});

test('the detail shows what is selected with its evidence', () => {
  const view = smallView();
  const state = { ...initialState(), selected: { plan: { id: 'gt-4', index: 0 } } };
  const context = contextOf(view, { ids: () => ['gt-4'] });
  const { title, rows } = detailPane(situationOf(state, context), { width: 60, height: 10, theme });
  expect(title).toBe('Detail  gt-4');
  expect(rows.join('\n')).toContain('nux is working for 1m (process, 2s ago)');
  expect(rows.join('\n')).toContain('Do it well.');
});
