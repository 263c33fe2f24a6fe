import { plural } from '../../source/common/text.ts';
import type { AttentionRow } from '../../source/town/view.ts';
import { type AnswerKey, answerKeys, attentionRow, ownWords } from '../dialogs/decide-rows.ts';
import { boundIn, commandById, keyOf } from '../keymap.ts';
import { markedIds, recordsOf, type ScreenContext } from '../situation.ts';
import { type DecideDialog, type Dialog, type ScreenState, topDialog } from '../state.ts';
import { attachTo } from './attaching.ts';
import { openViewer } from './dialogs.ts';
import { openEdit, openNote, openPrompt, openWord, openWords } from './forms.ts';
import { mark, spaceMarks } from './marks.ts';
import { decideReview, openReview } from './review.ts';
import {
  type Action,
  changeDialog,
  closeDialog,
  hindranceOf,
  openDialog,
  refuse,
  type Step,
  say,
  step,
} from './step.ts';

/** `Space`: the first question, or the one after that shown, with the most costly wait first. */
export const attention: Action = (state, context) => {
  const rows = context.view.attention;
  const shown = rows.findIndex(row => isAbout(topDialog(state), row));
  const next = rows[(shown + 1) % rows.length];
  const base = withoutQuestions(state);
  if (!next && spaceMarks(state, context)) return markInstead(state, context);
  if (!next) return step(say(base, 'Nothing waits for you.', { kind: 'good', now: context.now }));
  return step(openDialog(base, { kind: 'decide', key: next.key, scroll: 0, sent: false }, context));
};

/** Where nothing waits, the key marks rows, and says so, for it may have been pressed for a question. */
const markInstead = (state: ScreenState, context: ScreenContext): Step => {
  const { state: marked } = mark(state, context);
  const count = markedIds(marked, context).length;
  const words = `Nothing waits for you: ${count > 0 ? `${plural(count, 'row')} marked, ${keyOf('back', boundIn(context))} unmarks` : 'no row is marked'}.`;
  return step(say(marked, words, { kind: 'good', now: context.now }));
};

const isAbout = (dialog: Dialog | undefined, row: AttentionRow): boolean =>
  dialog?.kind === 'review' ? dialog.merge === row.subject : dialog?.kind === 'decide' && dialog.key === row.key;

/** A review may lie on the question that it was opened from. */
const withoutQuestions = (state: ScreenState): ScreenState => {
  const kind = topDialog(state)?.kind;
  return kind === 'decide' || kind === 'review' ? withoutQuestions(closeDialog(state)) : state;
};

/** `y` or `n` in a question. */
export const answer =
  (word: 'yes' | 'no'): Action =>
  (state, context) => {
    const dialog = topDialog(state);
    if (dialog?.kind === 'decide') return answerKey(state, context, word === 'yes' ? 'y' : 'n');
    if (dialog?.kind === 'review') return decideReview(state, context, word);
    if (dialog?.kind !== 'confirm') return step(state);
    if (word === 'no' || dialog.intents.length === 0) return step(closeDialog(state));
    const hindrance = hindranceOf(state, context, dialog.shownAt);
    if (hindrance) return refuse(state, hindrance, context);
    return step(say(closeDialog(state), `${dialog.accept}…`, { now: context.now }), {
      type: 'dispatch',
      intents: dialog.intents,
      ...(dialog.each && { each: true as const }),
      ...(dialog.done !== undefined && { done: dialog.done }),
    });
  };

/** A digit in a question that has more answers than yes and no. */
export const choose: Action = (state, context, given) => {
  const keys = commandById('option', boundIn(context))?.keys ?? [];
  // The answer's number is the place of the key: a person may have given it other keys.
  const digit = given?.key === undefined ? given?.words?.trim() : String(keys.indexOf(given.key) + 1);
  return digit ? answerKey(state, context, digit) : refuse(state, 'Say which answer: :option 2.', context);
};

/** `e`, `d`, `o` and `i` in a question act on what it is about. */
export const decideOn =
  (what: 'edit' | 'diff' | 'prompt' | 'explain'): Action =>
  (state, context) => {
    const dialog = topDialog(state);
    if (dialog?.kind === 'review') return openViewer(state, context, dialog.merge);
    const row = dialog?.kind === 'decide' ? attentionRow(context.view, dialog.key) : undefined;
    if (!row) return refuse(state, SETTLED, context);
    const { bead, convoy, merge, polecat } = recordsOf(context.view, row.subject);
    if (what === 'explain') return openViewer(state, context, row.subject);
    if (what === 'diff' && merge) return openReview(state, context, merge);
    // The plan becomes another one by it, and its question too.
    if (what === 'edit' && row.kind === 'plan' && convoy)
      return step(closeDialog(state), { type: 'editPlan', convoy: convoy.id });
    if (what === 'edit' && bead) return openEdit(state, context, bead);
    const own = ownWords(row);
    if (what === 'prompt' && own) return openWords(state, context, { row, option: own });
    return what === 'prompt' && polecat ? openPrompt(state, context, polecat) : step(state);
  };

/** `a` in a question: the terminal of who asks it. */
export const attachAsker: Action = (state, context) => {
  const dialog = topDialog(state);
  const row = dialog?.kind === 'decide' ? attentionRow(context.view, dialog.key) : undefined;
  const { polecat } = row ? recordsOf(context.view, row.subject) : {};
  return polecat ? attachTo(closeDialog(state), context, polecat) : refuse(state, SETTLED, context);
};

const SETTLED = 'This was settled or has changed since. {attention} shows what is current.';

const answerKey = (state: ScreenState, context: ScreenContext, key: string): Step => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'decide') return step(state);
  const hindrance = hindranceOf(state, context, dialog.shownAt);
  if (hindrance) return refuse(state, hindrance, context);
  const row = attentionRow(context.view, dialog.key);
  if (!row) return refuse(state, SETTLED, context);
  if (dialog.sent) return step(state);
  const given = answerKeys(row).find(answerOf => answerOf.key === key);
  return given
    ? give(state, context, { dialog, row, given })
    : refuse(state, `${key} means nothing for this question.`, context);
};

const give = (
  state: ScreenState,
  context: ScreenContext,
  { dialog, row, given }: { dialog: DecideDialog; row: AttentionRow; given: AnswerKey },
): Step => {
  const { key, meaning, option } = given;
  if (option?.kind === 'answer') return openWords(state, context, { row, option });
  if (!option && key === 'n' && (row.kind === 'approval' || row.kind === 'plan'))
    return openNote(state, context, { key: row.key, no: meaning });
  const word =
    row.kind === 'approval' && key === 'y' ? recordsOf(context.view, row.subject).merge?.confirmWord : undefined;
  if (word) return openWord(state, context, { row, word });
  const waiting = changeDialog(say(state, `${meaning}…`, { now: context.now }), { ...dialog, sent: true });
  return step(waiting, {
    type: 'dispatch',
    intents: [
      option
        ? { type: 'attention.choose', payload: { key: row.key, option: option.id } }
        : { type: 'attention.answer', payload: { key: row.key, answer: key === 'y' ? 'yes' : 'no' } },
    ],
    dialog: dialog.serial,
  });
};
