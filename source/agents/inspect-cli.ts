import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { AgentCli } from './cli.ts';
import { findProgram } from './find-program.ts';
import type { AgentPreset } from './presets.ts';

/** What this machine has of an agent CLI. */
export interface FoundCli {
  /** Absent: not installed, or not to be run. */
  readonly path?: string;
  /** As it says by `--version`: its first number with dots. Absent: it did not say. */
  readonly version?: string;
  /** Why the version is not known, in one line. */
  readonly complaint?: string;
  /** Older than the oldest seen working with the town. */
  readonly isOld: boolean;
  /** The variable that holds its key, where one is set. */
  readonly key?: string;
  /** The person has logged in with it. */
  readonly hasLogin: boolean;
}

/** A CLI that unpacks itself at its first start takes seconds; one that asks something never answers. */
const VERSION_LIMIT_MS = 15_000;

/**
 * Looks for a CLI and asks for its version, with a clean environment and a home of its own: nothing of the person's is
 * read or written. Never rejects.
 */
export const inspectCli = async (
  cli: AgentCli,
  options: { preset?: Pick<AgentPreset, 'command'>; env: NodeJS.ProcessEnv },
): Promise<FoundCli> => {
  const { preset, env } = options;
  const found = findProgram(preset?.command || cli.program, env);
  const key = cli.keys.find(name => env[name]);
  const access = { ...(key !== undefined && { key }), hasLogin: await isThere(env.HOME, cli.login) };
  if (found === undefined) return { isOld: false, ...access };
  const said = await askVersion(found, env);
  const version = /\d+(\.\d+)+/.exec(said.text)?.[0];
  if (version === undefined) return { path: found, complaint: said.complaint, isOld: false, ...access };
  return { path: found, version, isOld: isOlder(version, cli.oldest), ...access };
};

/** Whether it is installed and somebody can pay for it: by a key that is set, or a login. */
export const isUsable = async (cli: AgentCli, env: NodeJS.ProcessEnv): Promise<boolean> =>
  findProgram(cli.program, env) !== undefined &&
  (cli.keys.some(name => env[name]) || (await isThere(env.HOME, cli.login)));

/** Compares numbers with dots; what follows them (`-beta.1`) does not count. */
export const isOlder = (version: string, than: string): boolean => {
  const [mine, other] = [version, than].map(text => text.split('.').map(part => Number.parseInt(part, 10)));
  for (let at = 0; at < Math.max(mine!.length, other!.length); at++) {
    const difference = (mine![at] ?? 0) - (other![at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
};

const askVersion = async (program: string, env: NodeJS.ProcessEnv): Promise<{ text: string; complaint: string }> => {
  const home = await fs.mkdtemp(path.join(os.tmpdir(), 'gastown-version-'));
  try {
    const { execa } = await import('execa');
    const result = await execa(program, ['--version'], {
      env: { PATH: env.PATH ?? '', HOME: home, LANG: env.LANG ?? 'C.UTF-8', TERM: 'dumb', NO_COLOR: '1' },
      extendEnv: false,
      cwd: home,
      stdin: 'ignore',
      reject: false,
      timeout: VERSION_LIMIT_MS,
      maxBuffer: MAX_CHARS,
    });
    const complaint = result.timedOut
      ? `--version did not answer in ${VERSION_LIMIT_MS / 1_000} s`
      : (result.stderr || result.shortMessage || '--version says no number').split('\n')[0]!;
    return { text: result.stdout, complaint };
  } finally {
    await fs.rm(home, { recursive: true, force: true, maxRetries: 3 });
  }
};

const MAX_CHARS = 100_000;

const isThere = async (home: string | undefined, files: readonly string[]): Promise<boolean> => {
  if (home === undefined) return false;
  for (const file of files) {
    try {
      await fs.access(path.join(home, file), fs.constants.R_OK);
      return true;
    } catch {
      // Not this one.
    }
  }
  return false;
};
