import { outcomeOf } from '../../source/ledger/verdict.ts';
import { callModel, leaveOrReturn } from './money.ts';
import { type Random, seeded } from './random.ts';
import { isoNow, note, OPERATOR, type State, TOWN } from './state.ts';
import type { SimulatedTown } from './town.ts';

/**
 * Faults that go beyond crashes and silence: an agent that reports work it has not done, one that floods the town with
 * letters, a result that is lost, one that comes late or again, another head for work that was handed in, a disk on which
 * the ledger takes no write, a person at the keys at the worst of moments, one who works in the target's own checkout, an
 * agent that spends as much as it can, a person who leaves and comes back, and a clock that is set.
 */
export const MISCHIEF = [
  'lie',
  'flood',
  'lost',
  'late',
  'rewrite',
  'full',
  'keys',
  'dirty',
  'spend',
  'leave',
  'clock',
] as const;
export type Mischief = (typeof MISCHIEF)[number];

const CHANCE: Readonly<Record<Mischief, number>> = {
  lie: 0.01,
  flood: 0.02,
  lost: 0.02,
  late: 0.03,
  rewrite: 0.02,
  full: 0.01,
  keys: 0.03,
  dirty: 0.05,
  spend: 0.03,
  leave: 0.02,
  clock: 0.01,
};
/** Chance at each tick that a full disk has space again. */
const SPACE_AGAIN = 0.15;
const LETTERS = 30;
/** Back by less than the patience of whoever waits for a time of day; forward by a night. */
const CLOCK_BACK_MS = 20 * 60_000;
const CLOCK_FORWARD_MS = 10 * 3_600_000;
/** Model calls in a row. */
const CALLS = 20;

/** Has its own random numbers: whether one kind happens changes nothing about when another does. */
export const createMischief = (town: SimulatedTown, kinds: readonly Mischief[]): { act(): void; end(): void } => {
  const { state } = town;
  const randoms = new Map(MISCHIEF.map((kind, n) => [kind, seeded(state.options.seed * 31 + n)]));
  return {
    act() {
      for (const kind of kinds) {
        const random = randoms.get(kind)!;
        if (kind === 'full' && state.isFull && random.chance(SPACE_AGAIN)) state.isFull = false;
        if (random.chance(CHANCE[kind])) ACTS[kind](town, random);
      }
    },
    end() {
      state.isFull = false;
      if (state.absence) leaveOrReturn(state);
    },
  };
};

const ACTS: Readonly<Record<Mischief, (town: SimulatedTown, random: Random) => void>> = {
  lie({ state }, random) {
    const liar = pick(random, live(state));
    const seen = liar && state.host.get(liar.id);
    if (!liar || !seen?.alive) return;
    state.host.set(liar.id, { ...seen, fate: 'silent-end', endsAt: state.now, bytesOut: 1 });
    report(state, { id: liar.id, polecat: liar.polecat, kind: 'done' });
  },
  flood({ state }, random) {
    const flooder = pick(random, live(state));
    if (!flooder) return;
    for (let n = 0; n < LETTERS; n++)
      state.ledger.execute({ role: 'polecat', name: flooder.polecat }, 'mail.send', {
        to: 'operator',
        subject: `letter ${n}`,
        body: 'words',
      });
  },
  lost(town, random) {
    town.lose(random);
  },
  late({ state }, random) {
    const { data, execute } = state.ledger;
    const landed = pick(
      random,
      [...data.merges.values()].filter(merge => merge.state === 'landed' && merge.landing),
    );
    if (landed) execute(TOWN, 'merge.landed', { ids: [landed.id], sha: landed.landing!.new });
    const ended = pick(
      random,
      [...data.sessions.values()].filter(session => session.status === 'ended'),
    );
    if (ended) {
      execute(TOWN, 'session.running', { id: ended.id, pid: 1 });
      execute(TOWN, 'session.end', { id: ended.id, outcome: 'died' });
    }
    const verdict = pick(
      random,
      [...data.verdicts.values()].filter(({ runs }) => outcomeOf(runs) === 'pass'),
    );
    if (verdict) {
      const { rig, gate, environment, tree } = verdict;
      execute(TOWN, 'gate.record', {
        ...{ rig, gate, environment, tree },
        run: { outcome: 'pass', at: isoNow(state), durationMs: 1 },
      });
    }
  },
  rewrite({ state }, random) {
    const { ledger, repository } = state;
    const done = pick(
      random,
      [...ledger.data.merges.values()].filter(merge => merge.session !== undefined),
    );
    if (!done) return;
    const head = repository.commit(done.base, { id: `${done.bead}#rewritten`, files: [], kind: 'bad' });
    report(state, { id: done.session!, polecat: done.polecat!, kind: 'done' });
    ledger.execute(TOWN, 'work.done', {
      session: done.session!,
      merge: `${done.id}-again`,
      ref: `refs/gastown/merges/${done.id}-again`,
      base: done.base,
      head,
    });
  },
  dirty({ state }) {
    state.isTargetDirty = !state.isTargetDirty;
  },
  spend({ state }, random) {
    const spender = pick(random, live(state));
    if (!spender || spender.agent === 'shell' || !state.host.get(spender.id)?.alive) return;
    for (let n = 0; n < CALLS && callModel(state, spender.id); n++);
  },
  leave({ state }) {
    leaveOrReturn(state);
  },
  clock(town, random) {
    town.setClock(random.between(-CLOCK_BACK_MS, CLOCK_FORWARD_MS));
  },
  full({ state }) {
    note(state, () => 'disk full: the ledger takes no writes');
    state.isFull = true;
  },
  keys({ state }, random) {
    const { data, execute } = state.ledger;
    const merge = pick(random, [...data.merges.values()]);
    const bead = pick(random, [...data.beads.values()]);
    const polecat = pick(random, [...data.polecats.values()]);
    switch (random.pick(['approve', 'release', 'reject', 'sling', 'unsling', 'rest', 'again'] as const)) {
      case 'approve':
        if (merge) execute(OPERATOR, 'merge.approve', { id: merge.id, head: merge.head });
        return;
      case 'release':
        if (merge) execute(OPERATOR, 'merge.release', { id: merge.id });
        return;
      case 'reject':
        if (merge && random.chance(0.2)) execute(OPERATOR, 'merge.reject', { id: merge.id, reason: 'no' });
        return;
      case 'sling':
        if (bead) execute(OPERATOR, 'bead.sling', { id: bead.id });
        return;
      case 'again':
        if (bead?.town.parked) execute(OPERATOR, 'bead.sling', { id: bead.id });
        return;
      case 'unsling':
      case 'rest':
        if (polecat?.hook)
          execute(OPERATOR, 'hook.release', { polecat: polecat.id, requeue: true, prefer: random.chance(0.5) });
    }
  },
};

const live = ({ ledger: { data } }: State) =>
  [...data.sessions.values()].filter(session => session.status === 'running');

const pick = <T>(random: Random, all: readonly T[]): T | undefined => (all.length === 0 ? undefined : random.pick(all));

/** Every agent may report at any time, also one whose session is over. */
const report = (
  { ledger }: State,
  { id, polecat, kind }: { id: string; polecat: string; kind: 'done' | 'handoff' },
): void => {
  ledger.execute({ role: 'polecat', name: polecat }, 'session.report', { id, kind, summary: 'words' });
};
