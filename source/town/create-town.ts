import fs from 'node:fs/promises';
import { GastownError } from '../common/errors.ts';
import { requireGit } from '../git/run.ts';
import { acquireTownLock } from '../ledger/lock.ts';
import { openLedger } from '../ledger/store.ts';
import { writeConfig } from './config.ts';
import { OPERATOR } from './context.ts';
import { assertWritable, isTown } from './find.ts';
import { furnish } from './furnish.ts';
import { townPaths } from './paths.ts';

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

/** Creates the folders and records of a new town. Idempotent over an interrupted first try. */
export const createTown = async (dir: string, options: { name: string; env: NodeJS.ProcessEnv }): Promise<void> => {
  await requireGit();
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  await assertWritable(dir);
  const paths = townPaths(await fs.realpath(dir));
  const lock = await acquireTownLock(paths.dir, { purpose: 'init' });
  try {
    const ledger = await openLedger({ dir: paths.dir });
    try {
      if (!ledger.data.town.has('town')) {
        await ledger.execute({ type: 'town.create', payload: { name: options.name }, actor: OPERATOR });
      }
      await furnish(paths);
    } finally {
      await ledger.close();
    }
  } finally {
    await lock.release();
  }
};
