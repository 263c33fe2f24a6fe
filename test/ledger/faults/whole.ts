import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { ledgerGit } from '../../../source/ledger/git.ts';
import { type Change, readMeta } from '../../../source/ledger/meta.ts';
import { readBlobs } from '../../../source/ledger/objects.ts';
import { META_PATH } from '../../../source/ledger/paths.ts';

const run = promisify(execFile);

/** Everything that `git fsck` has to say beyond objects that nothing points to. */
export const fsck = async (dir: string): Promise<string[]> => {
  const args = ['--git-dir', path.join(dir, 'ledger.git'), 'fsck', '--full', '--strict'];
  const { stdout, stderr } = await run('git', args, { maxBuffer: 64 * 1_048_576 }).catch(error => error);
  // Before the first commit Git remarks that there is no branch.
  return `${stdout}${stderr}`.split('\n').filter(line => line && !/^(dangling|notice:)/.test(line));
};

/** The commands that Git remembers, oldest first, of commits beyond `since`. */
export const changesSince = async (
  dir: string,
  since?: string,
): Promise<{ head: string | undefined; changes: Change[] }> => {
  const gitDir = path.join(dir, 'ledger.git');
  // Before the first commit there is no branch.
  const branch = await ledgerGit(gitDir, ['for-each-ref', 'refs/heads/main']);
  if (branch.length === 0) return { head: undefined, changes: [] };
  const range = since === undefined ? ['main'] : ['main', `^${since}`];
  const listed = await ledgerGit(gitDir, ['rev-list', '--reverse', '--first-parent', ...range]);
  const commits = listed.toString('latin1').split('\n').filter(Boolean);
  if (commits.length === 0) return { head: since, changes: [] };
  const metas = await readBlobs(
    gitDir,
    commits.map(commit => `${commit}:${META_PATH}`),
  );
  return { head: commits.at(-1)!, changes: metas.flatMap(meta => readMeta(meta!).changes) };
};

/** Follows a ledger's history from one look to the next: every sequence number once and in order, every revision once and in order. */
export const historyChecker = (dir: string): { check(committedSeq: number): Promise<void> } => {
  let head: string | undefined;
  let seq = 0;
  const revs = new Map<string, number>();
  return {
    async check(committedSeq) {
      const found = await changesSince(dir, head);
      head = found.head;
      for (const change of found.changes) {
        expect(change.seq, 'each command is in Git once and in order').toBe(++seq);
        for (const key of change.wrote) {
          const [kind, id, rev] = key.split(' ');
          const record = `${kind} ${id}`;
          expect(`${record} ${rev}`, 'no revision is skipped or doubled').toBe(
            `${record} ${(revs.get(record) ?? 0) + 1}`,
          );
          revs.set(record, Number(rev));
        }
      }
      expect(seq, 'Git holds everything committed').toBe(committedSeq);
    },
  };
};
