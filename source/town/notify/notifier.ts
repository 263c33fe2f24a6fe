import type { TownContext } from '../context.ts';
import type { TownView } from '../view.ts';
import { runNotifyCommand } from './command.ts';
import { isQuiet, minutesOfDay, type Notice, noticeOf, seenAfter, seenRows, untilLoudMs } from './notices.ts';

/** What comes within this time is one notice: agents of one plan stop at the same place in the same second. */
const GATHER_MS = 2_000;
/** Between two notices at least: a bell that never stops is switched off. */
const PAUSE_MS = 15_000;

export interface Notifier {
  /** Calls back with each notice, for the bell of a screen. */
  subscribe(listener: (notice: Notice) => void): () => void;
  /** Looks whether there is something to tell. Call it whenever the view may have changed. */
  look(): void;
  close(): void;
}

/** Tells a person what waits for them anew while they may not be looking. What waited before is the digest's. */
export const createNotifier = (
  context: Pick<TownContext, 'config' | 'env' | 'log' | 'now' | 'paths'>,
  view: () => TownView,
  { gatherMs = GATHER_MS, pauseMs = PAUSE_MS } = {},
): Notifier => {
  const config = context.config.notify;
  const listeners = new Set<(notice: Notice) => void>();
  let seen = seenRows(view().attention);
  let timer: NodeJS.Timeout | undefined;
  /** Until quiet hours end, while they hold something back. */
  let morning: NodeJS.Timeout | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;

  const minutes = () => minutesOfDay(context.now());
  const decide = () => noticeOf(seen, view().attention, { config, minutes: minutes() });

  const look = () => {
    if (timer) return;
    if (decide()) {
      timer = setTimeout(tell, Math.max(gatherMs, toldAt + pauseMs - performance.now()));
      timer.unref();
    } else waitForMorning();
  };

  /** An idle town may have nothing to look at again by then. */
  const waitForMorning = () => {
    const { quiet, ...loud } = config;
    if (morning || !quiet || !isQuiet(config, minutes())) return;
    if (!noticeOf(seen, view().attention, { config: loud, minutes: minutes() })) return;
    morning = setTimeout(
      () => {
        morning = undefined;
        look();
      },
      untilLoudMs(quiet, minutes()),
    );
    morning.unref();
  };

  const tell = () => {
    timer = undefined;
    const notice = decide();
    seen = seenAfter(seen, view().attention, { config, minutes: minutes() });
    if (!notice) return;
    toldAt = performance.now();
    for (const listener of listeners) listener(notice);
    if (config.command.length === 0) return;
    runNotifyCommand(notice, { command: config.command, env: context.env, town: context.paths.dir }).catch(error =>
      context.log.warn({ err: error }, 'a person was not notified'),
    );
  };

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    look,
    close() {
      clearTimeout(timer);
      clearTimeout(morning);
      listeners.clear();
    },
  };
};
