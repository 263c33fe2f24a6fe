import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { isGastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import { scanFrames } from './frames.ts';
import { ledgerGit } from './git.ts';
import { readMeta } from './meta.ts';
import { META_PATH } from './paths.ts';

/** One part of a ledger's files, looked at. `hint` says what to do about it. */
export interface FileFinding {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
}

/** Complaints of Git that are named one by one; the rest is counted. */
const COMPLAINTS_SHOWN = 10;
/** Commits without a branch that are looked at for the newest one. */
const LOST_COMMITS_MAX = 200;

/**
 * Looks a ledger's files over without opening it, for the time when it does not open: journal, branch, newest commit,
 * every object. Changes nothing and needs no lock.
 */
export const examineFiles = async (dir: string, options: { backups: string }): Promise<FileFinding[]> => {
  const gitDir = path.join(dir, 'ledger.git');
  const restore = await restoreHint(gitDir, options.backups);
  return [...(await examineJournal(path.join(dir, 'journal'))), ...(await examineRepository(gitDir, restore))];
};

/** What `git fsck` finds wrong with all objects, in its own words. Takes seconds in a ledger of a hundred thousand commits. */
export const fsckLedger = async (gitDir: string): Promise<string[]> => {
  const found = await ledgerGit(gitDir, ['fsck', '--full', '--no-dangling', '--no-progress'], { isSearch: true });
  return (
    found
      .toString('utf8')
      // `broken link from tree …` and what it leads to are two lines of Git's.
      .replace(/\n +to +/g, ' to ')
      .split('\n')
      .map(line => safeLine(line.replaceAll(`${gitDir}/`, '')))
      .filter(line => line !== '' && !line.startsWith('notice:'))
  );
};

/** How to go back to the newest backup, in commands that can be typed. */
export const restoreHint = async (gitDir: string, backups: string): Promise<string> => {
  const names = existsSync(backups) ? await fs.readdir(backups) : [];
  const newest = names
    .filter(name => name.endsWith('.bundle'))
    .sort()
    .at(-1);
  if (!newest) return `There is no backup in ${backups}; keep a copy of ${gitDir} before anything else is tried.`;
  const journal = path.join(path.dirname(gitDir), 'journal');
  return `To go back to the newest backup: mv ${gitDir} ${gitDir}.broken && mv ${journal} ${journal}.broken && git clone --quiet --bare ${path.join(backups, newest)} ${gitDir}`;
};

const examineJournal = async (folder: string): Promise<FileFinding[]> => {
  if (!existsSync(folder)) return [];
  const names = (await fs.readdir(folder)).filter(name => /^\d+\.wal$/.test(name));
  const findings: FileFinding[] = [];
  for (const name of names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
    const file = path.join(folder, name);
    const bytes = await fs.readFile(file);
    const { entries, goodBytes, nextGoodAt } = scanFrames(bytes);
    const check = `journal ${name}`;
    const held = `${entries.length} entries${entries.length > 0 ? `, ${entries[0]!.seq} to ${entries.at(-1)!.seq}` : ''}`;
    if (nextGoodAt !== undefined) {
      findings.push({
        check,
        ok: false,
        message: `${file} is damaged from byte ${goodBytes} to byte ${nextGoodAt}; before it are ${held}.`,
        hint: `Restore the file from a backup of the disk. To go on without it and what follows: mv ${file} ${file}.broken`,
      });
    } else {
      const torn = bytes.length - goodBytes;
      const tail = torn > 0 ? `; ${torn} bytes of an unfinished write at its end are cut off at the next start` : '';
      findings.push({ check, ok: true, message: `${held}${tail}` });
    }
  }
  return findings;
};

const examineRepository = async (gitDir: string, restore: string): Promise<FileFinding[]> => {
  const complaints = await fsckLedger(gitDir).catch((error: Error) => [error.message]);
  const objects: FileFinding =
    complaints.length === 0
      ? { check: 'objects', ok: true, message: 'every object of the ledger is whole' }
      : { check: 'objects', ok: false, message: `${gitDir}: ${listed(complaints)}`, hint: restore };
  return [await examineBranch(gitDir, restore), objects];
};

const examineBranch = async (gitDir: string, restore: string): Promise<FileFinding> => {
  const check = 'branch';
  try {
    const head = (await ledgerGit(gitDir, ['for-each-ref', '--format=%(objectname)', BRANCH]))
      .toString('latin1')
      .trim();
    if (!head) return await lostBranch(gitDir, restore);
    const seq = await seqAt(gitDir, head);
    if (seq !== undefined) return { check, ok: true, message: `the newest commit ${head} holds entry ${seq}` };
    return {
      check,
      ok: false,
      message: `The newest commit ${head} cannot be read, or its ${META_PATH} cannot.`,
      hint: restore,
    };
  } catch (error) {
    return { check, ok: false, message: (error as Error).message, hint: restore };
  }
};

/** Its commits are still there: the one that holds most is the one the branch stood at. */
const lostBranch = async (gitDir: string, restore: string): Promise<FileFinding> => {
  const found = await ledgerGit(gitDir, ['fsck', '--no-reflogs', '--no-progress', '--connectivity-only'], {
    isSearch: true,
  });
  const commits = [...found.toString('latin1').matchAll(/^dangling commit ([0-9a-f]+)$/gm)].map(([, sha]) => sha!);
  let newest: { sha: string; seq: number } | undefined;
  for (const sha of commits.slice(0, LOST_COMMITS_MAX)) {
    const seq = await seqAt(gitDir, sha);
    if (seq !== undefined && seq > (newest?.seq ?? -1)) newest = { sha, seq };
  }
  const message = `The ledger has lost its branch ${BRANCH}.`;
  if (!newest) return { check: 'branch', ok: false, message, hint: restore };
  const file = path.join(gitDir, BRANCH);
  const hint = `Its newest commit holds entry ${newest.seq}. To put the branch back: rm -f ${file} && git --git-dir=${gitDir} update-ref ${BRANCH} ${newest.sha}`;
  return { check: 'branch', ok: false, message, hint };
};

const BRANCH = 'refs/heads/main';

const seqAt = async (gitDir: string, commit: string): Promise<number | undefined> => {
  try {
    await ledgerGit(gitDir, ['ls-tree', '-r', '--name-only', commit]);
    return readMeta(await ledgerGit(gitDir, ['cat-file', 'blob', `${commit}:${META_PATH}`])).seq;
  } catch (error) {
    if (isGastownError(error, 'git_failed') || isGastownError(error, 'ledger_corrupt')) return undefined;
    throw error;
  }
};

/** The first few complaints, and how many more there are. */
export const listed = (lines: readonly string[]): string => {
  const rest = lines.length - COMPLAINTS_SHOWN;
  return `${lines.slice(0, COMPLAINTS_SHOWN).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
};
