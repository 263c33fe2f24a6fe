import { COMMANDS, type CommandId, type KeyCommand, type KeyContext } from './key-table.ts';
import { lockOf, type Situation } from './situation.ts';

export { COMMANDS, type CommandId, type KeyCommand, type KeyContext } from './key-table.ts';

/** The command with this id. */
export const commandById = (id: string): (KeyCommand & { readonly id: CommandId }) | undefined =>
  COMMANDS.find(command => command.id === id);

/** The command of a key where the person is: what the place itself binds comes before what is bound everywhere. */
export const commandForKey = (
  key: string,
  contexts: readonly KeyContext[],
): (KeyCommand & { readonly id: CommandId }) | undefined => {
  for (const context of contexts) {
    const found = COMMANDS.find(command => command.keys.includes(key) && command.contexts.includes(context));
    if (found) return found;
  }
  return undefined;
};

/** Commands that a person can reach in these contexts, the nearest context's first, without those shadowed by a nearer key. */
export const commandsIn = (contexts: readonly KeyContext[]): readonly (KeyCommand & { readonly id: CommandId })[] => {
  const seen = new Set<string>();
  const found: (KeyCommand & { readonly id: CommandId })[] = [];
  for (const context of contexts)
    for (const command of COMMANDS) {
      if (!command.contexts.includes(context) || found.includes(command)) continue;
      if (command.keys.length > 0 && command.keys.every(key => seen.has(key))) continue;
      found.push(command);
      for (const key of command.keys) seen.add(key);
    }
  return found;
};

/** Whether a command can be run now; otherwise why not. */
export const availability = (command: KeyCommand, situation: Situation): true | string => {
  const lock = command.changes && lockOf(situation.state, situation.context);
  if (lock) return lock;
  return command.enabled?.(situation) ?? true;
};

/** A key's name as printed: `Space`, `Ctrl-d`, `j`. */
export const keyLabel = (key: string): string =>
  key.length === 1
    ? key
    : (KEY_LABELS[key] ?? key.replace(/^(ctrl|alt|shift)-/, prefix => prefix[0]!.toUpperCase() + prefix.slice(1)));

const KEY_LABELS: Readonly<Record<string, string>> = {
  space: 'Space',
  enter: 'Enter',
  esc: 'Esc',
  tab: 'Tab',
  'shift-tab': 'Shift-Tab',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pgup: 'PgUp',
  pgdn: 'PgDn',
  home: 'Home',
  end: 'End',
  backspace: 'Backspace',
  delete: 'Delete',
};

/** The table as data for `gastown keys` and documents: keys as printed. */
export const KEY_TABLE: readonly {
  readonly id: string;
  readonly keys: readonly string[];
  readonly where: string;
  readonly label: string;
}[] = COMMANDS.map(command => ({
  id: command.id,
  keys: command.keys.map(keyLabel),
  where: command.contexts.join(' '),
  label: command.label,
}));
