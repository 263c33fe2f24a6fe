import path from 'node:path';
import { type SimpleCommand, simpleCommands, UNKNOWN } from './shell-words.ts';

/** A program that a script would start, whatever stands before it: `sudo`, `env`, `timeout 5`, `bash -c "…"`. */
export interface Invocation {
  /** Without its folder. */
  readonly program: string;
  readonly args: readonly string[];
  /** What it is known to get on standard input. */
  readonly input: string;
  /** Where it runs; undefined when the script changed to a folder that only a running shell knows. */
  readonly cwd: string | undefined;
  /** Variables whose values are plain. */
  readonly variables: ReadonlyMap<string, string>;
}

/** Scripts within scripts that are followed. */
const MAX_DEPTH = 6;
/** Commands that are judged; a script of more is a program, not a tool call. */
const MAX_INVOCATIONS = 2_000;

/** Every program that a script starts, in order, as far as that can be read from its text. */
export const invocationsOf = (
  script: string,
  from: { cwd: string; variables: ReadonlyMap<string, string> },
): readonly Invocation[] => {
  const found: Invocation[] = [];
  walk(script, { cwd: from.cwd, variables: new Map(from.variables), depth: 0, found });
  return found;
};

interface Walk {
  cwd: string | undefined;
  readonly variables: Map<string, string>;
  readonly depth: number;
  readonly found: Invocation[];
}

const walk = (script: string, state: Walk): void => {
  if (state.depth > MAX_DEPTH) return;
  for (const command of simpleCommands(script)) {
    if (state.found.length >= MAX_INVOCATIONS) return;
    for (const [name, value] of command.assignments) state.variables.set(name, expand(value, state));
    const words = command.words.map(word => expand(word, state));
    if (words.length > 0) follow(words, command, state);
  }
};

/** Values that are known take the place of `$NAME` and `${NAME}`. */
const expand = (word: string, { variables }: Walk): string =>
  word.replace(/\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g, (whole, braced, plain) => {
    return variables.get(braced ?? plain) ?? whole;
  });

const follow = (words: readonly string[], command: SimpleCommand, state: Walk): void => {
  const [name = '', ...args] = words;
  const program = path.posix.basename(name);
  const input = command.input ?? '';
  state.found.push({ program, args, input, cwd: state.cwd, variables: new Map(state.variables) });
  if (program === 'cd' || program === 'pushd') state.cwd = folderAfter(state.cwd, args);
  else if (program === 'export') for (const arg of args) remember(arg, state);
  else if (SHELLS.has(program)) inner(shellScript(args) ?? input, state);
  else if (program === 'eval') inner(args.join(' '), state);
  else if (program === 'trap') inner(args[0] ?? '', state);
  else if (program === 'find')
    for (const found of executedByFind(args)) follow(found, { ...command, input: '' }, state);
  else if (program === 'xargs') follow([...behindOptions(args, XARGS_VALUED), ...wordsOf(input)], command, state);
  else if (Object.hasOwn(WRAPPERS, program)) {
    const wrapped = WRAPPERS[program]!(args);
    if (wrapped.length > 0) follow(wrapped, command, { ...state, depth: state.depth + 1 });
  }
};

/** A script of its own: what it changes is gone after it, so it gets a copy. */
const inner = (script: string, state: Walk): void =>
  walk(script, { ...state, variables: new Map(state.variables), depth: state.depth + 1 });

const remember = (assignment: string, { variables }: Walk): void => {
  const [name, ...value] = assignment.split('=');
  if (name && value.length > 0) variables.set(name, value.join('='));
};

const folderAfter = (cwd: string | undefined, args: readonly string[]): string | undefined => {
  const target = args.find(arg => !arg.startsWith('-'));
  if (target === undefined || target.includes(UNKNOWN) || target.includes('$') || target.startsWith('~'))
    return undefined;
  if (target.startsWith('/')) return path.posix.normalize(target);
  return cwd === undefined ? undefined : path.posix.join(cwd, target);
};

const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ash', 'ksh', 'fish']);

/** What `-c` gives, also as `-lc` and `-e -u -c`. */
const shellScript = (args: readonly string[]): string | undefined => {
  const at = args.findIndex(arg => /^-[a-zA-Z]*c$/.test(arg));
  return at < 0 ? undefined : args[at + 1];
};

const executedByFind = (args: readonly string[]): string[][] => {
  const commands: string[][] = [];
  args.forEach((arg, index) => {
    if (!/^-(exec|execdir|ok|okdir)$/.test(arg)) return;
    const rest = args.slice(index + 1);
    const end = rest.findIndex(word => word === ';' || word === '+');
    const options = args.findIndex(word => word.startsWith('-'));
    const found = args.slice(0, options).map(folder => `${folder}/*`);
    commands.push(rest.slice(0, end < 0 ? undefined : end).flatMap(word => (word === '{}' ? found : [word])));
  });
  return commands;
};

const wordsOf = (text: string): string[] => text.split(/\s+/).filter(word => word !== '');

/** What comes after the options; those in `valued` take the next word with them. */
const behindOptions = (args: readonly string[], valued: string): string[] => {
  let at = 0;
  while (at < args.length && args[at]!.startsWith('-')) {
    if (args[at] === '--') return args.slice(at + 1);
    const takesNext = args[at]!.length === 2 && valued.includes(args[at]![1]!);
    at += takesNext ? 2 : 1;
  }
  return args.slice(at);
};

const withoutAssignments = (args: readonly string[]): string[] => {
  const at = args.findIndex(arg => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(arg));
  return at < 0 ? [] : args.slice(at);
};

const XARGS_VALUED = 'IEePnLsda';

/** A package runner's own words before the program: `npx -y prisma@5 db push` starts `prisma`. */
const runByPackageManager = (args: readonly string[]): string[] => {
  const [program, ...rest] = behindOptions(args, 'pc');
  return program === undefined ? [] : [program.replace(/(?<=.)@[^/]*$/, ''), ...rest];
};

const behindVerb =
  (...verbs: readonly string[]) =>
  (args: readonly string[]): string[] => {
    const [verb, ...rest] = behindOptions(args, 'CF');
    return verb !== undefined && verbs.includes(verb) ? runByPackageManager(rest) : [];
  };

/** Programs that start another one, and how its words are found among theirs. */
const WRAPPERS: Readonly<Record<string, (args: readonly string[]) => string[]>> = {
  sudo: args => withoutAssignments(behindOptions(args, 'ugChprtTUD')),
  doas: args => behindOptions(args, 'uC'),
  env: args => withoutAssignments(behindOptions(args, 'uCS')),
  nohup: args => behindOptions(args, ''),
  command: args => behindOptions(args, ''),
  builtin: args => behindOptions(args, ''),
  exec: args => behindOptions(args, 'a'),
  nice: args => behindOptions(args, 'n'),
  ionice: args => behindOptions(args, 'cnp'),
  setsid: args => behindOptions(args, ''),
  stdbuf: args => behindOptions(args, 'ioe'),
  timeout: args => behindOptions(args, 'ks').slice(1),
  watch: args => behindOptions(args, 'n'),
  busybox: args => [...args],
  npx: runByPackageManager,
  bunx: runByPackageManager,
  uvx: runByPackageManager,
  pnpx: runByPackageManager,
  npm: behindVerb('exec', 'x'),
  pnpm: args => {
    const found = behindVerb('exec', 'dlx')(args);
    return found.length > 0 ? found : behindOptions(args, 'CF');
  },
  yarn: args => {
    const found = behindVerb('exec', 'dlx', 'run')(args);
    return found.length > 0 ? found : behindOptions(args, '');
  },
  bun: behindVerb('x', 'run'),
  poetry: behindVerb('run'),
  uv: behindVerb('run'),
  pipenv: behindVerb('run'),
  bundle: behindVerb('exec'),
  dotenv: args => {
    const at = args.indexOf('--');
    return at < 0 ? [] : args.slice(at + 1);
  },
};
