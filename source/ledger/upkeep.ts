import fs from 'node:fs/promises';
import path from 'node:path';
import { ledgerGit } from './git.ts';

/** Commits between two looks at the folder. */
const LOOK_EVERY_COMMITS = 32;
/** Packs past which reading slows down: each bigger commit brings one. */
const PACKS_MAX = 50;
/** Loose objects past which the folder is packed, as Git's own `gc.auto` would. */
const LOOSE_MAX = 6_000;

/** Packing says nothing until it is done, and may take minutes on a slow disk; nobody waits for it. */
const REPACK_SILENCE_MS = 1_800_000;

/**
 * Keeps a repository quick that gets a commit every moment: now and then small packs and loose objects are rolled into
 * bigger packs (geometrically: never the whole history at once) and the commit graph is brought up to date, beside the commits and one at a time.
 */
export const createUpkeep = (gitDir: string): { afterCommit(): void; done(): Promise<void> } => {
  let commits = 0;
  let running: Promise<void> | undefined;

  const run = async () => {
    if (!(await isUntidy(gitDir))) return;
    await ledgerGit(gitDir, ['repack', '-d', '--quiet', '--geometric=2', '--no-write-bitmap-index'], {
      silenceMs: REPACK_SILENCE_MS,
    });
    await ledgerGit(gitDir, ['prune-packed', '--quiet']);
    // Which paths a commit touched, remembered: the history of one record is then found without reading every tree.
    await ledgerGit(gitDir, ['commit-graph', 'write', '--reachable', '--changed-paths', '--split', '--no-progress']);
  };

  return {
    afterCommit() {
      commits++;
      if (running || commits % LOOK_EVERY_COMMITS !== 0) return;
      // Only speed and space depend on it; the next look tries again.
      running = run()
        .catch(() => undefined)
        .finally(() => {
          running = undefined;
        });
    },
    done: async () => running,
  };
};

const isUntidy = async (gitDir: string): Promise<boolean> => {
  const objects = path.join(gitDir, 'objects');
  const packs = (await namesIn(path.join(objects, 'pack'))).filter(name => name.endsWith('.pack'));
  if (packs.length > PACKS_MAX) return true;
  // Objects spread evenly over 256 folders: one of them tells enough.
  return (await namesIn(path.join(objects, '17'))).length > LOOSE_MAX / 256;
};

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};
