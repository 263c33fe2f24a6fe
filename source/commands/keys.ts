import { bindKeys, type KeyWishes } from '../../components/bindings.ts';
import { keyRows } from '../../components/keymap.ts';
import { EXIT } from '../common/errors.ts';
import { readConfig } from '../town/config.ts';
import { findTown } from '../town/find.ts';
import { townPaths } from '../town/paths.ts';
import type { Invocation } from './invocation.ts';

/**
 * `gastown keys`: the table that the screen itself runs on, with the person's own keys where there is a town.
 * `--check` says only what is wrong with those, and ends with 1 where something is.
 */
export const keys = async (
  invocation: Invocation,
  _args: string[],
  options: Record<string, unknown>,
): Promise<number> => {
  const { output } = invocation;
  const { commands, problems, notes } = bindKeys(await wishesOf(invocation));
  for (const { command, message } of problems) output.record('key_problem', { command, message });
  if (options.check === true) {
    for (const { message } of problems) output.say(`✗ ${message}`);
    for (const note of notes) output.say(`· ${note}`);
    if (problems.length === 0)
      output.say('Every key means one thing where it is pressed, and every place has a way out.');
    return problems.length > 0 ? EXIT.failed : EXIT.done;
  }
  const rows = keyRows(commands);
  for (const row of rows) output.record('key', { id: row.id, keys: row.keys, where: row.where, label: row.label });
  output.table(
    ['KEYS', 'COMMAND', 'WHERE', 'WHAT'],
    rows.map(row => [row.keys.join(' ') || '–', row.id, row.where, row.label]),
  );
  return EXIT.done;
};

/** `[keys]` of the town here; without a town there are none. */
const wishesOf = async ({ town, cwd, env }: Invocation): Promise<KeyWishes> => {
  const found = findTown({ ...(town !== undefined && { town }), cwd, env });
  return found === undefined ? {} : (await readConfig(townPaths(found).config)).keys;
};
