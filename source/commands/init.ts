import fs from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { writeConfig } from '../town/config.ts';
import { isTown } from '../town/find.ts';
import { townPaths } from '../town/paths.ts';
import { createTown } from '../town/town.ts';
import type { Invocation } from './invocation.ts';

/** `gastown init <dir>` */
export const init = async (
  invocation: Invocation,
  [given]: string[],
  options: Record<string, unknown>,
): Promise<undefined> => {
  const dir = path.resolve(invocation.cwd, given!);
  const name = (options.name as string | undefined) ?? path.basename(dir).replace(/^\./, '');
  await createTownAt(dir, { name, env: invocation.env });
  invocation.output.record('town', { name, path: dir });
  invocation.output.say(`Town ${name} is at ${dir}.`);
  invocation.output.say(`Add a repository: gastown --town ${given} rig add <name> <path or URL>`);
};

/** Creates a town with its config. Refused where one is; a folder with other things in it is refused too. */
export const createTownAt = async (dir: string, options: { name: string; env: NodeJS.ProcessEnv }): Promise<void> => {
  if (isTown(dir))
    throw new GastownError('already_exists', `There is a town at ${dir} already.`, {
      hint: `Open it with: gastown --town ${dir}`,
    });
  const entries = await fs.readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new GastownError('invalid', `${dir} cannot be a town's folder (${error.code}).`, { cause: error });
  });
  const ours = new Set(['ledger.git', 'journal', 'bin', 'operator.token', 'town.lock', 'town.holder.json']);
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
  await createTown(dir, options);
  // Last, because its presence is what makes the folder a town.
  await writeConfig(townPaths(dir).config, { name: options.name });
};
