/** Panes by their number keys: plan, polecats, refinery, health, log. */
export type PaneNumber = 1 | 2 | 3 | 4 | 5;

/** How much of the screen the focused pane has: its share, most of it, or all. */
export type Zoom = 'normal' | 'half' | 'full';

/** A rectangle of the screen. A pane's first row is its title. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Region extends Area {
  readonly pane: PaneNumber;
}

export type Layout =
  | { readonly tooSmall: true }
  | {
      readonly tooSmall?: never;
      readonly header: Area;
      /** Flash line and keys. */
      readonly footer: Area;
      /** One line that sums up the panes not shown. */
      readonly strip?: Area;
      readonly regions: readonly Region[];
    };

export interface LayoutInput {
  readonly columns: number;
  readonly rows: number;
  readonly focus: PaneNumber;
  readonly zoom: Zoom;
}

/** Below this nothing can be read: one line says so. */
export const MINIMUM_SIZE = { columns: 80, rows: 20 } as const;
/** From this size all five panes are read at once. */
export const WIDE_SIZE = { columns: 120, rows: 30 } as const;

const HEADER_ROWS = 1;
/** The flash line and the keys. */
const FOOTER_ROWS = 2;
/** Blank columns between panes side by side instead of a border: borders make changed rows dear to draw. */
const GUTTER_COLUMNS = 1;

/** Which panes stand where. The focused pane is always among them, and no two overlap. */
export const layout = ({ columns, rows, focus, zoom }: LayoutInput): Layout => {
  if (columns < MINIMUM_SIZE.columns || rows < MINIMUM_SIZE.rows) return { tooSmall: true };
  const header = { x: 0, y: 0, width: columns, height: HEADER_ROWS };
  const footer = { x: 0, y: rows - FOOTER_ROWS, width: columns, height: FOOTER_ROWS };
  const body = { x: 0, y: HEADER_ROWS, width: columns, height: rows - HEADER_ROWS - FOOTER_ROWS };
  if (zoom === 'full') return { header, footer, regions: [{ pane: focus, ...body }] };
  if (columns >= WIDE_SIZE.columns && rows >= WIDE_SIZE.rows)
    return { header, footer, regions: zoom === 'half' ? focusAndRest(body, focus) : everything(body) };
  const [strip, main] = split(body, 1);
  return { header, footer, strip, regions: zoom === 'half' ? focusAndLog(main, focus) : [{ pane: focus, ...main }] };
};

/** Plan beside polecats, refinery beside health, and the log below: what moves most gets most. */
const everything = (body: Area): readonly Region[] => {
  const [plan, refinery, log] = stack(body, [0.46, 0.3, 0.24]);
  const [one, two] = beside(plan!);
  const [three, four] = beside(refinery!);
  return [
    { pane: 1, ...one },
    { pane: 2, ...two },
    { pane: 3, ...three },
    { pane: 4, ...four },
    { pane: 5, ...log! },
  ];
};

const PANES: readonly PaneNumber[] = [1, 2, 3, 4, 5];
const FOCUS_SHARE = 0.62;

const focusAndRest = (body: Area, focus: PaneNumber): readonly Region[] => {
  const [left, right] = beside(body, FOCUS_SHARE);
  const rest = PANES.filter(pane => pane !== focus);
  const areas = stack(
    right,
    rest.map(() => 1 / rest.length),
  );
  return [{ pane: focus, ...left }, ...rest.map((pane, index) => ({ pane, ...areas[index]! }))];
};

/** The log is what one reads beside the others; beside the log, the plan. */
const focusAndLog = (body: Area, focus: PaneNumber): readonly Region[] => {
  const [upper, lower] = stack(body, [FOCUS_SHARE, 1 - FOCUS_SHARE]);
  return [
    { pane: focus, ...upper! },
    { pane: focus === 5 ? 1 : 5, ...lower! },
  ];
};

const split = (area: Area, rows: number): readonly [Area, Area] => [
  { ...area, height: rows },
  { ...area, y: area.y + rows, height: area.height - rows },
];

const beside = (area: Area, share = 0.5): readonly [Area, Area] => {
  const width = Math.floor((area.width - GUTTER_COLUMNS) * share);
  const x = area.x + width + GUTTER_COLUMNS;
  return [
    { ...area, width },
    { ...area, x, width: area.x + area.width - x },
  ];
};

/** One area above the other, by their shares; the last one gets what rounding leaves. */
const stack = (area: Area, shares: readonly number[]): readonly Area[] => {
  let y = area.y;
  return shares.map((share, index) => {
    const isLast = index === shares.length - 1;
    const height = isLast ? area.y + area.height - y : Math.round(area.height * share);
    const part = { ...area, y, height };
    y += height;
    return part;
  });
};
