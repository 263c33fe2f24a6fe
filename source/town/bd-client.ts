import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { BdAnswer, BdNeed } from '../beads/run.ts';
import { GastownError, toGastownError } from '../common/errors.ts';
import { writeFileAtomic } from '../common/files.ts';
import type { BdRequest } from './bd.ts';
import { type BdAsk, nobodyListens, runningTown } from './bd-socket.ts';
import { callTown } from './client.ts';
import { findTown } from './find.ts';

/** Files and standard input that one command may ask for: more is a loop. */
const ROUNDS_MAX = 20;
/** Mode of files that `bd` writes for a person (`export -o`). */
const OUTPUT_MODE = 0o644;

/**
 * The `bd` command: `argv` without the program's name. In an agent's session it asks that agent's town; else the town
 * found from `--town`, the environment or the folder: through its socket where it runs, directly under its lock where
 * not. Prints what the town answers and resolves with the exit code; never rejects.
 *
 * Only the socket client is loaded before a town has been found not to run, so that `bd` starts in a blink.
 */
export const bdMain = async (argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> => {
  endQuietlyWithoutReader();
  try {
    const { words, town, cwd } = placeOf(argv);
    const request: BdRequest = { argv: words, cwd, ...callerOf(env) };
    const finish = (ask: BdAsk) => converse(ask, request, cwd);
    if (env.GASTOWN_SOCKET && env.GASTOWN_TOKEN) {
      const { GASTOWN_SOCKET: socket, GASTOWN_TOKEN: token } = env;
      return await finish(args => callTown(socket, { token, verb: 'bd', args }) as Promise<BdAnswer>);
    }
    const place = { cwd, env, ...(town !== undefined && { town }) };
    if (verbOf(words) === 'init') return await (await import('./bd-direct.ts')).initWith(place, finish);
    const dir = findTown(place);
    if (dir === undefined) return await print((await import('./bd-direct.ts')).answerWithoutTown(words, place), cwd);
    const ask = await runningTown(dir);
    if (ask) {
      try {
        return await finish(ask);
      } catch (error) {
        if (!nobodyListens(error)) throw error;
      }
    }
    return await (await import('./bd-direct.ts')).withTown(dir, env, finish);
  } catch (error) {
    return reportFailure(error, argv.includes('--json'), env);
  }
};

/** Options that say where, before the verb: `--town`, and `-C` as Git has it. The rest is the town's to understand. */
const placeOf = (argv: readonly string[]): { words: string[]; town?: string; cwd: string } => {
  const words: string[] = [];
  let town: string | undefined;
  let cwd = process.cwd();
  let at = 0;
  for (; at < argv.length && argv[at]!.startsWith('-') && argv[at] !== '--'; at++) {
    const [name, attached] = splitAtEquals(argv[at]!);
    const takesValue = PLACES.has(name) || name === '--actor';
    const value = attached ?? (takesValue ? argv[++at] : undefined);
    if (takesValue && value === undefined) throw new GastownError('usage', `flag needs an argument: ${name}`);
    if (name === '--town') town = value;
    else if (PLACES.has(name)) cwd = path.resolve(cwd, value!);
    else words.push(name, ...(value === undefined ? [] : [value]));
  }
  return { words: [...words, ...argv.slice(at)], cwd, ...(town !== undefined && { town }) };
};

const PLACES = new Set(['--town', '-C', '--directory']);

const splitAtEquals = (arg: string): [string, string | undefined] => {
  const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return equals < 0 ? [arg, undefined] : [arg.slice(0, equals), arg.slice(equals + 1)];
};

const verbOf = (words: readonly string[]): string | undefined =>
  words.find((word, index) => !word.startsWith('-') && words[index - 1] !== '--actor');

const callerOf = (env: NodeJS.ProcessEnv): { name?: string; session?: string } => {
  const name = env.BEADS_ACTOR || env.BD_ACTOR;
  return { ...(name && { name }), ...(env.CLAUDE_SESSION_ID && { session: env.CLAUDE_SESSION_ID }) };
};

/** Asks, reads what the town asks for, and asks again, until there is an answer to print. */
const converse = async (ask: BdAsk, request: BdRequest, cwd: string): Promise<number> => {
  const files: Record<string, string> = {};
  let stdin: string | undefined;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const answer = await ask({ ...request, files, ...(stdin !== undefined && { stdin }) });
    if (!answer.needs?.length) return print(answer, cwd);
    for (const need of answer.needs) {
      if (need.kind === 'stdin') stdin = await readAll(process.stdin);
      else files[need.path] = await readNeeded(need, cwd);
    }
  }
  throw new GastownError('protocol', `bd asked for input ${ROUNDS_MAX} times without an end.`);
};

const readNeeded = async (need: Extract<BdNeed, { kind: 'file' }>, cwd: string): Promise<string> => {
  try {
    return await readFile(path.resolve(cwd, need.path), 'utf8');
  } catch (error) {
    throw new GastownError('usage', `cannot read ${need.path} (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
};

const print = async (answer: BdAnswer, cwd: string): Promise<number> => {
  for (const { path: file, content } of answer.files ?? []) {
    await writeFileAtomic(path.resolve(cwd, file), content, OUTPUT_MODE);
  }
  process.stdout.write(answer.stdout);
  process.stderr.write(answer.stderr);
  return answer.exitCode;
};

const reportFailure = (error: unknown, json: boolean, env: NodeJS.ProcessEnv): number => {
  const { message, hint, code } = toGastownError(error);
  if (json) {
    const record = { schema_version: 1, error: message, code, ...(hint && { hint }) };
    process.stderr.write(`${JSON.stringify(record, null, 2)}\n`);
  } else process.stderr.write(`Error: ${message}\n${hint ? `Hint: ${hint}\n` : ''}`);
  if (env.GASTOWN_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
};

/** A reader that has seen enough (`bd list | head`) ends the printing, not the command. */
const endQuietlyWithoutReader = (): void => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
};
