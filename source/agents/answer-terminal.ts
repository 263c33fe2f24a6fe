import { setTimeout as sleep } from 'node:timers/promises';
import { GastownError, isGastownError } from '../common/errors.ts';
import type { HostClient } from './host-client.ts';
import type { TerminalLook } from './prompt-terminal.ts';

/** From a key that was typed until a screen shows that it was taken. */
const TAKEN_LIMIT_MS = 2_000;
/** A question that has just appeared takes no key yet, lest one typed for something else answer it: then once more. */
const PRESSES = 2;
const LOOK_MS = 60;

export interface TerminalAnswer {
  readonly session: string;
  /** The question that was shown, and the option that was chosen of it. */
  readonly ask: string;
  readonly option: string;
  readonly host: Pick<HostClient, 'write'>;
  look(): Promise<TerminalLook>;
}

/**
 * Types the key of an answer, if the question on the screen still is the one that was shown, and waits until it is gone.
 * Throws `conflict` when it has changed, when a person has the terminal, or when the key did nothing, and `usage` for an
 * option that only the terminal takes.
 */
export const answerOnTerminal = async ({ session, ask, option, host, look }: TerminalAnswer): Promise<void> => {
  const now = await look();
  if (now.ask?.id !== ask)
    throw new GastownError('conflict', 'This question has changed or was settled meanwhile; nothing was typed.', {
      hint: 'Look at the queue again.',
    });
  if (now.seen.attached > 0)
    throw new GastownError('conflict', 'A person is attached and answers it at the terminal; nothing was typed.');
  const keys = now.keys?.get(option);
  if (keys === undefined)
    throw new GastownError('usage', 'This can only be answered at its terminal.', { hint: 'Attach to it (a).' });
  for (let presses = 0; presses < PRESSES; presses += 1) {
    await host.write(session, keys);
    for (const end = Date.now() + TAKEN_LIMIT_MS; Date.now() < end; await sleep(LOOK_MS)) {
      const later = await look().catch(isOver);
      if (!later || later.ask?.id !== ask || later.seen.status?.at !== now.seen.status?.at) return;
    }
  }
  throw new GastownError('conflict', 'The key was typed, and the question still stands.', {
    hint: 'Attach (a) to see what it wants.',
  });
};

/** A program that ended took the answer, as far as one can tell. */
const isOver = (error: unknown): undefined => {
  if (!isGastownError(error, 'invalid') && !isGastownError(error, 'not_found')) throw error;
};
