import type { Entry } from './frames.ts';
import type { Journal } from './journal.ts';
import type { Operations } from './operations.ts';
import type { Repository } from './repository.ts';

/** Entries after which a commit does not wait for its time. */
const COMMIT_AT_ENTRIES = 500;
/** After a failed commit; doubles up to the cap. The journal holds everything meanwhile. */
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;

/** Brings durable entries into Git in groups, one commit at a time, a fixed time after the first one of a group. */
export interface Committer {
  readonly committedSeq: number;
  readonly lastCommitAt: number | undefined;
  /** Why the last commit failed; undefined once one succeeded. */
  readonly error: Error | undefined;
  /** A durable entry. */
  add(entry: Entry): void;
  /** Begins; `seq` is what Git holds. */
  start(seq: number): void;
  /** Resolves when everything added so far is in Git; rejects when the commit fails. */
  flush(): Promise<void>;
  /** Commits what it can and stops. What could not be committed is in the journal: the next start commits it. */
  stop(): Promise<void>;
}

export const createCommitter = (options: {
  repository: Repository;
  journal: Journal;
  operations: Operations;
  commitEveryMs: number;
  now: () => number;
  /** Called after each try, well or not. */
  onTried: () => void;
}): Committer => {
  const { repository, journal, operations, commitEveryMs, now, onTried } = options;
  let waiting: Waiting = emptyWaiting();
  let committedSeq = 0;
  let lastCommitAt: number | undefined;
  let error: Error | undefined;
  let started = false;
  let stopped = false;
  let retryMs = RETRY_FIRST_MS;
  let timer: NodeJS.Timeout | undefined;
  let committing: Promise<void> | undefined;

  /** A fixed time after the first entry of a group, never after a quiet moment: under constant load there is none, and the journal would grow without end. */
  const schedule = () => {
    if (!started || stopped || committing || waiting.entries.length === 0) return;
    const isFull = waiting.entries.length >= COMMIT_AT_ENTRIES;
    if (timer && !isFull) return;
    clearTimeout(timer);
    const dueMs = isFull ? 0 : waiting.since + commitEveryMs - performance.now();
    // A failure is kept as `error` and tried again.
    timer = setTimeout(() => void commit().catch(() => undefined), error ? retryMs : Math.max(0, dueMs));
  };

  const commit = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    committing ??= commitOnce().finally(() => {
      committing = undefined;
      schedule();
    });
    return committing;
  };

  const commitOnce = async () => {
    if (waiting.entries.length === 0) return;
    const group = waiting;
    waiting = emptyWaiting();
    void journal.rotate();
    try {
      await repository.commit({ entries: group.entries, operations: operations.newest() });
      committedSeq = group.entries.at(-1)!.seq;
      lastCommitAt = now();
      error = undefined;
      retryMs = RETRY_FIRST_MS;
    } catch (failure) {
      error = failure as Error;
      retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
      waiting = { since: group.since, entries: [...group.entries, ...waiting.entries] };
      throw failure;
    } finally {
      onTried();
    }
    // Only space depends on it: the next commit tries again, and so does the next start.
    await journal.drop(committedSeq).catch(() => undefined);
  };

  const flush = async () => {
    // One may be under way without the newest entries; the next one then has them all.
    await committing?.catch(() => undefined);
    while (waiting.entries.length > 0) await commit();
  };

  return {
    get committedSeq() {
      return committedSeq;
    },
    get lastCommitAt() {
      return lastCommitAt;
    },
    get error() {
      return error;
    },
    add(entry) {
      if (waiting.entries.length === 0) waiting = { ...waiting, since: performance.now() };
      waiting.entries.push(entry);
      schedule();
    },
    start(seq) {
      committedSeq = seq;
      started = true;
      schedule();
    },
    flush,
    async stop() {
      // A failure is kept as `error`, and nothing is lost by it: the journal has every entry.
      await flush().catch(() => undefined);
      stopped = true;
      clearTimeout(timer);
      await repository.close();
    },
  };
};

interface Waiting {
  /** Monotonic ms: a clock that is set back must not hold up a commit. */
  readonly since: number;
  readonly entries: Entry[];
}

const emptyWaiting = (): Waiting => ({ since: 0, entries: [] });
