import { cut, fit, fitLeft, safeLine, textWidth } from '../../source/common/text.ts';
import type { Style } from '../theme.ts';

/** A part of a row: plain text, how wide it is, and the look it gets after it was cut. */
export interface Piece {
  readonly text: string;
  readonly style?: Style;
  /** Columns to fill; the text's own without it. */
  readonly width?: number;
  /** Against the right edge of its columns. */
  readonly right?: boolean;
  /** Share of the columns that pieces of fixed width leave over. */
  readonly flex?: number;
}

/** Columns that a flexible piece gets at least, as far as the row goes: pieces after it are cut off first. */
const FLEX_MIN_COLUMNS = 12;

/**
 * Joins pieces to one row of exactly `width` columns, or fewer where graphemes join over a seam. Text is made safe,
 * then cut, then styled, so that no escape is ever cut in half. `plain` leaves the styles out, for rows that get one
 * style as a whole.
 */
export const composeRow = (
  pieces: readonly Piece[],
  { width, plain = false }: { width: number; plain?: boolean },
): string => {
  const parts = pieces.map(piece => ({ ...piece, text: safeLine(piece.text) }));
  const fixed = parts.reduce((sum, piece) => sum + (piece.flex ? 0 : (piece.width ?? textWidth(piece.text))), 0);
  const shares = parts.reduce((sum, { flex = 0 }) => sum + flex, 0);
  let row = '';
  let used = 0;
  for (const piece of parts) {
    const room = width - used;
    if (room <= 0) break;
    const wanted = piece.flex ? flexWidth(piece.flex / shares, width - fixed) : piece.width;
    const columns = Math.min(room, wanted ?? textWidth(piece.text));
    const text = piece.right ? fitLeft(piece.text, columns) : fit(piece.text, columns);
    row += piece.style && !plain ? piece.style(text) : text;
    used += textWidth(text);
  }
  return row + ' '.repeat(Math.max(0, width - used));
};

/** One piece of plain text as a whole row. */
export const textRow = (text: string, width: number, style: Style = same): string =>
  style(fit(cut(safeLine(text), width), width));

/** What fills a pane below its last row. */
export const blankRow = (width: number): string => ' '.repeat(Math.max(0, width));

/** Text of a row for a filter to look at: nothing is cut off there. */
export const plainText = (pieces: readonly Piece[]): string => pieces.map(piece => piece.text.trim()).join(' ');

const flexWidth = (share: number, left: number): number => Math.max(FLEX_MIN_COLUMNS, Math.floor(left * share));

const same: Style = text => text;
