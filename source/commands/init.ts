import path from 'node:path';
import { createTownAt } from '../town/create-town.ts';
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
