import { keyLabel } from './key-names.ts';
import { type BoundCommand, COMMANDS, type CommandId, type KeyCommand, type KeyContext } from './key-table.ts';
import type { KeyWords } from './rows/pane.ts';
import { lockOf, type ScreenContext, type Situation, situationsOf } from './situation.ts';
import { PANES } from './state.ts';

export { keyLabel } from './key-names.ts';
export { type BoundCommand, COMMANDS, type CommandId, type KeyCommand, type KeyContext } from './key-table.ts';

/** The table with the keys that the person has given it. */
export const boundIn = ({ commands }: Pick<ScreenContext, 'commands'>): readonly BoundCommand[] => commands ?? COMMANDS;

/** The command with this id. */
export const commandById = (id: string, commands: readonly BoundCommand[] = COMMANDS): BoundCommand | undefined =>
  commands.find(command => command.id === id);

/** The command of a key where the person is: what the place itself binds comes before what is bound everywhere. */
export const commandForKey = (
  key: string,
  contexts: readonly KeyContext[],
  commands: readonly BoundCommand[] = COMMANDS,
): BoundCommand | undefined => {
  for (const context of contexts) {
    const found = commands.find(command => command.keys.includes(key) && command.contexts.includes(context));
    if (found) return found;
  }
  return undefined;
};

/**
 * Commands that a person can reach in these contexts, the nearest context's first and in it what only it has, without those
 * shadowed by a nearer key.
 */
export const commandsIn = (
  contexts: readonly KeyContext[],
  commands: readonly BoundCommand[] = COMMANDS,
): readonly BoundCommand[] => {
  const seen = new Set<string>();
  const found: BoundCommand[] = [];
  for (const context of contexts) {
    const here = commands.filter(command => command.contexts.includes(context) && !found.includes(command));
    const own = here.filter(command => !command.contexts.includes('global'));
    for (const command of new Set([...own, ...here])) {
      if (command.keys.length > 0 && command.keys.every(key => seen.has(key))) continue;
      found.push(command);
      for (const key of command.keys) seen.add(key);
    }
  }
  return found;
};

/** What the commands of a dialog say where no such dialog is open; lists of commands lie on the one that is meant. */
const outOfPlace = ({ contexts }: KeyCommand, { state }: Situation): string | undefined => {
  if (contexts.some(context => ANYWHERE.has(context))) return undefined;
  if (contexts.includes('attached')) return 'No terminal is attached: {attach} attaches, and then {detach} comes back.';
  const under = state.dialogs.findLast(({ kind }) => !LISTS.has(kind) || contexts.includes(kind))?.kind;
  if (under && contexts.includes(under)) return undefined;
  return contexts.includes('decide')
    ? 'Nothing is asked here: {attention} shows what waits for you.'
    : `This works in a ${contexts.join(', or a ')} only.`;
};

const ANYWHERE: ReadonlySet<string> = new Set([...PANES, 'global', 'always']);
const LISTS: ReadonlySet<string> = new Set(['help', 'palette', 'menu']);

/** The key by which a person reaches a command now, as printed; without one, its name for the palette. */
export const keyOf = (id: CommandId, commands: readonly BoundCommand[]): string => {
  const [key] = commandById(id, commands)?.keys ?? [];
  return key === undefined ? `:${id}` : keyLabel(key);
};

/** Fills in the keys of commands that a sentence of the program names: `{sling} slings it.` */
export const withKeys = (text: string, commands: readonly BoundCommand[]): string =>
  text.replace(/\{([a-z-]+)\}/g, (written, id: string) =>
    commandById(id) ? keyOf(id as CommandId, commands) : written,
  );

/**
 * Puts a person's own keys into the sentences of the program, for rows that are told nothing else of the key table. One
 * table has one of these, so that rows can be seen to be made of the same things as before.
 */
export const keyWords = (commands: readonly BoundCommand[] = COMMANDS): KeyWords => {
  const words = wordsOf.get(commands) ?? (text => withKeys(text, commands));
  wordsOf.set(commands, words);
  return words;
};

const wordsOf = new WeakMap<readonly BoundCommand[], KeyWords>();

/** The same, for the key table that a screen goes by. */
export const keysIn = (context: Pick<ScreenContext, 'commands'>): KeyWords => keyWords(boundIn(context));

/** Whether a command can be run now; otherwise why not. */
export const availability = (command: KeyCommand, situation: Situation): true | string => {
  const lock = command.changes && lockOf(situation.state, situation.context);
  const keys = boundIn(situation.context);
  if (lock) return withKeys(lock, keys);
  const check = (each: Situation): true | string => outOfPlace(command, each) ?? command.enabled?.(each) ?? true;
  // Of several marked rows, one that it can be done with is enough.
  const all = command.many ? situationsOf(situation.state, situation.context) : [situation];
  const isSome = all.length > 1 && all.some(each => check(each) === true);
  const enabled = isSome ? true : check(all[0]!);
  return enabled === true ? true : withKeys(enabled, keys);
};

/** One row of the table for `gastown keys` and documents: keys as printed. */
export interface KeyRow {
  readonly id: string;
  readonly keys: readonly string[];
  readonly where: string;
  readonly label: string;
}

export const keyRows = (commands: readonly BoundCommand[]): readonly KeyRow[] =>
  commands.map(command => ({
    id: command.id,
    keys: command.keys.map(keyLabel),
    where: command.contexts.join(' '),
    label: withKeys(command.label, commands),
  }));
