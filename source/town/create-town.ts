import fs from 'node:fs/promises';
import { GastownError } from '../common/errors.ts';
import { writeConfig } from './config.ts';
import { isTown } from './find.ts';
import { townPaths } from './paths.ts';
import { createTown } from './town.ts';

/** Creates a town with its config, where there is room for one. */
export const createTownAt = async (dir: string, options: { name: string; env: NodeJS.ProcessEnv }): Promise<void> => {
  await requireRoomForTown(dir);
  await createTown(dir, options);
  // Last, because its presence is what makes the folder a town.
  await writeConfig(townPaths(dir).config, { name: options.name });
};

/** Refuses a folder in which a town is, or other things; what an interrupted try left there is none. */
export const requireRoomForTown = async (dir: string): Promise<void> => {
  if (isTown(dir))
    throw new GastownError('already_exists', `There is a town at ${dir} already.`, {
      hint: `Open it with: gastown --town ${dir}`,
    });
  const entries = await fs.readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new GastownError('invalid', `${dir} cannot be a town's folder (${error.code}).`, { cause: error });
  });
  const ours = new Set(['ledger.git', 'journal', 'bin', 'operator.token', 'town.lock', 'town.holder.json', 'replica']);
  const foreign = entries.filter(entry => !ours.has(entry) && !entry.startsWith('town.lock'));
  if (foreign.length > 0) {
    throw new GastownError(
      'invalid',
      `${dir} is not empty (${foreign.slice(0, 3).join(', ')}): a town wants a folder of its own.`,
      {
        hint: 'Name a new or empty folder.',
      },
    );
  }
};
