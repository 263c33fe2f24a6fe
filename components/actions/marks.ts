import { isListPane, markedIds, type ScreenContext, selectedId } from '../situation.ts';
import type { ListPaneId, ScreenState } from '../state.ts';
import { move } from './move.ts';
import { type Action, step } from './step.ts';

/** `v`: marks the selected row, or takes its mark away, and goes on to the next. */
export const mark: Action = (state, context) => {
  const pane = state.list;
  const id = selectedId(state, context, pane);
  if (id === undefined || state.focus !== pane) return step(state);
  const marks = new Set(state.marked[pane]);
  if (!marks.delete(id)) marks.add(id);
  return move({ by: 1 })(withMarks(state, pane, marks), context);
};

/** `V`: marks every row from the one marked last to the selected one. */
export const markRange: Action = (state, context) => {
  const pane = state.list;
  const ids = context.ids(pane);
  const to = ids.indexOf(selectedId(state, context, pane) ?? '');
  if (to < 0) return step(state);
  const last = [...(state.marked[pane] ?? [])].filter(id => ids.includes(id)).at(-1);
  const from = last === undefined ? to : ids.indexOf(last);
  const range = ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  return step(
    withMarks(state, pane, new Set([...(state.marked[pane] ?? []), ...(from > to ? range.reverse() : range)])),
  );
};

/** `*`: marks every row that is listed, or none when all were. */
export const markAll: Action = (state, context) => {
  const pane = state.list;
  const ids = context.ids(pane);
  return step(withMarks(state, pane, new Set(markedIds(state, context).length === ids.length ? [] : ids)));
};

/** Whether `Space` marks here: nothing waits for the person, and a list has the keys. */
export const spaceMarks = (state: ScreenState, { view }: Pick<ScreenContext, 'view'>): boolean =>
  view.attention.length === 0 && state.dialogs.length === 0 && isListPane(state.focus);

/** No row of the list is marked any more. */
export const withoutMarks = (state: ScreenState): ScreenState => withMarks(state, state.list, new Set());

const withMarks = (state: ScreenState, pane: ListPaneId, marks: ReadonlySet<string>): ScreenState => {
  const { [pane]: _, ...others } = state.marked;
  return { ...state, marked: marks.size > 0 ? { ...others, [pane]: marks } : others };
};
