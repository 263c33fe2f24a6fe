import { hearKey, isDone, reportLines, reportOf, startKeyDoctor } from '../key-doctor.ts';
import { boundIn } from '../keymap.ts';
import type { ScreenContext } from '../situation.ts';
import { type ScreenState, topDialog } from '../state.ts';
import { type Action, changeDialog, closeDialog, openDialog, type Step, step } from './step.ts';

/** `:key-doctor`: asks for one key after the other and listens to what arrives. */
export const openKeyDoctor: Action = (state, context) =>
  step(openDialog(state, { kind: 'doctor', doctor: startKeyDoctor(boundIn(context)) }, context));

/** While it asks, every key is an answer and none a command. What was found is read as any text is. */
export const tellKeyDoctor = (state: ScreenState, key: string, context: ScreenContext): Step => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'doctor') return step(state);
  const doctor = hearKey(dialog.doctor, key);
  if (!isDone(doctor)) return step(changeDialog(state, { ...dialog, doctor }));
  const report = reportOf(doctor, { commands: boundIn(context), inTmux: context.inTmux === true });
  return step(
    openDialog(
      closeDialog(state),
      {
        kind: 'viewer',
        view: 'keys',
        subject: '',
        title: 'Which keys arrive',
        asksHistory: false,
        lines: reportLines(report),
        ...(report.config.length > 0 && { forConfig: `[keys]\n${report.config.join('\n')}\n` }),
        scroll: 0,
      },
      context,
    ),
  );
};
