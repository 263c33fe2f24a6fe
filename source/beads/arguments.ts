import { GastownError } from '../common/errors.ts';

/**
 * `text`: one value, the last one counts. `number`: a whole number. `switch`: none (`--all`, `--all=false`).
 * `list`: comma-separated and repeatable. `texts`: repeatable, commas belong to the value.
 */
export type FlagKind = 'text' | 'number' | 'switch' | 'list' | 'texts';

export interface Flag {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  readonly kind: FlagKind;
  /** Other names that mean the same and are not in the help. */
  readonly aliases?: readonly string[];
  readonly help: string;
}

/** What stands on a command line, by the flags its verb declares. Asking for an undeclared flag is a bug and throws. */
export interface Args {
  readonly words: readonly string[];
  /** True when the flag stands there, whatever its value. */
  has(flag: string): boolean;
  text(flag: string): string | undefined;
  number(flag: string): number | undefined;
  on(flag: string): boolean;
  /** Values of a `list` or of `texts`, in order; empty when absent. */
  list(flag: string): readonly string[];
}

/** Flags that every verb takes, as `bd` has them. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: 'json', kind: 'switch', help: 'Output in JSON format' },
  { name: 'actor', kind: 'text', help: 'Name that work is claimed under (default: $BEADS_ACTOR, else operator)' },
  { name: 'quiet', short: 'q', kind: 'switch', help: 'Only errors and what was asked for' },
  { name: 'readonly', kind: 'switch', help: 'Refuse everything that would change something' },
  { name: 'verbose', short: 'v', kind: 'switch', help: 'Accepted for compatibility; changes nothing' },
  { name: 'no-color', kind: 'switch', help: 'Accepted for compatibility: the output has no colours' },
  { name: 'no-pager', kind: 'switch', help: 'Accepted for compatibility: no pager is used' },
  { name: 'sandbox', kind: 'switch', help: 'Accepted for compatibility: nothing is pushed by bd' },
  { name: 'no-daemon', kind: 'switch', help: 'Accepted for compatibility: there is no daemon of bd' },
  { name: 'allow-stale', kind: 'switch', help: 'Accepted for compatibility: the data is never stale' },
  { name: 'help', short: 'h', kind: 'switch', help: 'Help for this verb' },
];

export interface Parsed {
  readonly args: Args;
  /** Flags found, with their values in order. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/**
 * Sorts a command line into words and flags: `--flag value`, `--flag=value`, `-p1`, `-p 1`, `-fq`, repeated flags, and
 * `--`, after which everything is a word. `stopAtWord` ends at the first word (for flags before a verb) and answers how
 * many were read. Throws `usage` on an unknown flag or a missing or wrong value.
 */
export const parseArguments = (
  argv: readonly string[],
  flags: readonly Flag[],
  options: { stopAtWord?: boolean } = {},
): Parsed & { readonly read: number } => {
  const words: string[] = [];
  const values = new Map<string, string[]>();
  let at = 0;
  const take = (flag: Flag, spelled: string, attached: string | undefined) => {
    const value = attached ?? (flag.kind === 'switch' ? 'true' : argv[at++]);
    if (value === undefined) throw usage(`flag needs an argument: ${spelled}`);
    const known = values.get(flag.name);
    if (known) known.push(checked(flag, value));
    else values.set(flag.name, [checked(flag, value)]);
  };
  while (at < argv.length) {
    const arg = argv[at]!;
    const isWord = arg === '-' || !arg.startsWith('-');
    if (isWord && options.stopAtWord) break;
    at++;
    if (arg === '--') {
      words.push(...argv.slice(at));
      at = argv.length;
    } else if (isWord) words.push(arg);
    else if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
      const flag = flags.find(one => one.name === name || one.aliases?.includes(name));
      if (!flag) throw usage(`unknown flag: --${name}`);
      take(flag, `--${name}`, equals < 0 ? undefined : arg.slice(equals + 1));
    } else takeShort(arg, flags, take);
  }
  return { args: argsOf(words, flags, values), values, read: at };
};

/** `-fq`, `-p1`, `-p=1`: switches up to the first flag with a value, which takes the rest. */
const takeShort = (
  arg: string,
  flags: readonly Flag[],
  take: (flag: Flag, spelled: string, attached: string | undefined) => void,
): void => {
  for (let letter = 1; letter < arg.length; letter++) {
    const flag = flags.find(one => one.short === arg[letter]);
    if (!flag) throw usage(`unknown shorthand flag: '${arg[letter]}' in ${arg}`);
    const rest = arg.slice(letter + 1);
    if (flag.kind === 'switch' && !rest.startsWith('=')) {
      take(flag, `-${flag.short}`, undefined);
      continue;
    }
    take(flag, `-${flag.short}`, rest === '' ? undefined : rest.replace(/^=/, ''));
    return;
  }
};

const checked = (flag: Flag, value: string): string => {
  if (flag.kind === 'number' && !/^[+-]?\d{1,15}$/.test(value)) {
    throw usage(`invalid argument "${value}" for --${flag.name}: it is no whole number`);
  }
  if (flag.kind === 'switch' && !/^(true|false|1|0|t|f)$/i.test(value)) {
    throw usage(`invalid argument "${value}" for --${flag.name}: it is true or false`);
  }
  return value;
};

const argsOf = (
  words: readonly string[],
  flags: readonly Flag[],
  values: ReadonlyMap<string, readonly string[]>,
): Args => {
  const all = (name: string, ...kinds: FlagKind[]): readonly string[] => {
    const flag = flags.find(one => one.name === name);
    if (!flag || (kinds.length > 0 && !kinds.includes(flag.kind))) throw new Error(`no such flag declared: ${name}`);
    return values.get(name) ?? [];
  };
  return {
    words,
    has: name => all(name).length > 0,
    text: name => all(name, 'text').at(-1),
    number: name => {
      const value = all(name, 'number').at(-1);
      return value === undefined ? undefined : Number(value);
    },
    on: name => /^(true|1|t)$/i.test(all(name, 'switch').at(-1) ?? ''),
    list: name => {
      const given = all(name, 'list', 'texts');
      if (flags.find(one => one.name === name)!.kind === 'texts') return given;
      return given.flatMap(value => value.split(',').map(part => part.trim())).filter(part => part !== '');
    },
  };
};

const usage = (message: string): GastownError => new GastownError('usage', message);
