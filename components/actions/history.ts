import { createEditor } from '../editor.ts';
import { HISTORY_LINES } from '../preferences.ts';
import { type LineDialog, type ScreenState, topDialog } from '../state.ts';
import { applyLine } from './dialogs.ts';
import { type Action, changeDialog, closeDialog, step } from './step.ts';

/** A history with one more line, which it has once only, at its end. */
export const remembered = (history: readonly string[], line: string): readonly string[] =>
  [...history.filter(kept => kept !== line), line].slice(-HISTORY_LINES);

/** One further in a history; after its newest line there is an empty one. */
export const placeIn = (history: readonly string[], place: number | undefined, by: 1 | -1): number =>
  Math.max(0, Math.min(history.length, (place ?? history.length) + by));

/** What was filtered or searched by before becomes the text again, and is applied at once. */
export const recallLine =
  (by: 1 | -1): Action =>
  state => {
    const dialog = topDialog(state);
    if (dialog?.kind !== 'line') return step(state);
    const history = state.typed[dialog.purpose];
    const place = placeIn(history, dialog.place, by);
    const text = history[place] ?? '';
    return step(applyLine(changeDialog(state, { ...dialog, place, editor: createEditor(text) }), dialog, text));
  };

/** Enter: the filter or the search stands as it was typed, and is remembered. */
export const acceptLine = (state: ScreenState, { purpose, editor }: LineDialog): ScreenState => {
  const closed = closeDialog(state);
  const text = editor.text.trim();
  if (text === '') return closed;
  return { ...closed, typed: { ...closed.typed, [purpose]: remembered(closed.typed[purpose], text) } };
};
