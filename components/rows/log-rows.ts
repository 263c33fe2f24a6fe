import { fit } from '../../source/common/text.ts';
import { wrapText } from '../dialogs/wrap.ts';
import type { Style, Theme } from '../theme.ts';
import { blankRow, textRow } from './compose.ts';
import { terminalLine } from './terminal-text.ts';

export interface LogRowsInput {
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
  /** First line shown while not following. */
  readonly offset: number;
  /** Shows the newest lines, whatever the offset. */
  readonly follow: boolean;
  /** Breaks long lines instead of cutting them. */
  readonly wrap: boolean;
  /** Words to make out, whatever their case. */
  readonly search?: string | undefined;
  /** Line of the match the person is at. */
  readonly match?: number | undefined;
  readonly theme: Theme;
}

export interface LogRowsOutput {
  /** Exactly `height` rows. */
  readonly rows: readonly string[];
  readonly total: number;
  /** Lines below the last one shown: for `+12` in the title. */
  readonly below: number;
}

/** Rows of a log. Only the lines in sight are broken and styled, so that a log's length costs nothing. */
export const logRows = (input: LogRowsInput): LogRowsOutput => {
  const { lines, width, height, follow } = input;
  const total = lines.length;
  if (total === 0 || height <= 0) return { rows: padded(nothing(input), input), total, below: total };
  const draw = drawer(input);
  const rows: string[] = [];
  if (follow) {
    for (let index = total - 1; index >= 0 && rows.length < height; index--) rows.unshift(...draw(index));
    return { rows: padded(rows.slice(-height), { width, height }), total, below: 0 };
  }
  let index = Math.max(0, Math.min(input.offset, total - 1));
  while (index < total && rows.length < height) rows.push(...draw(index++));
  return { rows: padded(rows.slice(0, height), { width, height }), total, below: total - index };
};

/** The lines of which rows are shown, whole: where they are wrapped, some fewer are in sight. */
export const linesInSight = (
  lines: readonly string[],
  { top, height }: { top: number; height: number },
): readonly string[] => lines.slice(top, top + height);

const nothing = ({ lines, width, height, theme }: LogRowsInput): readonly string[] =>
  lines.length === 0 && height > 0 ? [textRow('Nothing was written yet.', width, theme.dim)] : [];

const padded = (rows: readonly string[], { width, height }: Pick<LogRowsInput, 'width' | 'height'>): string[] => [
  ...rows,
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => blankRow(width)),
];

const drawer = ({ lines, width, wrap, search, match, theme }: LogRowsInput): ((index: number) => readonly string[]) => {
  const wanted = search ? new RegExp(search.replace(REGEXP_SIGNS, '\\$&'), 'giu') : undefined;
  return index => {
    const text = terminalLine(lines[index]!);
    const style = index === match ? theme.selected : theme.key;
    return (wrap ? wrapText(text, width) : [text]).map(part => marked(fit(part, width), wanted, style));
  };
};

const REGEXP_SIGNS = /[\\^$.*+?()[\]{}|/]/g;

const marked = (row: string, wanted: RegExp | undefined, style: Style): string =>
  wanted ? row.replace(wanted, hit => style(hit)) : row;
