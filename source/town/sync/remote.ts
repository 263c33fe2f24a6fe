import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { GastownError } from '../../common/errors.ts';
import { safeLine } from '../../common/text.ts';
import { isUrl } from '../../git/repository.ts';
import { git, gitMessage, withoutCredentials } from '../../git/run.ts';

/** The one branch of a remote that is ever read or written: a town's, never one of the user's. */
export const REMOTE_BRANCH = 'refs/heads/gastown-ledger';
/** Where what was fetched is kept from being collected. */
const INCOMING = 'refs/gastown/sync/incoming';
/** A whole ledger over a slow line. */
const NETWORK_TIMEOUT_MS = 30 * 60_000;
/** Where a town's Git configuration remembers its remote. */
const REMEMBERED = 'gastown.remote';

/** The repository of a ledger, and who reaches the network: the person, with their keys and their proxies. */
export interface LedgerRemote {
  readonly gitDir: string;
  /** Absolute path or URL. */
  readonly remote: string;
  readonly env: NodeJS.ProcessEnv;
}

/** As a person names it: a path is taken from where they stand. */
export const remoteOf = (given: string, cwd: string): string => {
  if (isUrl(given)) return given;
  return path.resolve(cwd, given.startsWith('file:') ? fileURLToPath(given) : given);
};

/**
 * Fetches the remote's ledger; undefined when the remote has none yet. Rejects with `git_failed` when it cannot be
 * reached, `not_found` when there is no such folder.
 */
export const fetchLedger = async (at: LedgerRemote): Promise<string | undefined> => {
  if (!isUrl(at.remote) && !existsSync(at.remote)) {
    throw new GastownError('not_found', `There is no repository at ${safeLine(at.remote)}.`, {
      hint: `Create one first, on a disk or server that both machines reach: git init --bare ${safeLine(at.remote)}`,
    });
  }
  const listed = await asPerson(at, ['ls-remote', '--refs', '--', at.remote, REMOTE_BRANCH]);
  if (listed.code !== 0) throw unreachable(at, listed.stderr);
  if (!listed.stdout.includes(REMOTE_BRANCH)) return undefined;
  const fetched = await asPerson(at, [
    ...['-c', 'fetch.fsckObjects=true', '-c', 'core.fsync=all'],
    ...['fetch', '--quiet', '--no-tags', '--no-prune', '--no-write-fetch-head', '--no-recurse-submodules'],
    ...['--', at.remote, `+${REMOTE_BRANCH}:${INCOMING}`],
  ]);
  if (fetched.code !== 0) throw unreachable(at, fetched.stderr);
  const head = await git(['rev-parse', '--verify', `${INCOMING}^{commit}`], { gitDir: at.gitDir });
  return head.stdout.trim();
};

/** Moves the remote's branch forward to this commit. False when the remote has moved meanwhile: nothing is ever forced. */
export const pushLedger = async (at: LedgerRemote, commit: string): Promise<boolean> => {
  const pushed = await asPerson(at, [
    ...['push', '--quiet', '--porcelain', '--no-follow-tags'],
    ...['--', at.remote, `${commit}:${REMOTE_BRANCH}`],
  ]);
  if (pushed.code === 0) return true;
  if (MOVED.test(`${pushed.stdout}\n${pushed.stderr}`)) return false;
  throw new GastownError('git_failed', `${shown(at.remote)} did not take the ledger: ${gitMessage(pushed.stderr)}`, {
    hint: 'What came from there is merged here already; sync again once it can be written to.',
  });
};

/** The remote of the last sync. */
export const rememberedRemote = async (gitDir: string): Promise<string | undefined> => {
  const answer = await git(['config', '--local', '--get', REMEMBERED], { gitDir, okCodes: [0, 1] });
  return answer.stdout.trim() || undefined;
};

export const rememberRemote = async (gitDir: string, remote: string): Promise<void> => {
  await git(['config', '--local', REMEMBERED, remote], { gitDir });
};

/** A remote in words, without a password. */
export const shown = (remote: string): string => safeLine(withoutCredentials(remote));

const MOVED = /non-fast-forward|fetch first|stale info|failed to update ref|cannot lock ref|incorrect old value/;

const asPerson = ({ gitDir, env }: LedgerRemote, args: readonly string[]) =>
  git(args, { as: 'user', userEnv: env, gitDir, cwd: gitDir, timeoutMs: NETWORK_TIMEOUT_MS, okCodes: [0, 1, 2, 128] });

const unreachable = ({ remote }: LedgerRemote, stderr: string): GastownError =>
  new GastownError('git_failed', `${shown(remote)} cannot be read: ${gitMessage(stderr)}`, {
    hint: 'Check the address, and that `git ls-remote` on it works in your shell without asking for anything.',
  });
