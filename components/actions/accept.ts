import { commandById } from '../keymap.ts';
import type { ScreenContext } from '../situation.ts';
import { type HelpDialog, type MenuDialog, type ScreenState, topDialog } from '../state.ts';
import { answer } from './decide.ts';
import { acceptQuit } from './dialogs.ts';
import { enterInForm } from './forms.ts';
import { acceptLine } from './line.ts';
import { findMatch, takeLog } from './log.ts';
import { chosenIn, remember } from './palette.ts';
import { otherRow } from './row-hold.ts';
import { type Action, changeDialog, closeDialog, type Given, hindranceOf, refuse, type Step, step } from './step.ts';

/** Runs a command by its id, or refuses it with a reason: the reducer's `runCommand`. */
export type Run = (state: ScreenState, id: string, context: ScreenContext, given?: Given) => Step;

/** Enter, by what has the keys. */
export const accept =
  (run: Run): Action =>
  (state, context) => {
    const dialog = topDialog(state);
    switch (dialog?.kind) {
      case 'form':
        return enterInForm(state, context);
      case 'line': {
        const accepted = acceptLine(state, dialog);
        const isSearch = dialog.purpose === 'search' && dialog.editor.text.trim() !== '';
        return isSearch ? findMatch(state.log.follow ? -1 : 1)(accepted, context) : step(accepted);
      }
      case 'quit':
        return acceptQuit(state, context);
      case 'confirm':
        return dialog.index === 1 ? answer('yes')(state, context) : step(closeDialog(state));
      case 'help':
      case 'menu':
        return runListed(state, dialog, { context, run });
      case 'sources':
        return takeLog(state, context);
      case 'palette': {
        const { chosen, words } = chosenIn(dialog, state, context);
        if (!chosen) return refuse(state, `There is no command “${dialog.editor.text}”.`, context);
        const other = chosen.changes && otherRow(dialog, state, context);
        if (other) return refuse(state, other, context);
        const said = words === '' ? chosen.id : `${chosen.id} ${words}`;
        return run(remember(closeDialog(state), said), chosen.id, context, { words });
      }
      default:
        return step(state);
    }
  };

/** Cancel, or what a question is about. */
export const toggleButton: Action = state => {
  const dialog = topDialog(state);
  return step(
    dialog?.kind === 'confirm' ? changeDialog(state, { ...dialog, index: dialog.index === 0 ? 1 : 0 }) : state,
  );
};

/** Runs the chosen command of a list, on what the list is about. */
const runListed = (
  state: ScreenState,
  dialog: HelpDialog | MenuDialog,
  { context, run }: { context: ScreenContext; run: Run },
): Step => {
  const id = dialog.entries[dialog.index] ?? '';
  const command = commandById(id);
  // A list that came up a moment ago was not read: what it would decide was meant for something else.
  const acts = command?.decides || command?.changes;
  const hindrance = acts && (hindranceOf(state, context, dialog.shownAt) ?? otherRow(dialog, state, context));
  return hindrance ? refuse(state, hindrance, context) : run(closeDialog(state), id, context);
};
