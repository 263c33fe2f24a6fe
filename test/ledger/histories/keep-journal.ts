import { copyFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';

/** Copies each segment of a journal to `GASTOWN_KEEP_JOURNAL` before it is dropped. Preloaded into the process that is recorded. */
const keep = process.env.GASTOWN_KEEP_JOURNAL;
const { rm } = fs;
fs.rm = async (file, options) => {
  if (keep && /\/journal\/\d+\.wal$/.test(String(file))) {
    try {
      copyFileSync(String(file), path.join(keep, path.basename(String(file))));
    } catch (error) {
      // Nothing there to drop.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return rm(file, options);
};
