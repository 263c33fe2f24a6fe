import { GastownError } from '../common/errors.ts';
import type { Receipt } from './commands.ts';
import type { Entry } from './frames.ts';
import { createOverlay } from './overlay.ts';
import type { LedgerData } from './schema.ts';

/** Makes entries durable, many at a time, and acknowledges each when it is. */
export interface Writer {
  /** Last durable sequence. */
  readonly seq: number;
  /** Why the last write failed; undefined once one succeeded. */
  readonly readOnlyReason: string | undefined;
  /** Durable records with all that waits to be written over them: what a command is checked against. */
  readonly ahead: LedgerData;
  /** Resolves once the entry is durable; rejects with `disk`, and then nothing of it remains. */
  write(entry: Omit<Entry, 'seq'>): Promise<Receipt>;
  /** A receipt for a command that found nothing to change: given once everything that it may have looked at is durable. */
  unchanged(): Promise<Receipt>;
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>;
}

export const createWriter = (options: {
  durable: LedgerData;
  /** Last sequence that is durable already. */
  seq: number;
  /** Writes and syncs entries, and puts them into `durable`; all of them or none. */
  persist: (entries: readonly Entry[]) => Promise<void>;
  onDurable: (entry: Entry, receipt: Receipt) => void;
}): Writer => {
  const { persist, onDurable } = options;
  const overlay = createOverlay(options.durable);
  let { seq } = options;
  let lastSeq = seq;
  let readOnlyReason: string | undefined;
  let batch: Pending[] = [];
  let queue: Pending[] = [];
  let writing: Promise<void> | undefined;

  /** Takes everything that waits, again and again: entries that come during a sync share the next one. */
  const run = async () => {
    while (queue.length > 0) {
      batch = queue;
      queue = [];
      try {
        await persist(batch.map(({ entry }) => entry));
      } catch (error) {
        refuse(error);
        continue;
      }
      readOnlyReason = undefined;
      seq = batch.at(-1)!.entry.seq;
      for (const pending of batch) settle(pending);
    }
    writing = undefined;
  };

  const settle = ({ entry, resolve }: Pending) => {
    overlay.settle(entry.writes);
    const receipt: Receipt = { seq: entry.seq, written: writtenOf(entry), replayed: false };
    onDurable(entry, receipt);
    resolve(receipt);
  };

  /** What was checked against the failed writes falls with them: all that waits is refused, as if it had never been asked. */
  const refuse = (cause: unknown) => {
    const failed = [...batch, ...queue];
    queue = [];
    overlay.clear();
    lastSeq = seq;
    readOnlyReason = `The ledger cannot be written: ${(cause as Error).message}`;
    const error = new GastownError('disk', readOnlyReason, {
      hint: 'Free some space or make the town writable; nothing was changed. It goes on by itself with the next command.',
      cause,
    });
    for (const { reject } of failed) reject(error);
  };

  return {
    get seq() {
      return seq;
    },
    get readOnlyReason() {
      return readOnlyReason;
    },
    ahead: overlay.data,
    write(fields) {
      const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
      lastSeq++;
      const entry: Entry = { seq: lastSeq, ...fields };
      overlay.put(entry.writes);
      queue.push({ entry, promise, resolve, reject });
      writing ??= run();
      return promise;
    },
    async unchanged() {
      const last = queue.at(-1) ?? (writing && batch.at(-1));
      await last?.promise;
      return { seq, written: [], replayed: false };
    },
    idle: async () => writing,
  };
};

/** What an entry wrote, for receipts. */
export const writtenOf = (entry: Entry): Receipt['written'] =>
  entry.writes.map(({ kind, id, record }) => ({ kind, id, rev: record.rev }));

interface Pending {
  readonly entry: Entry;
  readonly promise: Promise<Receipt>;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}
