import { cut, duration, fit, plural } from '../../source/common/text.ts';
import type { AttentionRow, TownView } from '../../source/town/view.ts';
import {
  availability,
  type BoundCommand,
  boundIn,
  type CommandId,
  commandById,
  keyLabel,
  keyOf,
  withKeys,
} from '../keymap.ts';
import { lockOf, type Situation } from '../situation.ts';
import type { ConfirmDialog, DecideDialog, FormDialog } from '../state.ts';
import type { Theme } from '../theme.ts';
import { CONTENT_WIDTH_MAX, type DialogContent, FRAME_COLUMNS, row } from './box.ts';
import { answerKeys, attentionRow, decideLines, ownWords } from './decide-rows.ts';
import { fieldRows } from './field-rows.ts';
import type { DialogInput } from './input.ts';
import { viewerRows } from './viewer.ts';
import { wrapText } from './wrap.ts';

/** A form: every field under its label, the multi-line one with the room that is left. */
export const formContent = (dialog: FormDialog, { width, height, theme }: DialogInput): DialogContent => {
  const lines = dialog.fields.length * 2 - 1;
  const room = Math.max(1, height - lines - dialog.fields.filter(field => !field.multiline).length);
  const rows = dialog.fields.flatMap((field, index) => {
    const active = index === dialog.active;
    const label = field.choices && field.choices.length > 1 ? `${field.label} (↑ ↓ choose)` : field.label;
    return [
      ...(index > 0 ? [row('', width)] : []),
      row(label, width, active ? theme.titleFocused : theme.dim),
      ...fieldRows({
        editor: field.editor,
        width,
        height: field.multiline ? Math.min(room, FIELD_ROWS) : 1,
        active,
        theme,
      }),
    ];
  });
  return { title: dialog.title, rows: rows.slice(0, height), hint: dialog.help };
};

/** Rows of a multi-line field where there is room: a screenful would hide the town for nothing. */
const FIELD_ROWS = 12;

/** A question with what its answer does, and Cancel beside it. One without an answer has only the way out. */
export const confirmContent = (dialog: ConfirmDialog, { width, height, theme }: DialogInput): DialogContent => {
  const lines = dialog.lines.flatMap(line => wrapText(line, width));
  const room = Math.max(1, height - BUTTON_ROWS);
  const shown = lines.slice(dialog.scroll, dialog.scroll + room);
  const place = lines.length > room ? `  ${dialog.scroll + 1}–${dialog.scroll + shown.length} of ${lines.length}` : '';
  const asks = dialog.intents.length > 0;
  const button = (text: string, chosen: boolean): string => (chosen ? theme.selected(`[ ${text} ]`) : `  ${text}  `);
  return {
    title: `${dialog.title}${place}`,
    rows: [
      ...shown.map(line => row(line, width)),
      row('', width),
      asks
        ? padded(
            `${button('Cancel', dialog.index === 0)}  ${button(dialog.accept, dialog.index === 1)}`,
            width,
            dialog.accept.length + 16,
          )
        : padded(button(dialog.accept, true), width, dialog.accept.length + 4),
    ],
    hint: `${place ? '{down} {up} scroll · ' : ''}${asks ? '{choose} choose · {accept} take · {yes} yes · {no} or {close} cancel' : '{accept} or {close} close'}`,
  };
};

/** A blank line and the buttons. */
const BUTTON_ROWS = 2;

/** Rows that the whole of a question takes on a screen of so many columns. */
export const confirmLineCount = (dialog: ConfirmDialog, columns: number): number => {
  const width = Math.min(CONTENT_WIDTH_MAX, columns - FRAME_COLUMNS);
  return dialog.lines.reduce((sum, line) => sum + wrapText(line, width).length, BUTTON_ROWS);
};

/** A question that waits for a person, with what it is about and what each answer does. */
export const decideContent = (dialog: DecideDialog, input: DialogInput): DialogContent => {
  const { width, height, theme, situation } = input;
  const { view } = situation.context;
  const bound = boundIn(situation.context);
  const question = attentionRow(view, dialog.key);
  if (!question)
    return {
      title: 'Settled',
      rows: wrapText(
        withKeys('This was settled or has become another question since. {attention} shows what is current.', bound),
        width,
      ).map(line => row(line, width)),
      hint: '{attention} next · {close} close',
    };
  const head = [
    ...titleLines(question, width).map(line => row(line, width, theme.strong)),
    row(factsOf(question, view.at), width, severityStyle(question, theme)),
    row('', width),
  ];
  const answers = [row('', width), ...answerRows(question, dialog, input)].slice(0, answerRoom(height, head.length));
  const room = Math.max(0, height - head.length - answers.length);
  const lines = decideLines(view, dialog.key).flatMap(line => wrapText(line, width));
  const start = Math.max(0, Math.min(dialog.scroll, lines.length - room));
  const inSight = lines.slice(start, start + room);
  const place = lines.length > room ? `  ${start + 1}–${start + inSight.length} of ${lines.length}` : '';
  const number = view.attention.indexOf(question) + 1;
  return {
    title: `Needs you  ${number} of ${view.attention.length}  ${question.kind} ${question.subject}${place}`,
    rows: [...head, ...inSight.map(line => row(line, width, diffStyle(line, theme))), ...answers],
    hint: [
      ...(lines.length > room ? ['{down} {up} scroll'] : []),
      ...waysOf(question, situation),
      ...(view.attention.length > 1 ? ['{attention} next'] : []),
      ...(lines.length > room ? [] : ['{close} close']),
    ].join(' · '),
  };
};

/** A question is an agent's own words, as long as it likes: what is asked stands whole, as far as that leaves room to answer. */
const titleLines = ({ title }: AttentionRow, width: number): readonly string[] => {
  const lines = wrapText(title, width);
  return [
    ...lines.slice(0, TITLE_ROWS - 1),
    ...(lines.length < TITLE_ROWS ? [] : [lines.slice(TITLE_ROWS - 1).join(' ')]),
  ];
};

const TITLE_ROWS = 4;
/** Below the title: how it stands, and a blank row. */
const BELOW_TITLE_ROWS = 2;

/** Answers have room, whatever there is to read above them. */
const answerRoom = (height: number, headRows: number): number => Math.max(2, height - headRows - 1);

/** Rows that the whole of what is asked takes on a screen of this size. */
export const decideLineCount = (
  { key }: Pick<DecideDialog, 'key'>,
  { view, columns, rows }: { view: TownView; columns: number; rows: number },
): number => {
  const question = attentionRow(view, key);
  if (!question) return 0;
  const width = Math.min(CONTENT_WIDTH_MAX, columns - FRAME_COLUMNS);
  const lines = decideLines(view, key).reduce((sum, line) => sum + wrapText(line, width).length, 0);
  const answers = 1 + Math.max(1, answerKeys(question).length);
  const head = titleLines(question, width).length + BELOW_TITLE_ROWS;
  return head + lines + Math.min(answers, answerRoom(viewerRows(rows), head));
};

const factsOf = (question: AttentionRow, at: number): string =>
  [
    question.severity,
    `waits ${duration(at - question.since)}`,
    ...(question.behind > 0 ? [`${plural(question.behind, 'bead')} behind it`] : []),
    ...(question.head ? [`head ${question.head.slice(0, 10)}`] : []),
  ].join(' · ');

const answerRows = (
  question: AttentionRow,
  dialog: DecideDialog,
  { width, theme, situation }: DialogInput,
): readonly string[] => {
  if (dialog.sent) return [row('The answer is on its way…', width, theme.info)];
  const lock = lockOf(situation.state, situation.context);
  if (lock) return [row(withKeys(lock, boundIn(situation.context)), width, theme.dim)];
  const keys = answerKeys(question);
  const bound = boundIn(situation.context);
  if (keys.length === 0 && question.options)
    return [
      row(
        withKeys('{decide-attach} attaches to its terminal: only there it can be answered.', bound),
        width,
        theme.info,
      ),
    ];
  return keys.map(({ key, meaning }) => {
    const label = answerLabel(key, bound);
    const room = width - 3 - label.length;
    return ` ${theme.key(label)}  ${fit(cut(meaning, room), room)}`;
  });
};

/** The person's own key for an answer that the table calls `y`, `n` or by its number. */
const answerLabel = (key: string, bound: readonly BoundCommand[]): string => {
  if (key === 'y') return keyOf('yes', bound);
  if (key === 'n') return keyOf('no', bound);
  return keyLabel(commandById('option', bound)?.keys[Number(key) - 1] ?? key);
};

/** What can be done with a question besides answering it. */
const waysOf = (question: AttentionRow, situation: Situation): readonly string[] => {
  const ways: readonly (readonly [id: CommandId, word: string])[] = [
    question.options ? ['decide-attach', 'attach'] : ['decide-diff', 'review'],
    ['decide-edit', 'edit'],
    ['decide-prompt', wordsHint(question)],
    ['decide-explain', 'why'],
  ];
  const bound = boundIn(situation.context);
  return ways
    .filter(([id]) => availability(commandById(id, bound)!, situation) === true)
    .map(([id, word]) => `{${id}} ${word}`);
};

const wordsHint = (question: AttentionRow): string =>
  question.options && ownWords(question)?.kind === 'deny' ? 'refuse in words' : 'answer';

const severityStyle = (question: AttentionRow, theme: Theme) => {
  if (question.severity === 'critical' || question.severity === 'high') return theme.bad;
  return question.severity === 'medium' ? theme.warn : theme.dim;
};

const diffStyle = (line: string, theme: Theme) => {
  if (line.startsWith('@@')) return theme.info;
  if (line.startsWith('+++') || line.startsWith('---') || line.startsWith('diff ')) return theme.strong;
  if (line.startsWith('+')) return theme.good;
  return line.startsWith('-') ? theme.bad : undefined;
};

const padded = (styled: string, width: number, columns: number): string =>
  styled + ' '.repeat(Math.max(0, width - columns));
