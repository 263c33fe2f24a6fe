import { duration, plural } from '../../source/common/text.ts';
import { actionsOf } from '../action.ts';
import { hasPassed, SHELL, townOf } from '../facts.ts';
import type { Action, MachineObservation, Share, WorldView } from '../role.ts';

const act = actionsOf('deacon');

/** What a shortage must recover by before dispatch goes on, as a share of its limit: no flapping around the limit. */
const HYSTERESIS = 0.1;
/** And by no more than this: where most of a large machine is to stay free, a tenth of it may never come. */
const HYSTERESIS_BYTES = 256 * 1_048_576;
/** A pause lasts at least this long: a single slow tick must not write two records. */
const PAUSE_MIN_MS = 3_000;
/** Mass deaths are over after this many windows without one. */
const QUIET_WINDOWS = 2;

const MIB = 1_048_576;

/** What a pause is for. Its reason starts with this word, so that a pause made by a person is told apart and left alone. */
const PAUSES = ['disk', 'memory', 'ptys', 'files', 'loop', 'deaths', 'storm'] as const;
type Pause = (typeof PAUSES)[number];

/** Pauses dispatch while the machine is short of something, or agents die or fail in numbers. What is ready to land is not held back. */
export const pressure = (view: WorldView): Action[] => {
  const town = townOf(view.ledger);
  if (!town) return [];
  const paused = town.dispatchPaused;
  const current = paused && pauseOf(paused.reason);
  if (paused && !current) return [];
  const wanted = wantedPause(view, current);
  if (wanted?.pause === current) return [];
  if (wanted) return [setPause(wanted.reason, wanted.reason)];
  if (!hasPassed(view, paused!.at, PAUSE_MIN_MS)) return [];
  return [setPause(undefined, `what paused it is over (${paused!.reason})`)];
};

const setPause = (paused: string | undefined, because: string): Action =>
  act.command('town.dispatch', paused === undefined ? {} : { paused }, {
    key: 'dispatch-pause',
    subject: 'town',
    because,
  });

export const pauseOf = (reason: string): Pause | undefined => PAUSES.find(pause => reason.startsWith(`${pause}: `));

/** The first thing that is short. One that pauses already must recover past its limit by the hysteresis. Unknown is not short. */
const wantedPause = (view: WorldView, current: Pause | undefined): { pause: Pause; reason: string } | undefined => {
  const { machine } = view.observed;
  return (machine && shortage(view, machine, current)) ?? massDeath(view, current) ?? storm(view);
};

const shortage = (
  view: WorldView,
  machine: MachineObservation,
  current: Pause | undefined,
): { pause: Pause; reason: string } | undefined => {
  const { minFreeDiskBytes, minFreeMemoryBytes, loopLagWarnMs } = view.settings.deacon;
  const margin = (pause: Pause) => (current === pause ? HYSTERESIS : 0);
  const needed = (pause: Pause, bytes: number) => bytes + Math.min(bytes * margin(pause), HYSTERESIS_BYTES);
  if (machine.freeDiskBytes < needed('disk', minFreeDiskBytes)) {
    return {
      pause: 'disk',
      reason: `disk: ${mebibytes(machine.freeDiskBytes)} free, ${mebibytes(minFreeDiskBytes)} needed`,
    };
  }
  if (machine.freeMemoryBytes < needed('memory', minFreeMemoryBytes)) {
    return {
      pause: 'memory',
      reason: `memory: ${mebibytes(machine.freeMemoryBytes)} free, ${mebibytes(minFreeMemoryBytes)} needed`,
    };
  }
  const { ptys, files, hostFiles } = machine;
  if (isFull(view, ptys, margin('ptys'))) {
    return { pause: 'ptys', reason: `ptys: ${ptys!.used} of the machine's ${ptys!.max} terminals are in use` };
  }
  if (isFull(view, files, margin('files'))) {
    return { pause: 'files', reason: `files: ${files!.used} of ${files!.max} file descriptors are in use` };
  }
  if (isFull(view, hostFiles, margin('files'))) {
    const { used, max } = hostFiles!;
    return { pause: 'files', reason: `files: ${used} of the terminal host's ${max} file descriptors are in use` };
  }
  if (machine.loopLagMs > loopLagWarnMs * (1 - margin('loop'))) {
    return {
      pause: 'loop',
      reason: `loop: the town's own loop lags ${Math.round(machine.loopLagMs)} ms, ${loopLagWarnMs} ms at most`,
    };
  }
  return undefined;
};

const isFull = (view: WorldView, share: Share | undefined, margin: number): boolean =>
  share !== undefined && share.used > share.max * view.settings.deacon.maxUsedShare * (1 - margin);

const mebibytes = (bytes: number): string => `${Math.floor(bytes / MIB)} MiB`;

/** Many different beads losing their session at once is the machine's or the provider's fault; one bead dying often is its own. */
const massDeath = (view: WorldView, current: Pause | undefined): { pause: Pause; reason: string } | undefined => {
  const { massDeaths, massDeathWindowMs } = view.settings.deacon;
  const windowMs = current === 'deaths' ? massDeathWindowMs * QUIET_WINDOWS : massDeathWindowMs;
  const beads = new Set<string>();
  for (const session of view.ledger.sessions.values()) {
    if (session.outcome !== 'died' && session.outcome !== 'lost') continue;
    if (session.endedAt !== undefined && !hasPassed(view, session.endedAt, windowMs)) beads.add(session.bead);
  }
  if (beads.size < (current === 'deaths' ? 1 : massDeaths)) return undefined;
  return {
    pause: 'deaths',
    reason: `deaths: the sessions of ${plural(beads.size, 'bead')} died within ${duration(windowMs)}`,
  };
};

/**
 * Agents that end badly one after the other, whatever their bead, and none that ends well: a login that ran out, a broken
 * CLI, a service that is down. Each further start would cost and bring nothing, so the fleet's restarts have an intensity
 * of their own, as each polecat's have. A script fails by itself and says nothing of the others.
 */
const storm = (view: WorldView): { pause: Pause; reason: string } | undefined => {
  const { stormEnds, massDeaths } = view.settings.deacon;
  const { restartWindowMs } = view.settings.witness;
  const ended = [...view.ledger.sessions.values()]
    .filter(
      ({ agent, endedAt }) => agent !== SHELL && endedAt !== undefined && !hasPassed(view, endedAt, restartWindowMs),
    )
    .sort((a, b) => (a.endedAt! < b.endedAt! ? 1 : a.endedAt! > b.endedAt! ? -1 : 0));
  const well = ended.findIndex(({ outcome }) => outcome === 'done' || outcome === 'handoff');
  const bad = (well < 0 ? ended : ended.slice(0, well)).filter(({ outcome }) => outcome !== 'stopped');
  const beads = new Set(bad.map(({ bead }) => bead));
  if (stormEnds === 0 || bad.length < stormEnds || beads.size < massDeaths) return undefined;
  return {
    pause: 'storm',
    reason: `storm: ${plural(bad.length, 'session')} of ${plural(beads.size, 'bead')} ended badly within ${duration(restartWindowMs)}, none well`,
  };
};
