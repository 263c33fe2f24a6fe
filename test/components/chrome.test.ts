import { expect, test } from 'vitest';
import { type FlashRowInput, flashRow, hintsOf } from '../../components/chrome.ts';
import { EMPTY_DOCUMENT } from '../../components/rows/review-document.ts';
import type { ScreenContext } from '../../components/situation.ts';
import { initialState, type ScreenState } from '../../components/state.ts';
import { createTheme } from '../../components/theme.ts';
import type { TownView } from '../../source/town/view.ts';
import { play } from './play.ts';
import { KEYS } from './rows/look.ts';
import { NOON, smallView } from './small-view.ts';

const theme = createTheme({ colour: true, unicode: true });
const plain = (text: string) => text.replace(/\u001B\[[\d;]*m/g, '');

const contextOf = (view: TownView, overrides: Partial<ScreenContext> = {}): ScreenContext => ({
  view,
  now: NOON,
  readsPlans: true,
  ids: pane => (pane === 'plan' ? ['cv-1', 'gt-1'] : []),
  pageRows: () => 10,
  zooms: 3,
  lineCount: () => 0,
  detailCount: () => 0,
  reviewDocument: () => EMPTY_DOCUMENT,
  ...overrides,
});

const flash = (overrides: Partial<FlashRowInput>) =>
  plain(flashRow({ view: smallView(), state: initialState(), width: 80, keys: KEYS, theme, ...overrides }));
const town = { name: 't', path: '/t', estop: false };

test('the flash line shows what was said, else what is wrong with the town, worst first', () => {
  const stopped = smallView({ town: { ...town, estop: true, estopReason: 'fire' } });
  expect(flash({ view: stopped })).toContain('fire');
  const state: ScreenState = { ...initialState(), flash: { text: 'done', kind: 'good', at: 0 } };
  expect(flash({ view: stopped, state }).trim()).toBe('done');
  expect(flash({ view: smallView({ town: { ...town, estop: true, banner: 'The disk is full.' } }) })).toContain(
    'The disk is full.',
  );
  expect(flash({ view: smallView({ town: { ...town, dispatchPaused: 'low memory' } }) })).toContain(
    'Dispatch is paused: low memory',
  );
  expect(flash({})).toBe(' '.repeat(80));
});

test('a filter being typed stands there with its cursor', () => {
  const state: ScreenState = {
    ...initialState(),
    dialogs: [
      {
        kind: 'line',
        purpose: 'filter',
        pane: 'plan',
        editor: { text: 'auth', cursor: 4 },
        before: '',
        serial: 1,
        shownAt: 0,
      },
    ],
  };
  expect(flash({ state })).toMatch(/^Filter: auth {2}/);
  expect(flash({ state })).toHaveLength(80);
});

test('the keys shown are those that work now, the place’s own first', () => {
  const view = smallView();
  const labels = (state: ScreenState, context = contextOf(view)) =>
    hintsOf(state, context).map(hint => `${hint.keys} ${hint.label}`);
  expect(labels(initialState())[0]).toBe('S sling all');
  expect(labels(initialState())).not.toContain('s sling');
  const onBead = { ...initialState(), selected: { plan: { id: 'gt-1', index: 1 } } };
  expect(labels(onBead)[0]).toBe('s sling');
  expect(labels(onBead, contextOf(view, { readOnly: 'only looks' }))).not.toContain('s sling');
  const asked = play(view).press('space').state;
  expect(labels(asked)).toContain('y yes');
  const looking = labels(asked, contextOf(view, { readOnly: 'only looks' }));
  expect(looking).not.toContain('y yes');
  expect(looking).not.toContain('n no');
  expect(labels({ ...onBead, dialogs: [{ kind: 'quit', index: 0, serial: 1, shownAt: 0 }] })).toEqual([
    'Enter take',
    'q leave',
    'Esc close',
  ]);
  expect(
    labels({
      ...onBead,
      dialogs: [{ kind: 'decide', key: view.attention[0]!.key, scroll: 0, sent: false, serial: 1, shownAt: 0 }],
    }),
  ).toEqual([
    'y yes',
    'n no',
    'e edit',
    'd review',
    'o in words',
    'a attach',
    'i why',
    'Esc close',
    'Space next for you',
    '? help',
  ]);
});

test('Enter is not offered where it is a new line of the text', () => {
  const game = play().press('n');
  const keys = (): readonly string[] => hintsOf(game.state, game.context()).map(hint => hint.keys);
  expect(keys()).toContain('Enter');
  game.press('tab');
  expect(keys()).not.toContain('Enter');
});
