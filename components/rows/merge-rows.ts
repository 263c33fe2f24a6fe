import { duration, plural, safeLine, textWidth } from '../../source/common/text.ts';
import type { MergeRow } from '../../source/town/view.ts';
import type { Theme } from '../theme.ts';
import type { Piece } from './compose.ts';
import { forecastWords } from './forecast.ts';
import { type Line, listPane } from './list-pane.ts';
import { mergeMarks } from './merge-marks.ts';
import type { Pane, PaneInput } from './pane.ts';
import { gateProgress, roundRows } from './round-rows.ts';
import { gateStatus, mergeStatus, statusPiece } from './status.ts';

/** From these widths a row also has why it waits, its id, its gates with their names, and who did it and how big it is. */
const WHY_FROM_COLUMNS = 64;
const ID_FROM_COLUMNS = 100;
const GATE_NAMES_FROM_COLUMNS = 110;
const AUTHOR_FROM_COLUMNS = 120;
const STATUS_COLUMNS = 13;
const GATES_SHOWN = 6;

/** The queue gets this many rows at least: below, what is tested together stands in the detail only. */
const QUEUE_MIN_ROWS = 4;

/** What is tested together at present, then the merge queue in its order, then what ended, newest first. */
export const mergeRows: Pane = input => {
  const { view, width, height, theme } = input;
  const rounds = roundRows(view, { width, theme }).slice(0, Math.max(0, height - QUEUE_MIN_ROWS));
  const { title, ids, rows } = queueRows({ ...input, height: height - rounds.length });
  return { title, ids, rows: [...rounds, ...rows] };
};

const queueRows = listPane({
  name: 'Refinery (merge queue)',
  empty: 'Nothing asks to be merged. Finished work of polecats comes here by itself.',
  lines: input => {
    const isOpen = (merge: MergeRow): boolean => merge.position !== undefined;
    const { merges } = input.view;
    const named = input.width >= GATE_NAMES_FROM_COLUMNS;
    const columns = {
      age: Math.max(0, ...merges.map(({ since }) => duration(input.view.at - since).length)),
      gates: gateColumns(merges, named),
      marks: Math.max(0, ...merges.map(merge => textWidth(marksOf(merge)))),
    };
    return [...merges.filter(isOpen), ...merges.filter(merge => !isOpen(merge))].map(merge =>
      mergeLine(merge, columns, input),
    );
  },
});

/** Widths of what stands in columns, the same for all rows. */
interface Columns {
  readonly age: number;
  readonly gates: number;
  readonly marks: number;
}

const mergeLine = (merge: MergeRow, columns: Columns, { view, theme, width }: PaneInput): Line => {
  const age = duration(view.at - merge.since);
  const running = runningWords(merge, view.at);
  return {
    id: merge.id,
    record: merge,
    depends: `${age} ${running} ${columns.age} ${columns.gates} ${columns.marks}`,
    pieces: () => [
      { text: merge.position === undefined ? '' : `${merge.position}.`, width: 3, right: true },
      { text: ' ' },
      statusPiece(mergeStatus(merge, theme), STATUS_COLUMNS),
      { text: `P${merge.priority} ` },
      // A filter finds it by its id all the same.
      { text: `${merge.id}  `, ...(width < ID_FROM_COLUMNS && { width: 0 }) },
      { text: merge.pr ? `#${merge.pr.number}  ` : '' },
      { text: merge.title, flex: 1 },
      ...(width >= AUTHOR_FROM_COLUMNS ? author(merge) : []),
      ...(columns.marks > 0 ? [{ text: '  ' }, { text: marksOf(merge), width: columns.marks, style: theme.warn }] : []),
      ...gatePieces(merge, { named: width >= GATE_NAMES_FROM_COLUMNS, columns: columns.gates, theme }),
      ...(width >= WHY_FROM_COLUMNS
        ? [
            { text: age, width: columns.age + 2, right: true },
            { text: '  ' },
            {
              text: [...forecastWords(merge.forecast).slice(0, 1), running, merge.why].filter(Boolean).join('; '),
              style: theme.dim,
              flex: 1,
            },
          ]
        : []),
    ],
  };
};

/** What one should know of it before deciding, short: the detail says it in words. */
const marksOf = (merge: MergeRow): string =>
  mergeMarks(merge)
    .map(({ short }) => short)
    .join(' ');

/** `test 12s of 40s`, while one of its gates runs. */
const runningWords = ({ gates }: MergeRow, at: number): string => {
  const running = gates.find(({ outcome, startedAt }) => outcome === 'running' && startedAt !== undefined);
  return running ? gateProgress(running, at) : '';
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
