import { flatIndex, placeAt } from '../rows/review-document.ts';
import { type ScreenContext, selectedId } from '../situation.ts';
import { detailTop, type ListPaneId, PANES, type PaneId, QUIT_CHOICES, type ScreenState, topDialog } from '../state.ts';
import { scrollLog } from './log.ts';
import { type Move, moved } from './movement.ts';
import { type Action, changeDialog, step } from './step.ts';

/** Goes to a pane; list panes are remembered as what log and detail are about. */
export const focusPane = (state: ScreenState, pane: PaneId): ScreenState => ({
  ...state,
  focus: pane,
  list: pane === 'log' || pane === 'detail' ? state.list : (pane satisfies ListPaneId),
});

/** The pane `by` places further in number order, around the ends. */
export const turnPane =
  (by: 1 | -1): Action =>
  state =>
    step(focusPane(state, PANES[(PANES.indexOf(state.focus) + by + PANES.length) % PANES.length]!));

/** Moves in whatever has the keys: a dialog's list or text, the log, or the focused pane's selection. */
export const move =
  (movement: Move): Action =>
  (state, context) => {
    const dialog = topDialog(state);
    if (dialog) return step(moveInDialog(state, movement, context));
    if (state.focus === 'log') return step(scrollLog(state, movement, context));
    return step(state.focus === 'detail' ? scrollDetail(state, movement, context) : select(state, movement, context));
  };

/** The detail has no cursor: it goes up and down as a whole, as far as there is more of it. */
const scrollDetail = (state: ScreenState, movement: Move, context: ScreenContext): ScreenState => {
  const id = selectedId(state, context, state.list);
  if (id === undefined) return state;
  const page = context.pageRows('detail');
  const count = Math.max(1, context.detailCount(id) - page + 1);
  const top = moved(detailTop(state, id), movement, { count, page });
  return { ...state, detail: { id, top } };
};

const select = (state: ScreenState, movement: Move, context: ScreenContext): ScreenState => {
  const ids = context.ids(state.focus);
  const current = selectedId(state, context, state.focus);
  if (current === undefined) return state;
  const index = moved(ids.indexOf(current), movement, { count: ids.length, page: context.pageRows(state.focus) });
  if (state.selected[state.focus]?.id === ids[index]) return state;
  return { ...state, selected: { ...state.selected, [state.focus]: { id: ids[index]!, index } } };
};

const moveInDialog = (state: ScreenState, movement: Move, context: ScreenContext): ScreenState => {
  const dialog = topDialog(state)!;
  const page = context.pageRows('viewer');
  switch (dialog.kind) {
    case 'help':
    case 'menu':
    case 'sources':
      return changeDialog(state, {
        ...dialog,
        index: moved(dialog.index, movement, { count: dialog.entries.length, page }),
      });
    case 'quit':
      return changeDialog(state, {
        ...dialog,
        index: moved(dialog.index, movement, { count: QUIT_CHOICES.length, page }),
      });
    case 'confirm':
    case 'decide':
    case 'viewer': {
      const count = Math.max(1, context.lineCount(dialog) - page + 1);
      return changeDialog(state, { ...dialog, scroll: moved(dialog.scroll, movement, { count, page }) });
    }
    case 'review': {
      const document = context.reviewDocument(dialog);
      const index = moved(flatIndex(document, dialog.at), movement, { count: document.starts.at(-1)!, page });
      return changeDialog(state, { ...dialog, at: placeAt(document, index) });
    }
    default:
      return state;
  }
};
