import { questionLines } from '../key-doctor.ts';
import type { DoctorDialog } from '../state.ts';
import { type DialogContent, row } from './box.ts';
import type { DialogInput } from './input.ts';
import { wrapText } from './wrap.ts';

/** The key that is asked for. */
export const doctorContent = ({ doctor }: DoctorDialog, { width }: DialogInput): DialogContent => ({
  title: 'Which keys arrive',
  rows: questionLines(doctor)
    .flatMap(line => wrapText(line, width))
    .map(text => row(text, width)),
  hint: 'Enter nothing came · Ctrl-c enough',
});
