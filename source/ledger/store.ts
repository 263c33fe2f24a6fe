import path from 'node:path';
import { type Adapter, Low } from 'lowdb';
import { GastownError, isGastownError } from '../common/errors.ts';
import { assertAllowed } from './capabilities.ts';
import { actorName, type Command, type CommandType, type Receipt } from './commands.ts';
import { type Committer, createCommitter } from './committer.ts';
import type { Entry, Write } from './frames.ts';
import { mintId } from './ids.ts';
import { openJournal, readJournal } from './journal.ts';
import type { Loaded, Memory, Quarantined } from './load.ts';
import { createOperations, type Operations } from './operations.ts';
import { parseCommand } from './parse.ts';
import { type ParsedCommand, reduce } from './reduce.ts';
import { assertHome, awayHost, ensureReplica, readReplica } from './replica.ts';
import { openRepository } from './repository.ts';
import { type AnyRecord, emptyData, type LedgerData } from './schema.ts';
import { createWriter, writtenOf } from './writer.ts';

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
  /** The host that this town works on, where that is another copy of it on another machine. */
  readonly awayHost?: string;
  /** This copy's own id; made when first asked for. */
  replica(): Promise<string>;
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
  /** Calls back after each try to bring what is durable into Git: `committedSeq` or `commitError` may be another. */
  onCommit(listener: () => void): () => void;
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
 * `ledger_corrupt` where something acknowledged cannot be read, with `town_schema_newer`, and with `disk`.
 */
export const openLedger = async (options: OpenLedgerOptions): Promise<Ledger> => {
  const { dir, now = Date.now, commitEveryMs = COMMIT_EVERY_MS } = options;
  const operations = createOperations();
  let replica = await readReplica(dir).catch(error => refuse('opened', error));
  const { low, write, recovered, journal, repository } = await openFaces(dir).catch(error => refuse('opened', error));
  const commitListeners = new Set<() => void>();
  const onTried = () => {
    for (const listener of commitListeners) listener();
  };
  const committer = createCommitter({ repository, journal, operations, commitEveryMs, now, onTried });
  resume(recovered, { operations, committer });

  const listeners = new Set<(event: LedgerEvent) => void>();
  const locked = new Set(recovered.quarantined.map(({ kind, id }) => `${kind} ${id}`));
  const writer = createWriter({
    durable: low.data,
    seq: Math.max(recovered.headSeq, recovered.entries.at(-1)?.seq ?? 0),
    persist: write,
    onDurable(entry, receipt) {
      operations.remember(entry, receipt);
      committer.add(entry);
      tell(listeners, eventOf(entry, receipt));
    },
  });

  const run = (command: Command): Promise<Receipt> => {
    const parsed = parseCommand(command);
    assertAllowed(writer.ahead, parsed);
    const at = new Date(now()).toISOString();
    assertHome(writer.ahead, parsed, replica);
    const writes = reduce(writer.ahead, parsed, { now: at, mintId });
    const parent = parentOf(parsed);
    if (writes.length === 0 && parent === undefined) return writer.unchanged();
    assertReadable(writes, locked);
    const opId = command.opId && { opId: command.opId };
    return writer.write({ at, ...parsed, payload: journaled(parsed), writes, ...opId, ...(parent && { parent }) });
  };

  const close = async () => {
    await writer.idle();
    await committer.stop();
    await journal.close();
  };
  let closed: Promise<void> | undefined;

  return {
    data: low.data,
    get awayHost() {
      return awayHost(low.data, replica);
    },
    async replica() {
      replica ??= await ensureReplica(dir);
      return replica;
    },
    quarantined: recovered.quarantined,
    get seq() {
      return writer.seq;
    },
    get committedSeq() {
      return committer.committedSeq;
    },
    get lastCommitAt() {
      return committer.lastCommitAt;
    },
    get readOnlyReason() {
      return writer.readOnlyReason;
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
    onCommit(listener) {
      commitListeners.add(listener);
      return () => void commitListeners.delete(listener);
    },
    async flush() {
      await writer.idle();
      await committer.flush();
    },
    close: () => (closed ??= close().catch(error => refuse('closed cleanly', error))),
  };
};

/** The operating system's own errors in words that say what to do; ours as they are. */
const refuse = (what: string, error: unknown): never => {
  if (isGastownError(error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
  throw new GastownError('disk', `The ledger cannot be ${what}: ${(error as Error).message}`, {
    hint: 'Check that the town’s disk has space and that its folder can be read and written. Nothing acknowledged is lost.',
    cause: error,
  });
};

/** The other machine's commit that a merge completes. */
const parentOf = (command: ParsedCommand): string | undefined =>
  command.type === 'sync.apply' ? command.payload.head : undefined;

/** What is kept of a payload: whole records stand among the writes already. */
const journaled = (command: ParsedCommand): unknown =>
  command.type === 'sync.apply' ? { ...command.payload, records: [] } : command.payload;

/** What was found on disk. */
interface Recovered {
  readonly headSeq: number;
  readonly operations: Loaded['operations'];
  readonly quarantined: readonly Quarantined[];
  /** Everything in the journal, and of that what Git does not have yet. */
  readonly entries: readonly Entry[];
  readonly beyond: readonly Entry[];
}

/** Memory (lowdb's `Low`) over journal and Git, brought up to the journal's end. */
const openFaces = async (dir: string) => {
  const folder = path.join(dir, 'journal');
  const repository = await openRepository(dir);
  const { entries, segments } = await readJournal(folder);
  const journal = openJournal(folder, segments);
  let loaded: Loaded | undefined;
  let touched: readonly Entry[] = [];
  const adapter: Adapter<Memory> = {
    async read() {
      loaded = await repository.load({ isNew: entries[0]?.seq === 1 });
      return loaded.memory;
    },
    // lowdb hands over all the data by reference; only what the waiting commands touched is written.
    async write(memory) {
      await journal.append(touched);
      for (const { writes } of touched) put(memory, writes);
    },
  };
  const low = new Low<Memory>(adapter, emptyData());
  await low.read();
  const { seq: headSeq, operations, quarantined } = loaded!;
  const beyond = entriesBeyond(entries, headSeq);
  for (const { writes } of beyond) put(low.data, writes);
  // Only space depends on it; the next commit tries again.
  await journal.drop(headSeq).catch(() => undefined);
  const recovered: Recovered = { headSeq, operations, quarantined: stillBroken(quarantined, beyond), entries, beyond };
  const write = async (changed: readonly Entry[]) => {
    touched = changed;
    await low.write();
  };
  return { low, write, recovered, journal, repository };
};

/** Operation ids are known again, and what Git does not have yet is committed soon. */
const resume = (recovered: Recovered, to: { operations: Operations; committer: Committer }): void => {
  to.operations.restore(recovered.operations);
  for (const entry of recovered.entries) to.operations.remember(entry, { seq: entry.seq, written: writtenOf(entry) });
  for (const entry of recovered.beyond) to.committer.add(entry);
  to.committer.start(recovered.headSeq);
};

const entriesBeyond = (entries: readonly Entry[], headSeq: number): Entry[] => {
  const beyond = entries.filter(entry => entry.seq > headSeq);
  const [first] = beyond;
  if (!first || first.seq === headSeq + 1) return beyond;
  throw new GastownError(
    'ledger_corrupt',
    `The journal begins with entry ${first.seq}, but Git ends with entry ${headSeq}.`,
    {
      hint: 'Entries between them are missing: restore the town from a backup.',
    },
  );
};

const put = (memory: Memory, writes: readonly Write[]): void => {
  for (const { kind, id, record } of writes) (memory[kind] as Map<string, AnyRecord>).set(id, record);
};

/** A record that the journal holds in a newer version is whole again. */
const stillBroken = (quarantined: readonly Quarantined[], entries: readonly Entry[]): Quarantined[] => {
  const renewed = new Set(entries.flatMap(({ writes }) => writes.map(({ kind, id }) => `${kind} ${id}`)));
  return quarantined.filter(({ kind, id }) => !renewed.has(`${kind} ${id}`));
};

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

/** An older version is shown in place of what cannot be read; writing over it would hide the loss. Reasons may be lost. */
const assertReadable = (writes: readonly Write[], locked: ReadonlySet<string>): void => {
  const broken = writes.find(({ kind, id }) => kind !== 'decisions' && locked.has(`${kind} ${id}`));
  if (!broken) return;
  throw new GastownError(
    'town_read_only',
    `${broken.id} cannot be changed: its newest version in the ledger cannot be read.`,
    {
      hint: 'gastown doctor names the file; restore it from a backup.',
    },
  );
};
