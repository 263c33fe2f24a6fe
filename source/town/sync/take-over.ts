import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { GastownError } from '../../common/errors.ts';
import { git } from '../../git/run.ts';
import type { Merge } from '../../ledger/schema.ts';
import { OPERATOR, type TownContext } from '../context.ts';
import { abandonSession } from '../effects/work.ts';

export interface TakenOver {
  /** Absent when the town worked here already. */
  readonly from?: string;
  /** Requests whose commits are not here: their beads are worked on again. */
  readonly missing: readonly string[];
}

/**
 * This machine becomes the one that the town works on. What has landed elsewhere is known from the target itself; rejects
 * with `conflict` where the target cannot be read and so nobody can tell.
 */
export const takeOver = async (context: TownContext): Promise<TakenOver> => {
  const { ledger } = context;
  const replica = await ledger.replica();
  const home = ledger.data.town.get('town')?.home;
  if (!home || home.replica === replica) return { missing: [] };
  const missing: string[] = [];
  for (const merge of ledger.data.merges.values()) if (await isMissing(context, merge)) missing.push(merge.id);
  await context.execute(
    OPERATOR,
    { type: 'town.takeOver', payload: { replica, host: os.hostname(), missing } },
    `The operator moved the town here from ${home.host}.`,
  );
  return { from: home.host, missing };
};

/** Processes of sessions that are over since the town moved away, while no loop runs here that would end them. */
export const endAbandoned = async (context: TownContext): Promise<void> => {
  if (context.ledger.awayHost === undefined || context.world.heartbeats.size > 0) return;
  const host = await context.hostIfRunning();
  for (const { id, alive } of (await host?.list()) ?? []) {
    if (alive && context.ledger.data.sessions.get(id)?.status === 'ended') await abandonSession(context, id);
  }
};

const isMissing = async (context: TownContext, merge: Merge): Promise<boolean> => {
  switch (merge.state) {
    case 'queued':
    case 'testing':
      return !(await hasCommit(context, merge.rig, merge.head));
    case 'landing': {
      if (!merge.landing) return true;
      if (await hasCommit(context, merge.rig, merge.landing.new)) return false;
      await readTarget(context, merge);
      return !(await hasCommit(context, merge.rig, merge.landing.new));
    }
    default:
      return false;
  }
};

const hasCommit = async (context: TownContext, rig: string, commit: string): Promise<boolean> => {
  const gitDir = context.paths.landing(rig);
  if (!existsSync(path.join(gitDir, 'objects'))) return false;
  return (await git(['cat-file', '-e', `${commit}^{commit}`], { gitDir, okCodes: [0, 1, 128] })).code === 0;
};

const readTarget = async (context: TownContext, { id, rig }: Merge): Promise<void> => {
  try {
    await (await context.landing(rig)).refresh();
  } catch (error) {
    throw new GastownError(
      'conflict',
      `${id} was landing, and whether it did cannot be told: ${(error as Error).message}`,
      {
        hint: `Say where its repository lies on this machine, then take over: gastown rig set-origin ${rig} <path or URL>`,
        cause: error,
      },
    );
  }
};
