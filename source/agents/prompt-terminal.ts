import { setTimeout as sleep } from 'node:timers/promises';
import { GastownError } from '../common/errors.ts';
import { safeText } from '../common/text.ts';
import { typeText } from './deliver.ts';
import type { HostClient } from './host-client.ts';
import type { HostSession } from './protocol.ts';
import type { TerminalState } from './screens/layers.ts';

/** A longer text is handed over as a file: no composer shows it, and a paste of it is folded or cut. */
export const PROMPT_BYTES = 4_096;

/** Longest waits: until the composer is free, until it shows the text, until it has let go of it. */
export interface PromptLimits {
  readonly readyMs: number;
  readonly echoMs: number;
  readonly takenMs: number;
}
const LIMITS: PromptLimits = { readyMs: 15_000, echoMs: 2_500, takenMs: 4_000 };
/** An Enter sooner after a paste is taken as a part of it (field/agents.md §4). */
const BEFORE_ENTER_MS = 350;
const LOOK_MS = 60;
/** A program of which nothing is known is ready when it has printed nothing for this long. */
const QUIET_MS = 700;
/** A composer that has rested for this long without asking for marked pastes does not know them. */
const PASTE_MODE_MS = 2_000;
/** Characters of the text's end by which its echo is known again; blanks and borders between them do not count. */
const TAIL_CHARS = 24;

/** A terminal at this moment. */
export interface TerminalLook extends TerminalState {
  readonly rows: readonly string[];
  readonly seen: HostSession;
}

export interface PromptTerminalOptions {
  readonly host: Pick<HostClient, 'list' | 'write'>;
  look(): Promise<TerminalLook>;
  /** Rules tell when its composer is free; else only quiet does. */
  readonly isKnown: boolean;
  /** Keeps a text that is too long for a composer; answers the file's path. */
  keep(text: string): Promise<string>;
  readonly limits?: Partial<PromptLimits>;
}

/**
 * Gives a prompt to an agent through its own composer, as a careful person would: waits until the composer is free,
 * pastes, waits until the text is seen there, presses Enter by itself and looks whether it was taken; Enter once more if
 * not. Throws `conflict` while a person is attached or a question is open, and `timeout` where the agent does not take it,
 * saying whether the text stands in its composer.
 */
export const promptTerminal = async (text: string, options: PromptTerminalOptions): Promise<void> => {
  const limits = { ...LIMITS, ...options.limits };
  const before = await untilReady(options, limits.readyMs);
  const typed = await shortened(safeText(text).trim(), before, options);
  const echo = await typeAndSee(typed, { options, before, limitMs: limits.echoMs });
  await sleep(BEFORE_ENTER_MS);
  for (let presses = 0; presses < ENTERS; presses += 1) {
    const held = await options.look();
    // What the text brought up by itself (a menu, a question) is not answered by an Enter meant for the prompt.
    if (held.state === 'waiting') throw asks(held);
    await options.host.write(before.seen.id, '\r');
    if (await isTaken({ options, held, echo, limitMs: limits.takenMs })) return;
  }
  throw new GastownError('timeout', 'The agent did not take the prompt.', {
    hint: 'The text stands in its composer: attach (a) to send it or to take it out.',
  });
};

/** One, and one more try. */
const ENTERS = 2;

const untilReady = async ({ look, isKnown }: PromptTerminalOptions, limitMs: number): Promise<TerminalLook> => {
  const end = Date.now() + limitMs;
  for (;;) {
    const now = await look();
    if (now.seen.attached > 0)
      throw new GastownError('conflict', 'A person is attached to it; nothing was typed.', {
        hint: 'What is typed for the town would mix with what they type.',
      });
    if (now.state === 'waiting') throw asks(now);
    if (isReadyFor(now, isKnown)) return now;
    if (Date.now() > end) {
      // A new version of a CLI may look unlike what the rules know: what rests for so long is at its prompt.
      if (isQuiet(now, limitMs)) return now;
      throw new GastownError('timeout', `It was not ready for a prompt: ${now.evidence}. Nothing was typed.`, {
        hint: 'Try again when it is idle, or have it told then: gastown nudge.',
      });
    }
    await sleep(LOOK_MS);
  }
};

const asks = ({ ask }: TerminalLook): GastownError =>
  new GastownError('conflict', `It asks something: ${ask?.title ?? 'see its screen'}.`, {
    hint: 'Answer that first (Space), then tell it.',
  });

/** A composer is drawn a moment before it takes pastes: until then a text of several lines would be several prompts. */
const isReadyFor = (now: TerminalLook, isKnown: boolean): boolean => {
  if (!isKnown) return isQuiet(now, QUIET_MS);
  return now.state === 'idle' && (now.seen.bracketedPaste || isQuiet(now, PASTE_MODE_MS));
};

const isQuiet = ({ state, confidence, seen }: TerminalLook, quietMs: number): boolean => {
  const works = state === 'working' && confidence !== 'guess';
  return !works && Date.now() - (seen.lastOutputAt ?? seen.startedAt) >= quietMs;
};

/** The text itself, or one line that names the file which holds it: where a line break would be an Enter, too. */
const shortened = async (text: string, { seen }: TerminalLook, { keep }: PromptTerminalOptions): Promise<string> => {
  const isLong = Buffer.byteLength(text) > PROMPT_BYTES;
  if (!isLong && (seen.bracketedPaste || !text.includes('\n'))) return text;
  return `Read the file ${await keep(text)} now: it holds what you are told, and it is meant for you.`;
};

interface Echo {
  /** The end of the text, or what the composer shows for a folded paste. */
  readonly isSeen: (look: TerminalLook) => boolean;
  readonly wasReady: boolean;
}

/** Types the text, once more where the screen did not change at all: it came before the composer was there. */
const typeAndSee = async (
  text: string,
  { options, before, limitMs }: { options: PromptTerminalOptions; before: TerminalLook; limitMs: number },
): Promise<Echo> => {
  const { host, look } = options;
  const echo = echoOf(text, before);
  for (let tries = 0; tries < 2; tries += 1) {
    const { seen } = await look();
    await typeText(host, before.seen, text);
    for (const end = Date.now() + limitMs; Date.now() < end; await sleep(LOOK_MS)) {
      if (echo.isSeen(await look())) return echo;
    }
    if ((await look()).seen.bytesOut !== seen.bytesOut) break;
  }
  // Where nothing is known of its composer it may well not show what is typed.
  if (!before.isReady) return echo;
  throw new GastownError('timeout', 'Its composer did not show the text; it was not sent.', {
    hint: 'Attach (a) to see what became of it.',
  });
};

const FOLDED = /\[Past(?:ed|e)\b|Pasted Content/;

const echoOf = (text: string, before: TerminalLook): Echo => {
  const tail = bare(text).slice(-TAIL_CHARS);
  const times = (look: TerminalLook) => bare(look.rows.join('\n')).split(tail).length - 1;
  const folds = ({ rows }: TerminalLook) => rows.filter(row => FOLDED.test(row)).length;
  const [timesBefore, foldsBefore] = [times(before), folds(before)];
  return {
    wasReady: before.isReady,
    isSeen: look =>
      (before.isReady && look.isReady ? false : times(look) > timesBefore) ||
      folds(look) > foldsBefore ||
      (before.isReady && !look.isReady && look.state === 'idle'),
  };
};

const bare = (text: string): string => text.replaceAll(/[\s│┃]+/g, '');

/** It works, it asks, it says so, or its composer is empty again; of one that is not known, it answered the Enter at all. */
const isTaken = async ({
  options,
  held,
  echo,
  limitMs,
}: {
  options: PromptTerminalOptions;
  held: TerminalLook;
  echo: Echo;
  limitMs: number;
}): Promise<boolean> => {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(LOOK_MS)) {
    const now = await options.look();
    const isBusy = (now.state === 'working' || now.state === 'waiting') && now.confidence !== 'guess';
    const hasReported = now.seen.status?.at !== held.seen.status?.at;
    const isEmpty = echo.wasReady && now.isReady && !held.isReady;
    if (isBusy || hasReported || isEmpty) return true;
    if (!echo.wasReady && now.seen.bytesOut > held.seen.bytesOut) return true;
  }
  return false;
};
