import { ledgerGit } from './git.ts';
import { loadTree, type Memory, readRecord } from './load.ts';
import { type Change, readMeta } from './meta.ts';
import { readBlobs } from './objects.ts';
import { META_PATH, recordAt } from './paths.ts';
import type { AnyRecord } from './schema.ts';

/** One step of the ledger's past: a commit, and when it was made (ms since the epoch). */
export interface Moment {
  readonly commit: string;
  readonly at: number;
}

/** A whole ledger as one commit has it. */
export interface Board {
  readonly commit: string;
  readonly data: Memory;
  /** What this commit brought. */
  readonly changes: readonly Change[];
}

/** Every step of the past, newest first. */
export const listMoments = async (gitDir: string): Promise<Moment[]> => {
  const listed = await ledgerGit(gitDir, ['log', '--first-parent', '--format=%H %ct', 'refs/heads/main']);
  return listed
    .toString('latin1')
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [commit, seconds] = line.split(' ');
      return { commit: commit!, at: Number(seconds) * 1_000 };
    });
};

/**
 * Reads the ledger at a commit. With another board at hand only what differs is read, which makes walking through time
 * quick; that board is used up by it. A record that cannot be read any more is left out: doctor names it.
 */
export const boardAt = async (gitDir: string, commit: string, from?: Board): Promise<Board> => {
  if (!from) {
    const { memory } = await loadTree(gitDir, commit);
    return { commit, data: memory, changes: await changesOf(gitDir, commit) };
  }
  const { data } = from;
  const files = await differing(gitDir, from.commit, commit);
  const blobs = await readBlobs(
    gitDir,
    files.map(({ sha }) => sha ?? EMPTY),
  );
  for (const [index, file] of files.entries()) {
    const records = data[file.kind] as Map<string, AnyRecord>;
    const read = file.sha === undefined ? undefined : readRecord(file, blobs[index]);
    if (read && 'record' in read) records.set(file.id, read.record);
    else records.delete(file.id);
  }
  return { commit, data, changes: await changesOf(gitDir, commit) };
};

const changesOf = async (gitDir: string, commit: string): Promise<readonly Change[]> => {
  const [meta] = await readBlobs(gitDir, [`${commit}:${META_PATH}`]);
  return meta ? readMeta(meta).changes : [];
};

/** Git's empty blob: stands in for a file that one side does not have. */
const EMPTY = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';

const differing = async (gitDir: string, from: string, to: string) => {
  const raw = await ledgerGit(gitDir, ['diff-tree', '-r', '-z', '--no-renames', from, to]);
  const parts = raw.toString('utf8').split('\0');
  const files = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, , , sha, status] = parts[at]!.split(' ');
    const file = recordAt(parts[at + 1]!);
    if (file) files.push({ ...file, path: parts[at + 1]!, sha: status === 'D' ? undefined : sha! });
  }
  // A record that moved to another path is gone from one and new at the other: it is there.
  return files.sort((a, b) => Number(a.sha !== undefined) - Number(b.sha !== undefined));
};
