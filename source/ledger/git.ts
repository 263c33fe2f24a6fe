import { GastownError } from '../common/errors.ts';
import type { ProcessEnd } from '../common/processes/directly.ts';
import { startProcess } from '../common/processes/start.ts';
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
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let hasHung = false;
  const end = await new Promise<ProcessEnd>(resolve => {
    const running = startProcess(
      {
        file: 'git',
        args: [...FLAGS, `--git-dir=${gitDir}`, ...args],
        cwd: '/',
        env: {
          PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
          HOME: '/nonexistent',
          LC_ALL: 'C',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_CONFIG_NOSYSTEM: '1',
        },
        input: options.input ?? '',
      },
      {
        onStdout(chunk) {
          if (options.onOutput) options.onOutput(chunk);
          else stdout.push(chunk);
          silence.refresh();
        },
        onStderr: chunk => stderr.push(chunk),
        onEnd(how) {
          clearTimeout(silence);
          resolve(how);
        },
      },
    );
    const silence = setTimeout(() => {
      hasHung = true;
      running.abandon();
    }, silenceMs);
  });
  const { code } = end;
  if (hasHung) throw hung(args, silenceMs);
  if (end.failed) throw notStarted(end.failed);
  if (options.isSearch && code !== null) return Buffer.concat([...stderr, ...stdout]);
  if (code !== null && (options.okCodes ?? [0]).includes(code)) return Buffer.concat(stdout);
  throw failed(args, code, Buffer.concat(stderr).toString('utf8'));
};

/** Far more than the largest commit or listing takes on a slow disk; a Git that hangs must not hold up the town for ever. */
const SILENCE_MS = 120_000;

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

const notStarted = (error: NonNullable<ProcessEnd['failed']>): GastownError =>
  error.code === 'ENOENT'
    ? new GastownError('git_missing', 'Git was not found.', {
        hint: 'Install Git 2.38 or newer and put it on your PATH.',
      })
    : new GastownError('git_failed', `Git did not run: ${safeLine(error.message)}.`, { cause: error });

const failed = (args: readonly string[], code: number | null, stderr: string): GastownError => {
  const why = safeLine(stderr.trim()).slice(0, 500);
  const how = code === null ? 'was ended' : `failed (exit ${code})`;
  return new GastownError('git_failed', `git ${verbOf(args)} on the ledger ${how}${why ? `: ${why}` : '.'}`);
};

/** The command's name, behind settings made for this one call. */
const verbOf = (args: readonly string[]): string =>
  args.find((arg, at) => arg !== '-c' && args[at - 1] !== '-c') ?? 'command';
