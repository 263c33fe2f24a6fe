import { GastownError } from '../../common/errors.ts';
import { ledgerGit } from '../git.ts';
import { META_PATH } from '../paths.ts';

/** Git's name for a tree without files, in every repository. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A file that differs between two commits. */
export interface ChangedFile {
  readonly path: string;
  /** False: gone in the second. */
  readonly isThere: boolean;
  readonly mode: string;
  readonly sha: string;
}

/** The commit a ref of the ledger names; the ledger's own branch by default. */
export const commitAt = async (gitDir: string, ref = LEDGER_BRANCH): Promise<string | undefined> => {
  const listed = await ledgerGit(gitDir, ['for-each-ref', '--format=%(objectname)', ref]);
  return listed.toString('latin1').trim() || undefined;
};

export const LEDGER_BRANCH = 'refs/heads/main';

/**
 * The commit at which two histories last agreed; undefined where they never did. Machines that sync through one remote
 * have one; of several the best is taken.
 */
export const mergeBase = async (gitDir: string, ours: string, theirs: string): Promise<string | undefined> => {
  const found = await ledgerGit(gitDir, ['merge-base', ours, theirs], { okCodes: [0, 1] });
  return found.toString('latin1').trim() || undefined;
};

/** What differs between two trees. */
export const changedFiles = async (gitDir: string, from: string, to: string): Promise<ChangedFile[]> => {
  const raw = await ledgerGit(gitDir, ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--full-index', from, to]);
  const fields = raw.toString('utf8').split('\0').filter(Boolean);
  const files: ChangedFile[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode, , sha, status] = fields[index]!.split(' ');
    files.push({ path: fields[index + 1]!, isThere: status !== 'D', mode: mode!, sha: sha! });
  }
  return files;
};

/** Paths of records that differ between two commits: what a merge or a push would be about. */
export const changedRecords = async (gitDir: string, from: string, to: string): Promise<string[]> =>
  (await changedFiles(gitDir, from, to)).map(({ path }) => path).filter(path => path !== META_PATH);

/** Fails when a commit that a merge needs is not here. */
export const requireCommit = async (gitDir: string, commit: string): Promise<void> => {
  try {
    await ledgerGit(gitDir, ['cat-file', '-e', `${commit}^{commit}`]);
  } catch (error) {
    throw new GastownError('not_found', `The commit ${commit.slice(0, 12)} of the remote is not here.`, {
      hint: 'Sync again.',
      cause: error,
    });
  }
};
