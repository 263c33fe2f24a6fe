/** Panes by their number keys: detail, plan, polecats, refinery, health, log. */
export type PaneNumber = 0 | 1 | 2 | 3 | 4 | 5;

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

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface LayoutInput extends Size {
  readonly focus: PaneNumber;
  /** The list that log and detail are about: it stands beside them where two panes are shown. */
  readonly list?: PaneNumber;
  readonly zoom: Zoom;
}

/** Below this nothing can be read: one line says so. */
export const MINIMUM_SIZE = { columns: 80, rows: 20 } as const;
/** From this size all five panes are read at once. */
const WIDE_SIZE = { columns: 120, rows: 30 } as const;
/** From this size there is room for the detail of what is selected beside the log. */
const VAST_SIZE = { columns: 180, rows: 45 } as const;
/** From here a screen that is not wide has all five panes one above the other (lazygit's portrait mode). */
const TALL_ROWS = 46;
/** A tall one may be narrower: what a row has no room for stands in the pane below it, or in the detail. */
export const NARROW_SIZE = { columns: 60, rows: TALL_ROWS } as const;
/** From here one that is neither wide nor tall has room for the log below the focused pane. */
const MEDIUM_ROWS = 30;

const HEADER_ROWS = 1;
/** The flash line and the keys. */
const FOOTER_ROWS = 2;
/** Blank columns between panes side by side instead of a border: borders make changed rows dear to draw. */
const GUTTER_COLUMNS = 1;

/** Which panes stand where. The focused pane is always among them, and no two overlap. */
export const layout = ({ columns, rows, focus, list = 1, zoom }: LayoutInput): Layout => {
  const shape = shapeOf({ columns, rows });
  if (!shape) return { tooSmall: true };
  const header = { x: 0, y: 0, width: columns, height: HEADER_ROWS };
  const footer = { x: 0, y: rows - FOOTER_ROWS, width: columns, height: FOOTER_ROWS };
  const body = { x: 0, y: HEADER_ROWS, width: columns, height: rows - HEADER_ROWS - FOOTER_ROWS };
  const whole = { header, footer };
  if (zoom === 'full' || (zoom === 'half' && shape === 'small'))
    return { ...whole, regions: [{ pane: focus, ...body }] };
  if (shape === 'vast' || shape === 'wide')
    return { ...whole, regions: zoom === 'half' ? focusAndRest(body, focus) : everything(body, focus, shape) };
  if (shape === 'tall') return { ...whole, regions: stacked(body, focus, zoom) };
  const [strip, main] = split(body, 1);
  const alone = zoom === 'half' || shape === 'small';
  return { ...whole, strip, regions: alone ? [{ pane: focus, ...main }] : focusAndLog(main, focus, list) };
};

/** The steps of zoom that differ at this size: on a small screen the focused pane has nearly all of it from the start. */
export const zoomsAt = (size: Size): readonly Zoom[] =>
  shapeOf(size) === 'small' ? ['normal', 'full'] : ['normal', 'half', 'full'];

/** Whether the focused pane has room for more than its list, with all others in sight: side by side, or one above the other. */
export const isRoomy = (size: Size): boolean => {
  const shape = shapeOf(size);
  return shape !== undefined && shape !== 'small' && shape !== 'medium';
};

type Shape = 'small' | 'medium' | 'tall' | 'wide' | 'vast';

/** Whether anything can be shown: one line says so elsewhere. */
export const isLargeEnough = (size: Size): boolean => fits(size, MINIMUM_SIZE) || fits(size, NARROW_SIZE);

const shapeOf = (size: Size): Shape | undefined => {
  if (!isLargeEnough(size)) return undefined;
  if (fits(size, VAST_SIZE)) return 'vast';
  if (fits(size, WIDE_SIZE)) return 'wide';
  if (size.columns >= WIDE_SIZE.columns || size.rows < MEDIUM_ROWS) return 'small';
  return size.rows >= TALL_ROWS ? 'tall' : 'medium';
};

const fits = ({ columns, rows }: Size, wanted: Size): boolean => columns >= wanted.columns && rows >= wanted.rows;

/** Plan beside polecats, refinery beside health, and the log below: what moves most gets most. */
const everything = (body: Area, focus: PaneNumber, shape: Shape): readonly Region[] => {
  const [plan, refinery, log] = stack(body, [0.46, 0.3, 0.24]);
  const [one, two] = beside(plan!);
  const [three, four] = beside(refinery!);
  const [five, zero] = beside(log!, LOG_SHARE);
  return [
    { pane: 1, ...one },
    { pane: 2, ...two },
    { pane: 3, ...three },
    { pane: 4, ...four },
    ...(shape === 'vast'
      ? [
          { pane: 5 as const, ...five },
          { pane: 0 as const, ...zero },
        ]
      : [{ pane: logOrDetail(focus), ...log! }]),
  ];
};

/** Where there is room for one of the two only, the detail is looked at where the log is. */
const logOrDetail = (focus: PaneNumber): PaneNumber => (focus === 0 ? 0 : 5);

const LOG_SHARE = 0.6;
const FOCUS_SHARE = 0.62;

const focusAndRest = (body: Area, focus: PaneNumber): readonly Region[] => {
  const [left, right] = beside(body, FOCUS_SHARE);
  const rest = NUMBERS.filter(pane => pane !== focus);
  const areas = stack(
    right,
    rest.map(() => 1 / rest.length),
  );
  return [{ pane: focus, ...left }, ...rest.map((pane, index) => ({ pane, ...areas[index]! }))];
};

const NUMBERS: readonly PaneNumber[] = [1, 2, 3, 4, 5];

/** The log is what one reads beside the others; beside log and detail, the list that they are about. */
const focusAndLog = (body: Area, focus: PaneNumber, list: PaneNumber): readonly Region[] => {
  const [upper, lower] = stack(body, [FOCUS_SHARE, 1 - FOCUS_SHARE]);
  return [
    { pane: focus, ...upper! },
    { pane: focus === 5 || focus === 0 ? list : 5, ...lower! },
  ];
};

/** Share of a tall screen that is for the panes without the keys, and the rows that each has at least. */
const OTHERS_SHARE = 0.5;
const OTHERS_MIN_ROWS = 5;

/** All in their order; the focused one opens, the others keep a few rows or, zoomed, their titles. */
const stacked = (body: Area, focus: PaneNumber, zoom: Zoom): readonly Region[] => {
  const panes: readonly PaneNumber[] = [1, 2, 3, 4, logOrDetail(focus)];
  const others = panes.length - 1;
  const few = zoom === 'half' ? 1 : Math.max(OTHERS_MIN_ROWS, Math.floor((body.height * OTHERS_SHARE) / others));
  let y = body.y;
  return panes.map(pane => {
    const height = pane === focus ? body.height - others * few : few;
    const region = { pane, ...body, y, height };
    y += height;
    return region;
  });
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
