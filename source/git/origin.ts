import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { GastownError, isGastownError } from '../common/errors.ts';
import { readFileIfPresent } from '../common/files.ts';
import { safeLine } from '../common/text.ts';
import type { History } from './history.ts';
import { asUser, type LandingRepository, overLine, trackingRef } from './landing-repository.ts';
import { lookAtOrigin, originWorktrees, type Worktree } from './origin-look.ts';
import { isUrl } from './repository.ts';
import { git, gitMessage, withoutCredentials } from './run.ts';

export interface OriginReader {
  /**
   * Learns where the target branch stands at the origin and fetches it. `blocked` says, in a sentence for people, why a
   * landing would be refused just now. Fails when the origin cannot be read or has lost the branch.
   */
  refresh(): Promise<{ tip: string; tree: string; blocked?: string }>;
}

/** Tens of thousands of new objects over a slow line. */
export const FETCH_TIMEOUT_MS = 30 * 60_000;

/** A question of one line. Longer is a server that accepts a connection and then says nothing. */
const QUERY_TIMEOUT_MS = 60_000;

export const createOriginReader = (
  repository: LandingRepository,
  { history, queryTimeoutMs = QUERY_TIMEOUT_MS }: { history: Pick<History, 'treeOf'>; queryTimeoutMs?: number },
): OriginReader => ({
  async refresh() {
    const tip = isUrl(repository.origin) ? await remoteTip(repository, queryTimeoutMs) : await localTip(repository);
    const tree = await history.treeOf(tip);
    const blocked = isUrl(repository.origin) ? undefined : await whyBlocked(repository);
    return { tip, tree, ...(blocked && { blocked }) };
  },
});

/** The work tree of the origin that has the target checked out, or undefined. */
export const targetWorktree = async (repository: LandingRepository): Promise<string | undefined> =>
  (await originWorktrees(repository)).find(({ branch }) => branch === repository.branch)?.path;

/** One short question when nothing moved; a fetch, which may take long, only when something did. */
const remoteTip = async (repository: LandingRepository, timeoutMs: number): Promise<string> => {
  const ref = `refs/heads/${repository.branch}`;
  const answer = await git(['ls-remote', '--', repository.origin, ref], {
    ...overLine(repository),
    timeoutMs,
    okCodes: [0, 1, 128],
  }).catch((error: unknown) => {
    if (!isGastownError(error, 'timeout')) throw error;
    throw new GastownError('git_failed', `The origin did not answer within ${Math.ceil(timeoutMs / 1_000)} s.`, {
      hint: 'Check the network; it is asked again by itself.',
    });
  });
  if (answer.code !== 0) throw unreadable(answer.stderr);
  const there = /^([0-9a-f]+)\t/m.exec(answer.stdout)?.[1];
  if (there === undefined) throw branchGone(repository);
  return follow(repository, there);
};

const unreadable = (stderr: string): GastownError =>
  new GastownError('git_failed', `The origin cannot be read: ${gitMessage(stderr)}`, {
    hint: 'Check the network and that `git fetch` from it works in your shell without asking for anything.',
  });

const fetchTarget = async (repository: LandingRepository): Promise<string> => {
  const { origin, branch, dir } = repository;
  // The user's own history may hold what fsck calls errors today (old tools wrote zero-padded modes): it is theirs and
  // already there. Agents' work is checked, see `fetchWork`.
  const answer = await git(
    [
      ...['-c', 'fetch.fsckObjects=false'],
      ...['fetch', '--quiet', '--no-tags', '--no-prune', '--no-write-fetch-head', '--no-recurse-submodules'],
      ...['--', origin, `+refs/heads/${branch}:${trackingRef(repository)}`],
    ],
    { ...overLine(repository), gitDir: dir, cwd: dir, timeoutMs: FETCH_TIMEOUT_MS, okCodes: [0, 1, 128] },
  );
  if (answer.code !== 0) {
    if (/couldn't find remote ref/.test(answer.stderr)) throw branchGone(repository);
    throw unreadable(answer.stderr);
  }
  return repository.line(['rev-parse', '--verify', `${trackingRef(repository)}^{commit}`]);
};

/** A fetch only when something moved. */
const localTip = async (repository: LandingRepository): Promise<string> => {
  await requireFolder(repository.origin);
  const look = await lookAtOrigin(repository);
  if (look.tip !== undefined) return follow(repository, look.tip);
  if (look.stderr.trim() === '') throw branchGone(repository);
  throw new GastownError('git_failed', `The origin cannot be read: ${gitMessage(look.stderr)}`);
};

/**
 * What we landed ourselves is all here: then only the tracking ref moves. A fetch would also look at every other ref, and
 * one request whose objects are damaged would keep the landings of all others from being recorded.
 */
const follow = async (repository: LandingRepository, there: string): Promise<string> => {
  const { memory } = repository;
  const here = memory.tracking ?? (await tracked(repository));
  if (there !== here) {
    delete memory.tracking;
    const tip = here !== undefined && (await isAllHere(repository, { there, here })) ? there : undefined;
    if (tip) await repository.run(['update-ref', trackingRef(repository), tip]);
    memory.tracking = tip ?? (await fetchTarget(repository));
  } else memory.tracking = there;
  return memory.tracking;
};

const tracked = async (repository: LandingRepository): Promise<string | undefined> => {
  const answer = await repository.run(['rev-parse', '--verify', '--quiet', `${trackingRef(repository)}^{commit}`], {
    okCodes: [0, 1, 128],
  });
  return answer.code === 0 ? answer.stdout.trim() : undefined;
};

const isAllHere = async (repository: LandingRepository, { there, here }: { there: string; here: string }) => {
  const listed = await repository.run(['rev-list', '--quiet', '--objects', there, `^${here}`], {
    okCodes: [0, 1, 128],
  });
  return listed.code === 0;
};

/**
 * What `receive.denyCurrentBranch=updateInstead` would refuse: a work tree on the target with changes to tracked files.
 * Also a rebase of the target under way, which Git would let us pull the ground from under.
 */
const whyBlocked = async (repository: LandingRepository): Promise<string | undefined> => {
  const worktrees = await originWorktrees(repository);
  const worktree = worktrees.find(({ branch }) => branch === repository.branch)?.path;
  if (worktree === undefined) return rebaseUnderWay(repository, worktrees);
  if (!existsSync(worktree)) {
    return `The target is checked out at ${safeLine(worktree)}, which is gone: run \`git worktree prune\` in ${safeLine(repository.origin)}.`;
  }
  const status = await git(
    [
      '--no-optional-locks',
      'status',
      '--porcelain=v1',
      '-z',
      '--untracked-files=no',
      '--ignore-submodules=all',
      '--no-renames',
    ],
    { cwd: worktree, ...asUser(repository), okCodes: [0, 128] },
  );
  if (status.code !== 0) return `The checkout at ${safeLine(worktree)} cannot be read: ${gitMessage(status.stderr)}`;
  const changed = status.stdout.split('\0').filter(Boolean);
  if (changed.length === 0) return undefined;
  const first = safeLine(changed[0]!.slice(3));
  const more = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
  return `The checkout at ${safeLine(worktree)} has uncommitted changes (${first}${more}): commit or stash them, or switch it to another branch.`;
};

const rebaseUnderWay = async (
  repository: LandingRepository,
  worktrees: readonly Worktree[],
): Promise<string | undefined> => {
  const detached = worktrees.filter(({ isDetached }) => isDetached).map(one => one.path);
  for (const worktree of detached.filter(one => existsSync(one))) {
    const gitDir = await git(['rev-parse', '--absolute-git-dir'], {
      cwd: worktree,
      ...asUser(repository),
      okCodes: [0, 128],
    });
    if (gitDir.code !== 0) continue;
    for (const kind of ['rebase-merge', 'rebase-apply']) {
      const head = await readFileIfPresent(path.join(gitDir.stdout.trim(), kind, 'head-name'));
      if (head?.trim() === `refs/heads/${repository.branch}`) {
        return `A rebase of ${safeLine(repository.branch)} is under way in ${safeLine(worktree)}: finish or abort it.`;
      }
    }
  }
  return undefined;
};

const requireFolder = async (origin: string): Promise<void> => {
  const found = await stat(origin).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new GastownError('not_found', `The repository ${safeLine(origin)} is gone or cannot be reached.`, {
      hint: 'Put it back, or remove the rig.',
    });
  }
};

const branchGone = (repository: LandingRepository): GastownError =>
  new GastownError(
    'branch_missing',
    `${safeLine(withoutCredentials(repository.origin))} no longer has a branch ${safeLine(repository.branch)}.`,
    {
      hint: 'Create it again, or set another target branch for the rig.',
    },
  );
