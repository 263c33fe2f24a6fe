import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { GastownError } from '../common/errors.ts';
import { cut, safeLine } from '../common/text.ts';

export interface GitOptions {
  cwd?: string;
  gitDir?: string;
  input?: string | Uint8Array;
  env?: Record<string, string>;
  timeoutMs?: number;
  /** Exit codes that are answers rather than failures. Default: 0 only. */
  okCodes?: readonly number[];
  /** `latin1` keeps every byte of file names that are not UTF-8, so that they can be handed back to Git. */
  encoding?: 'utf8' | 'latin1';
  /**
   * `town` (default): hardened, blind to the user's and the system's configuration; for repositories of ours and for
   * what agents left. `user`: the user's environment and configuration (credentials, proxies, `safe.directory`, LFS
   * filters); only ever for the origin, which is theirs.
   */
  as?: 'town' | 'user';
  /** The user's environment where it is not this process's own. */
  userEnv?: NodeJS.ProcessEnv;
  /** Past this, output is cut (`truncated`) and Git is ended. */
  maxOutputChars?: number;
  signal?: AbortSignal;
}

export interface GitResult {
  stdout: string;
  stderr: string;
  code: number;
  /** The output passed `maxOutputChars`; `code` says nothing then. */
  truncated: boolean;
}

/** Runs one Git command without a shell and without a terminal. Fails with `git_failed` (or `timeout`) and one safe line saying why. */
export const git = async (args: readonly string[], options: GitOptions = {}): Promise<GitResult> => {
  const user = options.as === 'user';
  const child = execa('git', [...(user ? USER_FLAGS : TOWN_FLAGS), ...gitDirFlag(options.gitDir), ...args], {
    cwd: options.cwd ?? options.gitDir ?? '/',
    env: { ...(user ? userEnvironment(options.userEnv ?? process.env) : townEnvironment()), ...options.env },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    encoding: options.encoding ?? 'utf8',
    maxBuffer: options.maxOutputChars ?? MAX_OUTPUT_CHARS,
    // A session of its own has no controlling terminal: ssh cannot ask for a passphrase across the screen, it fails.
    detached: true,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
  });
  const deadline = endInTime(child, options);
  const result = await child;
  deadline.clear();
  const answer = {
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    code: result.exitCode ?? -1,
    truncated: result.isMaxBuffer,
  };
  if (answer.truncated) return answer;
  if (result.exitCode !== undefined && (options.okCodes ?? [0]).includes(result.exitCode)) return answer;
  throw gitError(args, {
    ...answer,
    ended: deadline.why(),
    spawnCode: result.code,
    signal: result.signal,
    cwd: result.cwd,
  });
};

/** Ends a command that leads a group of its own, with all its helpers (ssh, pack-objects), when its time is up or it is no longer wanted. */
export const endInTime = (
  child: { readonly pid?: number },
  { timeoutMs = GIT_TIMEOUT_MS, signal }: GitOptions,
): { why(): Failure['ended']; clear(): void } => {
  let ended: Failure['ended'];
  let killer: NodeJS.Timeout | undefined;
  const end = (why: Failure['ended']): void => {
    ended ??= why;
    signalGroup(child.pid, 'SIGTERM');
    killer ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), TERM_GRACE_MS);
  };
  const onAbort = (): void => end('stopped');
  const timer = setTimeout(() => end('timeout'), timeoutMs);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    why: () => ended,
    clear() {
      clearTimeout(timer);
      clearTimeout(killer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
};

const signalGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** `stdout` of a command that must succeed, without the final newline. */
export const gitLine = async (args: readonly string[], options: GitOptions = {}): Promise<string> =>
  (await git(args, options)).stdout.replace(/\n$/, '');

/** The version found, for `doctor`. Fails with `git_missing` or `git_too_old`, each saying what was found and what to do. */
export const requireGit = async ({ command = 'git' }: { command?: string } = {}): Promise<string> => {
  const result = await execa(command, ['--version'], { reject: false, timeout: GIT_TIMEOUT_MS, stdin: 'ignore' });
  if (result.failed && result.exitCode === undefined) {
    throw new GastownError('git_missing', `Git was not found: \`${safeLine(command)}\` does not start.`, {
      hint: `Install Git ${MINIMUM} or newer and make sure it is on your PATH.`,
      cause: result,
    });
  }
  const found = safeLine(result.stdout.trim());
  const version = /^git version (\d+)\.(\d+)(\S*)/.exec(found);
  if (!version) {
    throw new GastownError(
      'git_missing',
      `\`${safeLine(command)} --version\` does not answer like Git: ${cut(found || 'no output', 80)}`,
      {
        hint: `Install Git ${MINIMUM} or newer and make sure it is the first \`git\` on your PATH.`,
      },
    );
  }
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < MINIMUM_MAJOR || (major === MINIMUM_MAJOR && minor < MINIMUM_MINOR)) {
    throw new GastownError(
      'git_too_old',
      `Git ${major}.${minor}${version[3]} is too old: merging without a checkout needs ${MINIMUM}.`,
      {
        hint: `Update Git to ${MINIMUM} or newer.`,
      },
    );
  }
  return `${major}.${minor}${version[3]}`;
};

/** Flags and environment for long-lived Git children that other modules start themselves. */
export const hardened = (): { flags: readonly string[]; env: Record<string, string> } => ({
  flags: TOWN_FLAGS,
  env: townEnvironment(),
});

/** One line for people out of Git's stderr: first `fatal:` or `error:` line, without credentials and control characters. */
export const gitMessage = (stderr: string): string => {
  const lines = stderr.split('\n').map(line => line.trim());
  const best =
    lines.find(line => line.startsWith('fatal: ')) ??
    lines.find(line => line.startsWith('error: ')) ??
    lines.find(Boolean) ??
    '';
  return cut(withoutCredentials(safeLine(best.replace(/^(fatal|error): /, ''))), MESSAGE_COLUMNS);
};

/** Hides `user:password@` in URLs: messages end up in the ledger and on screens. */
export const withoutCredentials = (text: string): string => text.replace(/:\/\/[^/@\s]+@/g, '://***@');

/** `merge-tree --write-tree` came with 2.38. */
const MINIMUM_MAJOR = 2;
const MINIMUM_MINOR = 38;
const MINIMUM = `${MINIMUM_MAJOR}.${MINIMUM_MINOR}`;

/** Local plumbing answers in milliseconds; two minutes is a hung disk. Callers that talk to a network give more. */
const GIT_TIMEOUT_MS = 120_000;
/** Git removes its lock files on TERM. */
const TERM_GRACE_MS = 2_000;
/** Characters of output kept: a listing of 500,000 long paths fits. */
const MAX_OUTPUT_CHARS = 64_000_000;
const MESSAGE_COLUMNS = 300;

/** field/refinery-and-store.md §5: with these and a Git directory of our own, nothing an agent planted runs. */
const TOWN_FLAGS = [
  ...['-c', 'core.hooksPath=/dev/null'],
  ...['-c', 'core.fsmonitor=false'],
  ...['-c', 'protocol.allow=never'],
  ...['-c', 'protocol.file.allow=always'],
  ...['-c', 'submodule.recurse=false'],
  ...['-c', 'gc.auto=0'],
  ...['-c', 'maintenance.auto=false'],
];

/** The user's configuration, but for what would run their hooks, daemons or maintenance because of us. */
const USER_FLAGS = [
  ...['-c', 'core.hooksPath=/dev/null'],
  ...['-c', 'core.fsmonitor=false'],
  ...['-c', 'protocol.ext.allow=never'],
  ...['-c', 'submodule.recurse=false'],
  ...['-c', 'push.recurseSubmodules=no'],
  ...['-c', 'push.gpgSign=false'],
  ...['-c', 'push.followTags=false'],
  ...['-c', 'gc.auto=0'],
  ...['-c', 'maintenance.auto=false'],
];

const gitDirFlag = (gitDir: string | undefined): string[] => (gitDir === undefined ? [] : [`--git-dir=${gitDir}`]);

const townEnvironment = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  // Both reach the `upload-pack` that reads an agent's repository, which `-c` flags do not: Git drops them there.
  GIT_ALLOW_PROTOCOL: 'file',
  GIT_NO_LAZY_FETCH: '1',
});

/** Variables of Git that say how to reach a remote; all others of a surrounding Git command or hook would point it elsewhere. */
const KEPT_GIT_VARIABLES =
  /^GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|PROXY_COMMAND|SSL_.*|HTTP_.*|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM|CURL_.*)$/;

const userEnvironment = (base: NodeJS.ProcessEnv): Record<string, string> => {
  const kept = Object.entries(base).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (!entry[0].startsWith('GIT_') || KEPT_GIT_VARIABLES.test(entry[0])),
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
};

interface Failure {
  stderr: string;
  code: number;
  ended: 'timeout' | 'stopped' | undefined;
  spawnCode: string | undefined;
  signal: string | undefined;
  cwd: string;
}

const gitError = (args: readonly string[], failure: Failure): GastownError => {
  const verb = args.find(arg => /^[a-z][a-z-]+$/.test(arg)) ?? 'git';
  if (failure.spawnCode !== undefined && failure.code === -1 && !existsSync(failure.cwd)) {
    return new GastownError('git_failed', `git ${verb} has no folder to work in: ${safeLine(failure.cwd)} is gone.`);
  }
  if (failure.spawnCode === 'ENOENT' && failure.code === -1) {
    return new GastownError('git_missing', 'Git was not found.', {
      hint: `Install Git ${MINIMUM} or newer and make sure it is on your PATH.`,
    });
  }
  if (failure.ended === 'timeout') return new GastownError('timeout', `git ${verb} did not finish in time.`);
  if (failure.ended === 'stopped') return new GastownError('git_failed', `git ${verb} was stopped.`);
  const how = failure.signal ? `was ended by ${failure.signal}` : `failed (exit ${failure.code})`;
  const why = gitMessage(failure.stderr);
  return new GastownError('git_failed', `git ${verb} ${how}${why ? `: ${why}` : '.'}`);
};
