import path from 'node:path';
import { type Adapter, Low } from 'lowdb';
import { GastownError } from '../common/errors.ts';
import { assertAllowed } from './capabilities.ts';
import { actorName, type Command, type CommandType, type Receipt } from './commands.ts';
import { createCommitter } from './committer.ts';
import { type Entry, encodeFrame, type Write } from './frames.ts';
import { mintId } from './ids.ts';
import { openJournal, readJournal } from './journal.ts';
import { createOperations } from './operations.ts';
import { createOverlay } from './overlay.ts';
import { parseCommand } from './parse.ts';
import { reduce } from './reduce.ts';
import { type Loaded, type Memory, openRepository, type Quarantined } from './repository.ts';
import { type AnyRecord, emptyData, type LedgerData } from './schema.ts';

/** Something durable that happened. */
export interface LedgerEvent {
  readonly seq: number;
  /** Wall clock, ms since the epoch. */
  readonly at: number;
  readonly type: CommandType;
  /** In words: `refinery`, `polecat rust/nux`. */
  readonly actor: string;
  readonly because?: string;
  readonly written: Receipt['written'];
}

/** The ledger of one town, open for writing. The only truth; this process is its only writer. */
export interface Ledger {
  /** Everything durable, in memory. The same object for the ledger's life; records in it are replaced, never changed. */
  readonly data: LedgerData;
  /** Last durable sequence. */
  readonly seq: number;
  /** Last sequence that is in Git. */
  readonly committedSeq: number;
  /** When the last commit was made, ms since the epoch. */
  readonly lastCommitAt?: number;
  /** Why nothing can be written just now, in words; gone with the next write that succeeds. */
  readonly readOnlyReason?: string;
  /** Why the last commit to Git failed; the journal keeps what is not in Git. */
  readonly commitError?: string;
  /** Records that could not be read: shown from an older version, or not at all, and not written to. */
  readonly quarantined: readonly Quarantined[];
  /**
   * Checks a command and makes it durable: resolves once it would survive a power loss and is in `data`. Rejects with
   * `invalid`, `forbidden`, `not_found`, `already_exists` or `conflict` and changes nothing; with `disk` when it could
   * not be written, after which nothing of it remains. The same `opId` again gives the first receipt, `replayed`.
   */
  execute(command: Command): Promise<Receipt>;
  /** Calls back after each durable command, in order. */
  subscribe(listener: (event: LedgerEvent) => void): () => void;
  /** Resolves when everything executed so far is in Git; rejects when it cannot be brought there. */
  flush(): Promise<void>;
  /** Writes what is under way, commits, and lets go of all files. Idempotent. */
  close(): Promise<void>;
}

export interface OpenLedgerOptions {
  /** The town's folder; its lock must be held (see lock.ts). */
  readonly dir: string;
  /** Wall clock, ms. */
  readonly now?: () => number;
  /** Longest time between a write and its commit. */
  readonly commitEveryMs?: number;
}

/** Longest time between a write and its commit: a screen's history is never older than a blink. */
const COMMIT_EVERY_MS = 250;

/**
 * Opens a town's ledger, creating it when there is none: head of `ledger.git`, then the journal beyond it. Rejects with
 * `ledger_corrupt` where something acknowledged cannot be read, and with `town_schema_newer`.
 */
export const openLedger = async (options: OpenLedgerOptions): Promise<Ledger> => {
  const { dir, now = Date.now, commitEveryMs = COMMIT_EVERY_MS } = options;
  const folder = path.join(dir, 'journal');
  const repository = await openRepository(dir);
  const recovered = await readJournal(folder);
  const journal = openJournal(folder, recovered.segments);
  const operations = createOperations();
  const committer = createCommitter({ repository, journal, operations, commitEveryMs, now });
  const listeners = new Set<(event: LedgerEvent) => void>();

  let loaded: Loaded | undefined;
  let batch: readonly Pending[] = [];
  const adapter: Adapter<Memory> = {
    async read() {
      loaded = await repository.load();
      return loaded.memory;
    },
    // lowdb hands over all the data by reference; only what the waiting commands touched is written.
    async write(memory) {
      await journal.append({
        firstSeq: batch[0]!.entry.seq,
        lastSeq: batch.at(-1)!.entry.seq,
        frames: batch.map(({ frame }) => frame),
      });
      for (const { entry } of batch) put(memory, entry.writes);
    },
  };
  const low = new Low<Memory>(adapter, emptyData());
  await low.read();
  const { operations: known, seq: headSeq } = loaded!;
  operations.restore(known);
  replay(low.data, recovered.entries, { headSeq, operations, committer });
  const renewed = new Set(recovered.entries.flatMap(entry => entry.writes.map(({ kind, id }) => `${kind} ${id}`)));
  const quarantined = loaded!.quarantined.filter(({ kind, id }) => !renewed.has(`${kind} ${id}`));
  const locked = new Set(quarantined.map(({ kind, id }) => `${kind} ${id}`));

  let seq = Math.max(headSeq, recovered.entries.at(-1)?.seq ?? 0);
  let lastSeq = seq;
  let readOnlyReason: string | undefined;
  let queue: Pending[] = [];
  let writing: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  const overlay = createOverlay(low.data);
  await journal.drop(headSeq);
  committer.start(headSeq);

  /** Takes everything that waits, again and again: commands that come during a sync share the next one. */
  const write = async () => {
    while (queue.length > 0) {
      batch = queue;
      queue = [];
      try {
        await low.write();
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
    operations.remember(entry, receipt);
    committer.add(entry);
    tell(listeners, eventOf(entry, receipt));
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

  const enqueue = (entry: Entry): Promise<Receipt> => {
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    queue.push({ entry, frame: encodeFrame(entry), promise, resolve, reject });
    lastSeq = entry.seq;
    overlay.put(entry.writes);
    writing ??= write();
    return promise;
  };

  /** Nothing to write: answers once what the answer rests on is durable. */
  const unchanged = async (): Promise<Receipt> => {
    const before = queue.at(-1) ?? (writing && batch.at(-1));
    await before?.promise;
    return { seq, written: [], replayed: false };
  };

  const run = (command: Command): Promise<Receipt> => {
    const parsed = parseCommand(command);
    assertAllowed(overlay.data, parsed);
    const at = new Date(now()).toISOString();
    const writes = reduce(overlay.data, parsed, { now: at, mintId });
    if (writes.length === 0) return unchanged();
    assertReadable(writes, locked);
    const { type, payload, actor, because } = parsed;
    const { opId } = command;
    return enqueue({
      seq: lastSeq + 1,
      at,
      type,
      actor,
      payload,
      writes,
      ...(because && { because }),
      ...(opId && { opId }),
    });
  };

  const flush = async () => {
    await writing;
    await committer.flush();
  };

  return {
    data: low.data,
    quarantined,
    get seq() {
      return seq;
    },
    get committedSeq() {
      return committer.committedSeq;
    },
    get lastCommitAt() {
      return committer.lastCommitAt;
    },
    get readOnlyReason() {
      return readOnlyReason;
    },
    get commitError() {
      return committer.error?.message;
    },
    async execute(command) {
      if (closed) throw new GastownError('town_read_only', 'The ledger is closed.');
      return operations.once(command, () => run(command));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    flush,
    close() {
      closed ??= (async () => {
        await writing;
        await committer.stop();
        await journal.close();
      })();
      return closed;
    },
  };
};

interface Pending {
  readonly entry: Entry;
  readonly frame: Buffer;
  readonly promise: Promise<Receipt>;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

const put = (memory: Memory, writes: readonly Write[]): void => {
  for (const { kind, id, record } of writes) (memory[kind] as Map<string, AnyRecord>).set(id, record);
};

/** Brings memory up to the journal's end; what Git does not have yet is committed soon. */
const replay = (
  memory: Memory,
  entries: readonly Entry[],
  to: {
    headSeq: number;
    operations: ReturnType<typeof createOperations>;
    committer: ReturnType<typeof createCommitter>;
  },
): void => {
  const beyond = entries.filter(entry => entry.seq > to.headSeq);
  const [first] = beyond;
  if (first && first.seq !== to.headSeq + 1) {
    throw new GastownError(
      'ledger_corrupt',
      `The journal begins with entry ${first.seq}, but Git ends with entry ${to.headSeq}.`,
      {
        hint: 'Entries between them are missing: restore the town from a backup.',
      },
    );
  }
  for (const entry of entries)
    to.operations.remember(entry, { seq: entry.seq, written: writtenOf(entry), replayed: false });
  for (const entry of beyond) {
    put(memory, entry.writes);
    to.committer.add(entry);
  }
};

const writtenOf = (entry: Entry): Receipt['written'] =>
  entry.writes.map(({ kind, id, record }) => ({ kind, id, rev: record.rev }));

const eventOf = (entry: Entry, { written }: Receipt): LedgerEvent => ({
  seq: entry.seq,
  at: Date.parse(entry.at),
  type: entry.type,
  actor: actorName(entry.actor),
  written,
  ...(entry.because && { because: entry.because }),
});

/** A listener that throws is a bug of its own and must not look like a failed write: it surfaces as an uncaught error. */
const tell = (listeners: ReadonlySet<(event: LedgerEvent) => void>, event: LedgerEvent): void => {
  for (const listener of listeners) {
    try {
      listener(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
};

/** An older version is shown in place of what cannot be read; writing over it would make the loss final. */
const assertReadable = (writes: readonly Write[], locked: ReadonlySet<string>): void => {
  const broken = writes.find(({ kind, id }) => locked.has(`${kind} ${id}`));
  if (!broken) return;
  throw new GastownError(
    'town_read_only',
    `${broken.id} cannot be changed: its newest version in the ledger cannot be read.`,
    {
      hint: 'gastown doctor names the file; restore it from a backup.',
    },
  );
};
