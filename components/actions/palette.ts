import { createEditor } from '../editor.ts';
import { COMMANDS, type CommandId, type KeyCommand } from '../keymap.ts';
import { PANES, type PaletteDialog, type ScreenState, topDialog } from '../state.ts';
import { type Action, changeDialog, step, within } from './step.ts';

const RUNNABLE: ReadonlySet<string> = new Set([...PANES, 'global', 'always']);

/** Commands whose name or label holds what was typed, best first: names that begin with it, then names, then labels. */
export const paletteMatches = (typed: string): readonly (KeyCommand & { readonly id: CommandId })[] => {
  const wanted = typed.trim().toLowerCase();
  const rank = ({ id, label }: KeyCommand): number => {
    if (id.startsWith(wanted)) return 0;
    if (id.includes(wanted)) return 1;
    return label.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return COMMANDS.filter(command => command.id !== 'palette' && command.contexts.some(context => RUNNABLE.has(context)))
    .filter(command => rank(command) < 3)
    .sort((a, b) => rank(a) - rank(b));
};

/** Tab: the chosen name becomes the text. */
export const complete: Action = state => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'palette') return step(state);
  const chosen = paletteMatches(dialog.editor.text)[dialog.index];
  return step(chosen ? changeDialog(state, { ...dialog, editor: createEditor(chosen.id), index: 0 }) : state);
};

export const choose =
  (by: 1 | -1): Action =>
  (state: ScreenState) => {
    const dialog = topDialog(state);
    if (dialog?.kind !== 'palette') return step(state);
    return step(changeDialog(state, { ...dialog, index: within(dialog.index + by, matchCount(dialog)) }));
  };

const matchCount = (dialog: PaletteDialog): number => paletteMatches(dialog.editor.text).length;
