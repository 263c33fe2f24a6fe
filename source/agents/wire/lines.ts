import fs from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';

/** Bytes of one line: a diff or a screen of an agent is well below; a longer one is passed over, and said. */
export const LINE_BYTES = 16 * 1024 * 1024;
/** Bytes read at once. */
const READ_BYTES = 262_144;
/** File systems that do not tell of changes (some network mounts) are looked at this often. */
const POLL_MS = 5_000;

export interface LineReader {
  /** Resolves when all that the file held at the call was handed on. */
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Hands on each whole line of JSON of a growing file, from its beginning, in order, and then as they come. What is not
 * JSON goes to `onNoise` as text: CLIs print warnings among their lines. The file may not be there yet.
 */
export const followLines = (options: {
  file: string;
  onLine: (value: unknown) => void;
  onNoise: (text: string) => void;
  onError: (error: unknown) => void;
}): LineReader => {
  const { file, onLine, onNoise, onError } = options;
  let handle: FileHandle | undefined;
  let offset = 0;
  let parts: Buffer[] = [];
  let held = 0;
  let tooLong = false;
  let reading: Promise<void> | undefined;
  let again = false;
  let closed = false;

  const take = (line: Buffer): void => {
    if (tooLong) onNoise(`a line of more than ${LINE_BYTES} bytes was passed over`);
    tooLong = false;
    const text = line.toString('utf8').trim();
    if (text === '') return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      onNoise(text);
      return;
    }
    onLine(value);
  };

  const feed = (chunk: Buffer): void => {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]);
      parts = [];
      held = 0;
      rest = rest.subarray(end + 1);
      take(line);
    }
    if (rest.length === 0) return;
    held += rest.length;
    if (held <= LINE_BYTES) parts.push(Buffer.from(rest));
    else {
      parts = [];
      tooLong = true;
    }
  };

  const readOn = async (): Promise<void> => {
    handle ??= await open(file, 'r').catch(absent);
    if (!handle) return;
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    while (!closed) {
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, offset);
      if (bytesRead === 0) return;
      offset += bytesRead;
      feed(buffer.subarray(0, bytesRead));
    }
  };

  const look = (): Promise<void> => {
    again = true;
    reading ??= (async () => {
      try {
        while (again && !closed) {
          again = false;
          await readOn();
        }
      } catch (error) {
        onError(error);
      } finally {
        reading = undefined;
      }
    })();
    return reading;
  };

  const name = path.basename(file);
  const watcher = fs.watch(path.dirname(file), (_event, changed) => {
    if (changed === null || changed === name) void look();
  });
  watcher.on('error', onError);
  const poll = setInterval(() => void look(), POLL_MS);
  poll.unref();
  const first = look();

  return {
    async caughtUp() {
      await first;
      await look();
    },
    async close() {
      closed = true;
      watcher.close();
      clearInterval(poll);
      await reading;
      await handle?.close();
      handle = undefined;
    },
  };
};

const NEWLINE = 10;

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};
