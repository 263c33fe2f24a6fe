import { duration, plural, textWidth } from '../../source/common/text.ts';
import type { MergeRow, Review, TownView } from '../../source/town/view.ts';
import { boundIn, keyWords } from '../keymap.ts';
import { blankRow, composeRow, type Piece, textRow } from '../rows/compose.ts';
import { forecastWords } from '../rows/forecast.ts';
import { costWords } from '../rows/money.ts';
import type { KeyWords } from '../rows/pane.ts';
import { countsOf, marksOf } from '../rows/review-about.ts';
import {
  EMPTY_DOCUMENT,
  filesOf,
  flatIndex,
  linesBetween,
  placeAt,
  REMARK_INDENT,
  type ReviewDocument,
  type ReviewLine,
  reviewDocument,
} from '../rows/review-document.ts';
import { gateStatus, mergeStatus } from '../rows/status.ts';
import { windowStart } from '../rows/window.ts';
import { lockOf } from '../situation.ts';
import type { ReviewDialog } from '../state.ts';
import type { Style, Theme } from '../theme.ts';
import { type DialogContent, FRAME_COLUMNS } from './box.ts';
import { questionOf } from './decide-rows.ts';
import type { DialogInput } from './input.ts';

/** From this width the files stand beside the lines, in so many columns. */
const LISTED_FROM_COLUMNS = 120;
const LIST_COLUMNS = 40;
/** From this width a line has its number before and after, else the one that counts. */
const TWO_NUMBERS_FROM_COLUMNS = 100;
const NUMBER_COLUMNS = 6;
const GATES_SHOWN = 6;
/** As many as `gastown approve` takes at least. */
const SHA_COLUMNS = 7;

/** The lines of a request on a screen of so many columns. */
export const documentOf = (
  dialog: ReviewDialog,
  { view, columns }: { view: TownView; columns: number },
): ReviewDocument => {
  const merge = view.merges.find(({ id }) => id === dialog.merge);
  if (!merge || !dialog.review) return EMPTY_DOCUMENT;
  const width = columns - FRAME_COLUMNS;
  const listed = width >= LISTED_FROM_COLUMNS;
  return reviewDocument({
    review: dialog.review,
    scope: dialog.scope,
    merge,
    bead: view.beads.get(merge.bead),
    view,
    width: listed ? width - LIST_COLUMNS : width,
    listed,
  });
};

/** A merge request with what speaks for and against it, its files and their lines. */
export const reviewContent = (dialog: ReviewDialog, input: DialogInput): DialogContent => {
  const { width, height, theme, situation } = input;
  const { view } = situation.context;
  const merge = view.merges.find(({ id }) => id === dialog.merge);
  const { review } = dialog;
  if (!merge || !review) {
    const said = dialog.failed ?? (merge ? 'Asking the town…' : `${dialog.merge} is no longer here.`);
    return {
      title: `Review ${dialog.merge}`,
      rows: filled([textRow(said, width, dialog.failed ? theme.bad : theme.dim)], width, height),
      hint: '{close} close',
    };
  }
  const head = headRows(dialog, { merge, review, input });
  const document = documentOf(dialog, { view, columns: width + FRAME_COLUMNS });
  const rows = height - head.length;
  const listed = width >= LISTED_FROM_COLUMNS;
  const body = bodyRows(document, dialog, {
    width: listed ? width - LIST_COLUMNS : width,
    height: rows,
    theme,
    keys: keyWords(boundIn(situation.context)),
  });
  const list = listed ? listRows(dialog, { merge, review, height: rows, theme }) : [];
  return {
    title: titleOf(dialog, { review, document }),
    rows: [...head, ...body.map((row, index) => `${list[index] ?? ''}${row}`)],
    hint: hintOf(dialog, input),
  };
};

interface Shown {
  readonly merge: MergeRow;
  readonly review: Review;
}

const titleOf = (dialog: ReviewDialog, { review, document }: { review: Review; document: ReviewDocument }): string => {
  const files = filesOf(review, dialog.scope);
  const file = files[dialog.at.section - 1];
  const what = dialog.scope === 'since' ? '  since you approved' : '';
  const place = file ? `  file ${dialog.at.section} of ${files.length}` : '';
  return `Review ${dialog.merge}${what}${place}  ${flatIndex(document, dialog.at) + 1} of ${document.starts.at(-1)}`;
};

/** What the person may do now, and what it means; the footer has the other keys. */
const hintOf = (dialog: ReviewDialog, { situation: { state, context } }: DialogInput): string => {
  if (dialog.sent) return 'The decision is on its way…';
  const lock = lockOf(state, context);
  if (lock) return lock;
  const question = questionOf(context.view, dialog);
  const answers = question ? [`{yes} ${question.yes}`, `{no} ${question.no}`] : [];
  return [...answers, '{next-file} {previous-file} file', '{next-hunk} {previous-hunk} hunk', '{close} back'].join(
    ' · ',
  );
};

/** What it is, whose, how large, how dear; how it stands; what a person must not miss; where they are. */
const headRows = (
  dialog: ReviewDialog,
  { merge, review, input: { width, theme, situation } }: Shown & { input: DialogInput },
): readonly string[] => {
  const { view } = situation.context;
  const bead = view.beads.get(merge.bead);
  const cost = bead ? costWords(bead) : '';
  const files = filesOf(review, dialog.scope);
  const facts = [
    `${merge.bead} by ${merge.polecat}`,
    `${plural(files.length, 'file')} +${sum(files, 'added')} -${sum(files, 'removed')}`,
    ...(cost ? [cost] : []),
    `${merge.base.slice(0, SHA_COLUMNS)}…${review.head.slice(0, SHA_COLUMNS)} to ${merge.target}`,
    merge.position === undefined
      ? `${merge.state} ${duration(view.at - merge.since)} ago`
      : `waits ${duration(view.at - merge.since)}`,
  ];
  const keys = keyWords(boundIn(situation.context));
  const notices = noticesOf(dialog, merge, { theme, keys });
  return [
    textRow(merge.title, width, theme.strong),
    textRow(facts.join(' · '), width, theme.dim),
    composeRow(standPieces(merge, review, theme), { width }),
    ...notices.map(({ text, style }) => textRow(text, width, style)),
    theme.dim(theme.glyph.rule.repeat(width)),
  ];
};

const sum = (files: Review['files'], of: 'added' | 'removed'): number =>
  files.reduce((total, file) => total + (file[of] ?? 0), 0);

const standPieces = (merge: MergeRow, review: Review, theme: Theme): readonly Piece[] => {
  const { glyph, word, style } = mergeStatus(merge, theme);
  return [
    { text: `${glyph} ${word}`, style },
    ...review.gates.slice(0, GATES_SHOWN).map(gate => {
      const status = gateStatus(gate.outcome, theme);
      return { text: `  ${status.glyph} ${gate.name} ${status.word}`, style: status.style };
    }),
    ...(review.gates.length === 0 ? [{ text: '  no gates', style: theme.warn }] : []),
    { text: `  ${merge.why}`, style: theme.dim },
  ];
};

const noticesOf = (
  dialog: ReviewDialog,
  { findings = [], comments = [], forecast, approvedBefore, confirmWord }: MergeRow,
  { theme, keys }: { theme: Theme; keys: KeyWords },
): readonly { text: string; style: Style }[] => [
  ...(findings.length > 0
    ? [
        {
          text: `! Guards found ${plural(findings.length, 'thing')}: ${findings[0]!.summary}${confirmWord ? ` (approving asks for the word ${confirmWord})` : ''}`,
          style: theme.warn,
        },
      ]
    : []),
  ...inTheWay(forecastWords(forecast)).map(text => ({ text, style: theme.warn })),
  ...(approvedBefore && dialog.scope === 'whole'
    ? [
        {
          text: `${approvedBefore.words}; ${keys(dialog.review?.since ? '{review-scope} shows just that' : '{decide-explain} shows more of it')}`,
          style: theme.info,
        },
      ]
    : []),
  ...(comments.length > 0
    ? [
        {
          text: `" ${plural(comments.length, 'comment')} on its lines; ${keys('{no}')} sends them back with it`,
          style: theme.info,
        },
      ]
    : []),
];

const inTheWay = ([first, ...others]: readonly string[]): readonly string[] =>
  first === undefined ? [] : [`x ${first}${others.length > 0 ? `; and ${others.length} more` : ''}`];

/** Each file has pages of its own, so that one that is gone to begins at the top. */
const bodyRows = (
  document: ReviewDocument,
  dialog: ReviewDialog,
  { width, height, theme, keys }: { width: number; height: number; theme: Theme; keys: KeyWords },
): readonly string[] => {
  const cursor = flatIndex(document, dialog.at);
  const { section, line } = placeAt(document, cursor);
  const count = document.sections[section]!.length;
  const start = document.starts[section]! + windowStart({ index: line, count, height });
  const rows = linesBetween(document, start, start + height).map((shown, index) =>
    start + index === cursor
      ? theme.selected(composeRow(piecesOf(own(shown, keys), width, theme), { width, plain: true }))
      : composeRow(piecesOf(own(shown, keys), width, theme), { width }),
  );
  return filled(rows, width, height);
};

/** The program's own words say the person's own keys; those of others stay as they are. */
const own = (line: ReviewLine, keys: KeyWords): ReviewLine =>
  line.kind === 'text' && line.isOwn ? { ...line, text: keys(line.text) } : line;

const piecesOf = (line: ReviewLine, width: number, theme: Theme): readonly Piece[] => {
  switch (line.kind) {
    case 'text':
      return [{ text: line.text, ...(line.look && { style: theme[line.look] }) }];
    case 'file':
      return [{ text: `${theme.glyph.open} ${line.text}`, style: theme.titleFocused }];
    case 'hunk':
      return [{ text: line.text, style: theme.info }];
    case 'said':
      return [{ text: ' '.repeat(REMARK_INDENT - 2) }, { text: `" ${line.text}`, style: theme.info }];
    case 'found':
      return [{ text: ' '.repeat(REMARK_INDENT - 2) }, { text: `! ${line.text}`, style: theme.warn }];
    case 'code': {
      const number = (value: number | undefined): Piece => ({
        text: value === undefined ? '' : String(value),
        width: NUMBER_COLUMNS,
        right: true,
        style: theme.dim,
      });
      const numbers =
        width >= TWO_NUMBERS_FROM_COLUMNS ? [number(line.old), number(line.new)] : [number(line.new ?? line.old)];
      const look = CODE_LOOKS[line.sign];
      return [...numbers, { text: ` ${line.sign}${line.text}`, ...(look && { style: theme[look] }) }];
    }
  }
};

const CODE_LOOKS: Readonly<Record<string, 'good' | 'bad' | 'dim'>> = { '+': 'good', '-': 'bad', '\\': 'dim' };

/** The files, with the one that the cursor is in, what changed in each, and where a guard or a person said something. */
const listRows = (
  dialog: ReviewDialog,
  { merge, review, height, theme }: Shown & { height: number; theme: Theme },
): readonly string[] => {
  const files = filesOf(review, dialog.scope);
  const current = dialog.at.section - 1;
  const start = windowStart({ index: current, count: files.length, height });
  const rows = files.slice(start, start + height).map((file, index) => {
    const here = start + index === current;
    const marks = marksOf(file.path, merge);
    const counts = countsOf(file);
    const room = LIST_COLUMNS - 4 - textWidth(counts) - 3;
    const pieces: readonly Piece[] = [
      { text: here ? `${theme.glyph.pointer} ` : '  ' },
      { text: marks, width: 2, style: marks.includes('!') ? theme.warn : theme.info },
      { text: endOf(file.path, room), width: room, style: here ? theme.strong : same },
      { text: ` ${counts}`, style: theme.dim },
      { text: '  ' },
    ];
    return composeRow(pieces, { width: LIST_COLUMNS });
  });
  return filled(rows, LIST_COLUMNS, height);
};

/** Of a long path its end says more. */
const endOf = (path: string, columns: number): string => {
  if (textWidth(path) <= columns) return path;
  let end = path;
  while (textWidth(end) > columns - 1) end = end.slice(end.codePointAt(0)! > 0xffff ? 2 : 1);
  return `…${end}`;
};

const filled = (rows: readonly string[], width: number, height: number): readonly string[] =>
  rows.length >= height
    ? rows.slice(0, Math.max(0, height))
    : [...rows, ...Array.from({ length: height - rows.length }, () => blankRow(width))];

const same: Style = text => text;
