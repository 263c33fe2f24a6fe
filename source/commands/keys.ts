import { bindKeys, type KeyWishes } from '../../components/bindings.ts';
import { reportLines, reportOf } from '../../components/key-doctor.ts';
import { keyRows } from '../../components/keymap.ts';
import { runKeyDoctor } from '../../components/run-key-doctor.tsx';
import { EXIT, GastownError } from '../common/errors.ts';
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

/** `gastown keys doctor`: asks for keys and says which of them do not arrive, with lines for `[keys]` that make up for it. */
export const keysDoctor = async (invocation: Invocation): Promise<number> => {
  const { output, env } = invocation;
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY)
    throw new GastownError('terminal', 'The key doctor needs a terminal on standard input and output.', {
      hint: 'Run it where you run the screen: in that terminal, over that line, within tmux if you use it.',
    });
  const { commands } = bindKeys(await wishesOf(invocation));
  const doctor = await runKeyDoctor({ commands, stdin, stdout });
  const inTmux = Boolean(env.TMUX);
  for (const line of reportLines(reportOf(doctor, { commands, inTmux }))) output.say(line);
  for (const { key, got } of doctor.findings) output.record('key_finding', { key, ...(got !== undefined && { got }) });
  return doctor.findings.length > 0 ? EXIT.failed : EXIT.done;
};

/** `[keys]` of the town here; without a town there are none. */
const wishesOf = async ({ town, cwd, env }: Invocation): Promise<KeyWishes> => {
  const found = findTown({ ...(town !== undefined && { town }), cwd, env });
  return found === undefined ? {} : (await readConfig(townPaths(found).config)).keys;
};
