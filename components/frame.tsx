import { fit, safeLine } from '../source/common/text.ts';
import { topOf } from './actions/log.ts';
import { flashRow, hintsOf } from './chrome.ts';
import { documentOf } from './dialogs/review-rows.ts';
import { confirmLineCount, decideLineCount } from './dialogs/text-dialogs.ts';
import { viewerLineCount, viewerRows } from './dialogs/viewer.ts';
import { type BoundCommand, COMMANDS, keysIn, keyWords } from './keymap.ts';
import { isLite, type LineView, lineWords } from './line/pace.ts';
import { previewOf } from './preview.ts';
import { blankRow } from './rows/compose.ts';
import { type DetailInput, detailLines } from './rows/detail-rows.ts';
import { footerRow } from './rows/footer-row.ts';
import { headerRow } from './rows/header-row.ts';
import { healthRows } from './rows/health-rows.ts';
import { type Layout, layout, type PaneNumber, type Region, zoomsAt } from './rows/layout.ts';
import { logRows } from './rows/log-rows.ts';
import { mergeRows } from './rows/merge-rows.ts';
import type { KeyWords, Pane, PaneInput, PaneOutput } from './rows/pane.ts';
import { planRows } from './rows/plan-rows.ts';
import { polecatRows } from './rows/polecat-rows.ts';
import { type Block, screenRows } from './rows/screen-rows.ts';
import { sortedView } from './rows/sort.ts';
import { stripRow } from './rows/strip-rows.ts';
import { isListPane, type ScreenContext, selectedId } from './situation.ts';
import { detailTop, type ListPaneId, modeOf, PANES, type PaneId, type ScreenState } from './state.ts';
import type { Theme } from './theme.ts';
import type { ScreenSize, Snapshot } from './view-store.ts';

export interface FrameProps extends ScreenSize {
  readonly snapshot: Snapshot;
  readonly context: ScreenContext;
  readonly theme: Theme;
}

/** Everything but dialogs, as the rows of the screen: header, panes, flash line, keys. */
export const frameRows = ({ snapshot, context, columns, rows, theme }: FrameProps): readonly string[] => {
  const { view, state } = snapshot;
  const { readOnly } = context;
  const moment = state.time?.moment;
  const { regions, strip } = placesOf(state, { columns, rows });
  const keys = keysIn(context);
  const header = headerRow({
    view,
    mode: modeOf(state),
    frozen: state.frozen,
    readOnly,
    line: [lineWords(snapshot.line), isLite(state.lite, snapshot.line) ? 'lite' : ''].filter(Boolean).join(' '),
    width: columns,
    theme,
    keys,
    ...(moment && { past: { ...moment, now: context.now } }),
  });
  const footer = [
    flashRow({ view, state, width: columns, theme, keys }),
    footerRow({ hints: hintsOf(state, context), width: columns, theme }),
  ];
  const blocks: Block[] = [
    { x: 0, y: 0, rows: [header] },
    ...regions.flatMap(region => paneBlocks({ region, snapshot, context, theme })),
    { x: 0, y: rows - FOOTER_ROWS, rows: footer },
  ];
  if (strip)
    blocks.push({
      ...strip,
      rows: [stripRow({ view, shown: regions.map(({ pane }) => pane), width: strip.width, theme, keys })],
    });
  return screenRows(blocks, rows);
};

/** What of the context depends on the size. */
export type Measures = Pick<
  ScreenContext,
  'ids' | 'pageRows' | 'lineCount' | 'detailCount' | 'reviewDocument' | 'zooms'
>;

/** What moving about in the panes is measured by: the same lists and heights that are drawn. */
export const measureFrame = (
  { view, state, line }: Snapshot,
  size: ScreenSize,
  { theme, commands = COMMANDS }: { readonly theme: Theme; readonly commands?: readonly BoundCommand[] },
): Measures => ({
  zooms: zoomsAt(size).length,
  ids: pane =>
    isListPane(pane)
      ? listedIds(
          pane,
          paneInput(pane, { view, state, line, theme, keys: keyWords(commands), width: size.columns, height: 0 }),
        )
      : [],
  pageRows: pane => {
    if (pane === 'viewer') return viewerRows(size.rows);
    const region = placesOf(state, size).regions.find(shown => shown.pane === numberOf(pane));
    return Math.max(1, (region?.height ?? size.rows) - 1);
  },
  reviewDocument: dialog => documentOf(dialog, { view, columns: size.columns }),
  detailCount: id => {
    const region = placesOf(state, size).regions.find(shown => shown.pane === numberOf('detail'));
    const width = region?.width ?? size.columns;
    return detailLines({ view, id, width, theme, keys: keyWords(commands) }).length;
  },
  lineCount: dialog =>
    dialog.kind === 'confirm'
      ? confirmLineCount(dialog, size.columns)
      : dialog.kind === 'decide'
        ? decideLineCount(dialog, { view, ...size })
        : viewerLineCount(dialog, { view, columns: size.columns, theme, keys: keyWords(commands) }),
});

/** The flash line and the keys. */
const FOOTER_ROWS = 2;

/** The lists, by their panes. */
const LIST_PANES: Readonly<Record<ListPaneId, Pane>> = {
  plan: planRows,
  polecats: polecatRows,
  refinery: mergeRows,
  health: healthRows,
};

const numberOf = (pane: PaneId): PaneNumber => (pane === 'detail' ? 0 : ((PANES.indexOf(pane) + 1) as PaneNumber));

/** Panes and their places; a screen too small for any has none. */
const placesOf = (
  { focus, list, zoom }: ScreenState,
  size: ScreenSize,
): Pick<Exclude<Layout, { tooSmall: true }>, 'regions' | 'strip'> => {
  const zooms = zoomsAt(size);
  const places = layout({
    ...size,
    focus: numberOf(focus),
    list: numberOf(list),
    zoom: zooms[Math.min(zoom, zooms.length - 1)]!,
  });
  return places.tooSmall ? { regions: [] } : places;
};

/** A pane as it stands on the screen: its number and title, and its rows below. */
const paneBlocks = ({ region, snapshot, context, theme }: BodyInput): readonly Block[] => {
  const { x, y, width } = region;
  const pane = region.pane === 0 ? 'detail' : PANES[region.pane - 1]!;
  const { title, rows } = paneBody(pane, { region, snapshot, context, theme });
  const label = keysIn(context)(`{${pane}}`);
  const style = snapshot.state.focus === pane ? theme.titleFocused : theme.title;
  return [
    { x, y, rows: [style(fit(safeLine(`${label} ${title}`), width))] },
    { x, y: y + 1, rows, ragged: true },
  ];
};

interface BodyInput extends Omit<FrameProps, keyof ScreenSize> {
  readonly region: Region;
}

/** A pane's title and its finished rows, as many as its region is high. */
export const paneBody = (
  pane: PaneId,
  { region, snapshot, context, theme }: BodyInput,
): { title: string; rows: readonly string[] } => {
  const { view, state, line } = snapshot;
  const { width } = region;
  const keys = keysIn(context);
  const height = region.height - 1;
  if (pane === 'log') return logBody(state, context, { width, height, theme, keys });
  if (pane === 'detail') {
    const id = selectedId(state, context, state.list);
    return detailBody(state, { view, id, width, height, theme, keys });
  }
  const selected = selectedId(state, context, pane);
  const preview = pane === 'polecats' ? previewOf(state, view, selected) : undefined;
  return listBody(pane, {
    ...paneInput(pane, { view, state, line, theme, keys, width, height, ...(selected !== undefined && { selected }) }),
    ...(preview && { preview: preview.lines }),
  });
};

/** Most keys change one pane: the others are as they were drawn last, while all that they are made of is. */
const listBody = (pane: ListPaneId, input: PaneInput): PaneOutput => {
  const last = lastBodies.get(pane);
  if (last && isShallowEqual(last.input, input)) return last.body;
  const body = LIST_PANES[pane](input);
  lastBodies.set(pane, { input, body });
  return body;
};

const lastBodies = new Map<ListPaneId, { readonly input: PaneInput; readonly body: PaneOutput }>();

const isShallowEqual = (a: PaneInput, b: PaneInput): boolean => {
  const names = Object.keys(a) as (keyof PaneInput)[];
  return names.length === Object.keys(b).length && names.every(name => Object.is(a[name], b[name]));
};

const detailBody = (
  state: ScreenState,
  { height, ...input }: Omit<DetailInput, 'id'> & { readonly id: string | undefined; readonly height: number },
): { title: string; rows: readonly string[] } => {
  const { id, width, keys } = input;
  if (id === undefined) return { title: 'Detail  nothing is selected', rows: filled([], { width, height }) };
  const all = detailLines({ ...input, id });
  const top = Math.max(0, Math.min(detailTop(state, id), all.length - height));
  const rows = all.slice(top, top + height);
  const place = all.length > height ? `  ${top + 1}–${top + rows.length} of ${all.length}` : '';
  return { title: `Detail  ${id}${place}  ${keys('{explain} shows why')}`, rows: filled(rows, { width, height }) };
};

const logBody = (
  { log }: ScreenState,
  context: ScreenContext,
  { width, height, theme, keys }: { width: number; height: number; theme: Theme; keys: KeyWords },
): { title: string; rows: readonly string[] } => {
  const { lines, follow, wrap, search, match, unseen, name } = log;
  const top = topOf(log, context);
  const { rows, below } = logRows({ lines, width, height, offset: top, follow, wrap, search, match, theme });
  const inSight = `${top + 1}–${lines.length - below} of ${lines.length}`;
  const stopped = ['stopped', ...(lines.length > 0 ? [inSight] : []), ...(unseen > 0 ? [`+${unseen}`] : [])];
  const place = follow ? 'following' : [...stopped, keys('{bottom} follows')].join('  ');
  return { title: `Log  ${name}  ${place}${search ? `  /${search}` : ''}`, rows };
};

const filled = (rows: readonly string[], { width, height }: { width: number; height: number }): readonly string[] => [
  ...rows,
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => blankRow(width)),
];

/** Ids of the view shown last, by pane: all keys between two refreshes ask for the same ones, and a plan may hold 10,000 beads. */
const lastIds = new Map<PaneId, { readonly input: PaneInput; readonly ids: readonly string[] }>();

const listedIds = (pane: ListPaneId, input: PaneInput): readonly string[] => {
  const last = lastIds.get(pane);
  const isSame =
    last?.input.view === input.view && last.input.filter === input.filter && last.input.folded === input.folded;
  if (isSame) return last.ids;
  const { ids } = LIST_PANES[pane](input);
  lastIds.set(pane, { input, ids });
  return ids;
};

interface InputOptions extends Omit<PaneInput, 'filter' | 'folded' | 'focused' | 'line' | 'marked' | 'sorting'> {
  readonly state: ScreenState;
  readonly line: LineView | undefined;
}

const paneInput = (pane: ListPaneId, { state, line, ...rest }: InputOptions): PaneInput => {
  const filter = state.filter[pane];
  const sorting = state.sort[pane];
  const marked = state.marked[pane];
  return {
    ...rest,
    view: sortedView(rest.view, pane, sorting),
    focused: state.focus === pane,
    folded: state.folded,
    ...(line && { line }),
    ...(state.time?.moment && { past: true }),
    ...(filter && { filter }),
    ...(sorting && { sorting }),
    ...(marked && { marked }),
  };
};
