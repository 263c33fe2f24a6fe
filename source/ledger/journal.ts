import { existsSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { type Entry, encodeFrame, type Scan, scanFrames } from './frames.ts';

/** One file of the journal: `<first sequence>.wal`. */
interface Segment {
  readonly file: string;
  /** Last sequence in it; below the first one's while it is empty. */
  lastSeq: number;
}

export interface RecoveredJournal {
  /** All good entries in order, without a gap. */
  readonly entries: readonly Entry[];
  readonly segments: readonly Segment[];
  /** Bytes of a torn last frame that were cut off. Nothing in them had been acknowledged. */
  readonly cutBytes: number;
}

/**
 * Reads all segments in `folder` after a stop or crash. A bad frame at the very end is a write that a crash tore: it is
 * cut off. Damage before good frames, or a gap in the sequence, rejects with `ledger_corrupt`, naming file and offset,
 * after the segment was copied aside; nothing is changed then.
 */
export const readJournal = async (folder: string): Promise<RecoveredJournal> => {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  const files = await listSegments(folder);
  const scans = await Promise.all(
    files.map(async segment => {
      const bytes = await fs.readFile(segment.file);
      return { segment, size: bytes.length, scan: scanFrames(bytes) };
    }),
  );
  const entries: Entry[] = [];
  let cutBytes = 0;
  for (const { segment, scan } of scans) {
    await assertWhole(segment, scan, entries.at(-1)?.seq);
    for (const entry of scan.entries) entries.push(entry);
  }
  for (const { segment, scan, size } of scans) {
    if (scan.goodBytes === size) continue;
    await cut(segment.file, scan.goodBytes);
    cutBytes += size - scan.goodBytes;
  }
  const segments = scans.map(({ segment, scan }) => ({ file: segment.file, lastSeq: scan.entries.at(-1)?.seq ?? 0 }));
  return { entries, segments, cutBytes };
};

/** The writing end. Calls wait for one another. */
export interface Journal {
  /**
   * Writes entries with one write and one fdatasync; resolves when they would survive a power loss. Rejects with the
   * operating system's error after taking back whatever was written, so that nothing refused comes back to life.
   */
  append(entries: readonly Entry[]): Promise<void>;
  /**
   * Makes a new segment ready beside the writes and resolves once the next `append` goes to it: the ones so far can then
   * be dropped as a whole. Where none can be made, the old one goes on. Never rejects.
   */
  rotate(): Promise<void>;
  /** Removes segments that hold nothing beyond `seq`. */
  drop(seq: number): Promise<void>;
  close(): Promise<void>;
}

export const openJournal = (folder: string, recovered: readonly Segment[]): Journal => {
  let segments = recovered.map(segment => ({ ...segment }));
  let current: OpenSegment | undefined;
  /** Empty, and the next one to be written to. */
  let spare: OpenSegment | undefined;
  let making: Promise<void> | undefined;
  let damaged: { file: string; bytes: number } | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  const use = (opened: OpenSegment): OpenSegment => {
    segments = [...segments.filter(({ file }) => file !== opened.segment.file), opened.segment];
    current = opened;
    return opened;
  };

  const end = async () => {
    const ending = current;
    current = undefined;
    await ending?.handle.close();
  };

  const discardSpare = async () => {
    await making;
    const unused = spare;
    spare = undefined;
    await unused?.handle.close();
    if (unused) await fs.rm(unused.segment.file, { force: true });
  };

  /** The segment that the entries go to. */
  const target = async (firstSeq: number): Promise<OpenSegment> => {
    // Two must never make the file of one name: the one would remove what the other writes to.
    if (!current) await making;
    if (spare) {
      await end();
      const next = spare;
      spare = undefined;
      return use(next);
    }
    return current ?? use(await openSegment(folder, firstSeq));
  };

  /** After a failed sync the page cache says nothing about the disk: what was written is cut off, and the file not used again. */
  const takeBack = async () => {
    if (!current) return;
    damaged = { file: current.segment.file, bytes: current.bytes };
    try {
      await end();
      await repair();
    } catch {
      // The disk refuses this too; `append` repairs before it writes anything else.
    }
  };

  const repair = async () => {
    if (!damaged) return;
    await cut(damaged.file, damaged.bytes);
    damaged = undefined;
  };

  return {
    append: entries =>
      inTurn(async () => {
        try {
          await repair();
          const to = await target(entries[0]!.seq);
          const bytes = Buffer.concat(entries.map(encodeFrame));
          await writeAll(to.handle, bytes);
          await to.handle.datasync();
          to.bytes += bytes.length;
          to.segment.lastSeq = entries.at(-1)!.seq;
        } catch (error) {
          await takeBack();
          throw error;
        }
      }),
    async rotate() {
      if (!current || current.bytes === 0 || spare) return making;
      making ??= openSegment(folder, current.segment.lastSeq + 1)
        .then(opened => {
          spare = opened;
        })
        // A disk that takes no new file takes no more of the old one either; `append` is who says so.
        .catch(() => undefined)
        .finally(() => {
          making = undefined;
        });
      return making;
    },
    drop: seq =>
      inTurn(async () => {
        if (current && current.segment.lastSeq <= seq) {
          await end();
          await discardSpare();
        }
        const over = segments.filter(segment => segment !== current?.segment && segment.lastSeq <= seq);
        for (const segment of over) {
          await fs.rm(segment.file, { force: true });
          segments = segments.filter(other => other !== segment);
        }
      }),
    close: () =>
      inTurn(async () => {
        try {
          await end();
          await repair();
        } finally {
          await discardSpare();
        }
      }),
  };
};

interface OpenSegment {
  readonly segment: Segment;
  readonly handle: FileHandle;
  bytes: number;
}

/** A new, empty file that would itself survive a power loss. Its entries begin at `firstSeq` or, in a spare one, later. */
const openSegment = async (folder: string, firstSeq: number): Promise<OpenSegment> => {
  const segment: Segment = { file: path.join(folder, `${firstSeq}${EXTENSION}`), lastSeq: firstSeq - 1 };
  // Only ever an empty leftover: no sequence number is written twice.
  await fs.rm(segment.file, { force: true });
  const handle = await fs.open(segment.file, 'ax', 0o600);
  try {
    await syncFolder(folder);
  } catch (error) {
    await handle.close();
    await fs.rm(segment.file, { force: true });
    throw error;
  }
  return { segment, handle, bytes: 0 };
};

const EXTENSION = '.wal';

const listSegments = async (folder: string): Promise<{ file: string; firstSeq: number }[]> => {
  const names = await fs.readdir(folder);
  return names
    .filter(name => /^\d+\.wal$/.test(name))
    .map(name => ({ file: path.join(folder, name), firstSeq: Number.parseInt(name, 10) }))
    .sort((a, b) => a.firstSeq - b.firstSeq);
};

const assertWhole = async (segment: { file: string }, scan: Scan, lastSeq: number | undefined): Promise<void> => {
  if (scan.nextGoodAt !== undefined) {
    throw await corrupt(segment, scan.goodBytes, `damaged before the good entry at byte ${scan.nextGoodAt}`);
  }
  let expected = lastSeq === undefined ? scan.entries[0]?.seq : lastSeq + 1;
  for (const entry of scan.entries) {
    if (entry.seq !== expected)
      throw await corrupt(segment, 0, `entry ${expected} is missing before entry ${entry.seq}`);
    expected = entry.seq + 1;
  }
};

const corrupt = async ({ file }: { file: string }, offset: number, what: string): Promise<GastownError> => {
  const aside = `${file}.damaged`;
  if (!existsSync(aside)) await fs.copyFile(file, aside);
  return new GastownError('ledger_corrupt', `The ledger's journal ${file} is damaged at byte ${offset}: ${what}.`, {
    hint: `A copy is kept as ${aside}. Restore the town's folder from a backup, or remove ${file} to go on without the changes in it.`,
  });
};

const cut = async (file: string, bytes: number): Promise<void> => {
  if (bytes === 0) return fs.rm(file, { force: true });
  const handle = await fs.open(file, 'r+');
  try {
    await handle.truncate(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
};

/** A short write is no error to the operating system; the rest of it may be. */
const writeAll = async (handle: FileHandle, bytes: Buffer): Promise<void> => {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, offset);
    offset += bytesWritten;
  }
};

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
