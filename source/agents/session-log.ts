import fs from 'node:fs/promises';
import { createTimeMarks, marksFile } from '../common/time-marks.ts';

/** A session's log file is put aside as `<file>.1` when it reaches this: at most twice as much a session, and a full minute of a flooding agent. */
export const LOG_BYTES = 5 * 1024 * 1024;

export interface SessionLog {
  append(data: string): void;
  /** Bytes that the disk has not taken yet: the caller holds the agent back while these are many. */
  readonly pendingBytes: number;
  /** Why it stopped growing, once it did (disk full, folder gone). */
  readonly error: string | undefined;
  /** Calls back when everything pending has been written. */
  onDrained(listener: () => void): void;
  /** Writes what is pending and closes the file. */
  close(): Promise<void>;
}

/** Appends raw output to a capped file without ever blocking on the disk. A failing disk stops the log, never the agent. */
export const sessionLog = (file: string): SessionLog => {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let error: string | undefined;
  let handle: fs.FileHandle | undefined;
  let size = 0;
  let running: Promise<void> | undefined;
  let drained = (): void => {};
  const marks = createTimeMarks();

  const open = async (): Promise<void> => {
    handle = await fs.open(file, 'a', 0o600);
    size = (await handle.stat()).size;
  };

  const rotate = async (): Promise<void> => {
    await handle?.close();
    handle = undefined;
    await fs.rename(file, `${file}.1`);
    // A log of an earlier version has no marks.
    await fs.rename(marksFile(file), marksFile(`${file}.1`)).catch(unlessMissing);
    await open();
  };

  const flush = async (): Promise<void> => {
    try {
      if (!handle) await open();
      while (pending.length > 0) {
        const bytes = Buffer.concat(pending);
        pending = [];
        if (size >= LOG_BYTES) await rotate();
        const mark = marks.due(size);
        if (mark !== undefined) await fs.appendFile(marksFile(file), mark, { mode: 0o600 });
        await handle!.appendFile(bytes);
        size += bytes.length;
        pendingBytes -= bytes.length;
      }
    } catch (caught) {
      error = caught instanceof Error ? caught.message : String(caught);
      pending = [];
      pendingBytes = 0;
    }
    running = undefined;
    drained();
  };

  return {
    append(data) {
      if (error !== undefined) return;
      const bytes = Buffer.from(data, 'utf8');
      pending.push(bytes);
      pendingBytes += bytes.length;
      running ??= flush();
    },
    get pendingBytes() {
      return pendingBytes;
    },
    get error() {
      return error;
    },
    onDrained(listener) {
      drained = listener;
    },
    async close() {
      await running;
      await handle?.close().catch(caught => {
        error ??= String(caught);
      });
      handle = undefined;
    },
  };
};

const unlessMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error;
};
