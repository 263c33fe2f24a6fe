import { isDone, type KeyDoctor, questionLines, reportOf } from '../key-doctor.ts';
import { type BoundCommand, boundIn } from '../keymap.ts';
import type { DoctorDialog } from '../state.ts';
import { type DialogContent, row } from './box.ts';
import type { DialogInput } from './input.ts';
import { wrapText } from './wrap.ts';

/** The key that is asked for, or what was found once all were. */
export const doctorContent = (dialog: DoctorDialog, { width, height, situation }: DialogInput): DialogContent => {
  const { doctor } = dialog;
  const lines = isDone(doctor)
    ? doctorReport(doctor, { commands: boundIn(situation.context), inTmux: situation.context.inTmux === true })
    : questionLines(doctor);
  const rows = lines.flatMap(line => wrapText(line, width)).slice(0, height);
  return {
    title: 'Which keys arrive',
    rows: rows.map(text => row(text, width)),
    hint: isDone(doctor) ? 'y copy the lines for town.toml · Enter close' : 'Enter nothing came · Ctrl-c enough',
  };
};

/** What was found, and the lines for the config. */
export const doctorReport = (
  doctor: KeyDoctor,
  options: { commands: readonly BoundCommand[]; inTmux: boolean },
): readonly string[] => {
  const { lines, config } = reportOf(doctor, options);
  return config.length === 0 ? lines : [...lines, '', 'In town.toml:', '[keys]', ...config];
};
