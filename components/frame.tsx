import { Box, Text } from 'ink';
import { type ChromeInput, flashRow, footerRow, headerRow } from './chrome.ts';
import { viewerRows } from './dialogs/dialog-view.tsx';
import { FOOTER_ROWS, layout, type Place } from './layout.ts';
import { healthRows } from './rows/health-rows.ts';
import { mergeRows } from './rows/merge-rows.ts';
import type { Pane, PaneInput } from './rows/pane.ts';
import { planRows } from './rows/plan-rows.ts';
import { polecatRows } from './rows/polecat-rows.ts';
import { type ScreenContext, selectedId, situationOf } from './situation.ts';
import type { ListPaneId, PaneId, ScreenState } from './state.ts';
import { detailPane, logPane, titleRow } from './text-panes.ts';
import type { Theme } from './theme.ts';
import type { ScreenSize, Snapshot } from './view-store.ts';

export interface FrameProps extends ScreenSize {
  readonly snapshot: Snapshot;
  readonly context: ScreenContext;
  readonly theme: Theme;
}

/** The panes that are lists. */
const LIST_PANES: Readonly<Record<ListPaneId, Pane>> = {
  plan: planRows,
  polecats: polecatRows,
  refinery: mergeRows,
  health: healthRows,
};

/** Number keys of the panes, in their titles. */
const NUMBERS: Readonly<Record<PaneId, string>> = {
  plan: '1',
  polecats: '2',
  refinery: '3',
  health: '4',
  log: '5',
  detail: '0',
};

/** Everything but dialogs: header, panes, flash line, keys. One `<Text>` a pane, of rows that are cut already. */
export const Frame = ({ snapshot, context, columns, rows, theme }: FrameProps) => {
  const { view, state } = snapshot;
  const chrome: ChromeInput = { view, state, context, width: columns, theme };
  return (
    <>
      <Text>{headerRow(chrome)}</Text>
      {layout(state, { columns, rows }).map(place => (
        <Box key={place.pane} position="absolute" marginLeft={place.x} marginTop={place.y}>
          <Text>{paneRows(place, { view, state, context, theme }).map(trimmed).join('\n')}</Text>
        </Box>
      ))}
      <Box position="absolute" marginTop={rows - FOOTER_ROWS}>
        <Text>{`${flashRow(chrome)}\n${footerRow(chrome)}`}</Text>
      </Box>
    </>
  );
};

/** What moving about in the panes is measured by: the same lists and heights that are drawn. */
export const measureFrame = (
  { view, state }: Snapshot,
  size: ScreenSize,
  theme: Theme,
): Pick<ScreenContext, 'ids' | 'pageRows'> => ({
  ids: pane =>
    isList(pane)
      ? listedIds(pane, paneInput(pane, { view, state, theme, width: size.columns, height: 0, focused: false }))
      : [],
  pageRows: pane => {
    if (pane === 'viewer') return viewerRows(size.rows);
    const place = layout(state, size).find(shown => shown.pane === pane);
    return Math.max(1, (place?.height ?? size.rows) - 1);
  },
});

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

const paneRows = (
  { pane, width, height }: Place,
  { view, state, context, theme }: Pick<ChromeInput, 'view' | 'state' | 'context' | 'theme'>,
): readonly string[] => {
  const focused = state.focus === pane;
  const body = { width, height: height - 1, theme };
  const { title, rows } = isList(pane)
    ? LIST_PANES[pane](paneInput(pane, { view, state, ...body, focused, selected: selectedId(state, context, pane) }))
    : pane === 'log'
      ? logPane(state.log, context, body)
      : detailPane(situationOf(state, context), body);
  return [titleRow(NUMBERS[pane], title, { width, focused, theme }), ...rows];
};

/**
 * Blanks at a row's end cost as much to draw as letters, and Ink's canvas is blank already: without them a frame at
 * 200×50 takes two thirds of the time. Inverse blanks are seen and stay.
 */
const trimmed = (row: string): string => (row.includes(INVERSE) ? row : row.replace(/ +((?:\u001B\[[\d;]*m)*)$/, '$1'));

const INVERSE = '\u001B[7m';

interface InputOptions {
  readonly view: Snapshot['view'];
  readonly state: ScreenState;
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
  readonly focused: boolean;
  readonly selected?: string | undefined;
}

const paneInput = (
  pane: ListPaneId,
  { view, state, theme, width, height, focused, selected }: InputOptions,
): PaneInput => {
  const filter = state.filter[pane];
  return {
    view,
    width,
    height,
    focused,
    theme,
    folded: state.folded,
    ...(selected !== undefined && { selected }),
    ...(filter && { filter }),
  };
};

const isList = (pane: PaneId): pane is ListPaneId => pane !== 'log' && pane !== 'detail';
