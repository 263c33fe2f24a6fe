import { type ChildProcess, spawn } from 'node:child_process';
import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';

/**
 * Runs one Git command on the ledger's own repository, blind to the user's configuration and hooks. A session of its own
 * (`detached`): Ctrl-C in the terminal must not end a commit half-way. Rejects with `git_failed`, `git_missing`, or
 * `timeout` once it has said nothing for `silenceMs`: it is ended then.
 */
export const ledgerGit = async (
  gitDir: string,
  args: readonly string[],
  options: {
    input?: string | Buffer;
    silenceMs?: number;
    /** Exit codes that are answers rather than failures. Default: 0 only. */
    okCodes?: readonly number[];
    /** For commands that look for faults and fail when they find some: both streams are the answer, whatever the code. */
    isSearch?: boolean;
    /** Takes the output as it comes; the answer is empty then. */
    onOutput?: (chunk: Buffer) => void;
  } = {},
): Promise<Buffer> => {
  const { silenceMs = SILENCE_MS } = options;
  const child = spawn('git', [...FLAGS, `--git-dir=${gitDir}`, ...args], {
    cwd: '/',
    env: {
      PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
      HOME: '/nonexistent',
      LC_ALL: 'C',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
    },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const watch = watchSilence(child, silenceMs);
  child.stdout.on('data', chunk => {
    if (options.onOutput) options.onOutput(chunk);
    else stdout.push(chunk);
    watch.restart();
  });
  child.stderr.on('data', chunk => stderr.push(chunk));
  // A child that ends early closes its end; its exit code tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', error => reject(notStarted(error)));
    child.once('close', resolve);
  }).finally(watch.stop);
  if (watch.hasEnded()) throw hung(args, silenceMs);
  if (options.isSearch && code !== null) return Buffer.concat([...stderr, ...stdout]);
  if (code !== null && (options.okCodes ?? [0]).includes(code)) return Buffer.concat(stdout);
  throw failed(args, code, Buffer.concat(stderr).toString('utf8'));
};

/** Far more than the largest commit or listing takes on a slow disk; a Git that hangs must not hold up the town for ever. */
const SILENCE_MS = 120_000;

/** Ends the child, and what it started, when it has been silent for too long. */
const watchSilence = (child: ChildProcess, silenceMs: number) => {
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
    // It leads a process group of its own. Its pipes are closed by hand: a grandchild may hold them.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  let timer = setTimeout(end, silenceMs);
  return {
    restart() {
      clearTimeout(timer);
      timer = setTimeout(end, silenceMs);
    },
    stop: () => clearTimeout(timer),
    hasEnded: () => hasEnded,
  };
};

const hung = (args: readonly string[], silenceMs: number): GastownError =>
  new GastownError(
    'timeout',
    `git ${verbOf(args)} on the ledger said nothing for ${silenceMs / 1_000} s and was ended.`,
    {
      hint: 'Look whether the disk answers; what is acknowledged is in the journal, and is committed later.',
    },
  );

const FLAGS = [
  ...['-c', 'core.hooksPath=/dev/null'],
  ...['-c', 'core.fsmonitor=false'],
  ...['-c', 'gc.auto=0'],
  // The journal is dropped once Git has it: then Git's objects and refs must themselves survive a power loss.
  ...['-c', 'core.fsync=all'],
];

const notStarted = (error: NodeJS.ErrnoException): GastownError =>
  error.code === 'ENOENT'
    ? new GastownError('git_missing', 'Git was not found.', {
        hint: 'Install Git 2.38 or newer and put it on your PATH.',
      })
    : new GastownError('git_failed', `Git could not be started: ${error.message}`, { cause: error });

const failed = (args: readonly string[], code: number | null, stderr: string): GastownError => {
  const why = safeLine(stderr.trim()).slice(0, 500);
  const how = code === null ? 'was ended' : `failed (exit ${code})`;
  return new GastownError('git_failed', `git ${verbOf(args)} on the ledger ${how}${why ? `: ${why}` : '.'}`);
};

/** The command's name, behind settings made for this one call. */
const verbOf = (args: readonly string[]): string =>
  args.find((arg, at) => arg !== '-c' && args[at - 1] !== '-c') ?? 'command';
