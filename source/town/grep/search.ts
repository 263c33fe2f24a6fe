import { Worker } from 'node:worker_threads';
import { ownProgram } from '../../common/own-files.ts';
import type { FoundMessage, LookMessage, Match, SearchWorkerData } from './messages.ts';

/** A pattern that is looked for in many logs, as long as somebody wants to know. */
export interface Search {
  /** What was found so far, the newest last, safe to print. */
  lines(): readonly string[];
  close(): void;
}

/** Matches kept: what a log pane holds. */
const MATCHES_MAX = 2_000;
/** Ms between two looks at what is new. */
const LOOK_EVERY_MS = 1_000;
/** Ms in which the search must say something: a piece of a log takes it one or two. Longer means a pattern that hangs. */
export const STUCK_MS = 5_000;
/** MB that a search may take: it reads logs piece by piece. */
const MEMORY_MB = 256;

/**
 * Looks for a pattern in a thread of its own, now and in whatever comes later, until it is closed. The thread is ended when
 * it falls silent: no pattern can keep the town waiting, or a core busy for ever.
 */
export const startSearch = (options: {
  readonly pattern: string;
  /** Which logs there are by now, and what is new of those that are in no file. */
  readonly sources: () => LookMessage;
  readonly onChange: () => void;
  readonly stuckMs?: number;
}): Search => {
  const { pattern, sources, onChange, stuckMs = STUCK_MS } = options;
  const workerData: SearchWorkerData = { pattern, flags: flagsOf(pattern) };
  const worker = new Worker(ownProgram('town/grep/worker'), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  worker.unref();
  let matches: Match[] = [];
  let dropped = 0;
  let searched = 0;
  let ended: string | undefined;
  let isFirst = true;
  let next: NodeJS.Timeout | undefined;
  let watchdog: NodeJS.Timeout | undefined;

  const end = (reason: string): void => {
    if (ended !== undefined) return;
    ended = reason;
    clearTimeout(next);
    clearTimeout(watchdog);
    void worker.terminate();
    onChange();
  };
  const watch = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => end(HANGS), stuckMs).unref();
  };
  const look = (): void => {
    const message = sources();
    searched = message.files.length;
    worker.postMessage(message);
    watch();
  };
  worker.on('message', ({ matches: found, done }: FoundMessage) => {
    if (ended !== undefined) return;
    if (isFirst) {
      isFirst = false;
      look();
      return;
    }
    if (found.length > 0) {
      matches.push(...found);
      const over = matches.length - MATCHES_MAX;
      if (over > 0) {
        matches = matches.slice(over);
        dropped += over;
      }
      onChange();
    }
    watch();
    if (!done) return;
    clearTimeout(watchdog);
    if (matches.length === 0) onChange();
    next = setTimeout(look, LOOK_EVERY_MS).unref();
  });
  worker.on('error', error => end(`The search failed: ${error.message}`));

  return {
    lines() {
      const found = matches.map(({ name, line }) => `${name} │ ${line}`);
      if (dropped > 0) found.unshift(`… ${dropped} matches before these …`);
      if (ended !== undefined) return [...found, ended];
      return found.length > 0 ? found : [`No match in ${searched} logs yet; what comes is searched too.`];
    },
    close() {
      ended ??= 'closed';
      clearTimeout(next);
      clearTimeout(watchdog);
      void worker.terminate();
    },
  };
};

const HANGS =
  'The search was given up: this pattern takes too long on one line. Write it without a repetition in a repetition, as (a+)+ is.';

/** Whoever types no capital letter does not mind capitals. */
const flagsOf = (pattern: string): string => (/\p{Lu}/u.test(pattern.replace(/\\./g, '')) ? '' : 'i');
