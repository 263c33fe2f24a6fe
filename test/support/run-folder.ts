import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder for the whole run of the tests, for what many of them begin with: vitest calls this before and the result after. */
export default (): (() => void) => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'gastown-run-'));
  process.env.GASTOWN_TEST_RUN = dir;
  return () => rmSync(dir, { recursive: true, force: true });
};

/**
 * Copies what `make` puts into a folder to `to`; it is made once in a run for the same `of`. A repository is several starts of
 * Git out of a worker, whose size makes each of them dear; its copy is some small files.
 */
export const copyMade = (to: string, of: unknown, make: (dir: string) => void): void => {
  const name = createHash('sha256').update(JSON.stringify(of)).digest('hex');
  const made = path.join(process.env.GASTOWN_TEST_RUN!, name);
  if (!existsSync(made)) {
    const fresh = mkdtempSync(`${made}-`);
    make(fresh);
    try {
      renameSync(fresh, made);
    } catch (error) {
      // Another worker was first.
      if (!existsSync(made)) throw error;
      rmSync(fresh, { recursive: true });
    }
  }
  cpSync(made, to, { recursive: true, preserveTimestamps: true });
};
