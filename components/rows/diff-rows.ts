import { fit, safeLine } from '../../source/common/text.ts';
import type { Style, Theme } from '../theme.ts';
import { blankRow, textRow } from './compose.ts';
import { terminalLine } from './terminal-text.ts';

export interface DiffRowsInput {
  /** A unified diff, as Git writes it. */
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
  /** First line shown. */
  readonly offset: number;
  readonly theme: Theme;
}

export interface DiffRowsOutput {
  /** Exactly `height` rows. */
  readonly rows: readonly string[];
  /** Where this is, for the title: `12–40 of 300  src/auth.ts`. */
  readonly position: string;
}

/** Rows of a diff. Its `+` and `-` stay in sight, so that nothing depends on colour. */
export const diffRows = ({ lines, width, height, offset, theme }: DiffRowsInput): DiffRowsOutput => {
  const total = lines.length;
  const start = Math.max(0, Math.min(offset, total - height));
  const rows: string[] = [];
  let { file, inHunk } = placeAt(lines, start);
  for (const line of lines.slice(start, start + Math.max(0, height))) {
    if (line.startsWith(FILE)) inHunk = false;
    else if (line.startsWith('@@')) inHunk = true;
    rows.push(styleOf(line, inHunk, theme)(fit(terminalLine(line), width)));
  }
  // A screen that begins with a file's head is about that file.
  if (lines[start]?.startsWith(FILE)) file = fileOf(lines[start]!);
  const position = `${total === 0 ? 0 : start + 1}–${start + rows.length} of ${total}${file ? `  ${file}` : ''}`;
  if (total === 0 && height > 0) rows.push(textRow('Nothing differs.', width, theme.dim));
  while (rows.length < height) rows.push(blankRow(width));
  return { rows, position };
};

const FILE = 'diff --git ';

/** Which file a line belongs to and whether it is content: content lines always begin with ` `, `+`, `-` or `\`. */
const placeAt = (lines: readonly string[], index: number): { file: string; inHunk: boolean } => {
  let inHunk = false;
  for (let at = index - 1; at >= 0; at--) {
    const line = lines[at]!;
    if (line.startsWith('@@')) inHunk = true;
    if (line.startsWith(FILE)) return { file: fileOf(line), inHunk };
  }
  return { file: '', inHunk };
};

/** `diff --git a/x b/x` → `x`. Both halves are the same length but for renames, where the new name is after ` b/`. */
const fileOf = (line: string): string => safeLine(line.slice(line.lastIndexOf(' b/') + 3));

const styleOf = (line: string, inHunk: boolean, theme: Theme): Style => {
  if (line.startsWith(FILE)) return theme.strong;
  if (line.startsWith('@@')) return theme.info;
  if (!inHunk) return theme.dim;
  if (line.startsWith('+')) return theme.good;
  return line.startsWith('-') ? theme.bad : same;
};

const same: Style = text => text;
