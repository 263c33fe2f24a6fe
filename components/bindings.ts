import { controlByte, isTextKey, keyLabel, readKey } from './key-names.ts';
import { type BoundCommand, COMMANDS, type KeyCommand, type KeyContext } from './key-table.ts';

/** `[keys]` of the config: for a command's id the keys that it has instead of its own; none unbinds it. */
export type KeyWishes = Readonly<Record<string, readonly string[]>>;

/** A line of `[keys]` that cannot be as it is. The command keeps the keys it had. */
export interface KeyProblem {
  readonly command: string;
  /** What is wrong and what to do instead. */
  readonly message: string;
}

export interface Bindings {
  /** The table as it works now. */
  readonly commands: readonly BoundCommand[];
  readonly problems: readonly KeyProblem[];
  /** What is allowed and worth knowing: a pane's key that hides one which works everywhere. */
  readonly notes: readonly string[];
}

/**
 * The key table with a person's own keys in it. What they wish is taken as a whole first, so that two commands may change
 * places; then each line that leads to a conflict, or to a place that no key leaves, is left out and told.
 */
export const bindKeys = (wishes: KeyWishes, table: readonly BoundCommand[] = COMMANDS): Bindings => {
  const problems: KeyProblem[] = [];
  const wished = new Map<string, readonly string[]>();
  for (const [id, keys] of Object.entries(wishes)) {
    const read = readWish(id, keys, table);
    if (typeof read === 'string') problems.push({ command: id, message: read });
    else wished.set(id, read);
  }
  for (;;) {
    const commands = table.map(command => ({ ...command, keys: wished.get(command.id) ?? command.keys }));
    const problem = firstProblem(commands, [...wished.keys()]);
    if (!problem) return { commands, problems, notes: hidden(commands, wished) };
    problems.push(problem);
    wished.delete(problem.command);
  }
};

/** The keys of a line by their names, or what is wrong with it. */
const readWish = (id: string, keys: readonly string[], table: readonly BoundCommand[]): readonly string[] | string => {
  const command = table.find(each => each.id === id);
  if (!command) {
    const near = nearest(id, table);
    return `There is no command “${id}”${near ? `: did you mean ${near}?` : '.'} \`gastown keys\` lists them.`;
  }
  const names: string[] = [];
  for (const key of keys) {
    const read = readKey(key);
    if (command.contexts.includes('attached') && !('name' in read && leavesAgent(read.name)))
      return `${id}: ${key.trim() || keyLabel('space')} is the agent's: choose a Ctrl-key that is no other key to a terminal, as ${keyLabel('ctrl-q')}, and not ${keyLabel('ctrl-c')}.`;
    if ('problem' in read) return `${id}: ${read.problem}.`;
    const typing = command.contexts.find(context => TYPING.has(context));
    if (typing && isTextKey(read.name))
      return `${id}: ${keyLabel(read.name)} is text where text is typed (${typing}): choose a key that types nothing, as Ctrl-${/[a-z]/i.test(read.name) ? read.name.toLowerCase() : 'g'}.`;
    if (!names.includes(read.name)) names.push(read.name);
  }
  return names;
};

/** Whether it is found in what a terminal sends to an agent, who can spare it. */
const leavesAgent = (name: string): boolean => controlByte(name) !== undefined && name !== 'ctrl-c';

const TYPING: ReadonlySet<KeyContext> = new Set(['form', 'line', 'palette']);

const firstProblem = (commands: readonly BoundCommand[], wished: readonly string[]): KeyProblem | undefined => {
  // The line that comes later gives way.
  const changed = wished.toReversed().flatMap(id => commands.filter(command => command.id === id));
  for (const command of changed)
    for (const key of command.keys)
      for (const other of commands) {
        const where = other.id !== command.id && other.keys.includes(key) && meeting(command, other);
        if (where) return { command: command.id, message: conflict({ key, command, other, where }) };
      }
  return changed.length > 0 ? lockedIn(commands, changed) : undefined;
};

/** Where two commands are heard at once: a place that both name, or any on the screen, where one of them works always. */
const meeting = (a: KeyCommand, b: KeyCommand): string | undefined => {
  const shared = a.contexts.find(context => b.contexts.includes(context));
  if (shared) return shared === 'global' || shared === 'always' ? 'everywhere' : `in ${shared}`;
  const has = (context: KeyContext): boolean => [a, b].some(command => command.contexts.includes(context));
  return has('always') && !has('attached') ? 'everywhere' : undefined;
};

interface Conflict {
  readonly key: string;
  readonly command: KeyCommand;
  readonly other: KeyCommand;
  readonly where: string;
}

const conflict = ({ key, command, other, where }: Conflict): string =>
  `${keyLabel(key)} is both ${command.id} and ${other.id} ${where}. Give ${other.id} another key, or none: ${other.id} = [${other.keys
    .filter(each => each !== key)
    .map(each => JSON.stringify(each))
    .join(', ')}]`;

/** A place that no key leaves, and a list in which nothing can be taken. */
const lockedIn = (commands: readonly BoundCommand[], changed: readonly BoundCommand[]): KeyProblem | undefined => {
  const keysIn = (context: KeyContext, ids: readonly string[]): number =>
    commands
      .filter(({ id, contexts }) => ids.includes(id) && contexts.includes(context))
      .reduce((sum, { keys }) => sum + keys.length, 0);
  const ofChanged = (ids: readonly string[]): string | undefined => changed.find(({ id }) => ids.includes(id))?.id;
  for (const { ids, contexts, says } of NEEDED) {
    const command = ofChanged(ids);
    const place = contexts.find(context => keysIn(context, ids) === 0);
    if (command && place) return { command, message: `${command}: ${says(place)}` };
  }
  return undefined;
};

const NEEDED: readonly {
  readonly ids: readonly string[];
  readonly contexts: readonly KeyContext[];
  readonly says: (place: string) => string;
}[] = [
  {
    ids: ['close', 'close-letter', 'close-typing'],
    contexts: ['help', 'palette', 'menu', 'form', 'line', 'confirm', 'decide', 'review', 'viewer', 'quit'],
    says: place => `no key would be left that closes ${place === 'quit' ? 'the question of leaving' : `a ${place}`}.`,
  },
  {
    ids: ['quit', 'palette'],
    contexts: ['global'],
    says: () => 'no key would be left to leave by: keep one for quit or for palette.',
  },
  {
    ids: ['accept'],
    contexts: ['help', 'menu', 'palette', 'quit', 'line'],
    says: place => `no key would be left that takes what is chosen in a ${place}.`,
  },
  {
    ids: ['detach'],
    contexts: ['attached'],
    says: () => 'no key would be left that comes back from an attached terminal.',
  },
];

/** What a person's own keys hide: the nearer place always wins. */
const hidden = (commands: readonly BoundCommand[], wished: ReadonlyMap<string, unknown>): readonly string[] => {
  const everywhere = commands.filter(({ contexts }) => contexts.includes('global'));
  return commands
    .filter(({ contexts }) => !contexts.includes('global') && contexts.some(context => PANES.has(context)))
    .flatMap(near =>
      everywhere.flatMap(far => {
        if (!wished.has(near.id) && !wished.has(far.id)) return [];
        return near.keys
          .filter(key => far.keys.includes(key))
          .map(key => `${keyLabel(key)} is ${near.id} in ${near.contexts.join(', ')}, and ${far.id} elsewhere.`);
      }),
    );
};

const PANES: ReadonlySet<KeyContext> = new Set(['plan', 'polecats', 'refinery', 'health', 'log', 'detail']);

/** The command whose id needs the fewest letters changed, where that is a slip and not another word. */
const nearest = (id: string, table: readonly BoundCommand[]): string | undefined => {
  const best = table
    .map(command => ({ id: command.id, steps: distance(id, command.id) }))
    .sort((a, b) => a.steps - b.steps)[0];
  return best && best.steps <= Math.ceil(id.length / 3) ? best.id : undefined;
};

/** Letters to insert, remove or replace until one word is the other (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
};
