import { wrapText } from '../dialogs/wrap.ts';
import type { Theme } from '../theme.ts';
import { blankRow, composeRow, type Piece, plainText, textRow } from './compose.ts';
import { rowFilter } from './filter.ts';
import type { Pane, PaneInput } from './pane.ts';
import { windowStart } from './window.ts';

/** A row that was not drawn yet: only those in sight ever are. */
export interface Line {
  readonly id: string;
  /** Its drawing is kept for as long as this very record is shown. */
  readonly record: object;
  /** What the drawing depends on besides the record, the width and the theme: ages, places, other records. */
  readonly depends: string;
  readonly pieces: () => readonly Piece[];
  /** Stays when one of its own lines passes the filter: the head of a group, by the ids of its members. */
  readonly keptBy?: readonly string[];
}

export interface ListPaneOptions {
  /** Gas Town's word with the plain one. */
  readonly name: string;
  /** What to do next when there is nothing; in several lines, where there is room. `{id}` stands for a key. */
  readonly empty: string;
  readonly lines: (input: PaneInput) => readonly Line[];
  /** Shows the last rows, not the first, while nothing is selected. */
  readonly tail?: boolean;
}

/** Makes a pane of a list of lines: filtered, scrolled to the selection, cut, and drawn from a cache where nothing changed. */
export const listPane = (options: ListPaneOptions): Pane => {
  const cache = new WeakMap<object, Drawn>();
  const find = listing(options.lines);
  return input => {
    const { height, theme, focused, selected, marked } = input;
    const gutter = gutterOf(input);
    const width = input.width - gutter;
    const { lines, ids } = find({ ...input, width });
    const index = selected === undefined ? -1 : lines.findIndex(line => line.id === selected);
    const at = index < 0 && options.tail ? lines.length - 1 : index;
    const start = windowStart({ index: at, count: lines.length, height });
    const rows = lines.slice(start, start + Math.max(0, height)).map((line, offset) => {
      const isSelected = start + offset === index;
      const sign = signOf({ isMarked: marked?.has(line.id) ?? false, isSelected, gutter, theme });
      if (!isSelected) return (sign.trim() ? theme.marked(sign) : sign) + drawn(cache, line, { width, theme });
      return (focused ? theme.selected : theme.strong)(sign + composeRow(line.pieces(), { width, plain: true }));
    });
    if (lines.length === 0) rows.push(...emptyRows(input, options.empty));
    while (rows.length < height) rows.push(blankRow(input.width));
    const count = marked ? ids.filter(id => marked.has(id)).length : 0;
    return { title: titleOf(options.name, input, { index, count: lines.length, marked: count }), ids, rows };
  };
};

/** Columns of the signs in front of rows: only while a row is marked, or where rows are read out. */
const gutterOf = ({ marked, theme }: PaneInput): number => (theme.reader || (marked && marked.size > 0) ? 2 : 0);

interface SignInput {
  readonly isMarked: boolean;
  readonly isSelected: boolean;
  readonly gutter: number;
  readonly theme: Theme;
}

const signOf = ({ isMarked, isSelected, gutter, theme: { glyph, reader } }: SignInput): string => {
  if (gutter === 0) return '';
  const pointer = reader && isSelected ? glyph.pointer : ' ';
  return (isMarked ? glyph.marked : pointer).padEnd(gutter);
};

interface Listing extends Pick<PaneInput, 'width' | 'theme'> {
  readonly folded: PaneInput['folded'] | undefined;
  readonly filter: string | undefined;
  readonly line: PaneInput['line'];
  readonly lines: readonly Line[];
  readonly ids: readonly string[];
}

/** Listings kept of one view: a frame asks for the ids at the screen's width, then for the rows at the pane's. */
const LISTINGS_KEPT = 3;

/** Lists once what is asked for several times a frame: views never change, and a plan may hold 10,000 beads. */
const listing = (linesOf: ListPaneOptions['lines']): ((input: PaneInput) => Listing) => {
  const known = new WeakMap<PaneInput['view'], readonly Listing[]>();
  return input => {
    const { view, width, theme, folded, filter, line } = input;
    const before = known.get(view) ?? [];
    const same = before.find(
      one =>
        one.width === width &&
        one.theme === theme &&
        one.folded === folded &&
        one.filter === filter &&
        one.line === line,
    );
    if (same) return same;
    const lines = filtered(linesOf(input), filter);
    const made = { width, theme, folded, filter, line, lines, ids: lines.map(idOf) };
    known.set(view, [made, ...before].slice(0, LISTINGS_KEPT));
    return made;
  };
};

interface Drawn {
  readonly width: number;
  readonly theme: Theme;
  readonly depends: string;
  readonly row: string;
}

const drawn = (
  cache: WeakMap<object, Drawn>,
  line: Line,
  { width, theme }: { width: number; theme: Theme },
): string => {
  const known = cache.get(line.record);
  if (known && known.width === width && known.theme === theme && known.depends === line.depends) return known.row;
  const row = composeRow(line.pieces(), { width });
  cache.set(line.record, { width, theme, depends: line.depends, row });
  return row;
};

const filtered = (lines: readonly Line[], typed: string | undefined): readonly Line[] => {
  const passes = rowFilter(typed);
  if (!passes) return lines;
  const kept = new Set(lines.filter(line => passes(plainText(line.pieces()))).map(idOf));
  return lines.filter(line => kept.has(line.id) || line.keptBy?.some(id => kept.has(id)));
};

const emptyRows = ({ filter, past, width, height, theme, keys }: PaneInput, empty: string): readonly string[] => {
  const text = rowFilter(filter) ? 'No row holds these words: {back} clears the filter.' : past ? NOTHING_THEN : empty;
  return wrapText(keys(text), width)
    .slice(0, Math.max(0, height))
    .map(row => textRow(row, width, theme.dim));
};

const NOTHING_THEN = 'Nothing stood here at that time: {time-forward} goes forward, {back} comes back to now.';

/** `Plan  7 of 31  by cost ↓  2 marked  /auth`. */
const titleOf = (
  name: string,
  { filter, sorting, theme: { glyph } }: PaneInput,
  { index, count, marked }: { index: number; count: number; marked: number },
): string =>
  [
    name,
    ...(index >= 0 ? [`${index + 1} of ${count}`] : count > 0 ? [String(count)] : []),
    ...(sorting ? [`by ${sorting.by} ${sorting.reversed ? glyph.up : glyph.down}`] : []),
    ...(marked > 0 ? [`${marked} marked`] : []),
    ...(filter ? [`/${filter}`] : []),
  ].join('  ');

const idOf = ({ id }: Line): string => id;
