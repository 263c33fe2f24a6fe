import { spawn } from 'node:child_process';
import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';

/**
 * Runs one Git command on the ledger's own repository, blind to the user's configuration and hooks. A session of its own
 * (`detached`): Ctrl-C in the terminal must not end a commit half-way. Rejects with `git_failed`, or `git_missing`.
 */
export const ledgerGit = async (
  gitDir: string,
  args: readonly string[],
  options: { input?: string | Buffer } = {},
): Promise<Buffer> => {
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
  child.stdout.on('data', chunk => stdout.push(chunk));
  child.stderr.on('data', chunk => stderr.push(chunk));
  // A child that ends early closes its end; its exit code tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', error => reject(notStarted(error)));
    child.once('close', resolve);
  });
  if (code === 0) return Buffer.concat(stdout);
  throw failed(args, code, Buffer.concat(stderr).toString('utf8'));
};

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
  return new GastownError('git_failed', `git ${args[0]} on the ledger ${how}${why ? `: ${why}` : '.'}`);
};
