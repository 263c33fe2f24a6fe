import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import type { Landing } from './landing.ts';
import { overLine, requireObject } from './landing-repository.ts';
import { pushOnce } from './push.ts';
import { git, gitMessage } from './run.ts';

/** What became of a commit that others were asked to bring onto the target. */
export type Arrival =
  /** The target is where it was. */
  | { readonly state: 'waiting' }
  /** The target moved, and neither the commit nor its tree is on it. */
  | { readonly state: 'moved'; readonly tip: string }
  /**
   * On the target since its first-parent commit `as`. `isTested`: that one's tree is the tested one. `isKept`: the commit
   * itself is in the target's history, and not another with the same content, as a squash or rebase makes one.
   */
  | { readonly state: 'landed'; readonly as: string; readonly isTested: boolean; readonly isKept: boolean };

/** Asks the origin, and then Git, whether `new` landed since the target was at `old`. Fails when the origin cannot be read. */
export const arrivalOf = async (
  landing: Landing,
  wanted: { old: string; new: string; tree: string },
): Promise<Arrival> => {
  requireObject(wanted.old, wanted.new, wanted.tree);
  const { tip } = await landing.refresh();
  if (tip === wanted.old) return { state: 'waiting' };
  const since = await firstParentsSince(landing, { old: wanted.old, tip });
  if (await landing.isAncestor(wanted.new, tip)) {
    for (const commit of since) {
      if (commit.sha === wanted.new || (await landing.isAncestor(wanted.new, commit.sha)))
        return { state: 'landed', as: commit.sha, isTested: commit.tree === wanted.tree, isKept: true };
    }
    return { state: 'landed', as: tip, isTested: (await landing.treeOf(tip)) === wanted.tree, isKept: true };
  }
  const same = since.find(({ tree }) => tree === wanted.tree);
  return same ? { state: 'landed', as: same.sha, isTested: true, isKept: false } : { state: 'moved', tip };
};

/** Commits looked through: more in one look is a target that was replaced, not one that moved on. */
const MAX_SINCE = 1_000;

/** The target's first-parent line beyond `old`, oldest first. */
const firstParentsSince = async (
  landing: Landing,
  { old, tip }: { old: string; tip: string },
): Promise<{ sha: string; tree: string }[]> => {
  const range = ['--first-parent', '--reverse', '--format=%H %T', `--max-count=${MAX_SINCE}`, `${old}..${tip}`, '--'];
  return (await landing.line(['log', ...range]))
    .split('\n')
    .filter(Boolean)
    .map(line => ({ sha: line.split(' ')[0]!, tree: line.split(' ')[1]! }));
};

/**
 * Brings a commit onto a branch of the origin beside the target. What the branch holds is replaced only if this
 * repository has it too, so that nothing of anybody else's is lost; otherwise it fails with `conflict`. Fails with
 * `push_pending` when the push does not come through.
 */
export const pushBranch = async (
  landing: Landing,
  { branch, head }: { branch: string; head: string },
): Promise<void> => {
  requireObject(head);
  const ref = `refs/heads/${branch}`;
  const there = await branchAt(landing, ref);
  if (there === head) return;
  if (there !== undefined && (await landing.resolve(there)) === undefined) {
    throw new GastownError('conflict', `somebody pushed ${there.slice(0, 9)} to ${safeLine(branch)}.`);
  }
  const { why, stderr } = await pushOnce(landing, { ref, old: there ?? null, new: head });
  if ((await branchAt(landing, ref)) === head) return;
  throw new GastownError(
    'push_pending',
    `The branch ${safeLine(branch)} could not be pushed: ${safeLine(why) || gitMessage(stderr) || 'git push gave no reason'}.`,
    { hint: 'Check that `git push` to it works in your shell without asking for anything.' },
  );
};

/** Removes the branch if it still is at that commit. Answers why it could not, or undefined. */
export const dropBranch = async (
  landing: Landing,
  { branch, head }: { branch: string; head: string },
): Promise<string | undefined> => {
  requireObject(head);
  const ref = `refs/heads/${branch}`;
  const answer = await git(
    [
      ...['push', '--porcelain', '--no-verify', '--recurse-submodules=no', `--force-with-lease=${ref}:${head}`],
      ...['--', landing.origin, `:${ref}`],
    ],
    { ...overLine(landing), gitDir: landing.dir, cwd: landing.dir, okCodes: [0, 1, 128] },
  );
  if (answer.code === 0 || (await branchAt(landing, ref)) !== head) return undefined;
  return gitMessage(answer.stderr) || 'git push gave no reason';
};

/** A question of one line. Longer is a server that accepts a connection and then says nothing. */
const QUERY_TIMEOUT_MS = 60_000;

export const branchAt = async (landing: Landing, ref: string): Promise<string | undefined> => {
  const answer = await git(['ls-remote', '--', landing.origin, ref], {
    ...overLine(landing),
    timeoutMs: QUERY_TIMEOUT_MS,
    okCodes: [0, 128],
  });
  if (answer.code !== 0)
    throw new GastownError('git_failed', `The origin cannot be read: ${gitMessage(answer.stderr)}`);
  return answer.stdout
    .split('\n')
    .map(line => line.split('\t'))
    .find(([, name]) => name === ref)?.[0];
};
