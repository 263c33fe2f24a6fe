import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { GastownError, isGastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import { parseWorktrees } from './origin-look.ts';
import { type GitOptions, type GitResult, git, gitMessage, withoutCredentials } from './run.ts';

export interface Origin {
  /** Absolute real path, or the URL as given. */
  readonly origin: string;
  /** Target branch, without `refs/heads/`. */
  readonly branch: string;
  readonly tip: string;
  readonly kind: 'checkout' | 'bare' | 'remote';
  /** Some work tree of the repository has the branch checked out: a landing moves it along. */
  readonly checkedOut: boolean;
}

/**
 * Looks at a repository someone wants to put under the town's care and picks its target branch: `branch`, else what
 * HEAD names. Changes nothing. Each thing that can be wrong has one error of its own: `not_found`,
 * `repository_invalid` or `branch_missing`, with what to do.
 */
export const inspectOrigin = async (pathOrUrl: string, options: { branch?: string } = {}): Promise<Origin> => {
  if (options.branch !== undefined) requireBranchName(options.branch);
  return isUrl(pathOrUrl) ? inspectRemote(pathOrUrl, options) : inspectPath(localPath(pathOrUrl), options);
};

/** True for what Git reaches over a network; paths and `file://` URLs are local. */
export const isUrl = (origin: string): boolean =>
  (/^[a-z][a-z0-9+.-]*:\/\//i.test(origin) && !/^file:/i.test(origin)) ||
  /^[a-z][a-z0-9+.-]*::/i.test(origin) ||
  SCP_LIKE.test(origin);

/** Top folder of the checkout that holds `cwd` (the repository itself for a bare one), or undefined outside of any. */
export const findRepositoryRoot = async (cwd: string): Promise<string | undefined> => {
  const answer = await git(['rev-parse', '--show-toplevel'], { cwd, as: 'user', okCodes: [0, 128] });
  if (answer.code === 0) return answer.stdout.replace(/\n$/, '');
  const bare = await git(['rev-parse', '--is-bare-repository', '--absolute-git-dir'], {
    cwd,
    as: 'user',
    okCodes: [0, 128],
  });
  const [isBare, dir] = bare.stdout.split('\n');
  return bare.code === 0 && isBare === 'true' ? dir : undefined;
};

/** `host:path` and `user@host:path`, as in scp; a slash before the colon makes it a path. */
const SCP_LIKE = /^(?:[\w.-]+@)?[\w.-]{2,}:(?!\/\/)[^\\]/;
/** Transports by which Git fetches without running a helper that the URL names. */
const SAFE_URL = /^(https?|ssh|git|git\+ssh|ssh\+git):\/\//i;
/** A slow remote gets this long to list its branches. */
const REMOTE_TIMEOUT_MS = 60_000;
/** Branch names offered when the one asked for is missing. */
const NEAR_NAMES = 5;

const localPath = (given: string): string => path.resolve(/^file:/i.test(given) ? fileURLToPath(given) : given);

const inspectPath = async (given: string, options: { branch?: string }): Promise<Origin> => {
  const origin = await realRepository(given);
  const ask = (args: readonly string[], more: GitOptions = {}): Promise<GitResult> =>
    git(args, { cwd: origin, as: 'user', okCodes: [0, 1, 128], ...more });

  const branches = (await ask(['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/'])).stdout
    .split('\n')
    .filter(Boolean);
  const branch = options.branch ?? (await headBranch({ ask, origin, branches }));
  const tip = await ask(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`]);
  if (tip.code !== 0) {
    if (branches.length > 0) throw branchMissing({ origin, branch, branches });
    throw noCommits(origin);
  }
  const bare = (await ask(['rev-parse', '--is-bare-repository'])).stdout.trim() === 'true';
  const listed = await ask(['worktree', 'list', '--porcelain', '-z'], { okCodes: [0] });
  const checkedOut = parseWorktrees(listed.stdout).some(worktree => worktree.branch === branch);
  return { origin, branch, tip: tip.stdout.trim(), kind: bare ? 'bare' : 'checkout', checkedOut };
};

const realRepository = async (given: string): Promise<string> => {
  const shown = safeLine(given);
  const real = await realpath(given).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') throw unreadable(given, error);
    throw new GastownError('not_found', `There is no folder ${shown}.`, {
      hint: 'Give the path of a Git repository.',
      cause: error,
    });
  });
  if (!(await stat(real)).isDirectory()) {
    throw new GastownError('repository_invalid', `${shown} is a file, not a Git repository.`, {
      hint: 'Give the folder that holds `.git`.',
    });
  }
  const answer = await git(['rev-parse', '--absolute-git-dir'], { cwd: real, as: 'user', okCodes: [0, 128] }).catch(
    (error: unknown) => {
      if (isPermission(error)) throw unreadable(given, error);
      throw error;
    },
  );
  if (answer.code !== 0) {
    if (/permission denied|dubious ownership/i.test(answer.stderr)) throw unreadable(given, gitMessage(answer.stderr));
    throw new GastownError('repository_invalid', `${shown} is not a Git repository.`, {
      hint: 'Run `git init` there and commit something, or give another folder.',
    });
  }
  const root = await findRepositoryRoot(real);
  if (root !== undefined && (await realpath(root)) !== real && (await realpath(answer.stdout.trim())) !== real) {
    throw new GastownError(
      'repository_invalid',
      `${shown} lies inside the repository ${safeLine(root)} and is not its top folder.`,
      {
        hint: `Give ${safeLine(root)} if that repository is meant.`,
      },
    );
  }
  // Inside `.git` of a checkout: the checkout is what a person means.
  return root === undefined ? path.dirname(real) : real;
};

const headBranch = async (query: {
  ask: (args: readonly string[]) => Promise<GitResult>;
  origin: string;
  branches: readonly string[];
}): Promise<string> => {
  const head = await query.ask(['symbolic-ref', '--quiet', 'HEAD']);
  const choose = query.branches.length > 0 ? ` (${near('', query.branches).join(', ')})` : '';
  if (head.code !== 0) {
    throw new GastownError(
      'repository_invalid',
      `HEAD of ${safeLine(query.origin)} is detached, so its target branch is not known.`,
      {
        hint: `Name the branch with \`--branch\`${choose}.`,
      },
    );
  }
  const branch = head.stdout.trim().replace(/^refs\/heads\//, '');
  if (query.branches.includes(branch)) return branch;
  if (query.branches.length === 0) throw noCommits(query.origin);
  throw new GastownError(
    'repository_invalid',
    `HEAD of ${safeLine(query.origin)} names the branch ${safeLine(branch)}, which has no commit yet.`,
    { hint: `Commit to it, or name another branch with \`--branch\`${choose}.` },
  );
};

const inspectRemote = async (url: string, options: { branch?: string }): Promise<Origin> => {
  const shown = withoutCredentials(safeLine(url));
  if (url.startsWith('-') || /^[a-z][a-z0-9+.-]*::/i.test(url) || (url.includes('://') && !SAFE_URL.test(url))) {
    throw new GastownError('repository_invalid', `${shown} is not a kind of URL that is fetched from.`, {
      hint: 'Use https, ssh or git URLs, `host:path`, or a local path.',
    });
  }
  if (/^https?:\/\/[^/@]*:[^/@]+@/i.test(url)) {
    throw new GastownError('repository_invalid', `${shown} holds a password, which would be written to the ledger.`, {
      hint: 'Give the URL without it and keep the password in a Git credential helper.',
    });
  }
  const answer = await git(['ls-remote', '--symref', '--', url, 'HEAD', 'refs/heads/*'], {
    as: 'user',
    timeoutMs: REMOTE_TIMEOUT_MS,
    okCodes: [0, 128],
  });
  if (answer.code !== 0) {
    throw new GastownError('repository_invalid', `${shown} cannot be read: ${gitMessage(answer.stderr)}`, {
      hint: 'Check the address, and that `git ls-remote` with it works in your shell without asking for anything.',
    });
  }
  const refs = new Map<string, string>();
  let head: string | undefined;
  for (const line of answer.stdout.split('\n')) {
    const [left = '', ref = ''] = line.split('\t');
    if (left.startsWith('ref: ') && ref === 'HEAD') head = left.slice('ref: refs/heads/'.length);
    else if (ref.startsWith('refs/heads/')) refs.set(ref.slice('refs/heads/'.length), left);
  }
  if (refs.size === 0) throw noCommits(shown);
  const branch = options.branch ?? head;
  if (branch === undefined) {
    throw new GastownError('repository_invalid', `${shown} does not say which branch is its default.`, {
      hint: `Name the branch with \`--branch\` (${near('', [...refs.keys()]).join(', ')}).`,
    });
  }
  const tip = refs.get(branch);
  if (tip === undefined) throw branchMissing({ origin: shown, branch, branches: [...refs.keys()] });
  return { origin: url, branch, tip, kind: 'remote', checkedOut: false };
};

/** Git's own rules (`check-ref-format`), as far as a name could be taken for something else. */
export const requireBranchName = (branch: string): void => {
  const bad =
    branch === '' ||
    /[\u0000-\u0020~^:?*[\\\u007f]|\.\.|@\{|\/\/|^[-/.]|\/\.|[/.]$|\.lock(\/|$)/.test(branch) ||
    branch === '@' ||
    branch === 'HEAD';
  if (bad) {
    throw new GastownError('branch_missing', `\`${safeLine(branch)}\` is not a name that a branch can have.`, {
      hint: 'Give the name of a branch, without `refs/heads/`.',
    });
  }
};

const noCommits = (origin: string): GastownError =>
  new GastownError('repository_invalid', `${safeLine(origin)} is empty: it has no commit yet.`, {
    hint: 'Commit something first.',
  });

const unreadable = (given: string, cause: unknown): GastownError =>
  new GastownError(
    'repository_invalid',
    `${safeLine(given)} cannot be read${typeof cause === 'string' ? `: ${cause}` : '.'}`,
    {
      hint: 'Check who owns the folder and its permissions.',
      cause,
    },
  );

const isPermission = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'EACCES' ||
  (isGastownError(error) && /permission denied|EACCES/i.test(error.message));

const branchMissing = (query: { origin: string; branch: string; branches: readonly string[] }): GastownError =>
  new GastownError('branch_missing', `${safeLine(query.origin)} has no branch ${safeLine(query.branch)}.`, {
    hint: `Its branches include ${near(query.branch, query.branches).join(', ')}.`,
  });

/** Names most like the one asked for, by shared character pairs. */
const near = (name: string, names: readonly string[]): string[] =>
  names
    .map(candidate => ({ candidate, score: likeness(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => b.score - a.score || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, NEAR_NAMES)
    .map(entry => safeLine(entry.candidate));

const likeness = (a: string, b: string): number => {
  const pairs = (text: string): Set<string> =>
    new Set([...` ${text} `].slice(1).map((char, at) => ` ${text} `[at] + char));
  const [left, right] = [pairs(a), pairs(b)];
  return (2 * [...left].filter(pair => right.has(pair)).length) / (left.size + right.size);
};
