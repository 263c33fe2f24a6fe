import fs from 'node:fs/promises';
import path from 'node:path';
import { type BdAnswer, runWithoutTown } from '../beads/run.ts';
import { isGastownError } from '../common/errors.ts';
import { answerBd } from './bd.ts';
import { type BdAsk, nobodyListens, runningTown } from './bd-socket.ts';
import { OPERATOR } from './context.ts';
import { createTownAt } from './create-town.ts';
import { defaultTown, findTown, requireTown } from './find.ts';
import { holdTown } from './hold-town.ts';
import { whenFree } from './when-free.ts';

/** Where `bd` was started, and what names a town there. */
interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly town?: string;
}

type Finish = (ask: BdAsk) => Promise<number>;

/** Many commands of scripts and agents may queue for the lock of a town that does not run; each holds it for a blink. */
const BUSY_LIMIT_MS = 60_000;

/** Runs `finish` on a town that did not run a moment ago: directly under its lock, or through its socket if it runs by now. */
export const withTown = async (dir: string, env: NodeJS.ProcessEnv, finish: Finish): Promise<number> => {
  const { ask, close } = await whenFree(async () => (await answering(dir)) ?? opened(dir, env), {
    limitMs: BUSY_LIMIT_MS,
  });
  try {
    return await finish(ask);
  } finally {
    await close();
  }
};

/** `bd init`: the town that is there, or a new one; then the verb itself, which sets the prefix. */
export const initWith = async (place: Place, finish: Finish): Promise<number> => {
  const found = foundTown(place);
  const dir = found ?? (await newTown(place));
  return withTown(dir, place.env, ask =>
    finish(args => ask({ ...args, ...(found === undefined && { created: true }) })),
  );
};

/** What `bd` says where there is no town: help, its version, or what to do. */
export const answerWithoutTown = (words: readonly string[], place: Place): BdAnswer => {
  const answer = runWithoutTown(words);
  if (answer) return answer;
  requireTown(place);
  throw new Error('unreachable: a town was found after all');
};

interface Opened {
  readonly ask: BdAsk;
  close(): Promise<void>;
}

const answering = async (dir: string): Promise<Opened | undefined> => {
  const ask = await runningTown(dir);
  try {
    await ask?.({ argv: ['version'] });
    return ask && { ask, close: async () => {} };
  } catch (error) {
    if (!nobodyListens(error)) throw error;
    return undefined;
  }
};

const opened = async (dir: string, env: NodeJS.ProcessEnv): Promise<Opened> => {
  const town = await holdTown({ dir, env, purpose: 'bd' });
  return { ask: request => answerBd(town.context, OPERATOR, request), close: town.close };
};

/** As for every command; a town named that is not there yet is one to make. */
const foundTown = (place: Place): string | undefined => {
  try {
    return findTown(place);
  } catch (error) {
    if (!isGastownError(error, 'town_not_found')) throw error;
    return undefined;
  }
};

/** In the folder named, or here when this one is empty, else in the home folder: a town wants a folder of its own. */
const newTown = async ({ town, cwd, env }: Place): Promise<string> => {
  const named = town ?? env.GASTOWN_TOWN;
  const isEmpty = (await fs.readdir(cwd)).length === 0;
  const dir = named ? path.resolve(cwd, named) : isEmpty ? cwd : defaultTown(env);
  try {
    await createTownAt(dir, { name: path.basename(dir).replace(/^\./, '') || 'town', env });
  } catch (error) {
    // Two `bd init` at once: the other one was faster.
    if (!isGastownError(error, 'already_exists')) throw error;
  }
  return dir;
};
