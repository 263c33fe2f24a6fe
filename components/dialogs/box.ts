import { cut, fit, textWidth } from '../../source/common/text.ts';
import type { Theme } from '../theme.ts';

/** A dialog's content before it has a frame: every row styled and at most `width` columns wide. */
export interface DialogContent {
  readonly title: string;
  readonly rows: readonly string[];
  /** Keys and hints on the lower border, plain; `{id}` stands for the key of a command. */
  readonly hint: string;
}

/** Columns of a dialog's content where there is room: longer lines are hard to read. */
export const CONTENT_WIDTH_MAX = 96;
/** Columns of the frame with its gutters, and rows of its borders. */
export const FRAME_COLUMNS = 4;
export const FRAME_ROWS = 2;

/** A row of a dialog: what is printed and how wide it is, so that it can be padded without measuring escapes. */
export const row = (text: string, width: number, style: (text: string) => string = same): string =>
  style(fit(text, width));

/** Puts a frame around rows that are exactly `width` columns wide. The result is `width + 4` columns wide. */
export const frame = ({ title, rows, hint }: DialogContent, width: number, theme: Theme): readonly string[] => {
  const side = theme.dim(theme.glyph.side);
  return [
    border(title, width, { theme, style: theme.titleFocused }),
    ...rows.map(text => `${side} ${text} ${side}`),
    border(hint, width, { theme, style: theme.dim }),
  ];
};

const border = (
  text: string,
  width: number,
  { theme, style }: { theme: Theme; style: (text: string) => string },
): string => {
  const { rule } = theme.glyph;
  const shown = cut(text, width);
  const rest = width + 4 - 2 - (shown === '' ? 0 : textWidth(shown) + 2);
  return `${theme.dim(rule + rule)}${shown === '' ? '' : ` ${style(shown)} `}${theme.dim(rule.repeat(Math.max(0, rest)))}`;
};

const same = (text: string): string => text;

/** First index of a window of `height` in a list of `count` that keeps `index` in sight, in its middle where it can. */
export const windowStart = (index: number, count: number, height: number): number =>
  Math.max(0, Math.min(index - Math.floor(height / 2), count - height));
