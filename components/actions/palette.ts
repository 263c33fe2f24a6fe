import { createEditor } from '../editor.ts';
import { type BoundCommand, boundIn, type KeyContext } from '../keymap.ts';
import { type ScreenContext, selectedId } from '../situation.ts';
import { type PaletteDialog, type ScreenState, topDialog } from '../state.ts';
import { placeIn, remembered } from './history.ts';
import { type Action, changeDialog, openDialog, step, within } from './step.ts';

/** Commands that only move about in a field, a list or the palette itself: by name they would mean nothing. */
const INNER: ReadonlySet<KeyContext> = new Set(['palette', 'form', 'line', 'quit', 'menu', 'help']);

/**
 * Commands that what was typed may mean, best first: names that begin with it, then names, then labels; among equals what
 * was run last. A name with words after it means that command alone.
 */
export const paletteMatches = (
  typed: string,
  { commands, history }: { commands: readonly BoundCommand[]; history: readonly string[] },
): readonly BoundCommand[] => {
  const wanted = typed.trim().toLowerCase();
  const [name] = wanted.split(/\s/, 1);
  const named = commands.find(command => command.id === name && command.words);
  if (named && /\s/.test(typed.trimStart())) return [named];
  const rank = ({ id, label }: BoundCommand): number => {
    if (id.startsWith(wanted)) return 0;
    if (id.includes(wanted)) return 1;
    return label.toLowerCase().includes(wanted) ? 2 : 3;
  };
  const age = ({ id }: BoundCommand): number => {
    const last = history.findLastIndex(line => line.split(' ', 1)[0] === id);
    return last < 0 ? Number.POSITIVE_INFINITY : history.length - last;
  };
  return commands
    .filter(({ id, contexts }) => id !== 'palette' && !contexts.every(context => INNER.has(context)))
    .filter(command => rank(command) < 3)
    .sort((a, b) => rank(a) - rank(b) || compare(age(a), age(b)));
};

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** The palette with the beginning of a command in it. */
export const openPaletteWith = (state: ScreenState, context: ScreenContext, text: string): ScreenState => {
  const about = selectedId(state, context, state.list);
  const editor = createEditor(text);
  return openDialog(state, { kind: 'palette', editor, index: 0, ...(about !== undefined && { about }) }, context);
};

/** The command that Enter would run, with the words after its name. */
export const chosenIn = (
  dialog: PaletteDialog,
  { history }: Pick<ScreenState, 'history'>,
  context: ScreenContext,
): { chosen: BoundCommand | undefined; words: string } => {
  const { text } = dialog.editor;
  const chosen = paletteMatches(text, { commands: boundIn(context), history })[dialog.index];
  return { chosen, words: chosen?.words && /\s/.test(text.trimStart()) ? text.trimStart().replace(/^\S+\s+/, '') : '' };
};

/** Tab: the chosen name becomes the text; where words may follow it, with room for them. */
export const complete: Action = (state, context) => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'palette') return step(state);
  const { chosen, words } = chosenIn(dialog, state, context);
  if (!chosen || words !== '') return step(state);
  const editor = createEditor(chosen.words ? `${chosen.id} ` : chosen.id);
  return step(changeDialog(state, { ...forgetPlace(dialog), editor, index: 0 }));
};

export const choose =
  (by: 1 | -1): Action =>
  (state, context) => {
    const dialog = topDialog(state);
    if (dialog?.kind !== 'palette') return step(state);
    const { length } = paletteMatches(dialog.editor.text, { commands: boundIn(context), history: state.history });
    return step(changeDialog(state, { ...dialog, index: within(dialog.index + by, length) }));
  };

/** What was run before becomes the text again; after the newest one the field is empty. */
export const recall =
  (by: 1 | -1): Action =>
  state => {
    const dialog = topDialog(state);
    if (dialog?.kind !== 'palette') return step(state);
    const { history } = state;
    const place = placeIn(history, dialog.place, by);
    return step(changeDialog(state, { ...dialog, place, index: 0, editor: createEditor(history[place] ?? '') }));
  };

/** A text that was changed is no longer the one from the history. */
export const forgetPlace = ({ place: _, ...dialog }: PaletteDialog): PaletteDialog => dialog;

/** Keeps what was run, once. */
export const remember = (state: ScreenState, line: string): ScreenState => ({
  ...state,
  history: remembered(state.history, line),
});
