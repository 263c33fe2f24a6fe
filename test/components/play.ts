import type { Effect } from '../../components/actions/step.ts';
import { documentOf } from '../../components/dialogs/review-rows.ts';
import { decideLineCount } from '../../components/dialogs/text-dialogs.ts';
import { viewerRows } from '../../components/dialogs/viewer.ts';
import { reduce, type ScreenEvent } from '../../components/reducer.ts';
import type { ScreenContext } from '../../components/situation.ts';
import { type DecideDialog, initialState, type PaneId, type ScreenState, topDialog } from '../../components/state.ts';
import type { TownView } from '../../source/town/view.ts';
import { NOON, smallView } from './small-view.ts';

export const IDS: Record<PaneId, readonly string[]> = {
  plan: ['cv-1', 'gt-1', 'gt-2', 'gt-3', 'gt-4', 'gt-5'],
  polecats: ['web/nux', 'web/slit'],
  refinery: ['mr-1', 'mr-2', 'mr-3'],
  health: ['mayor', 'reaper'],
  log: [],
  detail: [],
};

/** Lines that a detail has here, and rows of a page. */
const DETAIL_LINES = 25;
const PAGE_ROWS = 10;

/** A question ends where it does on a screen of 80×24, though a page is another one here. */
const decideLines = (dialog: DecideDialog, view: TownView): number =>
  decideLineCount(dialog, { view, columns: 80, rows: 24 }) - viewerRows(24) + PAGE_ROWS;

/** A screen without a terminal: keys in, state and wishes out. */
export const play = (view: TownView = smallView(), options: Partial<ScreenContext> = {}) => {
  let state: ScreenState = initialState();
  let now = NOON;
  let ids = IDS;
  const effects: Effect[] = [];
  const context = (): ScreenContext => ({
    view,
    now,
    readsPlans: true,
    ids: pane => ids[pane],
    pageRows: () => PAGE_ROWS,
    zooms: 3,
    lineCount: dialog => (dialog.kind === 'decide' ? decideLines(dialog, view) : (dialog.lines?.length ?? 0)),
    detailCount: () => DETAIL_LINES,
    reviewDocument: dialog => documentOf(dialog, { view, columns: 80 }),
    ...options,
  });
  const send = (event: ScreenEvent) => {
    const step = reduce(state, event, context());
    state = step.state;
    effects.push(...step.effects);
  };
  const game = {
    press: (...names: string[]) => {
      for (const name of names) send({ type: 'key', name });
      return game;
    },
    type: (text: string) => game.press(...[...text].map(character => (character === ' ' ? 'space' : character))),
    send: (event: ScreenEvent) => {
      send(event);
      return game;
    },
    wait: (ms: number) => {
      now += ms;
      return game;
    },
    look: (next: TownView) => {
      view = next;
      return game;
    },
    setIds: (pane: PaneId, list: readonly string[]) => {
      ids = { ...ids, [pane]: list };
      return game;
    },
    at: (pane: PaneId, id: string) => {
      state = {
        ...state,
        focus: pane,
        list: pane === 'log' || pane === 'detail' ? state.list : pane,
        selected: { ...state.selected, [pane]: { id, index: IDS[pane].indexOf(id) } },
      };
      return game;
    },
    get state() {
      return state;
    },
    get dialog() {
      return topDialog(state);
    },
    get flash() {
      return state.flash?.text;
    },
    effects,
    intents: () => effects.flatMap(effect => (effect.type === 'dispatch' ? effect.intents : [])),
    context,
  };
  return game;
};
