import { createEditor } from '../editor.ts';
import { type LineDialog, type ScreenState, topDialog } from '../state.ts';
import { applyLine } from './dialogs.ts';
import { placeIn, remembered } from './history.ts';
import { type Action, changeDialog, closeDialog, step } from './step.ts';

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
