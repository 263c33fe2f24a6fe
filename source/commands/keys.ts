import { KEY_TABLE } from '../../components/keymap.ts';
import type { Invocation } from './invocation.ts';

/** `gastown keys`: the table that the screen itself runs on. */
export const keys = async (invocation: Invocation): Promise<undefined> => {
  for (const command of KEY_TABLE)
    invocation.output.record('key', { id: command.id, keys: command.keys, where: command.where, label: command.label });
  invocation.output.table(
    ['KEYS', 'WHERE', 'WHAT'],
    KEY_TABLE.map(command => [command.keys.join(' '), command.where, command.label]),
  );
  return undefined;
};
