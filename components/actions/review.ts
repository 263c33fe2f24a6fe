import type { MergeRow, Outcome, Review } from '../../source/town/view.ts';
import { questionOf } from '../dialogs/decide-rows.ts';
import { flatIndex, hunkFrom, lineNameAt, placeAt } from '../rows/review-document.ts';
import { type ScreenContext, situationOf } from '../situation.ts';
import { type ReviewDialog, type ScreenState, topDialog } from '../state.ts';
import { openComment, openNote, openReturn, openWord } from './forms.ts';
import { type Action, changeDialog, hindranceOf, openDialog, refuse, type Step, say, step } from './step.ts';

const TOP = { section: 0, line: 0 };

/** `d` on whatever has a merge request. */
export const review: Action = (state, context) => {
  const { merge } = situationOf(state, context);
  return merge ? openReview(state, context, merge) : step(state);
};

/** A request with all that a person decides on it by; it opens at once and fills when the town answers. */
export const openReview = (state: ScreenState, context: ScreenContext, { id, head }: MergeRow): Step => {
  const opened = openDialog(state, { kind: 'review', merge: id, head, scope: 'whole', at: TOP, sent: false }, context);
  return step(opened, { type: 'review', serial: opened.serial, merge: id });
};

/** What the town knows of it has come: from now on it can be read, and a little later decided on. */
export const receiveReview = (
  state: ScreenState,
  { serial, result }: { serial: number; result: Review | Outcome },
  { now }: ScreenContext,
): ScreenState => ({
  ...state,
  dialogs: state.dialogs.map(dialog => {
    if (dialog.kind !== 'review' || dialog.serial !== serial) return dialog;
    return 'ok' in result
      ? { ...dialog, failed: result.message }
      : { ...dialog, review: result, head: result.head, shownAt: now };
  }),
});

/** `y` and `n`. What makes no sense for this request was refused before: see `enabled.ts`. */
export const decideReview = (state: ScreenState, context: ScreenContext, word: 'yes' | 'no'): Step => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'review' || dialog.sent) return step(state);
  const hindrance = hindranceOf(state, context, dialog.shownAt);
  if (hindrance) return refuse(state, hindrance, context);
  const row = questionOf(context.view, dialog);
  if (word === 'no')
    return row
      ? openNote(state, context, { key: row.key, no: row.no ?? '' })
      : openReturn(state, context, dialog.merge);
  if (!row) return step(state);
  const merge = context.view.merges.find(({ id }) => id === dialog.merge);
  if (row.kind === 'approval' && merge?.confirmWord) return openWord(state, context, { row, word: merge.confirmWord });
  return step(changeDialog(say(state, `${row.yes}…`, { now: context.now }), { ...dialog, sent: true }), {
    type: 'dispatch',
    intents: [{ type: 'attention.answer', payload: { key: row.key, answer: 'yes' } }],
    dialog: dialog.serial,
  });
};

/** It is decided: on to the next one that waits to be approved. */
export const goOn = (state: ScreenState, context: ScreenContext, decided: ReviewDialog): Step => {
  const dialogs = state.dialogs.filter(
    dialog => dialog !== decided && !(dialog.kind === 'decide' && dialog.key.includes(`:${decided.merge}:`)),
  );
  const left = { ...state, dialogs };
  const next = context.view.attention.find(row => row.kind === 'approval' && row.subject !== decided.merge);
  const merge = next && context.view.merges.find(({ id }) => id === next.subject);
  return merge ? openReview(left, context, merge) : step(left);
};

/** `c`: on the line under the cursor. */
export const comment: Action = (state, context) => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'review') return step(state);
  const line = lineNameAt(context.reviewDocument(dialog), dialog);
  return line ? openComment(state, context, { merge: dialog.merge, head: dialog.head, line }) : step(state);
};

/** `d`: only what is new since an earlier approval, or the whole again. */
export const turnScope: Action = state => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'review') return step(state);
  const scope = dialog.scope === 'whole' ? 'since' : 'whole';
  return step(changeDialog(state, { ...dialog, scope, at: scope === 'since' ? { section: 1, line: 0 } : TOP }));
};

/** `J` and `K`. */
export const turnFile =
  (by: 1 | -1): Action =>
  (state, context) => {
    const dialog = topDialog(state);
    if (dialog?.kind !== 'review') return step(state);
    const { sections } = context.reviewDocument(dialog);
    const here = by < 0 && dialog.at.line > 0 ? dialog.at.section : dialog.at.section + by;
    const section = Math.max(0, Math.min(here, sections.length - 1));
    return step(changeDialog(state, { ...dialog, at: { section, line: 0 } }));
  };

/** `]` and `[`. */
export const turnHunk =
  (by: 1 | -1): Action =>
  (state, context) => {
    const dialog = topDialog(state);
    if (dialog?.kind !== 'review') return step(state);
    const document = context.reviewDocument(dialog);
    const found = hunkFrom(document, flatIndex(document, dialog.at), by);
    if (found === undefined)
      return refuse(state, by > 0 ? 'Nothing below has changed.' : 'Nothing above has changed.', context);
    return step(changeDialog(state, { ...dialog, at: placeAt(document, found) }));
  };
