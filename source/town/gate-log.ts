import fs from 'node:fs/promises';
import path from 'node:path';
import { createTimeMarks, marksFile } from '../common/time-marks.ts';

/** Bytes after which a gate log starts anew, keeping one older file: enough for the last few runs of a talkative suite. */
const MAX_BYTES = 4_194_304;
/** Bytes waiting to be written before output is dropped (a gate may print faster than a disk takes it). */
const MAX_PENDING_BYTES = 8_388_608;
/** Characters without an end of line after which a line is written as it is. */
const MAX_LINE = 4_096;

export interface GateLog {
  write(text: string): void;
  /** Rejects when something could not be written. */
  close(): Promise<void>;
}

/**
 * Appends what one run of gates prints to a file for people to follow; slow disks never slow a gate. Several runs may share
 * a file: then each line begins with the `tag` of its run. A file past its size is put aside, also in the middle of a run:
 * no gate can fill the disk.
 */
export const createGateLog = async (file: string, tag: string): Promise<GateLog> => {
  const shared = useShared(file);
  const { append, close } = await shared.opening.catch((error: unknown) => {
    files.delete(file);
    throw error;
  });
  let line = '';
  return {
    write(text) {
      const all = line + text;
      // Whole lines only, so that those of several runs never mix.
      const end = Math.max(all.lastIndexOf('\n') + 1, all.length > MAX_LINE ? all.length : 0);
      line = all.slice(end);
      const whole = all.slice(0, end);
      if (whole !== '') append(shared.users > 1 ? whole.replace(/^(?=[^\n])/gm, `${tag} │ `) : whole);
    },
    async close() {
      if (line !== '') append(`${line}\n`);
      shared.users--;
      if (shared.users === 0) files.delete(file);
      await close(shared.users === 0);
    },
  };
};

/** A log of an earlier version has no marks yet. */
const unlessMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error;
};

interface SharedFile {
  users: number;
  readonly opening: Promise<OpenFile>;
}

interface OpenFile {
  append(text: string): void;
  /** Waits for what was appended; `isLast` closes the file. */
  close(isLast: boolean): Promise<void>;
}

/** By file: one writer each, so that putting it aside is nobody's race. */
const files = new Map<string, SharedFile>();

const useShared = (file: string): SharedFile => {
  const shared = files.get(file) ?? { users: 0, opening: openFile(file) };
  shared.users++;
  files.set(file, shared);
  return shared;
};

const openFile = async (file: string): Promise<OpenFile> => {
  await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  let handle = await fs.open(file, 'a', 0o600);
  let { size } = await handle.stat();
  let pendingBytes = 0;
  let dropped = 0;
  let tail = Promise.resolve();
  let failure: unknown;
  const marks = createTimeMarks();

  const writeNow = async (text: string) => {
    if (size > MAX_BYTES) {
      await handle.close();
      await fs.rename(file, `${file}.1`);
      await fs.rename(marksFile(file), marksFile(`${file}.1`)).catch(unlessMissing);
      handle = await fs.open(file, 'a', 0o600);
      size = 0;
    }
    const mark = marks.due(size);
    if (mark !== undefined) await fs.appendFile(marksFile(file), mark, { mode: 0o600 });
    size += (await handle.write(text)).bytesWritten;
  };
  const enqueue = (text: string) => {
    pendingBytes += text.length;
    tail = tail
      .then(async () => {
        if (failure === undefined) await writeNow(text);
      })
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => {
        pendingBytes -= text.length;
      });
  };

  return {
    append(text) {
      if (pendingBytes > MAX_PENDING_BYTES) {
        dropped += text.length;
        return;
      }
      if (dropped > 0) enqueue(`\n… ${dropped} characters left out …\n`);
      dropped = 0;
      enqueue(text);
    },
    async close(isLast) {
      await tail;
      if (isLast) await handle.close();
      if (failure !== undefined) throw failure;
    },
  };
};
