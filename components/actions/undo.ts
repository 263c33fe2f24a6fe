import { duration } from '../../source/common/text.ts';
import type { Outcome, UndoOffer } from '../../source/town/view.ts';
import { boundIn, keyOf, withKeys } from '../keymap.ts';
import { withShortTimes } from '../rows/short-times.ts';
import type { ScreenContext } from '../situation.ts';
import { type ScreenState, topDialog } from '../state.ts';
import {
  type Action,
  closeDialog,
  openDialog,
  refuse,
  type Step,
  say,
  step,
  TYPE_AHEAD_MS,
  withoutFlash,
} from './step.ts';

/** `z` and its counterpart: asks the town what it would do. Asked once, however often the key is pressed. */
export const plan =
  (way: 'undo' | 'redo'): Action =>
  (state, context) => {
    if (state.undo?.way === way) return step(state);
    return ask(state, context, { way });
  };

/** `z` where a step cannot be taken back: what about the one before it? Not for the second of two quick presses. */
export const planBefore: Action = (state, context) => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'confirm' || dialog.refused === undefined) return step(state);
  if (context.now - dialog.shownAt < TYPE_AHEAD_MS) return step(state);
  return ask(closeDialog(state), context, { way: 'undo', before: dialog.refused });
};

const ask = (state: ScreenState, { now }: ScreenContext, question: { way: 'undo' | 'redo'; before?: number }): Step => {
  const serial = state.serial + 1;
  const words = `Looking for what can be ${question.way === 'undo' ? 'taken back' : 'done again'}…`;
  const asked = { ...state, serial, undo: { serial, way: question.way } };
  return step(say(asked, words, { now }), { type: 'offer', serial, ...question });
};

/** The town's answer: a question that says first what it will do. It never opens over what the person has opened since. */
export const receiveOffer = (
  state: ScreenState,
  { serial, result }: { serial: number; result: UndoOffer | Outcome },
  context: ScreenContext,
): Step => {
  if (state.undo?.serial !== serial) return step(state);
  const settled = forgetPlan(state);
  if ('ok' in result) return refuse(settled, result.message, context);
  if (settled.time) return step(settled);
  const key = keyOf(result.way, boundIn(context));
  if (settled.dialogs.length > 0)
    return step(say(settled, `You went on meanwhile: ${key} asks again.`, { now: context.now }));
  return step(openDialog(settled, result.intent ? question(result, context) : refusal(result, context), context));
};

/** The answer is no longer waited for. */
export const forgetPlan = ({ undo: _, ...state }: ScreenState): ScreenState => withoutFlash(state);

const question = ({ way, what, at, lines, intent }: UndoOffer, context: ScreenContext) => ({
  kind: 'confirm' as const,
  title:
    way === 'undo' ? `Take back: ${what} (${ago(at, context.now)})?` : `Do again: ${what} (${ago(at, context.now)})?`,
  lines: lines.map(line => withShortTimes(line, context.now)),
  accept: way === 'undo' ? 'Take it back' : 'Do it again',
  intents: [intent!],
  // What it does can be taken back in its turn: Enter may do it.
  index: 1 as const,
  scroll: 0,
  done:
    way === 'undo'
      ? `Taken back: ${what}. ${withKeys('{redo} does it again, {undo} goes on.', boundIn(context))}`
      : `Done again: ${what}. ${withKeys('{undo} takes it back.', boundIn(context))}`,
});

const refusal = (
  { way, of, what, at, lines, refusal = 'It is too late for it.' }: UndoOffer,
  context: ScreenContext,
) => ({
  kind: 'confirm' as const,
  title: `${what} (${ago(at, context.now)}) cannot be ${way === 'undo' ? 'taken back' : 'done again'}`,
  lines: [
    refusal,
    ...(lines.length > 0
      ? ['', 'Of the rest it would have been:', ...lines.map(line => withShortTimes(line, context.now))]
      : []),
    '',
    ...(way === 'undo'
      ? [withKeys('{undo-before} looks at the step before it; `gastown undo --list` shows them all.', boundIn(context))]
      : ['The command itself can be given anew.']),
  ],
  accept: 'Close',
  intents: [],
  ...(way === 'undo' && { refused: of }),
  index: 1 as const,
  scroll: 0,
});

const ago = (at: number, now: number): string => `${duration(now - at)} ago`;
