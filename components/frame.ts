import { cut, fit } from '../source/common/text.ts';
import { topOf } from './actions/log.ts';
import type { Pane, PaneInput } from './rows/pane.ts';
import { type ScreenContext, selectedId } from './situation.ts';
import type { PaneId } from './state.ts';
import type { Theme } from './theme.ts';
import type { ScreenSize, Snapshot } from './view-store.ts';

const listPane =
  (name: string, of: (input: PaneInput) => readonly { id: string; text: string }[]): Pane =>
  input => {
    const words = (input.filter ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const shown = of(input).filter(row =>
      words.every(word =>
        word.startsWith('!') ? !row.text.toLowerCase().includes(word.slice(1)) : row.text.toLowerCase().includes(word),
      ),
    );
    const index = Math.max(
      0,
      shown.findIndex(row => row.id === input.selected),
    );
    const start = Math.max(0, Math.min(index - Math.floor(input.height / 2), shown.length - input.height));
    const rows = shown
      .slice(start, start + input.height)
      .map(row => (row.id === input.selected ? input.theme.selected : String)(fit(row.text, input.width)));
    while (rows.length < input.height) rows.push(' '.repeat(input.width));
    return {
      title: `${name}  ${index + 1} of ${shown.length}${input.filter ? `  /${input.filter}` : ''}`,
      ids: shown.map(row => row.id),
      rows,
    };
  };

export const FALLBACK: Record<Exclude<PaneId, 'log' | 'detail'>, Pane> = {
  plan: listPane('Plan', ({ view, folded }) => [
    ...view.convoys.flatMap(convoy => [
      { id: convoy.id, text: `${convoy.id} ${convoy.title}` },
      ...(folded?.has(convoy.id)
        ? []
        : convoy.beads.flatMap(id =>
            view.beads.has(id)
              ? [{ id, text: `  ${id} ${view.beads.get(id)!.phase} ${view.beads.get(id)!.title}` }]
              : [],
          )),
    ]),
    ...view.loose.map(id => ({ id, text: `${id} ${view.beads.get(id)!.phase} ${view.beads.get(id)!.title}` })),
  ]),
  polecats: listPane('Polecats', ({ view }) =>
    view.polecats.map(row => ({ id: row.id, text: `${row.name} ${row.state} ${row.bead ?? ''}` })),
  ),
  refinery: listPane('Refinery', ({ view }) =>
    view.merges.map(row => ({ id: row.id, text: `${row.id} ${row.state} ${row.title}` })),
  ),
  health: listPane('Health', ({ view }) => [
    ...view.health.roles.map(row => ({ id: row.name, text: `${row.name} ${row.plain}` })),
    ...view.health.dogs.map(row => ({ id: row.name, text: `${row.name} ${row.plain}` })),
  ]),
};

/** Rows of the screen that no pane gets: header, titles, flash line and footer. */
const CHROME_ROWS = 4;

export const measureFrame = (
  { view, state }: Snapshot,
  { columns, rows }: ScreenSize,
  theme: Theme,
): Pick<ScreenContext, 'ids' | 'pageRows'> => ({
  ids: pane =>
    pane === 'log' || pane === 'detail'
      ? []
      : FALLBACK[pane]({
          view,
          width: columns,
          height: 1,
          focused: false,
          theme,
          folded: state.folded,
          ...(state.filter[pane] && { filter: state.filter[pane] }),
        }).ids,
  pageRows: () => Math.max(1, rows - CHROME_ROWS),
});

export interface FrameInput extends ScreenSize {
  readonly snapshot: Snapshot;
  readonly context: ScreenContext;
  readonly theme: Theme;
}

export const frameRows = ({ snapshot, context, columns, rows, theme }: FrameInput): readonly string[] => {
  const { view, state } = snapshot;
  const height = rows - CHROME_ROWS;
  const pane = state.focus;
  const header = fit(
    `${view.town.name}  ${context.readOnly ? 'READONLY' : ''} ${state.frozen ? 'FROZEN' : ''} ! ${view.attention.length}`,
    columns,
  );
  if (pane === 'log' || pane === 'detail') {
    const top = topOf(state.log, context);
    const lines = state.log.lines.slice(top, top + height).map(line => fit(line, columns));
    while (lines.length < height) lines.push(' '.repeat(columns));
    return [
      header,
      fit(`Log ${state.log.name}${state.log.follow ? ' following' : ` +${state.log.unseen}`}`, columns),
      ...lines,
    ];
  }
  const selected = selectedId(state, context, pane);
  const output = FALLBACK[pane]({
    view,
    width: columns,
    height,
    focused: true,
    theme,
    folded: state.folded,
    ...(selected && { selected }),
    ...(state.filter[pane] && { filter: state.filter[pane] }),
  });
  return [header, cut(output.title, columns), ...output.rows];
};
