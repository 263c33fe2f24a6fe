import fs from 'node:fs/promises';
import path from 'node:path';

/** Bytes after which a gate log starts anew, keeping one older file: enough for the last few runs of a talkative suite. */
const MAX_BYTES = 4_194_304;
/** Bytes waiting to be written before output is dropped (a gate may print faster than a disk takes it). */
const MAX_PENDING_BYTES = 8_388_608;

/** Appends gate output to a file for people to follow; slow disks never slow a gate. */
export const createGateLog = async (file: string): Promise<{ write(text: string): void; close(): Promise<void> }> => {
  await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const size = await fs.stat(file).then(
    stat => stat.size,
    () => 0,
  );
  if (size > MAX_BYTES) await fs.rename(file, `${file}.1`);
  const handle = await fs.open(file, 'a', 0o600);
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
      append(text);
    },
    async close() {
      try {
        await tail;
      } finally {
        await handle.close();
      }
    },
  };
};
