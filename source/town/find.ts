import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { townPaths } from './paths.ts';

/** A folder is a town when it holds both. */
export const isTown = (dir: string): boolean => existsSync(townPaths(dir).config) && existsSync(townPaths(dir).ledger);

/** The folder a town would be looked for in by default. */
export const defaultTown = (env: NodeJS.ProcessEnv): string => path.join(env.HOME || os.homedir(), '.gastown');

/**
 * The town meant: `--town`, else `GASTOWN_TOWN`, else the nearest one at or above `cwd`, else `~/.gastown`.
 * Undefined when none of them is a town; a town named explicitly that is not one is an error.
 */
export const findTown = (options: { town?: string; cwd: string; env: NodeJS.ProcessEnv }): string | undefined => {
  const named = options.town ?? options.env.GASTOWN_TOWN;
  if (named) {
    const dir = path.resolve(options.cwd, named);
    if (isTown(dir)) return dir;
    throw new GastownError('town_not_found', `There is no town at ${dir}.`, {
      hint: `Create one with: gastown init ${named}`,
    });
  }
  for (let dir = path.resolve(options.cwd); ; dir = path.dirname(dir)) {
    if (isTown(dir)) return dir;
    if (dir === path.dirname(dir)) break;
  }
  const home = defaultTown(options.env);
  return isTown(home) ? home : undefined;
};

/** As `findTown`, with one clear error when there is none. */
export const requireTown = (options: { town?: string; cwd: string; env: NodeJS.ProcessEnv }): string => {
  const dir = findTown(options);
  if (dir) return dir;
  throw new GastownError(
    'town_not_found',
    `No town here or above ${options.cwd}, and none at ${defaultTown(options.env)}.`,
    {
      hint: 'Run `gastown` in a Git repository to set one up, or `gastown init <dir>`.',
    },
  );
};

/** Fails before anything is written when the folder cannot be a town's. */
export const assertWritable = async (dir: string): Promise<void> => {
  try {
    await fs.access(dir, fs.constants.W_OK | fs.constants.X_OK);
    // Root passes `access` on a read-only mount's modes but not on the mount itself.
    const probe = path.join(dir, `.probe-${process.pid}`);
    await fs.writeFile(probe, '');
    await fs.rm(probe);
  } catch (error) {
    throw new GastownError(
      'town_read_only',
      `The town folder ${dir} cannot be written to (${(error as NodeJS.ErrnoException).code}).`,
      {
        hint: 'Make it writable, or choose another with --town.',
        cause: error,
      },
    );
  }
};
