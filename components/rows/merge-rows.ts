import { duration, plural, safeLine, textWidth } from '../../source/common/text.ts';
import type { MergeRow } from '../../source/town/view.ts';
import type { Theme } from '../theme.ts';
import type { Piece } from './compose.ts';
import { forecastWords } from './forecast.ts';
import { type Line, listPane } from './list-pane.ts';
import type { PaneInput } from './pane.ts';
import { gateStatus, mergeStatus, statusPiece } from './status.ts';

/** From these widths a row also has its gates with their names, and who did it and how big it is. */
const WHY_FROM_COLUMNS = 64;
const GATE_NAMES_FROM_COLUMNS = 110;
const AUTHOR_FROM_COLUMNS = 100;
const STATUS_COLUMNS = 13;
const GATES_SHOWN = 6;

/** The merge queue in its order, then what ended, newest first. */
export const mergeRows = listPane({
  name: 'Refinery (merge queue)',
  empty: 'Nothing asks to be merged. Finished work of polecats comes here by itself.',
  lines: input => {
    const isOpen = (merge: MergeRow): boolean => merge.position !== undefined;
    const { merges } = input.view;
    const columns = gateColumns(merges, input.width >= GATE_NAMES_FROM_COLUMNS);
    return [...merges.filter(isOpen), ...merges.filter(merge => !isOpen(merge))].map(merge =>
      mergeLine(merge, columns, input),
    );
  },
});

const mergeLine = (merge: MergeRow, columns: number, { view, theme, width }: PaneInput): Line => {
  const age = duration(view.at - merge.since);
  return {
    id: merge.id,
    record: merge,
    depends: `${age} ${columns}`,
    pieces: () => [
      { text: merge.position === undefined ? '' : `${merge.position}.`, width: 3, right: true },
      { text: ' ' },
      statusPiece(mergeStatus(merge, theme), STATUS_COLUMNS),
      { text: `P${merge.priority} ${merge.id}  ${merge.pr ? `#${merge.pr.number}  ` : ''}` },
      { text: merge.title, flex: 3 },
      ...(width >= AUTHOR_FROM_COLUMNS ? author(merge) : []),
      ...gatePieces(merge, { named: width >= GATE_NAMES_FROM_COLUMNS, columns, theme }),
      ...(width >= WHY_FROM_COLUMNS
        ? [
            { text: age, width: 8, right: true },
            { text: '  ' },
            { text: [...forecastWords(merge.forecast).slice(0, 1), merge.why].join('; '), style: theme.dim, flex: 2 },
          ]
        : []),
    ],
  };
};

const author = ({ polecat, files }: MergeRow): readonly Piece[] => [
  { text: '  ' },
  { text: polecat.split('/').at(-1)!, width: 8 },
  { text: files === undefined ? '' : plural(files, 'file'), width: 10, right: true },
];

/** Gates in columns as wide as the widest of the queue, so that what stands after them stands under each other. */
const gatePieces = (
  { gates }: MergeRow,
  { named, columns, theme }: { named: boolean; columns: number; theme: Theme },
): readonly Piece[] => {
  const pieces = gates.slice(0, GATES_SHOWN).map(({ name, outcome }, index) => {
    const { glyph, style } = gateStatus(outcome, theme);
    return { text: gateText(glyph, name, { named, index }), style };
  });
  const used = pieces.reduce((sum, { text }) => sum + textWidth(safeLine(text)), 0);
  return [...pieces, { text: '', width: Math.max(0, columns - used) }];
};

const gateText = (glyph: string, name: string, { named, index }: { named: boolean; index: number }): string =>
  `${named || index === 0 ? '  ' : ''}${glyph}${named ? ` ${name}` : ''}`;

const gateColumns = (merges: readonly MergeRow[], named: boolean): number =>
  merges.reduce((widest, { gates }) => {
    const texts = gates.slice(0, GATES_SHOWN).map(({ name }, index) => gateText('x', name, { named, index }));
    return Math.max(widest, textWidth(safeLine(texts.join(''))));
  }, 0);
