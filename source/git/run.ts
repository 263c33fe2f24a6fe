import { existsSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { GastownError } from '../common/errors.ts';
import { type ProcessResult, runProcess } from '../common/processes/run.ts';
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
  maxOutputBytes?: number;
  signal?: AbortSignal;
}

export interface GitResult {
  stdout: string;
  stderr: string;
  code: number;
  /** The output passed `maxOutputBytes`; `code` says nothing then. */
  truncated: boolean;
}

/** Runs one Git command without a shell and without a terminal. Fails with `git_failed` (or `timeout`) and one safe line saying why. */
export const git = async (args: readonly string[], options: GitOptions = {}): Promise<GitResult> => {
  const user = options.as === 'user';
  const cwd = options.cwd ?? options.gitDir ?? '/';
  const result = await runProcess(
    {
      file: 'git',
      args: [...(user ? USER_FLAGS : TOWN_FLAGS), ...gitDirFlag(options.gitDir), ...args],
      cwd,
      env: { ...(user ? userEnvironment(options.userEnv ?? process.env) : townEnvironment()), ...options.env },
      ...(options.input !== undefined && { input: options.input }),
    },
    {
      timeoutMs: options.timeoutMs ?? GIT_TIMEOUT_MS,
      maxOutputBytes: options.maxOutputBytes ?? MAX_OUTPUT_BYTES,
      signal: options.signal,
    },
  );
  const { stdout, stderr, truncated, code, ...how } = result;
  const encoding = options.encoding ?? 'utf8';
  // A decoder leaves out the half of a character at which an output was cut.
  const text = (bytes: Buffer): string => new StringDecoder(encoding).write(bytes);
  const answer = { stdout: text(stdout), stderr: text(stderr), code: code ?? -1, truncated };
  if (truncated) return answer;
  if (code !== null && (options.okCodes ?? [0]).includes(code)) return answer;
  throw gitError(args, { ...answer, ...how, cwd });
};

/** `stdout` of a command that must succeed, without the final newline. */
export const gitLine = async (args: readonly string[], options: GitOptions = {}): Promise<string> =>
  (await git(args, options)).stdout.replace(/\n$/, '');

/** The version found, for `doctor`. Fails with `git_missing` or `git_too_old`, each saying what was found and what to do. */
export const requireGit = async ({ command = 'git' }: { command?: string } = {}): Promise<string> => {
  const result = await runProcess(
    { file: command, args: ['--version'], cwd: '/', env: townEnvironment() },
    { timeoutMs: GIT_TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES },
  );
  if (result.code === null) {
    throw new GastownError('git_missing', `Git was not found: \`${safeLine(command)}\` does not start.`, {
      hint: `Install Git ${MINIMUM} or newer and make sure it is on your PATH.`,
      cause: result,
    });
  }
  const found = safeLine(result.stdout.toString().trim());
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
/** Kept of an output: a listing of 500,000 long paths fits. */
const MAX_OUTPUT_BYTES = 64_000_000;
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

interface Failure extends Pick<ProcessResult, 'signal' | 'failed' | 'ended'> {
  stderr: string;
  code: number;
  cwd: string;
}

const gitError = (args: readonly string[], failure: Failure): GastownError => {
  const verb = args.find(arg => /^[a-z][a-z-]+$/.test(arg)) ?? 'git';
  if (failure.failed && !existsSync(failure.cwd)) {
    return new GastownError('git_failed', `git ${verb} has no folder to work in: ${safeLine(failure.cwd)} is gone.`);
  }
  if (failure.failed?.code === 'ENOENT') {
    return new GastownError('git_missing', 'Git was not found.', {
      hint: `Install Git ${MINIMUM} or newer and make sure it is on your PATH.`,
    });
  }
  if (failure.ended === 'timeout') return new GastownError('timeout', `git ${verb} did not finish in time.`);
  if (failure.ended === 'stopped') return new GastownError('git_failed', `git ${verb} was stopped.`);
  if (failure.failed)
    return new GastownError('git_failed', `git ${verb} did not run: ${safeLine(failure.failed.message)}.`);
  const how = failure.signal ? `was ended by ${failure.signal}` : `failed (exit ${failure.code})`;
  const why = gitMessage(failure.stderr);
  return new GastownError('git_failed', `git ${verb} ${how}${why ? `: ${why}` : '.'}`);
};
