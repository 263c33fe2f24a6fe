import path from 'node:path';
import { type BdAnswer, runBd } from '../beads/run.ts';
import { GastownError } from '../common/errors.ts';
import type { Actor } from '../ledger/commands.ts';
import { unfoldReopened } from './compaction.ts';
import type { TownContext } from './context.ts';
import { historyLines, historyOf } from './history.ts';
import { keepExport } from './live-export.ts';

/** One command line of `bd`, as a caller's process sends it. */
export interface BdRequest {
  readonly argv: readonly string[];
  /** What the caller has read because an earlier answer asked for it. */
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** `BEADS_ACTOR` of the caller. */
  readonly name?: string;
  /** The caller's agent session. */
  readonly session?: string;
  /** The town was made for this very command. */
  readonly created?: boolean;
  /** The caller's folder, absolute: what a path that the town itself is to keep is relative to. */
  readonly cwd?: string;
}

/** Runs `bd` on the ledger of this process, as `actor`. */
export const answerBd = async (
  context: Pick<TownContext, 'ledger' | 'execute' | 'now' | 'paths' | 'liveExport'>,
  actor: Actor,
  given: unknown,
): Promise<BdAnswer> => {
  const { argv, files, stdin, name, session, created, cwd } = checked(given);
  return runBd(argv, {
    data: context.ledger.data,
    now: context.now(),
    actor,
    name,
    session,
    town: {
      dir: context.paths.dir,
      name: context.ledger.data.town.get('town')?.name ?? '',
      ...(created === true && { isNew: true }),
    },
    input: { ...(files && { files }), ...(stdin !== undefined && { stdin }) },
    history: async id => (await historyOf(context, id)).map(entry => ({ ...entry, lines: historyLines([entry]) })),
    execute: async (body, because) => {
      const receipt = await context.execute(actor, body, because);
      await unfoldReopened(
        context,
        receipt.written.filter(({ kind }) => kind === 'beads').map(({ id }) => id),
      );
      return receipt;
    },
    ...(actor.role === 'operator' && {
      keepExport: (file: string | undefined) =>
        keepExport(context, file && path.resolve(cwd ?? context.paths.dir, file)),
    }),
  });
};

/** Whatever a process with a token may have sent. */
const checked = (given: unknown): BdRequest => {
  const request = (given ?? {}) as Partial<Record<keyof BdRequest, unknown>>;
  const isText = (value: unknown) => value === undefined || typeof value === 'string';
  const { argv, files, stdin, name, session, cwd } = request;
  const isSound =
    Array.isArray(argv) &&
    argv.every(word => typeof word === 'string') &&
    (files === undefined || (typeof files === 'object' && files !== null && Object.values(files).every(isText))) &&
    [stdin, name, session, cwd].every(isText);
  if (!isSound) throw new GastownError('protocol', 'This is no request of bd.');
  return request as BdRequest;
};
