import { hearKey, isDone, reportOf, startKeyDoctor } from '../key-doctor.ts';
import { boundIn } from '../keymap.ts';
import type { ScreenContext } from '../situation.ts';
import { type ScreenState, topDialog } from '../state.ts';
import { type Action, changeDialog, closeDialog, openDialog, type Step, say, step } from './step.ts';

/** `:key-doctor`: asks for one key after the other and listens to what arrives. */
export const openKeyDoctor: Action = (state, context) =>
  step(openDialog(state, { kind: 'doctor', doctor: startKeyDoctor(boundIn(context)) }, context));

/** While it is open every key is an answer and none a command; once it is over, y copies what it proposes. */
export const tellKeyDoctor = (state: ScreenState, key: string, context: ScreenContext): Step => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'doctor') return step(state);
  if (!isDone(dialog.doctor)) return step(changeDialog(state, { ...dialog, doctor: hearKey(dialog.doctor, key) }));
  if (['enter', 'esc', 'q', 'ctrl-c'].includes(key)) return step(closeDialog(state));
  const { config } = reportOf(dialog.doctor, { commands: boundIn(context), inTmux: context.inTmux === true });
  if (key !== 'y' || config.length === 0) return step(state);
  const text = `[keys]\n${config.join('\n')}\n`;
  return step(say(state, 'Copied, for town.toml.', { now: context.now }), { type: 'copy', text });
};
