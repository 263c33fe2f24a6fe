import { type Editor, editKey, insertText } from '../editor.ts';
import { keyText } from '../input.ts';
import type { ScreenContext } from '../situation.ts';
import { type Dialog, type ScreenState, topDialog } from '../state.ts';
import { applyLine } from './dialogs.ts';
import { changeField } from './forms.ts';
import { forgetPlace } from './palette.ts';
import { changeDialog, say } from './step.ts';

/** An editing key or a character in the text field that has the keys. Unknown keys do nothing. */
export const typeKey = (state: ScreenState, name: string, context: ScreenContext): ScreenState => {
  const text = keyText(name);
  if (text !== undefined) return typeText(state, text, context);
  const editor = activeEditor(state);
  const edited = editor && editKey(editor, name);
  return edited ? withEditor(state, edited) : state;
};

/** What was typed or pasted goes into the text field that has the keys, as far as that takes it. */
export const typeText = (state: ScreenState, text: string, context: ScreenContext): ScreenState => {
  const editor = activeEditor(state);
  if (!editor) return state;
  const dialog = topDialog(state);
  const multiline = dialog?.kind === 'form' && dialog.fields[dialog.active]!.multiline;
  const inserted = insertText(editor, text, multiline);
  const typed = withEditor(state, inserted.editor);
  return inserted.cut
    ? say(typed, 'The text was cut: a field holds 256,000 characters.', { kind: 'error', now: context.now })
    : typed;
};

/** Puts the next of the known values into a field that has some. */
export const chooseValue = (state: ScreenState, by: 1 | -1): ScreenState => {
  const dialog = topDialog(state);
  const field = dialog?.kind === 'form' ? dialog.fields[dialog.active] : undefined;
  const choices = field?.choices ?? [];
  if (dialog?.kind !== 'form' || choices.length === 0) return state;
  const index = choices.indexOf(field!.editor.text);
  const text = choices[(index + by + choices.length) % choices.length]!;
  return changeDialog(state, changeField(dialog, { text, cursor: text.length }));
};

/** The word that approves what is protected. */
export const isWord = (dialog: Dialog | undefined): boolean =>
  dialog?.kind === 'form' && dialog.purpose.form === 'word';

const activeEditor = (state: ScreenState): Editor | undefined => {
  const dialog = topDialog(state);
  if (dialog?.kind === 'form') return dialog.fields[dialog.active]?.editor;
  return dialog?.kind === 'line' || dialog?.kind === 'palette' ? dialog.editor : undefined;
};

const withEditor = (state: ScreenState, editor: Editor): ScreenState => {
  const dialog = topDialog(state);
  switch (dialog?.kind) {
    case 'form':
      return changeDialog(state, changeField(dialog, editor));
    case 'palette':
      return changeDialog(state, { ...forgetPlace(dialog), editor, index: 0 });
    case 'line': {
      const { place: _, ...typed } = dialog;
      return applyLine(changeDialog(state, { ...typed, editor }), dialog, editor.text);
    }
    default:
      return state;
  }
};
