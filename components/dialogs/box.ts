import { cut, fit, textWidth } from '../../source/common/text.ts';
import type { Theme } from '../theme.ts';
import { crumbText } from './crumbs.ts';

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

/**
 * Puts a frame around rows that are exactly `width` columns wide. The result is `width + 4` columns wide. The way that led
 * here stands before the title, as far as there is room.
 */
export const frame = (
  { title, rows, hint, crumbs = [] }: DialogContent & { readonly crumbs?: readonly string[] },
  width: number,
  theme: Theme,
): readonly string[] => {
  const side = theme.dim(theme.glyph.side);
  const way = crumbText(crumbs, width - textWidth(title));
  const head = [
    { text: way, style: theme.dim },
    { text: title, style: theme.titleFocused },
  ];
  return [
    border(head, width, theme),
    ...rows.map(text => `${side} ${text} ${side}`),
    border([{ text: hint, style: theme.dim }], width, theme),
  ];
};

const border = (
  parts: readonly { readonly text: string; readonly style: (text: string) => string }[],
  width: number,
  theme: Theme,
): string => {
  const { rule } = theme.glyph;
  const shown = parts.filter(({ text }) => text !== '').map(({ text, style }) => ({ text: cut(text, width), style }));
  const used = shown.reduce((sum, { text }) => sum + textWidth(text), shown.length > 0 ? 2 : 0);
  const words = shown.map(({ text, style }) => style(text)).join('');
  const rest = rule.repeat(Math.max(0, width + FRAME_COLUMNS - 2 - used));
  return `${theme.dim(rule + rule)}${words === '' ? '' : ` ${words} `}${theme.dim(rest)}`;
};

const same = (text: string): string => text;

/** First index of a window of `height` in a list of `count` that keeps `index` in sight, in its middle where it can. */
export const windowStart = (index: number, count: number, height: number): number =>
  Math.max(0, Math.min(index - Math.floor(height / 2), count - height));
