import { channel } from 'node:diagnostics_channel';
import { type ProcessOrder, type ProcessWatch, type RunningProcess, startDirectly } from './directly.ts';
import { openStarter, type StarterLink } from './link.ts';

/** Every order, before it is carried out, for whoever counts them. */
export const PROCESSES_CHANNEL = 'gastown.process';

/**
 * Starts a command. Linux starts it by copying this process's page tables, during which the whole town stands still: 1 ms at
 * 70 MB, 10 ms at 170, 18 at 330. Whoever starts many therefore gets a small process of its own to start them (`link.ts`).
 */
export const startProcess = (order: ProcessOrder, watch: ProcessWatch): RunningProcess => {
  if (orders.hasSubscribers) orders.publish(order);
  if (link?.state === 'ready') return link.start(order, watch);
  if (!link && IS_FORKING_DEAR && ++startedDirectly > FEW) link = beginStarter();
  return startDirectly(order, watch);
};

/** Commands that cost less than a starter, which takes 40 ms of another core and 8 MB of its own. Most programs need fewer. */
const FEW = 8;
/** Elsewhere libuv uses `posix_spawn`, which copies nothing. */
const IS_FORKING_DEAR = process.platform === 'linux';

const orders = channel(PROCESSES_CHANNEL);
let link: StarterLink | undefined;
let startedDirectly = 0;

const beginStarter = (): StarterLink =>
  openStarter({
    onGone(wasReady) {
      link = undefined;
      // One that never came to listen would not the next time either.
      startedDirectly = wasReady ? 0 : Number.NEGATIVE_INFINITY;
    },
  });
