import { liveSession } from './facts.ts';
import { launchKey } from './fate.ts';
import type { WorldView } from './role.ts';

/** An agent CLI that has not begun its first turn by then waits for something else than the machine. */
const STARTING_UP_MS = 20_000;
/** Of a machine whose cores nobody counted yet. */
const UNKNOWN_CORES = 2;

/**
 * Polecats whose session is being started: a launch under way, one begun before a restart that was not seen to run, and an
 * agent CLI whose process runs but that has not begun its first turn. Its start takes most of a core and all of its memory.
 */
export const startingNow = (view: WorldView): Set<string> => {
  const starting = new Set<string>();
  for (const polecat of view.ledger.polecats.values()) {
    const seen = view.observed.sessions.get(polecat.session ?? '');
    const begun = polecat.state === 'starting' && !seen?.alive;
    const startsUp =
      seen?.alive === true &&
      seen.agent?.source === 'protocol' &&
      seen.agent.state === 'starting' &&
      view.now - seen.startedAt < STARTING_UP_MS &&
      liveSession(view.ledger, polecat) !== undefined;
    if (begun || startsUp || view.running.has(launchKey(polecat.id))) starting.add(polecat.id);
  }
  return starting;
};

/** Sessions that may be starting at once: `maxStarting`, by default one for each core. */
export const maxStarting = ({ settings, observed }: WorldView): number =>
  settings.mayor.maxStarting || (observed.machine?.cores ?? UNKNOWN_CORES);

/**
 * How many more may be started now. What is free of memory above the Deacon's limit is shared out among those that are
 * starting, since they have not taken theirs yet; one alone may always try.
 */
export const startSlots = (view: WorldView, starting: number): number => {
  const { minFreeMemoryBytes } = view.settings.deacon;
  const { machine } = view.observed;
  const spare = machine ? machine.freeMemoryBytes - minFreeMemoryBytes : Number.POSITIVE_INFINITY;
  const fitting = Math.max(1, Math.floor(spare / view.settings.mayor.sessionBytes));
  return Math.min(maxStarting(view), fitting) - starting;
};
