import fs from 'node:fs/promises';
import path from 'node:path';
import { requireGit } from '../git/run.ts';
import { acquireTownLock } from '../ledger/lock.ts';
import { type Ledger, openLedger } from '../ledger/store.ts';
import { beginAbsence, endAbsence } from './absence.ts';
import { readConfig } from './config.ts';
import { OPERATOR, type TownContext } from './context.ts';
import { runEffect } from './effects/run-effect.ts';
import { assertWritable } from './find.ts';
import { furnish } from './furnish.ts';
import { type LiveExport, startLiveExport } from './live-export.ts';
import { type Loop, startLoop } from './loop.ts';
import { announceMail, deliverNudges } from './nudges.ts';
import { observe } from './observe.ts';
import { createContext } from './open-context.ts';
import { townPaths } from './paths.ts';
import { deliverAnswers } from './questions.ts';
import { recover } from './recover.ts';
import { followApprovals } from './since-approval.ts';
import { createMachineProbe } from './world.ts';

export interface Town {
  readonly context: TownContext;
  /** Absent in a town opened only to be read or changed by one command. */
  readonly loop?: Loop;
  /** Ends the process's part: agents and their host live on. Everything acknowledged is in Git when it resolves. */
  close(): Promise<void>;
}

/**
 * Opens a town and begins to orchestrate it: lock, ledger, what a crash left behind, reports made meanwhile, then the
 * loop. Rejects with `town_locked` when another process holds it.
 */
export const openTown = async (options: {
  dir: string;
  env: NodeJS.ProcessEnv;
  /** Said to whoever is refused the lock: `screen`, `run`. */
  purpose: string;
  /** Nobody is at the screen: an absence that goes on where one began before, or that begins anew. Absent: somebody is. */
  absence?: 'goes on' | 'anew';
  /** False: no loop, nothing is started; for one command on a town that does not run. Default true. */
  orchestrate?: boolean;
  onChange?: () => void;
}): Promise<Town> => {
  const dir = await fs.realpath(options.dir);
  await assertWritable(dir);
  const lock = await acquireTownLock(dir, { purpose: options.purpose });
  let ledger: Ledger | undefined;
  let liveExport: LiveExport | undefined;
  const letGo = async () => {
    await liveExport?.stop();
    await ledger?.close();
    await lock.release();
  };
  try {
    // Behind the lock: commands that wait for their turn would each start a Git process at every try.
    await requireGit();
    const config = await readConfig(townPaths(dir).config);
    ledger = await openLedger({ dir });
    const closing = new AbortController();
    let loop: Loop | undefined;
    const context = createContext({
      ...options,
      dir,
      config,
      ledger,
      closing: closing.signal,
      onWake: () => loop?.wake(),
    });
    liveExport = startLiveExport({
      ledger,
      file: config.export === undefined ? undefined : path.resolve(dir, config.export),
      onError: error => context.log.warn({ error: error.message }, 'the live export does not follow the ledger'),
    });
    context.liveExport = liveExport;
    if (options.orchestrate === false) return { context, close: letGo };
    if (options.absence) await beginAbsence(context, { anew: options.absence === 'anew' });
    else await endAbsence(context);
    await recover(context);
    await context.mcp.resume();
    const probe = createMachineProbe(dir);
    const running = startLoop({
      context,
      observe: async () => {
        await observe(context, probe);
        await followMeter(context);
        await followApprovals(context);
        deliverNudges(context);
        deliverAnswers(context);
      },
      runEffect: effect => runEffect(context, effect),
    });
    loop = running;
    const unsubscribe = ledger.subscribe(event => {
      // Changed gates are another environment: the next tick learns it with the tip.
      if (event.type === 'rig.update') context.world.rigs.delete(event.written[0]!.id);
      if (event.type === 'mail.send') {
        announceMail(context, event).catch(error => context.log.warn({ err: error }, 'new mail was not announced'));
      }
      running.wake();
      context.changed();
    });
    return {
      context,
      loop: running,
      async close() {
        closing.abort();
        await running.stop();
        await context.wires.close();
        await context.meter.close().catch(error => context.log.warn({ err: error }, 'the last of what agents used'));
        await context.mcp.close();
        unsubscribe();
        probe.stop();
        context.hostIfConnected()?.close();
        for (const rig of context.ledger.data.rigs.keys()) await context.landingIfOpen(rig)?.close();
        await letGo();
      },
    };
  } catch (error) {
    await letGo();
    throw error;
  }
};

/** A meter that does not answer costs a tick of book-keeping, never the town: what was used is in its log. */
const followMeter = async (context: TownContext): Promise<void> => {
  try {
    await context.meter.follow();
  } catch (error) {
    context.log.warn({ err: error }, 'what agents use was not brought into the ledger; it is tried again');
  }
};

/** Creates the folders and records of a new town. Idempotent over an interrupted first try. */
export const createTown = async (dir: string, options: { name: string; env: NodeJS.ProcessEnv }): Promise<void> => {
  await requireGit();
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  await assertWritable(dir);
  const paths = townPaths(await fs.realpath(dir));
  const lock = await acquireTownLock(paths.dir, { purpose: 'init' });
  try {
    const ledger = await openLedger({ dir: paths.dir });
    try {
      if (!ledger.data.town.has('town')) {
        await ledger.execute({ type: 'town.create', payload: { name: options.name }, actor: OPERATOR });
      }
      await furnish(paths);
    } finally {
      await ledger.close();
    }
  } finally {
    await lock.release();
  }
};
