import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runDirectory } from '../../source/agents/run-directory.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The program as users get it; `npm test` builds it first. */
export const CLI = path.join(ROOT, 'dist/source/cli.js');

/** A clean environment: private HOME, nothing of the person who runs the tests but PATH. */
export const cleanEnv = (home: string, extra: Record<string, string> = {}): Record<string, string> => ({
  PATH: process.env.PATH!,
  HOME: home,
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
  // Shared, as one user's commands share it.
  XDG_CACHE_HOME: path.join(os.tmpdir(), 'gastown-test-cache'),
  ...extra,
});

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. */
export const gastown = (
  args: readonly string[],
  options: { cwd?: string; home: string; env?: Record<string, string>; timeoutMs?: number },
): Promise<Finished> => run(process.execPath, [CLI, ...args], options);

export const run = (
  file: string,
  args: readonly string[],
  options: { cwd?: string; home: string; env?: Record<string, string>; timeoutMs?: number },
): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd ?? options.home,
      env: cleanEnv(options.home, options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 120_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', chunk => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', chunk => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', code => resolve({ code, stdout, stderr }));
  });

/** Ends a process that the test itself started and waits until it is gone. */
export const endChild = (child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> =>
  new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill(signal);
  });

/** Pid of a town's terminal host, from the file the host itself wrote; undefined when none is recorded or it is gone. */
export const hostPid = (town: string): number | undefined => {
  if (!existsSync(town)) return undefined;
  const file = path.join(runDirectory(town), 'host.json');
  if (!existsSync(file)) return undefined;
  const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number };
  try {
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
};

/** A private folder for one test, and the way to leave no trace of it: the hosts of its towns are ended by recorded pid. */
export const workspace = (
  name: string,
): { dir: string; home: string; town(dir: string): string; endHosts(): void; cleanUp(): Promise<void> } => {
  const dir = mkdtempSync(path.join(os.tmpdir(), `gastown-${name}-`));
  const towns: string[] = [];
  const endHosts = (): void => {
    for (const pid of towns.map(hostPid)) if (pid !== undefined) process.kill(pid, 'SIGKILL');
  };
  return {
    dir,
    home: dir,
    town(town) {
      towns.push(town);
      return town;
    },
    endHosts,
    async cleanUp() {
      endHosts();
      for (const town of towns) if (existsSync(town)) rmSync(runDirectory(town), { recursive: true, force: true });
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
};
