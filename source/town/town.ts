import { requireGit } from '../git/run.ts';
import { beginAbsence, endAbsence } from './absence.ts';
import { guardTown, leaveGuard, recordBoot, successorOf } from './boot.ts';
import type { TownContext } from './context.ts';
import { runEffect } from './effects/run-effect.ts';
import { holdTown } from './hold-town.ts';
import { type Loop, startLoop } from './loop.ts';
import { announceMail, deliverNudges } from './nudges.ts';
import { observe } from './observe.ts';
import { deliverAnswers } from './questions.ts';
import { recover } from './recover.ts';
import { followApprovals } from './since-approval.ts';
import { createMachineProbe } from './world.ts';

export interface Town {
  readonly context: TownContext;
  readonly loop: Loop;
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
  /** The terminal host starts it again, by `gastown run --headless` with these options, should it vanish while agents work. Absent: it does not. */
  successor?: readonly string[];
  onChange?: () => void;
}): Promise<Town> => {
  const closing = new AbortController();
  let loop: Loop | undefined;
  const held = await holdTown({ ...options, closing: closing.signal, onWake: () => loop?.wake() });
  const { context } = held;
  const { ledger } = context;
  try {
    await requireGit();
    if (options.absence) await beginAbsence(context, { anew: options.absence === 'anew' });
    else await endAbsence(context);
    await recover(context);
    await recordBoot(context);
    if (options.successor) context.successor = successorOf(context, options.successor);
    const host = context.hostIfConnected();
    if (host) await guardTown(context, host);
    await context.mcp.resume();
    const probe = createMachineProbe(context.paths.dir);
    const running = startLoop({
      context,
      observe: async () => {
        await observe(context, probe);
        await followMeter(context);
        await followApprovals(context);
        deliverNudges(context);
        deliverAnswers(context);
      },
      runEffect: (effect, because) => runEffect(context, effect, because),
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
        await leaveGuard(context);
        context.hostIfConnected()?.close();
        for (const rig of context.ledger.data.rigs.keys()) await context.landingIfOpen(rig)?.close();
        await held.close();
      },
    };
  } catch (error) {
    await held.close();
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
