import { textWidth } from '../../source/common/text.ts';

/** The escapes that give a text its look: all that finished rows hold beside letters. */
const LOOK = /\u001B\[[\d;]*m/g;

/** A finished row without its looks. */
export const plainOf = (row: string): string => (row.includes('\u001B') ? row.replace(LOOK, '') : row);

/** Columns that a finished row takes. */
export const rowWidth = (row: string): number => textWidth(plainOf(row));

/**
 * One escape that gives what follows the look which the row has at its end, or nothing where it has none: what is cut
 * off a row begins with it.
 */
export const lookAtEnd = (row: string): string => {
  const open = new Map<number, string>();
  for (const [look] of row.matchAll(LOOK)) {
    const codes = look.slice(2, -1).split(';').map(Number);
    for (let at = 0; at < codes.length; at++) {
      const code = codes[at]!;
      const length = code === 38 || code === 48 ? (codes[at + 1] === 2 ? 5 : 3) : 1;
      change(open, code, codes.slice(at, at + length).join(';'));
      at += length - 1;
    }
  }
  return open.size === 0 ? '' : `\u001B[${[...open.values()].join(';')}m`;
};

/** Bold and dim end with one code but may stand together: bold is kept under its own. */
const change = (open: Map<number, string>, code: number, words: string): void => {
  if (code === 0) open.clear();
  else if (code === 1) open.set(1, words);
  else if (code === 22) {
    open.delete(1);
    open.delete(22);
  } else if (code >= 2 && code <= 7) open.set(code === 2 ? 22 : code + 20, words);
  else if (isColour(code, 30)) open.set(39, words);
  else if (isColour(code, 40)) open.set(49, words);
  else open.delete(code);
};

const isColour = (code: number, base: 30 | 40): boolean =>
  (code >= base && code <= base + 8) || (code >= base + 60 && code <= base + 67);

/** Ends every look. Written out: Ink takes the short form for the beginning of one. */
const LOOK_END = '\u001B[0m';

/** The columns from `from` to before `to` of a finished row, with their looks. Half a wide letter becomes a blank. */
export const columnsOf = (row: string, from: number, to: number): string => {
  let cut = '';
  let before = '';
  let column = 0;
  for (const part of row.split(/(\u001B\[[\d;]*m)/)) {
    if (part.startsWith('\u001B')) {
      if (cut === '') before += part;
      else cut += part;
      continue;
    }
    for (const { segment } of SEGMENTER.segment(part)) {
      const start = column;
      column += textWidth(segment);
      if (column <= from || start >= to) continue;
      const whole = start >= from && column <= to;
      cut += whole ? segment : ' '.repeat(Math.min(column, to) - Math.max(start, from));
    }
  }
  const look = lookAtEnd(before);
  return look + cut + (look !== '' || cut.includes('\u001B') ? LOOK_END : '');
};

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
