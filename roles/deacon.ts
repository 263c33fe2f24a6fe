import { duration, plural } from '../source/common/text.ts';
import type { Escalation, Town } from '../source/ledger/schema.ts';
import { actionsOf } from './action.ts';
import { hasPassed, ms, SHELL, townOf, wasEscalated } from './facts.ts';
import {
  type Action,
  type Decide,
  type MachineObservation,
  ROLE_NAMES,
  type RoleName,
  type Share,
  type WorldView,
} from './role.ts';

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

/** Watches the machine, the role loops and the escalation clock. In an idle, healthy town it has nothing to do. */
export const deacon: Decide = view => [
  ...pressure(view),
  ...pausesTold(view),
  ...settled(view),
  ...climbs(view),
  ...reminders(view),
  ...silentRoles(view),
  ...failing(view),
];

// ------------------------------------------------------------------------------------------------------------ pressure

/** What a pause is for. Its reason starts with this word, so that a pause made by a person is told apart and left alone. */
const PAUSES = ['disk', 'memory', 'ptys', 'files', 'loop', 'deaths', 'storm'] as const;
type Pause = (typeof PAUSES)[number];

const pressure = (view: WorldView): Action[] => {
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

const pauseOf = (reason: string): Pause | undefined => PAUSES.find(pause => reason.startsWith(`${pause}: `));

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

/** A pause that only a person can make short is told to one: what kills or fails agents in numbers does not pass by waiting. */
const pausesTold = (view: WorldView): Action[] => {
  const paused = townOf(view.ledger)?.dispatchPaused;
  const pause = paused && pauseOf(paused.reason);
  if (pause !== 'deaths' && pause !== 'storm') return [];
  const key = pauseKey(paused);
  if (wasEscalated(view.ledger, key)) return [];
  const title =
    pause === 'deaths' ? 'Agents die in numbers: dispatch is paused' : 'Agents fail in a row: dispatch is paused';
  const body = `${paused!.reason}. Nothing new is started meanwhile; what runs goes on, and what is tested lands. It goes on by itself.`;
  return [
    act.command(
      'escalation.open',
      { severity: 'high', subject: 'town', title, body, key },
      { key: `escalate:${key}`, subject: 'town', because: paused!.reason },
    ),
  ];
};

/**
 * What the town told a person of itself and what is over by itself needs nobody any more: left open it would climb to the
 * top of the queue. Only what is known to be over is closed: of another process's failures nothing is known.
 */
const settled = (view: WorldView): Action[] =>
  [...view.ledger.escalations.values()].flatMap(escalation => {
    const because = escalation.closedAt === undefined && whySettled(view, escalation);
    if (!because) return [];
    return act.command(
      'escalation.close',
      { id: escalation.id, reason: because },
      { key: `close:${escalation.id}`, subject: escalation.subject ?? escalation.id, because },
    );
  });

const whySettled = (view: WorldView, { key = '', subject = '', at }: Escalation): string | undefined => {
  const { ledger, observed } = view;
  if (key.startsWith('pause:'))
    return key === pauseKey(townOf(ledger)?.dispatchPaused) ? undefined : 'dispatch is not paused for that any more';
  if (key.startsWith('quarantine:'))
    return ledger.polecats.get(subject)?.state === 'quarantined' ? undefined : 'it may work again';
  if (key.startsWith('failing:')) {
    const isOfThisProcess = ms(at) >= observed.startedAt;
    const goesOn = [...observed.failing].some(([effect, { since }]) => failingKey(effect, since) === key);
    return isOfThisProcess && !goesOn ? 'it does not fail any more' : undefined;
  }
  const role = ROLE_NAMES.find(name => key.startsWith(silentKey(name, '')));
  const beat = role && observed.heartbeats.get(role);
  if (role === undefined || beat === undefined) return undefined;
  return beat > Number(key.slice(silentKey(role, '').length)) ? 'it makes its decisions again' : undefined;
};

const pauseKey = (paused: Town['dispatchPaused']): string => `pause:${paused && pauseOf(paused.reason)}:${paused?.at}`;
const failingKey = (effect: string, since: number): string => `failing:${effect}:${since}`;
const silentKey = (role: RoleName, since: number | ''): string => `silent:${role}:${since}`;

// -------------------------------------------------------------------------------------------------------------- clocks

/** An escalation that nobody acknowledged goes one level up, `maxClimbs` times at most, never past critical. */
const climbs = (view: WorldView): Action[] => {
  const { climbAfterMs, maxClimbs } = view.settings.deacon;
  return [...view.ledger.escalations.values()]
    .filter(
      escalation => isUnanswered(escalation) && escalation.severity !== 'critical' && escalation.climbs < maxClimbs,
    )
    .filter(escalation => hasPassed(view, lastMoved(escalation), climbAfterMs))
    .map(escalation =>
      act.command(
        'escalation.climb',
        { id: escalation.id },
        {
          key: `climb:${escalation.id}`,
          subject: escalation.id,
          because: `nobody has acknowledged it for ${duration(view.now - ms(escalation.remindedAt ?? escalation.at))}`,
        },
      ),
    );
};

/** When it was last put before people, by itself or by a level more. */
const lastMoved = ({ at, climbedAt = at, remindedAt = at }: Escalation): number =>
  Math.max(ms(at), ms(climbedAt), ms(remindedAt));

/** Somebody said that they look after it, long ago, and it is still open. */
const reminders = (view: WorldView): Action[] =>
  [...view.ledger.escalations.values()]
    .filter(({ acknowledgedAt, closedAt }) => acknowledgedAt !== undefined && closedAt === undefined)
    .filter(({ acknowledgedAt }) => hasPassed(view, acknowledgedAt!, view.settings.deacon.remindAfterMs))
    .map(({ id, acknowledgedAt }) =>
      act.command(
        'escalation.remind',
        { id },
        {
          key: `remind:${id}`,
          subject: id,
          because: `it was acknowledged ${duration(view.now - ms(acknowledgedAt!))} ago and is not closed`,
        },
      ),
    );

const isUnanswered = (escalation: Escalation): boolean => !escalation.acknowledgedAt && !escalation.closedAt;

/**
 * A role whose loop stands still while this one runs. Compared with the Deacon's own last beat and not with the clock:
 * after a machine slept, all beats are old and nobody is to blame. Nor is anybody where that beat is still to come: the
 * clock was set back since, and the others have beaten by the new one.
 */
const silentRoles = (view: WorldView): Action[] => {
  const { heartbeats, startedAt } = view.observed;
  const own = heartbeats.get('deacon');
  if (own === undefined || own > view.now) return [];
  return ROLE_NAMES.flatMap(role => {
    const last = heartbeats.get(role) ?? startedAt;
    const silentMs = own - last;
    const key = silentKey(role, last);
    if (silentMs <= view.settings.deacon.heartbeatStaleMs || wasEscalated(view.ledger, key)) return [];
    const title = `The ${role} loop has been silent for ${duration(silentMs)}`;
    return act.command(
      'escalation.open',
      { severity: 'high', title, body: SILENT, key },
      { key: `escalate:${key}`, subject: 'town', because: title },
    );
  });
};

const SILENT =
  'What it decides is not done meanwhile; the other roles go on. logs/town.log in the folder of the town says why.';

/** What the town tries in vain again and again: nobody looks into a log for a bead that never starts. */
const failing = (view: WorldView): Action[] =>
  [...view.observed.failing].flatMap(([effect, { subject, failures, since, error, waitsOn }]) => {
    const key = failingKey(effect, since);
    if (waitsOn || failures < view.settings.deacon.tellAfterFailures || wasEscalated(view.ledger, key)) return [];
    const title = `${effect} failed ${failures} times in a row`;
    return act.command(
      'escalation.open',
      { severity: 'high', subject, title, body: `${error}\n\nIt is tried again with growing pauses.`, key },
      { key: `escalate:${key}`, subject, because: title },
    );
  });
