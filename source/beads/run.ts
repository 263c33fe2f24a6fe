import { GastownError, isGastownError, toGastownError } from '../common/errors.ts';
import { safeJson, safeText } from '../common/text.ts';
import { type Actor, actorName, type Receipt } from '../ledger/commands.ts';
import type { LedgerData } from '../ledger/schema.ts';
import { GLOBAL_FLAGS, parseArguments } from './arguments.ts';
import { familyHelp, overview, verbHelp } from './help.ts';
import type { Call, Change, CommandBody, Output, OutputFile, TownFacts, Verb } from './verb.ts';
import { findVerb, VERBS } from './verbs.ts';

/** What a call of `bd` comes with; the words themselves are `argv`. */
export interface BdContext {
  readonly data: LedgerData;
  /** Wall clock, ms since the epoch. */
  readonly now: number;
  readonly actor: Actor;
  readonly town: TownFacts;
  execute(body: CommandBody, because?: string): Promise<Receipt>;
  /** What the caller has read so far. */
  readonly input?: BdInput;
  /** How the caller wants to be called (`BEADS_ACTOR`); a polecat has its own name and no other. */
  readonly name?: string | undefined;
  readonly session?: string | undefined;
  history(id: string): Promise<readonly Change[]>;
  readonly keepExport?: (path: string | undefined) => Promise<{ file: string | undefined }>;
}

/** Files and standard input belong to the caller's process: it reads them when asked, and asks again with their text. */
export interface BdInput {
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export type BdNeed = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'stdin' };

/** What the caller's process prints, writes and ends with. With `needs` nothing has been done yet. */
export interface BdAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly needs?: readonly BdNeed[];
  readonly files?: readonly OutputFile[];
}

/** Runs one command line of `bd`. Every refusal is an answer with exit code 1, as in Beads; only bugs are thrown. */
export const runBd = async (argv: readonly string[], context: BdContext): Promise<BdAnswer> => {
  let json = argv.includes('--json');
  try {
    const found = interpret(argv);
    json = found.json;
    if (found.help !== undefined) return answer({ text: found.help }, { json: false, quiet: false });
    const { verb, args, quiet } = found;
    if (verb.writes && args.on('readonly')) {
      throw new GastownError('forbidden', `operation 'bd ${verb.name}' is not allowed in read-only mode`);
    }
    const output = await verb.run!(callOf(args, context));
    return answer(output, { json, quiet: quiet && verb.writes === true });
  } catch (error) {
    if (error instanceof InputNeeded) return { stdout: '', stderr: '', exitCode: 0, needs: [error.need] };
    return failure(error, json);
  }
};

/** What help and version answer where there is no town; undefined for every other command line. */
export const runWithoutTown = (argv: readonly string[]): BdAnswer | undefined => {
  try {
    const found = interpret(argv);
    if (found.help !== undefined) return answer({ text: found.help }, { json: false, quiet: false });
    if (found.verb.name !== 'version') return undefined;
    return answer(found.verb.run!(undefined as never) as Output, { json: found.json, quiet: false });
  } catch (error) {
    return failure(error, argv.includes('--json'));
  }
};

type Interpreted =
  | { readonly help: string; readonly json: boolean }
  | {
      readonly help?: undefined;
      readonly verb: Verb;
      readonly args: Call['args'];
      readonly json: boolean;
      readonly quiet: boolean;
    };

/** From words to a verb of the table and its arguments. Flags for all verbs may stand before the verb too. */
const interpret = (argv: readonly string[]): Interpreted => {
  const before = parseArguments(argv, GLOBAL_FLAGS, { stopAtWord: true });
  const leading = argv.slice(0, before.read).filter(arg => arg !== '--');
  let rest = argv.slice(before.read);
  const json = before.args.on('json');
  if (rest.length === 0) return { help: overview(VERBS), json };
  if (rest[0] === 'help') {
    rest = rest.slice(1).filter(word => !word.startsWith('-'));
    if (rest.length === 0) return { help: overview(VERBS), json };
    const { verb, path } = walk(rest);
    return { help: verb.run ? verbHelp(verb, path) : familyHelp(verb, path), json };
  }
  const { verb, path, left } = walk(rest);
  const flags = [...verb.flags, ...GLOBAL_FLAGS.filter(flag => !verb.flags.some(own => own.name === flag.name))];
  const usable = flags.map(flag => (isShadowed(flag, verb) ? { ...flag, short: '' } : flag));
  if (!verb.run && left.some(word => !word.startsWith('-'))) {
    throw new GastownError('usage', `unknown command "${left[0]}" for "bd ${path}"`, {
      hint: `Run 'bd ${path} --help' for usage.`,
    });
  }
  try {
    const { args } = parseArguments([...leading, ...left], usable);
    if (args.on('help') || !verb.run) {
      return { help: verb.verbs ? familyHelp(verb, path) : verbHelp(verb, path), json: args.on('json') };
    }
    return { verb, args, json: args.on('json'), quiet: args.on('quiet') };
  } catch (error) {
    if (!isGastownError(error, 'usage')) throw error;
    throw new GastownError('usage', error.message, { hint: `Run 'bd ${path} --help' for usage.` });
  }
};

/** A verb's own short flag wins over one that all verbs take. */
const isShadowed = (flag: { name: string; short?: string }, verb: Verb): boolean =>
  flag.short !== undefined &&
  !verb.flags.some(own => own.name === flag.name) &&
  verb.flags.some(own => own.short === flag.short);

/** Follows the words into families: `config set key value` → the verb `set` of `config`, with `key value` left. */
const walk = (words: readonly string[]): { verb: Verb; path: string; left: readonly string[] } => {
  const [first, ...others] = words;
  const top = findVerb(VERBS, first!);
  if (!top) {
    throw new GastownError('usage', `unknown command "${first}" for "bd"`, { hint: "Run 'bd --help' for usage." });
  }
  let verb = top;
  let path = top.name;
  let left: readonly string[] = others;
  for (let next = left[0]; verb.verbs && next !== undefined; next = left[0]) {
    const inner = findVerb(verb.verbs, next);
    if (!inner) break;
    verb = inner;
    path = `${path} ${inner.name}`;
    left = left.slice(1);
  }
  return { verb, path, left };
};

const callOf = (args: Call['args'], context: BdContext): Call => {
  const { data, now, actor, town, input, session, keepExport } = context;
  const isAgent = actor.role === 'polecat';
  let acted = false;
  const supply = (need: BdNeed, text: string | undefined): string => {
    if (text !== undefined) return text;
    if (acted) throw new Error(`a verb asks for ${need.kind} after it has changed something`);
    throw new InputNeeded(need);
  };
  return {
    args,
    data,
    now,
    isAgent,
    session,
    town,
    name: nameOf(args, context),
    execute(body, because) {
      acted = true;
      return context.execute(body, because);
    },
    file: path => supply({ kind: 'file', path }, own(input?.files, path)),
    stdin: () => supply({ kind: 'stdin' }, input?.stdin),
    history: id => context.history(id),
    ...(keepExport && { keepExport }),
  };
};

const own = (files: Readonly<Record<string, string>> | undefined, path: string): string | undefined =>
  files && Object.hasOwn(files, path) ? files[path] : undefined;

/** An agent acts under its own name; a person may say another one, as with Beads. */
const nameOf = (args: Call['args'], { actor, name }: BdContext): string => {
  const given = args.text('actor') || undefined;
  if (actor.role !== 'polecat') return given ?? (name || undefined) ?? actorName(actor);
  if (given !== undefined && given !== actor.name) {
    throw new GastownError('forbidden', `${actorName(actor)} acts under its own name, not as ${given}.`, {
      hint: 'Leave --actor out.',
    });
  }
  return actor.name;
};

/** Ends a run of a verb that asks for something the caller has to read first. */
class InputNeeded extends Error {
  readonly need: BdNeed;
  constructor(need: BdNeed) {
    super(`needs ${need.kind}`);
    this.need = need;
  }
}

const answer = (output: Output, { json, quiet }: { json: boolean; quiet: boolean }): BdAnswer => {
  const { text, stderr = '', exitCode = 0, files } = output;
  const shown = (): string => {
    if (json && output.json !== undefined) return jsonText(made(output.json));
    return quiet && !output.essential ? '' : withLineBreak(safeText(made(text)));
  };
  return {
    stdout: shown(),
    stderr: withLineBreak(safeText(stderr)),
    exitCode,
    ...(files && files.length > 0 && { files }),
  };
};

const made = <T>(value: T | (() => T)): T => (typeof value === 'function' ? (value as () => T)() : value);

const withLineBreak = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** Indented as Beads prints it; what could steer a terminal is there as an escape, so that nothing is lost. */
export const jsonText = (value: unknown): string => `${safeJson(value, 2)}\n`;

const failure = (error: unknown, json: boolean): BdAnswer => {
  const { message, hint, code } = toGastownError(error);
  if (code === 'internal') throw error;
  const stderr = json
    ? jsonText({ schema_version: JSON_SCHEMA_VERSION, error: message, code, ...(hint && { hint }) })
    : `Error: ${safeText(message)}\n${hint ? `Hint: ${safeText(hint)}\n` : ''}`;
  return { stdout: '', stderr, exitCode: FAILED };
};

/** Version of the shapes under `--json`, as Beads counts them. */
const JSON_SCHEMA_VERSION = 1;
/** Beads ends with 1 on every error, wrong usage included. */
const FAILED = 1;
