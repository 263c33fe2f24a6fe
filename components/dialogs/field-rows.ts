import { fit, textWidth } from '../../source/common/text.ts';
import type { Editor } from '../editor.ts';
import type { Theme } from '../theme.ts';

export interface FieldInput {
  readonly editor: Editor;
  readonly width: number;
  readonly height: number;
  /** The field has the keys: its cursor is drawn. */
  readonly active: boolean;
  readonly theme: Theme;
}

/**
 * A text field as `height` rows of `width` columns, scrolled so that the cursor is in sight. Only what is in sight is
 * measured: a field may hold a quarter of a million characters.
 */
export const fieldRows = ({ editor, width, height, active, theme }: FieldInput): readonly string[] => {
  const { text, cursor } = editor;
  const above = linesBefore(text, cursor, height - 1);
  const rows: string[] = [];
  let at = above;
  while (rows.length < height) {
    if (at > text.length) {
      rows.push(' '.repeat(width));
      continue;
    }
    const end = text.indexOf('\n', at);
    const stop = end === -1 ? text.length : end;
    rows.push(
      active && cursor >= at && cursor <= stop
        ? cursorRow({ text, start: at, stop, cursor }, width, theme)
        : plainRow(text, at, width, stop),
    );
    at = stop + 1;
  }
  return rows;
};

/** Start of the line that is `count` lines above the cursor's, or of the first. */
const linesBefore = (text: string, cursor: number, count: number): number => {
  let start = text.lastIndexOf('\n', cursor - 1) + 1;
  for (let line = 0; line < count && start > 0; line++) start = text.lastIndexOf('\n', start - 2) + 1;
  return cursor === 0 ? 0 : start;
};

/** UTF-16 units that can fill one column at most: combining marks, joined emoji. Bounds what is measured. */
const UNITS_A_COLUMN = 4;

const plainRow = (text: string, start: number, width: number, stop: number): string =>
  fit(tabless(text.slice(start, Math.min(stop, start + width * UNITS_A_COLUMN))), width);

const cursorRow = (
  { text, start, stop, cursor }: { text: string; start: number; stop: number; cursor: number },
  width: number,
  theme: Theme,
): string => {
  let from = Math.max(start, cursor - (width - 1));
  // Wide characters take two columns, and the second half of a surrogate pair is no place to begin.
  while (from < cursor && (textWidth(text.slice(from, cursor)) > width - 1 || isLowSurrogate(text, from))) from++;
  const before = tabless(text.slice(from, cursor));
  const under = [...text.slice(cursor, Math.min(stop, cursor + 2))][0] ?? ' ';
  const rest = Math.max(0, width - textWidth(before) - textWidth(tabless(under)));
  return before + theme.selected(tabless(under)) + plainRow(text, Math.min(stop, cursor + under.length), rest, stop);
};

/** A tab is one column here, so that widths stay true. */
const tabless = (text: string): string => text.replaceAll('\t', ' ');

const isLowSurrogate = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
