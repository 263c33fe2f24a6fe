import { ROLES } from '../../roles/index.ts';
import { whyWaiting } from '../../roles/refinery/why.ts';
import {
  type Action,
  type Chain,
  type Effect,
  type RigObservation,
  ROLE_NAMES,
  type RoleName,
  type SessionObservation,
  type WorldView,
} from '../../roles/role.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../roles/settings.ts';
import { isGastownError } from '../../source/common/errors.ts';
import { assertAllowed } from '../../source/ledger/capabilities.ts';
import {
  type Actor,
  type ActorRole,
  type CommandInput,
  type CommandType,
  commandSchemas,
} from '../../source/ledger/commands.ts';
import { type ParsedCommand, reduce } from '../../source/ledger/reduce.ts';
import {
  type AnyRecord,
  type Bead,
  emptyData,
  type Gate,
  type Merge,
  type Session,
} from '../../source/ledger/schema.ts';
import { couldNotRunStreak, outcomeOf, verdictId } from '../../source/ledger/verdict.ts';
import { type Random, seeded } from './random.ts';
import { type Change, createRepository, type Repository } from './repository.ts';

export const RIG = 'app';
const ENVIRONMENT = 'env';
const START = Date.parse('2026-11-23T10:00:00.000Z');
const SECOND = 1_000;
const OPERATOR: Actor = { role: 'operator', name: 'operator' };
const TOWN: Actor = { role: 'town', name: 'town' };

/** Small numbers, so that a stall costs seconds of virtual time. */
export const SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  mayor: { maxPolecats: 4, maxStarting: 2 },
  witness: {
    ...DEFAULT_SETTINGS.witness,
    startupSilenceMs: 20_000,
    stallAfterMs: 40_000,
    ladderStepMs: 10_000,
    lostAfterMs: 8_000,
    restartWindowMs: 120_000,
  },
};

type Fate = 'ok' | 'die' | 'fail' | 'hang' | 'vanish' | 'handoff' | 'help' | 'mute' | 'nothing' | 'silent-end';

interface HostSession {
  alive: boolean;
  readonly fate: Fate;
  readonly startedAt: number;
  readonly endsAt: number;
  lastProgressAt: number;
  bytesOut: number;
  reported: boolean;
  exitCode?: number;
  signal?: number;
}

/** Steps of an effect at their times; a crash of the town drops those that are left. */
interface Running {
  readonly key: string;
  readonly steps: (() => void)[];
  at: number;
}

export interface SimulatedTown {
  readonly now: number;
  readonly data: ReturnType<typeof emptyData>;
  readonly repository: Repository;
  readonly random: Random;
  /** One tick of the loop after `ms`; the actions that roles asked for. */
  tick(ms: number): Action[];
  /** Nothing is under way outside the roles. */
  readonly isStill: boolean;
  /** The town's process dies and comes back; with `host`, every agent dies as well. */
  crash(options: { host: boolean }): void;
  execute<T extends CommandType>(actor: Actor, type: T, payload: CommandInput<T>): boolean;
  setHostReachable(reachable: boolean): void;
  setDisk(bytes: number): void;
  log: string[];
}

export interface TownOptions {
  readonly seed: number;
  readonly beads: number;
  readonly gates: readonly Gate[];
  readonly agent: 'shell' | 'claude';
  readonly brokenTarget: boolean;
  /** Chance that a session does not simply do its work. */
  readonly trouble: number;
  readonly flakes: number;
}

export const createTown = (options: TownOptions): SimulatedTown => {
  const random = seeded(options.seed);
  const repository = createRepository([
    { id: 'first', files: [], kind: options.brokenTarget ? 'broken-target' : 'good' },
  ]);
  const data = emptyData();
  const host = new Map<string, HostSession>();
  const log: string[] = [];
  const landedOnce = new Map<string, number>();
  let now = START;
  let ids = 0;
  let running: Running[] = [];
  let hostReachable = true;
  let freeDiskBytes = 1e12;
  let rigs = new Map<string, RigObservation>();
  let chains = new Map<string, Chain>();
  let heartbeats = new Map<RoleName, number>();
  const dogs = new Map();
  let startedAt = now;

  // -------------------------------------------------------------------------------------------------------- the ledger

  const execute = <T extends CommandType>(actor: Actor, type: T, payload: CommandInput<T>): boolean => {
    const command = { type, payload: commandSchemas[type].parse(payload), actor } as unknown as ParsedCommand;
    assertAllowed(data, command);
    let writes: ReturnType<typeof reduce>;
    try {
      writes = reduce(data, command, { now: iso(now), mintId: prefix => `${prefix}-${++ids}` });
    } catch (error) {
      if (!isGastownError(error, 'conflict') && !isGastownError(error, 'not_found')) throw error;
      log.push(`${at()} ${actor.role} refused ${type} ${JSON.stringify(payload).slice(0, 120)}: ${error.message}`);
      return false;
    }
    log.push(`${at()} ${actor.role} ${type} ${JSON.stringify(payload).slice(0, 160)}`);
    for (const { kind, id, record } of writes) {
      if (kind === 'merges') watchMerge(data.merges.get(id), record as Merge);
      (data[kind] as Map<string, AnyRecord>).set(id, record);
    }
    return true;
  };
  const at = () => `${((now - START) / SECOND).toFixed(1)}s`;

  /** What must hold at the moment a request begins to land and when it has landed. */
  const watchMerge = (before: Merge | undefined, after: Merge) => {
    if (after.state === 'landing' && before?.state !== 'landing' && after.landing!.old !== after.landing!.new) {
      const { tree } = after.landing!;
      for (const gate of options.gates) {
        const runs =
          data.verdicts.get(verdictId({ rig: RIG, gate: gate.name, environment: ENVIRONMENT, tree }))?.runs ?? [];
        if (outcomeOf(runs) !== 'pass') throw new Error(`${after.id} lands on a tree whose gate is ${outcomeOf(runs)}`);
      }
      if (options.gates.length > 0 && repository.isRed(tree)) throw new Error(`${after.id} lands a red tree`);
    }
    if (after.state === 'landed' && before?.state !== 'landed') {
      landedOnce.set(after.bead, (landedOnce.get(after.bead) ?? 0) + 1);
      if (landedOnce.get(after.bead)! > 1) throw new Error(`${after.bead} landed twice`);
    }
  };

  // ---------------------------------------------------------------------------------------------------------- the host

  const fateFor = (bead: Bead): Fate => {
    if (bead.labels?.includes('cursed')) return random.pick(['die', 'fail', 'hang', 'vanish'] as const);
    if (!random.chance(options.trouble)) return 'ok';
    return random.pick(['die', 'fail', 'hang', 'vanish', 'handoff', 'help', 'mute', 'nothing', 'silent-end'] as const);
  };

  const work = (id: string, seen: HostSession) => {
    if (!seen.alive) return;
    const session = data.sessions.get(id);
    const due = now >= seen.endsAt;
    if (seen.fate !== 'mute') seen.bytesOut = 1;
    if (seen.fate === 'hang' || seen.fate === 'mute') {
      if (seen.fate === 'hang') seen.lastProgressAt = Math.min(now, seen.endsAt);
      return;
    }
    if (seen.fate !== 'help' || !due) seen.lastProgressAt = now;
    if (due && session?.status !== 'ended') end(id, seen);
  };

  const end = (id: string, seen: HostSession) => {
    const report = (kind: 'done' | 'failed' | 'handoff' | 'escalated') => {
      if (seen.reported || (data.sessions.get(id)?.status ?? 'ended') === 'ended') return;
      seen.reported = true;
      const polecat = data.sessions.get(id)!.polecat;
      execute({ role: 'polecat', name: polecat }, 'session.report', { id, kind, summary: 'words' });
    };
    const exit = (exitCode: number, signal?: number) =>
      Object.assign(seen, { alive: false, exitCode, ...(signal && { signal }) });
    switch (seen.fate) {
      case 'die':
        exit(0, 9);
        return;
      case 'fail':
        exit(1);
        return;
      case 'vanish':
        host.delete(id);
        return;
      case 'handoff':
        report('handoff');
        if (random.chance(0.5)) exit(0);
        return;
      case 'help':
        report('escalated');
        // Answered by a person after a while, or given up.
        if (now >= seen.endsAt + 30 * SECOND) exit(random.chance(0.5) ? 0 : 1);
        return;
      case 'silent-end':
      case 'nothing':
        exit(0);
        return;
      default:
        if (options.agent === 'shell') exit(0);
        else report('done');
    }
  };

  /** The commit a session made, or undefined when it changed nothing. */
  const workOf = (session: Session): string | undefined => {
    const seen = host.get(session.id);
    if (seen && (seen.fate === 'nothing' || seen.fate === 'silent-end')) return undefined;
    const bead = data.beads.get(session.bead)!;
    const label = (name: string) => bead.labels?.includes(name) ?? false;
    const firstTry = bead.town.reworks === 0;
    const kind: Change['kind'] =
      label('always-bad') || (label('bad') && firstTry) ? 'bad' : label('half') && firstTry ? 'half' : 'good';
    return repository.commit(session.base, {
      id: `${bead.id}#${session.attempt}`,
      files: bead.town.touches ?? [],
      kind,
    });
  };

  // ----------------------------------------------------------------------------------------------------------- effects

  const endSession = (id: string, payload: Omit<CommandInput<'session.end'>, 'id'>): (() => void)[] => [
    () => {
      const seen = host.get(id);
      if (seen) seen.alive = false;
    },
    () => {
      if (data.sessions.get(id)?.status !== 'ended') execute(TOWN, 'session.end', { id, ...payload });
    },
  ];

  const launch = ({ polecat, bead }: Extract<Effect, { type: 'session.launch' }>): (() => void)[] => {
    const id = `s-${++ids}`;
    let started = false;
    return [
      () => {
        if (data.polecats.get(polecat)?.state !== 'slung') return;
        started = execute(TOWN, 'session.start', {
          id,
          polecat,
          bead,
          agent: options.agent,
          base: repository.tip,
          checkout: '/c',
          tokenHash: '0'.repeat(64),
        });
      },
      () => {
        if (!started) return;
        const endsAt = now + random.between(1, 25) * SECOND;
        host.set(id, {
          alive: true,
          fate: fateFor(data.beads.get(bead)!),
          startedAt: now,
          endsAt,
          lastProgressAt: now,
          bytesOut: 0,
          reported: false,
        });
      },
      () => {
        if (started && data.sessions.get(id)?.status === 'starting') execute(TOWN, 'session.running', { id, pid: 1 });
      },
    ];
  };

  const collect = (id: string): (() => void)[] => {
    const session = data.sessions.get(id)!;
    const steps = [
      () => {
        const seen = host.get(id);
        if (seen) seen.alive = false;
      },
      () => {
        if (data.sessions.get(id)!.status === 'ended') return;
        if (host.get(id)?.fate === 'nothing' && data.sessions.get(id)!.status === 'running') {
          execute(TOWN, 'work.nothing', { session: id });
          return;
        }
        const head = workOf(session);
        if (!head) {
          execute(TOWN, 'session.end', {
            id,
            outcome: 'failed',
            cause: { kind: 'no_change', summary: 'nothing changed', at: iso(now) },
          });
          return;
        }
        execute(TOWN, 'work.done', {
          session: id,
          merge: `mr-${id}`,
          ref: `refs/gastown/merges/mr-${id}`,
          base: session.base,
          head,
        });
      },
    ];
    return steps;
  };

  const gates = ({ tree }: Extract<Effect, { type: 'gates.run' }>): (() => void)[] => {
    let isOver = false;
    return options.gates.map(gate => () => {
      const id = verdictId({ rig: RIG, gate: gate.name, environment: ENVIRONMENT, tree });
      if (isOver || outcomeOf(data.verdicts.get(id)?.runs ?? []) === 'pass') return;
      const isFlake = random.chance(options.flakes);
      const outcome = random.chance(options.flakes / 2)
        ? 'could_not_run'
        : repository.isRed(tree) || isFlake
          ? 'fail'
          : 'pass';
      execute(TOWN, 'gate.record', {
        rig: RIG,
        tree,
        gate: gate.name,
        environment: ENVIRONMENT,
        run: { outcome, at: iso(now), durationMs: 1 },
      });
      isOver = outcome !== 'pass';
    });
  };

  const land = ({ merges, old, new: next }: Extract<Effect, { type: 'land' }>): (() => void)[] => {
    let outcome: 'landed' | 'moved' = 'moved';
    return [
      () => {
        outcome = repository.land(old, next);
      },
      () => {
        if (outcome === 'landed') execute(TOWN, 'merge.landed', { ids: [...merges], sha: next });
        else execute(TOWN, 'merge.unland', { ids: [...merges], reason: 'moved' });
      },
      refresh,
    ];
  };

  const refresh = () => {
    rigs = new Map([
      [RIG, { tip: repository.tip, tipTree: repository.treeOf(repository.tip), at: now, environment: ENVIRONMENT }],
    ]);
  };

  const stepsOf = (effect: Effect): (() => void)[] => {
    switch (effect.type) {
      case 'session.launch':
        return launch(effect);
      case 'session.interrupt':
        return [() => interrupt(effect.session)];
      case 'session.nudge':
        return [() => nudge(effect.session)];
      case 'session.finish':
        return endSession(effect.session, { outcome: effect.outcome, ...(effect.cause && { cause: effect.cause }) });
      case 'session.collect':
        return collect(effect.session);
      case 'rig.refresh':
        return [refresh];
      case 'chain.build':
        return [
          () =>
            chains.set(
              RIG,
              repository.chain(
                effect.tip,
                effect.merges.map(id => data.merges.get(id)!),
              ),
            ),
        ];
      case 'gates.run':
        return gates(effect);
      case 'land':
        return land(effect);
      case 'dog.run':
        return [() => runDog(effect.dog)];
    }
  };

  const runDog = (dog: string) => {
    dogs.set(dog, { lastRunAt: now, ok: true, note: '' });
    if (dog !== 'reaper') return;
    for (const [id, seen] of host) if (!seen.alive && data.sessions.get(id)?.status === 'ended') host.delete(id);
  };

  const interrupt = (id: string) => {
    const seen = host.get(id);
    if (!seen?.alive) return;
    seen.lastProgressAt = now;
    if (random.chance(0.5)) Object.assign(seen, { alive: false, exitCode: random.pick([0, 130]) });
  };

  const nudge = (id: string) => {
    const seen = host.get(id);
    if (seen?.alive && random.chance(0.5))
      host.set(id, { ...seen, fate: 'ok', endsAt: now + 10 * SECOND, lastProgressAt: now, bytesOut: 1 });
  };

  // ---------------------------------------------------------------------------------------------------------- the loop

  const advance = (until: number) => {
    for (;;) {
      const next = running.filter(one => one.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      now = Math.max(now, next.at);
      const step = next.steps.shift()!;
      step();
      if (random.chance(0.02)) step();
      if (next.steps.length === 0) running = running.filter(one => one !== next);
      else next.at = now + random.between(10, 1_500);
    }
    now = until;
    for (const [id, seen] of [...host]) work(id, seen);
  };

  const view = (): WorldView => ({
    now,
    ledger: data,
    observed: {
      host: { reachable: hostReachable },
      sessions: new Map([...host].map(([id, seen]) => [id, observationOf(seen)])),
      rigs,
      chains,
      machine: { freeDiskBytes, freeMemoryBytes: 1e12, totalMemoryBytes: 1e12, loopLagMs: 0, load1: 0, cores: 4 },
      heartbeats,
      dogs,
      startedAt,
    },
    settings: SETTINGS,
    running: new Set(running.map(one => one.key)),
  });

  const tick = (ms: number): Action[] => {
    advance(now + ms);
    const taken: Action[] = [];
    for (const role of ROLE_NAMES) {
      const actions = ROLES[role](view());
      heartbeats.set(role, now);
      for (const action of actions) {
        if ('command' in action.do) {
          const { type, payload } = action.do.command;
          execute({ role: actorRole(role), name: actorRole(role) }, type, payload as never);
          taken.push(action);
        } else if (!running.some(one => one.key === action.key)) {
          log.push(`${at()} ${role} ${JSON.stringify(action.do.effect).slice(0, 160)}: ${action.because}`);
          running.push({ key: action.key, steps: stepsOf(action.do.effect), at: now + random.between(5, 1_000) });
          taken.push(action);
        }
      }
      check(options);
    }
    for (const merge of data.merges.values())
      if (!whyWaiting(view(), merge)) throw new Error(`${merge.id} does not say why it waits`);
    return taken;
  };

  /** What must hold after every step. */
  const check = ({ gates: given }: TownOptions) => {
    const hooks = new Map<string, string>();
    let busy = 0;
    for (const polecat of data.polecats.values()) {
      if (!polecat.hook) continue;
      busy++;
      if (hooks.has(polecat.hook))
        throw new Error(`${polecat.hook} is on the hooks of ${hooks.get(polecat.hook)} and ${polecat.id}`);
      hooks.set(polecat.hook, polecat.id);
      if (data.beads.get(polecat.hook)!.assignee !== polecat.id)
        throw new Error(`${polecat.hook} does not know its polecat`);
    }
    if (busy > SETTINGS.mayor.maxPolecats) throw new Error(`${busy} polecats are busy`);
    for (const { id, town } of data.beads.values()) {
      if (town.respawns > SETTINGS.witness.maxRespawns) throw new Error(`${id} cost ${town.respawns} sessions`);
      if (town.reworks > SETTINGS.refinery.maxReworks) throw new Error(`${id} came back ${town.reworks} times`);
    }
    for (const verdict of data.verdicts.values()) {
      if (couldNotRunStreak(verdict.runs) > 3 * SETTINGS.refinery.maxCouldNotRun)
        throw new Error(`${verdict.id} is tried without end`);
    }
    if (given.length > 0 && !options.brokenTarget && repository.isRed(repository.treeOf(repository.tip)))
      throw new Error('the target is red');
  };

  return {
    get now() {
      return now;
    },
    get isStill() {
      return running.length === 0 && [...host.values()].every(seen => !seen.alive);
    },
    data,
    repository,
    random,
    log,
    tick,
    execute,
    crash({ host: hostToo }) {
      log.push(`${at()} crash${hostToo ? ' with the host' : ''}`);
      running = [];
      rigs = new Map();
      chains = new Map();
      heartbeats = new Map();
      startedAt = now;
      if (hostToo) host.clear();
    },
    setHostReachable(reachable) {
      hostReachable = reachable;
    },
    setDisk(bytes) {
      freeDiskBytes = bytes;
    },
  };

  function observationOf({
    alive,
    startedAt: began,
    bytesOut,
    lastProgressAt,
    exitCode,
    signal,
  }: HostSession): SessionObservation {
    return {
      alive,
      startedAt: began,
      bytesOut,
      lastProgressAt,
      ...(exitCode !== undefined && { exitCode }),
      ...(signal !== undefined && { signal }),
    };
  }
};

/** A town with its rig and a plan of beads, dispatched. Some conflict, some break the gate alone or together, some never succeed. */
export const openTown = (options: TownOptions): SimulatedTown => {
  const town = createTown(options);
  const { random } = town;
  town.execute(OPERATOR, 'town.create', { name: 'simulated' });
  town.execute(OPERATOR, 'rig.add', {
    id: RIG,
    origin: '/srv/app',
    branch: 'main',
    prefix: 'app',
    gates: [...options.gates],
    agent: options.agent,
    ...(random.chance(0.2) && { policy: 'all' as const }),
  });
  const kinds = ['', '', '', '', 'bad', 'always-bad', 'half', 'half', 'cursed'];
  const beads = Array.from({ length: options.beads }, (_, index) => {
    const label = random.pick(kinds);
    const needs = index > 0 && random.chance(0.3) ? [`b${Math.floor(random.between(0, index))}`] : [];
    const touches = random.chance(0.4) ? [`src/${random.pick(['a', 'b', 'c'])}.ts`] : [];
    return {
      key: `b${index}`,
      title: `Bead ${index}`,
      needs,
      priority: Math.floor(random.between(0, 5)),
      labels: label ? [label] : [],
      touches,
    };
  });
  town.execute(OPERATOR, 'plan.import', { title: 'Plan', rig: RIG, beads, approve: true });
  return town;
};

export const operator = OPERATOR;
const iso = (ms: number): string => new Date(ms).toISOString();
const actorRole = (role: RoleName): ActorRole => (role === 'dogs' ? 'dog' : role === 'polecat' ? 'town' : role);
