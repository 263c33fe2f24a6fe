import fs from 'node:fs/promises';
import path from 'node:path';

/** Bytes after which a gate log starts anew, keeping one older file: enough for the last few runs of a talkative suite. */
const MAX_BYTES = 4_194_304;
/** Bytes waiting to be written before output is dropped (a gate may print faster than a disk takes it). */
const MAX_PENDING_BYTES = 8_388_608;
/** Characters without an end of line after which a line is written as it is. */
const MAX_LINE = 4_096;

/** Logs open at present, by file: where several runs share one, each line says whose it is. */
const open = new Map<string, number>();

/**
 * Appends what one run of gates prints to a file for people to follow; slow disks never slow a gate. `tag` begins the lines
 * of this run while others write to the same file.
 */
export const createGateLog = async (
  file: string,
  tag: string,
): Promise<{ write(text: string): void; close(): Promise<void> }> => {
  await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const size = await fs.stat(file).then(
    stat => stat.size,
    () => 0,
  );
  if (size > MAX_BYTES) await fs.rename(file, `${file}.1`);
  const handle = await fs.open(file, 'a', 0o600);
  open.set(file, (open.get(file) ?? 0) + 1);
  let line = '';
  let pendingBytes = 0;
  let dropped = 0;
  let tail = Promise.resolve();
  const append = (text: string) => {
    pendingBytes += text.length;
    tail = tail.then(async () => {
      await handle.write(text);
      pendingBytes -= text.length;
    });
  };
  /** Whole lines only, so that those of several runs never mix. */
  const take = (text: string) => {
    const all = line + text;
    const end = Math.max(all.lastIndexOf('\n') + 1, all.length > MAX_LINE ? all.length : 0);
    line = all.slice(end);
    const whole = all.slice(0, end);
    if (whole !== '') append((open.get(file) ?? 0) > 1 ? whole.replace(/^(?=[^\n])/gm, `${tag} │ `) : whole);
  };
  return {
    write(text) {
      if (pendingBytes > MAX_PENDING_BYTES) {
        dropped += text.length;
        return;
      }
      if (dropped > 0) {
        append(`\n… ${dropped} characters left out …\n`);
        dropped = 0;
      }
      take(text);
    },
    async close() {
      try {
        if (line !== '') append(`${line}\n`);
        await tail;
      } finally {
        open.set(file, open.get(file)! - 1);
        await handle.close();
      }
    },
  };
};
