import { fillsBlanks } from '../theme/style.ts';
import { columnsOf, rowWidth } from './styled.ts';

/** Finished rows, one below the other, and the place of the first one. */
export interface Block {
  readonly x: number;
  readonly y: number;
  readonly rows: readonly string[];
  /** Blanks at the ends of its rows need not be drawn, for the screen has blanks there anyway. */
  readonly ragged?: boolean;
}

/**
 * The rows of the whole screen, `height` of them, from blocks that stand beside and below each other. What a row was made
 * of is kept: from one frame to the next most are the same.
 */
export const screenRows = (blocks: readonly Block[], height: number): readonly string[] => {
  const ordered = [...blocks].sort((a, b) => a.x - b.x);
  return Array.from({ length: height }, (_, y) => {
    const parts = ordered.flatMap(block => {
      const text = block.rows[y - block.y];
      return text === undefined ? [] : [{ x: block.x, text, ragged: block.ragged ?? false }];
    });
    const last = lastRows[y];
    if (last && isSame(last.parts, parts)) return last.row;
    const row = joined(parts);
    lastRows[y] = { parts, row };
    return row;
  });
};

/** Lays a block over rows: it covers `width` columns of each that it meets, and what lies beside it keeps its look. */
export const overlaid = (rows: readonly string[], { x, y, rows: lines }: Block, width: number): readonly string[] =>
  rows.map((row, at) => {
    const line = lines[at - y];
    if (line === undefined) return row;
    const parts = [
      { x: 0, text: columnsOf(row, 0, x) },
      { x, text: line },
      { x: x + width, text: columnsOf(row, x + width, Number.POSITIVE_INFINITY) },
    ];
    return joined(parts.filter(({ text }) => text !== ''));
  });

interface Part {
  readonly x: number;
  readonly text: string;
  readonly ragged?: boolean;
}

const lastRows: { readonly parts: readonly Part[]; readonly row: string }[] = [];

const isSame = (a: readonly Part[], b: readonly Part[]): boolean =>
  a.length === b.length && a.every(({ x, text }, index) => x === b[index]!.x && text === b[index]!.text);

const joined = (parts: readonly Part[]): string => {
  let row = '';
  let used = 0;
  parts.forEach(({ x, text, ragged }, index) => {
    const drawn = ragged ? trimmed(text) : text;
    row += ' '.repeat(Math.max(0, x - used)) + drawn;
    if (index < parts.length - 1) used = x + rowWidth(drawn);
  });
  return row.trimEnd();
};

/** Without the blanks at its end, but for those that are seen: they are inverse or have a background. */
const trimmed = (row: string): string => {
  if (fillsBlanks(row)) return row;
  let looks = row.length;
  while (row[looks - 1] === 'm' && LOOK.test(row.slice(row.lastIndexOf('\u001B', looks), looks)))
    looks = row.lastIndexOf('\u001B', looks);
  let end = looks;
  while (row[end - 1] === ' ') end--;
  return row.slice(0, end) + row.slice(looks);
};

const LOOK = /^\u001B\[[\d;]*m$/;
