import { runDirectory, townSocket } from '../agents/run-directory.ts';
import type { BdAnswer } from '../beads/run.ts';
import { isGastownError } from '../common/errors.ts';
import { readFileIfPresent } from '../common/files.ts';
import type { BdRequest } from './bd.ts';
import { callTown } from './client.ts';
import { townPaths } from './paths.ts';

/** Answers one command line of `bd`, wherever the town is. */
export type BdAsk = (request: BdRequest) => Promise<BdAnswer>;

/** A town's socket as the operator's, whether or not somebody listens there; undefined where there is no token yet. */
export const runningTown = async (dir: string): Promise<BdAsk | undefined> => {
  const token = (await readFileIfPresent(townPaths(dir).operatorToken))?.trim();
  if (!token) return undefined;
  const socket = townSocket(runDirectory(dir));
  return args => callTown(socket, { token, verb: 'bd', args }) as Promise<BdAnswer>;
};

/** True when the request cannot have reached a town; after a connection that broke it may have been carried out. */
export const nobodyListens = (error: unknown): boolean => {
  if (!isGastownError(error, 'host_unreachable')) return false;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
};
