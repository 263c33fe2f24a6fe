import { duration, safeLine, textWidth } from '../../source/common/text.ts';
import type { PolecatRow } from '../../source/town/view.ts';
import { blankRow, type Piece, textRow } from './compose.ts';
import { type Line, listPane } from './list-pane.ts';
import { memorySize } from './memory.ts';
import { shortCost } from './money.ts';
import type { Pane, PaneInput } from './pane.ts';
import { polecatStatus, statusPiece } from './status.ts';
import { terminalLine } from './terminal-text.ts';

/** From these widths a row also says what the worker does, what its agent is known to do, and how it did so far. */
const DOING_FROM_COLUMNS = 76;
const ACTIVITY_FROM_COLUMNS = 110;
const RECORD_FROM_COLUMNS = 160;
const ACTIVITY_COLUMNS = 30;
const COST_COLUMNS = 10;
const MEMORY_COLUMNS = 9;
const RECORD_COLUMNS = 32;
const STATUS_COLUMNS = 14;
const NAME_COLUMNS = 10;
/** Columns of the age, of the gaps between what stands in columns, and of a bead's id. */
const AGE_COLUMNS = 7;
const GAPS_COLUMNS = 8;
const BEAD_COLUMNS = 10;
/** Of what is left the title gets so much at most, and what the worker does the rest. */
const TITLE_SHARE = 5 / 9;

/** Rows that the list of workers keeps, and that a preview takes at most, its rule included. */
const LIST_MIN_ROWS = 6;
const PREVIEW_MAX_ROWS = 11;
const PREVIEW_MIN_ROWS = 4;

/** The workers: state and since when, name, bead, and what they do; below them the last lines of the selected one, where there is room. */
export const polecatRows: Pane = input => {
  const { preview, height, width, theme } = input;
  const rows = Math.min(PREVIEW_MAX_ROWS, Math.floor(height / 2), height - LIST_MIN_ROWS);
  if (!preview || rows < PREVIEW_MIN_ROWS) return workerRows(input);
  const list = workerRows({ ...input, height: height - rows });
  return { ...list, rows: [...list.rows, ...previewRows(preview, { rows, width, theme, name: nameOf(input) })] };
};

const nameOf = ({ view, selected }: PaneInput): string => view.polecats.find(({ id }) => id === selected)?.name ?? '';

const previewRows = (
  lines: readonly string[],
  { rows, width, theme, name }: { rows: number; width: number; theme: PaneInput['theme']; name: string },
): readonly string[] => {
  const shown = lines.slice(1 - rows).map(line => textRow(terminalLine(line), width));
  const label = `${theme.glyph.rule.repeat(2)} ${name}, last lines `;
  const rule = textRow(label + theme.glyph.rule.repeat(Math.max(0, width - textWidth(label))), width, theme.dim);
  return [rule, ...shown, ...Array.from({ length: rows - 1 - shown.length }, () => blankRow(width))];
};

const workerRows = listPane({
  name: 'Polecats (workers)',
  empty:
    'No worker yet. Press {plan} for the plan, then {sling} to sling the selected bead (have it worked on): a worker comes by itself.',
  lines: input => {
    const titleColumns = Math.max(
      0,
      ...input.view.polecats.map(({ beadTitle = '' }) => textWidth(safeLine(beadTitle))),
    );
    return input.view.polecats.map(polecat => polecatLine(polecat, { ...input, titleColumns }));
  },
});

const polecatLine = (
  polecat: PolecatRow,
  { view, theme, width, titleColumns }: PaneInput & { titleColumns: number },
): Line => {
  const age = duration(view.at - polecat.since);
  const { activity } = polecat;
  const activityAge = activity ? duration(view.at - activity.since) : '';
  return {
    id: polecat.id,
    record: polecat,
    depends: `${age} ${activityAge} ${titleColumns}`,
    pieces: () => [
      statusPiece(polecatStatus(polecat, theme), STATUS_COLUMNS),
      { text: polecat.name, width: NAME_COLUMNS },
      { text: age, width: AGE_COLUMNS, right: true },
      { text: '  ' },
      ...work(polecat, { titleColumns, width }),
      ...(polecat.mode === 'attached' ? [{ text: '  attached', style: theme.info }] : []),
      ...(polecat.unsandboxed ? [{ text: '  no sandbox', style: theme.warn }] : []),
      ...(width >= DOING_FROM_COLUMNS && doing(polecat, width) !== ''
        ? [{ text: '  ' }, { text: doing(polecat, width), flex: 4, style: theme.dim }]
        : []),
      ...(width >= ACTIVITY_FROM_COLUMNS
        ? [{ text: '  ' }, { text: activityWords(polecat, activityAge), width: ACTIVITY_COLUMNS }]
        : []),
      ...(width >= ACTIVITY_FROM_COLUMNS ? used(polecat) : []),
      ...(width >= RECORD_FROM_COLUMNS ? [{ text: `  ${record(polecat)}`, width: RECORD_COLUMNS }] : []),
    ],
  };
};

/** What it costs and holds, in columns of their own. */
const used = (polecat: PolecatRow): readonly Piece[] => {
  const cost = shortCost(polecat);
  const memory = polecat.memoryBytes === undefined ? '' : memorySize(polecat.memoryBytes);
  if (cost === '' && memory === '') return [];
  return [
    { text: '  ' },
    { text: cost, width: COST_COLUMNS, right: true },
    { text: memory, width: MEMORY_COLUMNS, right: true },
  ];
};

/** Titles stand in columns, no wider than the longest: what a worker does has the rest. */
const work = (
  { bead, beadTitle = '', state, evidence, doing: what }: PolecatRow,
  { titleColumns, width }: { titleColumns: number; width: number },
): readonly Piece[] => {
  const isNarrow = what && width >= DOING_FROM_COLUMNS && titleColumns <= roomFor(width) * TITLE_SHARE;
  if (bead) return [{ text: `${bead}  ` }, { text: beadTitle, ...(isNarrow ? { width: titleColumns } : { flex: 5 }) }];
  return [{ text: state === 'idle' ? 'free for the next bead' : evidence, flex: 5 }];
};

/** Columns that title and doing have between them. */
const roomFor = (width: number): number => {
  const activity = width >= ACTIVITY_FROM_COLUMNS ? ACTIVITY_COLUMNS + COST_COLUMNS + MEMORY_COLUMNS : 0;
  const record = width >= RECORD_FROM_COLUMNS ? RECORD_COLUMNS : 0;
  return width - STATUS_COLUMNS - NAME_COLUMNS - AGE_COLUMNS - GAPS_COLUMNS - BEAD_COLUMNS - activity - record;
};

/** On a narrow screen a state of the agent that the worker's own does not tell goes in front of what it does. */
const doing = ({ state, activity, doing: what = '' }: PolecatRow, width: number): string => {
  const differs = activity && activity.state !== state && width < ACTIVITY_FROM_COLUMNS;
  return differs ? [`agent ${activity.state}`, what].filter(Boolean).join(': ') : what;
};

/** `idle 12s, by protocol`: what its agent does, since when, and who says so. */
const activityWords = ({ activity }: PolecatRow, age: string): string =>
  activity ? `${activity.state} ${age}, by ${activity.source}` : '';

const record = ({ attempt, landed, bounced }: PolecatRow): string =>
  `try ${attempt}  ${landed} landed, ${bounced} bounced`;
