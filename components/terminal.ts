import { setTimeout as sleep } from 'node:timers/promises';
import type { TownHandle } from '../source/town/view.ts';
import { attachTerminal, type TerminalInput, type TerminalOutput } from './attach.ts';
import type { ScreenTerminal } from './effects.ts';
import { clipboard } from './line/clipboard.ts';

export interface ScreenTerminalOptions {
  readonly handle: TownHandle;
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  /** The keys that come back from an attached terminal. */
  readonly detachKeys: readonly string[];
  /** What is known of the terminal. */
  readonly env: NodeJS.ProcessEnv;
  /** Resolves when the terminal owes no answer to a question any more; its next reader would take it for keys. */
  readonly settled?: () => Promise<void>;
  /** Ink's: leaves the screen, runs the callback, comes back and draws everything again. */
  readonly suspendTerminal: (callback: () => Promise<void>) => Promise<unknown>;
  readonly onQuit: (how: 'leave' | 'stop') => void;
  /** Stops the program as the terminal driver would on Ctrl-Z. */
  readonly stopProcess: () => void;
  /** Told while the terminal is somebody else's: nothing may be drawn then. */
  readonly onLent?: (isLent: boolean) => void;
  /** Aborted when the terminal's line goes away. */
  readonly signal: AbortSignal;
}

/** A line that is wider than measured must not wrap and shear the frame; outside the screen wrapping is on, as everywhere. */
export const WRAP_OFF = '\u001B[?7l';
export const WRAP_ON = '\u001B[?7h';

/** Ms after which a stop signal that had no effect counts as ignored: a shell without job control does that. */
const STOP_IGNORED_MS = 50;
/** Ms that a line is given to take the last of the screen before another program has it. */
const FLUSH_MS = 1_000;

/** What the reducer's effects need of the running terminal program. */
export const createScreenTerminal = (options: ScreenTerminalOptions): ScreenTerminal => {
  const { stdin, stdout, suspendTerminal } = options;
  let attachedBefore = false;
  /** Somebody else has the terminal, or it is on its way there or back. */
  let isAway = false;

  const suspend = async (callback: () => Promise<void>): Promise<void> => {
    isAway = true;
    try {
      await suspendTerminal(async () => {
        options.onLent?.(true);
        stdout.write(WRAP_ON);
        try {
          await callback();
        } finally {
          stdout.write(WRAP_OFF);
          options.onLent?.(false);
        }
      });
    } finally {
      isAway = false;
    }
  };

  return {
    attach(session, name) {
      const banner = !attachedBefore;
      attachedBefore = true;
      return attachTerminal({ ...options, session, name, suspend, banner });
    },
    async lend(work) {
      await options.settled?.();
      await suspend(async () => {
        // Ink no longer listens, but Node still reads: what is typed for the other program would be taken from it.
        await turn();
        stdin.pause();
        await turn();
        await stdout.flushed?.(FLUSH_MS);
        await work();
      });
    },
    copy(text) {
      stdout.write(clipboard(text, options.env));
    },
    async suspend() {
      await options.settled?.();
      await suspend(async () => {
        await stdout.flushed?.(FLUSH_MS);
        await stopped(options.stopProcess);
      });
    },
    async redraw() {
      // Whoever has the terminal draws on it, and coming back draws everything anyway: Ink gives it away once at a time.
      if (!isAway) await suspend(async () => {});
    },
    quit: options.onQuit,
  };
};

/**
 * Resolves when the process goes on after it was stopped, or was not stopped at all. The kernel stops us within `stop`, so
 * that the time begins with `fg`; the signal that continued us is waited for, since it would have the screen drawn a second
 * time, in the middle of the first.
 */
const stopped = async (stop: () => void): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once('SIGCONT', resolve);
  try {
    stop();
    await Promise.race([promise, sleep(STOP_IGNORED_MS)]);
    // On a busy machine the time may be over before the signal was looked at: that is done once more first.
    await turn();
  } finally {
    process.off('SIGCONT', resolve);
  }
};

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** The terminal driver sends Ctrl-Z to the whole foreground group: `npx` must stop with us, or the shell never wakes. */
export const stopForegroundGroup = (): void => {
  process.kill(0, 'SIGTSTP');
};
