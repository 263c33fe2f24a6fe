import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { removeTree } from '../git/worktree.ts';

/** Untracked paths after a setup, each with what changes when anybody writes to it. */
export type Baseline = Readonly<Record<string, string>>;

/** What a setup made in a folder; undefined when that is too much to be looked through before each gate. */
export const takeBaseline = async (dir: string, tracked: ReadonlySet<string>): Promise<Baseline | undefined> => {
  const baseline: Record<string, string> = {};
  let count = 0;
  await walkUntracked(dir, tracked, async entry => {
    baseline[entry.name] = entry.signature;
    return ++count <= MAX_FILES ? 'descend' : 'stop';
  });
  return count > MAX_FILES ? undefined : baseline;
};

/**
 * Removes what is untracked and not in the baseline. False when something of the baseline is missing or was touched:
 * a test may have written into an installed package, which must not colour the next one.
 */
export const restoreBaseline = async (
  dir: string,
  { baseline, tracked }: { baseline: Baseline; tracked: ReadonlySet<string> },
): Promise<boolean> => {
  let seen = 0;
  let touched = false;
  await walkUntracked(dir, tracked, async entry => {
    const known = baseline[entry.name];
    if (known === undefined) {
      await removeTree(path.join(dir, entry.name));
      return 'skip';
    }
    seen++;
    touched ||= known !== entry.signature;
    return touched ? 'stop' : 'descend';
  });
  return !touched && seen === Object.keys(baseline).length;
};

/** A look at each takes about 30 µs: 6 s for this many, and an install beyond it is rare. */
const MAX_FILES = 200_000;
/** Looks under way at once. */
const LOOKS = 32;

interface Entry {
  /** Relative to the folder, with `/`. */
  name: string;
  signature: string;
}

type Visit = (entry: Entry) => Promise<'descend' | 'skip' | 'stop'>;

/** Visits untracked files and folders, parents first, without following links; `.git` at the top is not looked into. */
const walkUntracked = async (dir: string, tracked: ReadonlySet<string>, visit: Visit): Promise<void> => {
  const trackedFolders = new Set<string>();
  for (const name of tracked) {
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) trackedFolders.add(name.slice(0, at));
  }
  let stopped = false;
  const walk = async (folder: string): Promise<void> => {
    const names = await readdir(path.join(dir, folder));
    for (let at = 0; at < names.length && !stopped; at += LOOKS) {
      const children: string[] = [];
      await Promise.all(
        names.slice(at, at + LOOKS).map(async base => {
          const name = folder === '' ? base : `${folder}/${base}`;
          if (name === '.git' || tracked.has(name)) return;
          const found = await lstat(path.join(dir, name), { bigint: true });
          const next = trackedFolders.has(name) ? 'descend' : await visit({ name, signature: signatureOf(found) });
          if (next === 'stop') stopped = true;
          if (next === 'descend' && found.isDirectory()) children.push(name);
        }),
      );
      for (const child of children) if (!stopped) await walk(child);
    }
  };
  await walk('');
};

/** Modification time can be set back by a program, change time cannot. A folder's times change with its entries, which are looked at themselves. */
const signatureOf = (found: BigIntStats): string =>
  found.isDirectory()
    ? `folder ${found.mode}`
    : `${found.mode} ${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.ino}`;
