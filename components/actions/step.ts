import type { LogSource, OperatorIntent, TownHandle } from '../../source/town/view.ts';
import { boundIn, withKeys } from '../keymap.ts';
import { lockOf, type ScreenContext } from '../situation.ts';
import type { Dialog, Flash, ScreenState } from '../state.ts';

/** What a screen wants done besides changing itself. The store carries it out; a key handler never waits for it. */
export type Effect =
  | {
      readonly type: 'dispatch';
      /** In order; the first refusal ends it, unless each is asked for by itself. */
      readonly intents: readonly OperatorIntent[];
      /** Of several things, each is done that can be; what was refused is counted. */
      readonly each?: true;
      /** Decide dialog to close when it went well. */
      readonly dialog?: number;
      /** Draft to forget when it went well. */
      readonly draft?: string;
      /** What to say when it went well, instead of the town's own words. */
      readonly done?: string;
      /** Added to the good news. */
      readonly hint?: string;
      /** Select the bead that this created. */
      readonly selectNew?: true;
    }
  | {
      readonly type: 'load';
      readonly serial: number;
      readonly subject: string;
      /** Every change of it too. */
      readonly history: boolean;
    }
  | { readonly type: 'review'; readonly serial: number; readonly merge: string }
  | { readonly type: 'offer'; readonly serial: number; readonly way: 'undo' | 'redo'; readonly before?: number }
  | { readonly type: 'look'; readonly serial: number; readonly request: PastRequest }
  | {
      readonly type: 'plan';
      readonly text: string;
      readonly rig: string;
      readonly draft: string;
      /** Added to the good news. */
      readonly hint: string;
    }
  /** In the person's own editor; the screen gives its terminal away meanwhile. */
  | { readonly type: 'editPlan'; readonly convoy: string }
  | { readonly type: 'demo' }
  | { readonly type: 'editBead'; readonly bead: string }
  | { readonly type: 'attach'; readonly session: string; readonly name: string }
  /** A whole log in the person's pager. */
  | { readonly type: 'page'; readonly source: LogSource }
  | { readonly type: 'saveLog'; readonly source: LogSource; readonly file: string }
  /** Into the terminal's clipboard. */
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'suspend' }
  | { readonly type: 'redraw' }
  | { readonly type: 'quit'; readonly how: 'leave' | 'stop' };

/** Which moment of the past to look at. */
export type PastRequest = Parameters<TownHandle['past']>[0];

export interface Step {
  readonly state: ScreenState;
  readonly effects: readonly Effect[];
}

/** How a command was asked for: by a key, or by its name in the palette with what was typed after it. */
export interface Given {
  readonly key?: string;
  readonly words?: string;
}

/** What a command does: pure, and told everything it may know. */
export type Action = (state: ScreenState, context: ScreenContext, given?: Given) => Step;

/** Ms that a question must have been on the screen before a key answers it: what was typed earlier meant something else. */
export const TYPE_AHEAD_MS = 300;

/** Why nothing is decided now: the key was typed before what is asked could be read, or this screen only looks. */
export const hindranceOf = (state: ScreenState, context: ScreenContext, shownAt: number): string | undefined =>
  context.now - shownAt < TYPE_AHEAD_MS
    ? 'That key came before this could be read. Look, then press it again.'
    : lockOf(state, context);

/** A new state and nothing else to do. */
export const step = (state: ScreenState, ...effects: readonly Effect[]): Step => ({ state, effects });

/**
 * Shows a line over the footer. An error that nobody can have read yet stays: words for a wait do not take its place, and
 * good news stand before it.
 */
export const say = (
  state: ScreenState,
  text: string,
  { kind = 'info', now }: { kind?: Flash['kind']; now: number },
): ScreenState => {
  const { flash } = state;
  const fresh: Flash = { text, kind, at: now };
  const kept = { ...state, said: [...state.said, fresh].slice(-SAID_MAX) };
  if (kind === 'error' || !flash || !isUnseen(flash, now)) return { ...kept, flash: fresh };
  if (kind === 'info') return kept;
  return { ...kept, flash: { ...flash, text: `${text} Before that: ${flash.text}` } };
};

/** Lines kept of what was said: an afternoon's worth. */
const SAID_MAX = 200;

/** Ms that an error stands at least, whatever is pressed: a short line is read in less. */
export const ERROR_SEEN_MS = 700;

/** An error that has not stood long enough to be read. */
export const isUnseen = ({ kind, at }: Flash, now: number): boolean => kind === 'error' && now - at < ERROR_SEEN_MS;

/** Nothing to say any more. */
export const withoutFlash = ({ flash: _, ...state }: ScreenState): ScreenState => state;

/** A command that cannot be done says why and what to do instead; `{id}` stands for the key of a command. */
export const refuse = (state: ScreenState, text: string, context: ScreenContext): Step =>
  step(say(state, withKeys(text, boundIn(context)), { kind: 'error', now: context.now }));

/** A dialog without the fields that `openDialog` gives it. */
export type NewDialog = Dialog extends infer D ? (D extends Dialog ? Omit<D, 'serial' | 'shownAt'> : never) : never;

/** Puts a dialog on top. It is numbered and knows when it appeared. */
export const openDialog = (state: ScreenState, dialog: NewDialog, context: ScreenContext): ScreenState => ({
  ...state,
  serial: state.serial + 1,
  dialogs: [...state.dialogs, { ...dialog, serial: state.serial + 1, shownAt: context.now } as Dialog],
});

/** Takes the topmost dialog away. */
export const closeDialog = (state: ScreenState): ScreenState => ({ ...state, dialogs: state.dialogs.slice(0, -1) });

/** Replaces the topmost dialog by a changed one. */
export const changeDialog = (state: ScreenState, dialog: Dialog): ScreenState => ({
  ...state,
  dialogs: [...state.dialogs.slice(0, -1), dialog],
});

/** A number within a list of `count`; 0 for an empty one. */
export const within = (index: number, count: number): number => Math.max(0, Math.min(index, count - 1));
