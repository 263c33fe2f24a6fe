import type { ScreenOutput } from './output.ts';
import { ROW_START, rowUpdate } from './row-update.ts';

/**
 * Ink reads whatever it draws letter by letter, several times a frame, whether it changed or not: at 200×50 that is most of
 * what a key costs. So it is given a short name in place of each row, and lays out and compares names; on the way to the
 * terminal each becomes the row that it stands for.
 */
export interface NamedRows {
  /** The terminal for Ink, as wide as a name: it makes each frame anew of a cell for each place. */
  readonly stdout: NodeJS.WriteStream;
  /** How wide the terminal is. */
  columns(): number;
  /** The names of a frame's rows, for Ink. */
  named(rows: readonly string[]): readonly string[];
}

/**
 * Two for each row of the screen, one that is shown and one for what comes after it, which begin with another letter: Ink
 * writes of a row what comes behind the first difference. Of ASCII, which Ink measures fastest.
 */
const nameAt = (y: number, which: 0 | 1): string =>
  MARKS[which] + y.toString(RADIX).padStart(NAME_COLUMNS - MARKS[which].length, '0');
const MARKS = ['~', '|'] as const;
/** No sequence of Ink's has such a mark, and foreign text never meets these: rows go past Ink. */
const NAMES = /(\u001B\[1G\u001B\[K)?([~|])([0-9a-z]{3})/g;
export const NAME_COLUMNS = 4;
const RADIX = 36;
/** Rows that have names; no terminal is that high. */
const ROWS_MAX = 3_200;

/** What a terminal is asked to show at once (DEC 2026): written in one piece, it is also read in one. */
const BEGIN = '\u001B[?2026h';
const END = '\u001B[?2026l';

interface Row {
  /** What is written on the screen, and which of the two names it has. */
  shown: string | undefined;
  name: 0 | 1;
  /** What comes next, under the other name. */
  next: string;
}

export const nameRows = (terminal: ScreenOutput): NamedRows => {
  const pass = terminal.write as (data: string | Uint8Array, ...rest: readonly unknown[]) => boolean;
  const rows: Row[] = [];
  let { columns } = terminal;
  let held = '';

  const nameOf = (text: string, y: number): string => {
    rows[y] ??= { shown: undefined, name: 0, next: '' };
    const row = rows[y];
    if (text === row.shown) return nameAt(y, row.name);
    row.next = text;
    return nameAt(y, other(row.name));
  };

  const textOf = (start: string | undefined, { mark, y }: { mark: string; y: string }): string => {
    const row = rows[Number.parseInt(y, RADIX)]!;
    const name = mark === MARKS[0] ? 0 : 1;
    const before = row.shown;
    const after = name === row.name ? (before ?? '') : row.next;
    row.shown = after;
    row.name = name;
    if (start === undefined) return after;
    return before === undefined ? ROW_START + after : rowUpdate(before, after, columns ?? 0);
  };

  const write = (data: string | Uint8Array, ...rest: unknown[]): boolean => {
    if (typeof data !== 'string') return pass(data, ...rest);
    if (columns !== terminal.columns) {
      for (const row of rows) row.shown = undefined;
      ({ columns } = terminal);
    }
    held += data.replace(NAMES, (_, start: string | undefined, mark: string, y: string) => textOf(start, { mark, y }));
    if (rest.length === 0 && held.startsWith(BEGIN) && data !== END) return true;
    const all = held;
    held = '';
    return pass(all, ...rest);
  };

  const stdout = {
    write,
    on: terminal.on.bind(terminal),
    off: terminal.off.bind(terminal),
    isTTY: terminal.isTTY,
    writable: true,
  };
  return {
    // Ink asks nothing else of it.
    stdout: Object.defineProperties(stdout, {
      columns: { value: NAME_COLUMNS },
      rows: { get: () => terminal.rows },
    }) as unknown as NodeJS.WriteStream,
    columns: () => terminal.columns ?? 0,
    named: frame => frame.slice(0, ROWS_MAX).map(nameOf),
  };
};

const other = (name: 0 | 1): 0 | 1 => (name === 0 ? 1 : 0);
