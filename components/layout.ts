import type { PaneId, ScreenState } from './state.ts';

/** Where a pane stands, title row included, and how big its body is. */
export interface Place {
  readonly pane: PaneId;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Rows that no pane gets: the header above; the flash line and the keys below. */
export const HEADER_ROWS = 1;
export const FOOTER_ROWS = 2;

/** From this size on all panes are read at once; below it there is one main pane and a strip. */
const WIDE = { columns: 120, rows: 30 } as const;
/** Rows of the strip under the main pane, title included. */
const STRIP_ROWS = 6;
/** Blank columns between panes instead of a border: borders make changed rows dear to draw. */
const GUTTER = 2;

/** Which panes are shown where, for a screen of this size. The focused pane is always among them. */
export const layout = (
  state: Pick<ScreenState, 'focus' | 'list' | 'zoom'>,
  { columns, rows }: { columns: number; rows: number },
): readonly Place[] => {
  const height = Math.max(2, rows - HEADER_ROWS - FOOTER_ROWS);
  const all = { x: 0, y: HEADER_ROWS, width: columns, height };
  if (state.zoom === 2) return [{ pane: state.focus, ...all }];
  const isWide = columns >= WIDE.columns && rows >= WIDE.rows;
  return isWide && state.zoom === 0 ? everything(state, all) : mainAndStrip(state, all);
};

type Area = Omit<Place, 'pane'>;

/** Plan and log on the left; polecats, refinery and health on the right. Detail takes the log's place while it is looked at. */
const everything = ({ focus }: Pick<ScreenState, 'focus'>, area: Area): readonly Place[] => {
  const left = Math.floor((area.width - GUTTER) * 0.52);
  const right = { ...area, x: left + GUTTER, width: area.width - GUTTER - left };
  return [
    ...stack({ ...area, width: left }, [
      ['plan', 0.6],
      [focus === 'detail' ? 'detail' : 'log', 0.4],
    ]),
    ...stack(right, [
      ['polecats', 0.45],
      ['refinery', 0.3],
      ['health', 0.25],
    ]),
  ];
};

/** The focused pane, and under it the log, or the list that the log belongs to. */
const mainAndStrip = ({ focus, list }: Pick<ScreenState, 'focus' | 'list'>, area: Area): readonly Place[] => {
  const strip = focus === 'log' || focus === 'detail' ? list : 'log';
  const main = area.height - STRIP_ROWS;
  return [
    { ...area, pane: focus, height: main },
    { ...area, pane: strip, y: area.y + main, height: STRIP_ROWS },
  ];
};

const stack = (area: Area, shares: readonly (readonly [PaneId, number])[]): readonly Place[] => {
  let y = area.y;
  return shares.map(([pane, share], index) => {
    const isLast = index === shares.length - 1;
    const height = isLast ? area.y + area.height - y : Math.floor(area.height * share);
    const place = { ...area, pane, y, height };
    y += height;
    return place;
  });
};
