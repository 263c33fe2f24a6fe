import { ROLES } from '../../roles/index.ts';
import { whyWaiting } from '../../roles/refinery/why.ts';
import { type Action, type Observation, ROLE_NAMES, type RoleName, type WorldView } from '../../roles/role.ts';
import type { ActorRole } from '../../source/ledger/commands.ts';
import { checkWriters } from './checkouts.ts';
import { type Step, stepsOf } from './effects.ts';
import { letWork } from './host.ts';
import { checkInvariants } from './ledger.ts';
import { checkMoney, followMoney } from './money.ts';
import type { Random } from './random.ts';
import { createState, DOUBLED, note, OPERATOR, observe, RIG, type State, type TownOptions } from './state.ts';

interface Running {
  readonly key: string;
  readonly steps: Step[];
  at: number;
}

export interface SimulatedTown {
  readonly state: State;
  /** One tick of the loop after `ms` of virtual time: what the roles asked for. Throws when an invariant is broken. */
  tick(ms: number): Action[];
  /** No effect is under way and no agent alive. */
  readonly isStill: boolean;
  /** The town's process dies and comes back, wherever its effects stand; with `host`, every agent dies as well. */
  crash(options: { host: boolean }): void;
  /** The machine's clock is set: what happens goes on happening when it would have. */
  setClock(byMs: number): void;
  /** What one of its effects under way was to bring never comes: it has failed wherever it stood. */
  lose(random: Random): void;
}

/** The real roles over the real reducers, in a world of our making: as `source/town/loop.ts` does it. */
export const createTown = (options: TownOptions): SimulatedTown => {
  const state = createState(options);
  let running: Running[] = [];
  state.stopGates = key => {
    running = running.filter(one => one.key !== key);
  };

  const advance = (until: number) => {
    for (;;) {
      const next = running.filter(one => one.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      state.now = Math.max(state.now, next.at);
      const step = next.steps.shift()!;
      step();
      if (state.random.chance(DOUBLED)) step();
      if (next.steps.length === 0) running = running.filter(one => one !== next);
      else next.at = state.now + state.random.between(10, 1_500);
    }
    state.now = until;
    letWork(state);
  };

  const view = (observed: Observation): WorldView => ({
    now: state.now,
    ledger: state.ledger.data,
    observed,
    settings: state.settings,
    running: new Set(running.map(one => one.key)),
  });

  const perform = (role: RoleName, action: Action): boolean => {
    expectReason(role, action);
    expectAllowedUnattended(state, action);
    if ('command' in action.do) {
      const { type, payload } = action.do.command;
      state.ledger.execute({ role: actorRole(role), name: actorRole(role) }, type, payload as never, action.because);
      return true;
    }
    if (running.some(one => one.key === action.key)) return false;
    const { effect } = action.do;
    note(state, () => `${role} ${JSON.stringify(effect).slice(0, 160)}: ${action.because}`);
    running.push({
      key: action.key,
      steps: stepsOf(state, effect),
      at: state.now + state.random.between(5, 1_000),
    });
    return true;
  };

  return {
    state,
    tick(ms) {
      advance(state.now + ms);
      checkWriters(state);
      followMoney(state);
      const taken: Action[] = [];
      const observed = observe(state);
      let checked = -1;
      for (const role of ROLE_NAMES) {
        const actions = ROLES[role](view(observed));
        if (!state.hostReachable) expectHarmless(role, actions);
        state.heartbeats.set(role, state.now);
        taken.push(...actions.filter(action => perform(role, action)));
        state.steps++;
        // What the ledger and the target say changes with commands only, and never between two roles otherwise.
        if (checked === state.ledger.seq) continue;
        checkInvariants(state);
        checkMoney(state);
        checked = state.ledger.seq;
      }
      const last = view(observed);
      for (const merge of state.ledger.data.merges.values()) {
        if (!whyWaiting(last, merge)) throw new Error(`${merge.id} does not say why it waits`);
      }
      return taken;
    },
    get isStill() {
      return running.length === 0 && [...state.host.values()].every(seen => !seen.alive);
    },
    crash({ host }) {
      note(state, () => `crash ${host ? 'of town and host' : 'of the town'}`);
      running = [];
      Object.assign(state, {
        rigs: new Map(),
        chains: new Map(),
        radar: new Map(),
        heartbeats: new Map(),
        startedAt: state.now,
        refused: undefined,
      });
      state.money.book = undefined;
      state.limits.clear();
      if (host) state.host.clear();
    },
    setClock(byMs) {
      note(state, () => `the clock is set ${byMs < 0 ? 'back' : 'forward'} by ${Math.abs(byMs / 1_000)} s`);
      state.now += byMs;
      state.movedMs += byMs;
      for (const one of running) one.at += byMs;
      for (const seen of state.host.values()) seen.endsAt += byMs;
    },
    lose(random) {
      if (running.length === 0) return;
      const lost = random.pick(running);
      note(state, () => `lost ${lost.key}`);
      running = running.filter(one => one !== lost);
    },
  };
};

/** Whatever a role does is explained in one line. */
const expectReason = (role: RoleName, { because, key }: Action): void => {
  if (because.trim() === '' || because.includes('\n')) throw new Error(`${role} does not say in a line why: ${key}`);
};

/** While nobody is at the screen, nothing begins to be worked on or to land that the policy for that leaves out. */
const expectAllowedUnattended = ({ absence, settings, ledger: { data } }: State, { key, do: what }: Action): void => {
  if (!absence || !('command' in what)) return;
  const { dispatch, land } = settings.unattended;
  const { type, payload } = what.command;
  if (type === 'hook.set' && dispatch !== 'all') {
    const { attempts, dispatch: wish } = data.beads.get(payload.bead)!.town;
    const isAsked = wish!.by === OPERATOR.name && Date.parse(wish!.at) >= absence.since;
    if (!isAsked && (dispatch === 'none' || attempts === 0)) throw new Error(`${key} is begun while nobody is there`);
  }
  if (type === 'merge.group' && payload.group !== undefined && land !== 'policy') {
    const isApproved = (id: string) => data.approvals.has(`${id}.1`) || data.merges.get(id)!.reverts !== undefined;
    if (land === 'none' || !payload.ids.every(isApproved)) throw new Error(`${key} goes on while nobody is there`);
  }
};

/** Unknown state never kills: while the host does not answer, no session is ended or disturbed. */
const expectHarmless = (role: RoleName, actions: readonly Action[]): void => {
  for (const { do: what, because } of actions)
    if ('effect' in what && HARMFUL.has(what.effect.type))
      throw new Error(`${role} asks for ${what.effect.type} of what it cannot see: ${because}`);
};
const HARMFUL: ReadonlySet<string> = new Set(['session.finish', 'session.abandon', 'session.interrupt']);

const KINDS = ['', '', '', '', 'leaks', 'bad', 'always-bad', 'half', 'half', 'cursed'];

/** A town with its rig and a dispatched plan: some beads conflict, some break the gate alone or together, some never succeed. */
export const openTown = (options: TownOptions & { readonly kinds?: readonly string[] }): SimulatedTown => {
  const town = createTown(options);
  const { random, ledger } = town.state;
  ledger.execute(OPERATOR, 'town.create', { name: 'simulated' });
  ledger.execute(OPERATOR, 'rig.add', {
    id: RIG,
    origin: '/srv/app',
    branch: 'main',
    prefix: 'app',
    gates: [...options.gates],
    agent: options.agent,
    ...(random.chance(0.2) && { policy: 'all' as const }),
  });
  const beads = Array.from({ length: options.beads }, (_, index) => {
    const label = random.pick(options.kinds ?? KINDS);
    return {
      key: `b${index}`,
      title: `Bead ${index}`,
      needs: index > 0 && random.chance(0.3) ? [`b${Math.floor(random.between(0, index))}`] : [],
      priority: Math.floor(random.between(0, 5)),
      labels: label ? [label] : [],
      touches: random.chance(0.4) ? [`src/${random.pick(['a', 'b', 'c'])}.ts`] : [],
    };
  });
  ledger.execute(OPERATOR, 'plan.import', { title: 'Plan', rig: RIG, beads, approve: true });
  return town;
};

const actorRole = (role: RoleName): ActorRole => (role === 'dogs' ? 'dog' : role === 'polecat' ? 'town' : role);
