import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import type { Landing } from './landing.ts';
import { overLine, requireObject, requireOwnRef } from './landing-repository.ts';
import { FETCH_TIMEOUT_MS } from './origin.ts';
import { branchAt } from './pull-branch.ts';
import { pushOnce } from './push.ts';
import { requireBranchName } from './repository.ts';
import { git, gitMessage } from './run.ts';

/**
 * Makes a branch of the origin at `at`, a commit of the target. One that is there already is only taken, and moved up,
 * while it holds nothing that the target lacks; otherwise it fails with `conflict`. Fails with `push_pending` when the
 * push does not come through.
 */
export const createBranch = async (landing: Landing, { branch, at }: { branch: string; at: string }): Promise<void> => {
  requireBranchName(branch);
  requireObject(at);
  const ref = `refs/heads/${branch}`;
  const there = await branchAt(landing, ref);
  if (there === at) return;
  if (there !== undefined) {
    const isBehind = (await landing.resolve(there)) !== undefined && (await landing.isAncestor(there, at));
    if (!isBehind) {
      throw new GastownError('conflict', `There is a branch ${safeLine(branch)} already, with work of its own.`, {
        hint: 'Choose another one with --branch.',
      });
    }
  }
  const { why, stderr } = await pushOnce(landing, { ref, old: there ?? null, new: at });
  if ((await branchAt(landing, ref)) === at) return;
  throw new GastownError(
    'push_pending',
    `The branch ${safeLine(branch)} could not be made: ${safeLine(why) || gitMessage(stderr) || 'git push gave no reason'}.`,
    { hint: 'Check that `git push` to it works in your shell without asking for anything.' },
  );
};

/** Fetches a branch of the origin beside the target into a ref of the town's own. Fails with `branch_missing` when it is gone. */
export const fetchBranch = async (
  landing: Landing,
  { branch, ref }: { branch: string; ref: string },
): Promise<string> => {
  requireBranchName(branch);
  requireOwnRef(ref);
  const answer = await git(
    [
      ...['fetch', '--quiet', '--no-tags', '--no-prune', '--no-write-fetch-head', '--no-recurse-submodules'],
      ...['--', landing.origin, `+refs/heads/${branch}:${ref}`],
    ],
    {
      ...overLine(landing),
      gitDir: landing.dir,
      cwd: landing.dir,
      timeoutMs: FETCH_TIMEOUT_MS,
      okCodes: [0, 1, 128],
    },
  );
  if (answer.code === 0) return landing.line(['rev-parse', '--verify', `${ref}^{commit}`]);
  if (/couldn't find remote ref/.test(answer.stderr)) {
    throw new GastownError('branch_missing', `The origin no longer has a branch ${safeLine(branch)}.`, {
      hint: 'Push it again, or end it with gastown integrate stop.',
    });
  }
  throw new GastownError('git_failed', `The origin cannot be read: ${gitMessage(answer.stderr)}`, {
    hint: 'Check the network and that `git fetch` from it works in your shell without asking for anything.',
  });
};

/** Commits of one side that the other lacks. */
export const countCommits = async (landing: Landing, { from, to }: { from: string; to: string }): Promise<number> => {
  requireObject(from, to);
  return Number(await landing.line(['rev-list', '--count', to, `^${from}`]));
};
