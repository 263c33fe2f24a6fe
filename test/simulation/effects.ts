import { gatesKey } from '../../roles/refinery/round.ts';
import type { Effect } from '../../roles/role.ts';
import type { CommandInput } from '../../source/ledger/commands.ts';
import { guardPolicy, PROTECTED_PATHS } from '../../source/ledger/guards.ts';
import type { GuardFinding } from '../../source/ledger/schema.ts';
import { outcomeOf, verdictId } from '../../source/ledger/verdict.ts';
import { clear, keep } from './checkouts.ts';
import { interruptAgent, nudgeAgent, startAgent, stillHolds, workOf } from './host.ts';
import { ENVIRONMENT, isoNow, RIG, SECOND, type State, TOWN } from './state.ts';

/** A part of an effect that happens whole or not at all: between two of them the town may crash, and any may happen twice. */
export type Step = () => unknown;

export const stepsOf = (state: State, effect: Effect): Step[] => {
  switch (effect.type) {
    case 'session.launch':
      return launch(state, effect);
    case 'session.interrupt':
      return [() => stillHolds(state, effect.session, effect.rests) && interruptAgent(state, effect.session)];
    case 'session.nudge':
      return [() => stillHolds(state, effect.session, effect.rests) && nudgeAgent(state, effect.session)];
    case 'session.finish':
      return finish(state, effect);
    case 'session.abandon':
      return abandon(state, effect.session);
    case 'session.collect':
      return [
        () => stop(state, effect.session),
        () => keepOf(state, effect.session),
        () => collect(state, effect.session),
      ];
    case 'rig.refresh':
      return [() => refresh(state)];
    case 'guards.run':
      return effect.merges.map(id => () => guard(state, id));
    case 'chain.build':
      return [
        () => {
          for (const ids of effect.stacks) {
            const chain = state.repository.chain(
              effect.tip,
              ids.map(id => state.ledger.data.merges.get(id)!),
            );
            const others = (state.chains.get(RIG) ?? []).filter(one => one.tip === effect.tip && one.key !== chain.key);
            state.chains.set(RIG, [...others, chain]);
          }
        },
      ];
    case 'radar.run': {
      const { key, tip } = effect;
      return [() => state.radar.set(RIG, { key, tip, at: state.now, branches: [], conflicts: [], left: 0 })];
    }
    case 'gates.run':
      return gates(state, effect.tree);
    case 'gates.stop':
      return [() => state.stopGates(gatesKey(effect.rig, effect.tree))];
    case 'land':
      return land(state, effect);
    case 'dog.run':
      return [...(effect.dog === 'main-test' ? mainTest(state) : []), () => runDog(state, effect.dog)];
  }
};

const launch = (state: State, { polecat, bead }: Extract<Effect, { type: 'session.launch' }>): Step[] => {
  const { ledger, repository } = state;
  const id = state.mintId('s');
  const isMine = () => ledger.data.sessions.get(id)?.status === 'starting';
  const isWanted = () => {
    const { state: word, hook } = ledger.data.polecats.get(polecat)!;
    return word === 'slung' && hook === bead && !ledger.data.sessions.has(id);
  };
  return [
    () => {
      if (!isWanted()) return;
      const earlier = ledger.data.sessions.get(ledger.data.polecats.get(polecat)!.session ?? '');
      if (earlier && earlier.outcome !== 'done') keep(state, polecat);
      clear(state, polecat);
    },
    () => {
      if (!isWanted()) return;
      const payload = {
        id,
        polecat,
        bead,
        agent: state.options.agent,
        base: repository.tip,
        checkout: '/c',
        tokenHash: '0'.repeat(64),
      };
      ledger.execute(TOWN, 'session.start', payload);
    },
    () => {
      if (isMine() && !state.host.has(id))
        startAgent(state, ledger.data.sessions.get(id)!, ledger.data.beads.get(bead)!);
    },
    () => {
      if (isMine()) ledger.execute(TOWN, 'session.running', { id, pid: 1 });
    },
  ];
};

/** Ends on record what still is as it was when that was decided; what lies in its checkout is kept first. */
const finish = (state: State, effect: Extract<Effect, { type: 'session.finish' }>): Step[] => {
  const { session, outcome, cause, rests } = effect;
  let isSo = false;
  return [
    () => {
      isSo ||= stillHolds(state, session, rests);
      if (isSo) stop(state, session);
    },
    () => isSo && keepOf(state, session),
    () => isSo && endSession(state, session, { outcome, ...(cause && { cause }) }),
  ];
};

/** A session that came after it has the checkout now: what lies there is that one's work. */
const abandon = (state: State, id: string): Step[] => {
  const keepOwn = () => {
    const session = state.ledger.data.sessions.get(id)!;
    if (state.ledger.data.polecats.get(session.polecat)?.session === id) keep(state, session.polecat);
  };
  return [keepOwn, () => stop(state, id), keepOwn];
};

const keepOf = (state: State, id: string): void => {
  const session = state.ledger.data.sessions.get(id)!;
  if (session.status !== 'ended') keep(state, session.polecat);
};

const stop = ({ host }: State, id: string): void => {
  const seen = host.get(id);
  if (seen) seen.alive = false;
};

const endSession = ({ ledger }: State, id: string, end: Omit<CommandInput<'session.end'>, 'id'>): void => {
  if (ledger.data.sessions.get(id)?.status !== 'ended') ledger.execute(TOWN, 'session.end', { id, ...end });
};

const collect = (state: State, id: string): void => {
  const { ledger, host } = state;
  const session = ledger.data.sessions.get(id)!;
  if (session.status === 'ended') return;
  if (host.get(id)?.fate === 'nothing') {
    ledger.execute(TOWN, 'work.nothing', { session: id });
    return;
  }
  const head = workOf(state, session);
  const merge = `mr-${id}`;
  if (head)
    ledger.execute(TOWN, 'work.done', {
      session: id,
      merge,
      ref: `refs/gastown/merges/${merge}`,
      base: session.base,
      head,
    });
  else
    endSession(state, id, {
      outcome: 'failed',
      cause: { kind: 'no_change', summary: 'nothing changed', at: isoNow(state) },
    });
};

const refresh = (state: State): void => {
  const { tip } = state.repository;
  const { refused, now } = state;
  const isRefused = refused?.tip === tip && now < refused.until;
  const blocked = state.isTargetDirty || isRefused ? { blocked: 'its checkout has changes of its own' } : {};
  state.rigs = new Map([
    [RIG, { tip, tipTree: state.repository.treeOf(tip), at: now, environment: ENVIRONMENT, ...blocked }],
  ]);
};

/** A guard asks now and then; what leaks a secret is blocked until it is done again. */
const guard = ({ ledger, random }: State, id: string): void => {
  const { head, base, bead, state: word, rig } = ledger.data.merges.get(id)!;
  if (word !== 'queued' && word !== 'testing') return;
  const { labels, town } = ledger.data.beads.get(bead)!;
  const findings: GuardFinding[] = [];
  if (labels?.includes('leaks') && town.reworks === 0)
    findings.push({ guard: 'secrets', kind: 'block', summary: 'a key' });
  if (random.chance(0.05)) findings.push({ guard: PROTECTED_PATHS, kind: 'ask', summary: 'changes a lockfile' });
  const policy = guardPolicy(ledger.data.rigs.get(rig)!);
  ledger.execute(TOWN, 'merge.guard', { id, head, base, policy, findings });
};

/** One step a gate, in order, until one is not green. */
const gates = (state: State, tree: string): Step[] => {
  let isOver = false;
  return state.options.gates.map(gate => () => {
    const { ledger, random, repository, options } = state;
    const key = { rig: RIG, gate: gate.name, environment: ENVIRONMENT, tree };
    if (isOver || outcomeOf(ledger.data.verdicts.get(verdictId(key))?.runs ?? []) === 'pass') return;
    const isRed = repository.isRed(tree) || random.chance(options.flakes);
    const outcome = random.chance(options.flakes / 2) ? 'could_not_run' : isRed ? 'fail' : 'pass';
    ledger.execute(TOWN, 'gate.record', { ...key, run: { outcome, at: isoNow(state), durationMs: 1 } });
    isOver = outcome !== 'pass';
  });
};

const mainTest = (state: State): Step[] => [
  () => refresh(state),
  ...gates(state, state.repository.treeOf(state.repository.tip)),
];

const land = (state: State, { merges, old, new: next }: Extract<Effect, { type: 'land' }>): Step[] => {
  const { ledger, repository } = state;
  let outcome: ReturnType<typeof repository.land> = 'moved';
  return [
    () => {
      outcome = repository.land(old, next, { isDirty: state.isTargetDirty });
    },
    () => {
      if (outcome === 'refused') state.refused = { tip: old, until: state.now + REFUSED_MS };
      if (outcome === 'landed') ledger.execute(TOWN, 'merge.landed', { ids: [...merges], sha: next });
      else ledger.execute(TOWN, 'merge.unland', { ids: [...merges], reason: outcome });
    },
    () => refresh(state),
  ];
};

/** A landing that was turned down is not tried again before this. */
const REFUSED_MS = 10 * SECOND;

const runDog = (state: State, dog: Extract<Effect, { type: 'dog.run' }>['dog']): void => {
  state.dogs.set(dog, { lastRunAt: state.now, ok: true, note: '', seq: state.ledger.seq });
  if (dog === 'checkpoint')
    for (const { status, polecat } of state.ledger.data.sessions.values())
      if (status === 'running') keep(state, polecat);
  if (dog !== 'reaper') return;
  for (const [id, seen] of state.host) {
    if (!seen.alive && state.ledger.data.sessions.get(id)?.status === 'ended') state.host.delete(id);
  }
};
