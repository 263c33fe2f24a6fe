import type { AgentObservation, Evidence } from '../../roles/role.ts';
import type { Bead, Session } from '../../source/ledger/schema.ts';
import { scribble } from './checkouts.ts';
import { callModel } from './money.ts';
import type { Change } from './repository.ts';
import { SECOND, type State } from './state.ts';

const FATES = ['die', 'fail', 'hang', 'vanish', 'handoff', 'help', 'mute', 'nothing', 'silent-end'] as const;
/** Only agents that say what they do can do these: end their turn without a report, be turned away by their service. */
const TALKING_FATES = [...FATES, 'pause', 'limit'] as const;
type Fate = 'ok' | (typeof TALKING_FATES)[number];

/** An agent, as the terminal host sees it. What becomes of it is drawn at its start. */
export interface HostSession {
  alive: boolean;
  fate: Fate;
  readonly polecat: string;
  readonly startedAt: number;
  endsAt: number;
  lastProgressAt: number;
  bytesOut: number;
  reported: boolean;
  exitCode?: number;
  signal?: number;
  /** Where it speaks by a protocol. */
  talk?: Pick<AgentObservation, 'state' | 'since' | 'turns' | 'limitedUntil'>;
}

const LONGEST_WORK_S = 25;
/** A question is answered, or given up, after this. */
const ANSWER_MS = 30 * SECOND;
const LIMIT_MS = 15 * SECOND;
/** Chances at each look at a working agent. */
const CALLS = 0.4;
const SCRIBBLES = 0.3;

export const startAgent = (state: State, session: Session, bead: Bead): void => {
  const { now, random, options } = state;
  const endsAt = now + random.between(1, LONGEST_WORK_S) * SECOND;
  state.host.set(session.id, {
    alive: true,
    fate: fateFor(state, bead),
    polecat: session.polecat,
    startedAt: now,
    endsAt,
    lastProgressAt: now,
    bytesOut: 0,
    reported: false,
    ...(options.talks && { talk: { state: 'working', since: now, turns: 0 } }),
  });
};

/** Lets every agent go on until now. */
export const letWork = (state: State): void => {
  for (const [id, seen] of [...state.host]) if (seen.alive) work(state, id, seen);
};

/** Half of the agents end at an interrupt, some as if all were well. */
export const interruptAgent = (state: State, id: string): void => {
  const seen = state.host.get(id);
  if (!seen?.alive) return;
  seen.lastProgressAt = state.now;
  if (state.random.chance(0.5)) Object.assign(seen, { alive: false, exitCode: state.random.pick([0, 130]) });
};

/** Half of the agents go on after a nudge; the others end their turn once more, or stand still. */
export const nudgeAgent = (state: State, id: string): void => {
  const seen = state.host.get(id);
  if (!seen?.alive) return;
  if (state.random.chance(0.5)) {
    Object.assign(seen, { fate: 'ok', endsAt: state.now + 10 * SECOND, lastProgressAt: state.now, bytesOut: 1 });
    speak(state, seen, 'working');
  } else if (seen.talk?.state === 'idle') endTurn(state, seen);
};

/** As `source/town/effects/recheck.ts`: whether what an action rests on still is so. */
export const stillHolds = ({ host }: State, id: string, evidence: Evidence | undefined): boolean => {
  if (!evidence) return true;
  const { process, progressAt, silent, turns } = evidence;
  const seen = host.get(id);
  if (process === 'unknown') return !seen;
  if (process === 'over') return seen?.alive === false;
  if (!seen?.alive) return false;
  if (progressAt !== undefined && seen.lastProgressAt > progressAt) return false;
  if (silent && seen.bytesOut > 0) return false;
  return turns === undefined || (seen.talk?.turns === turns && seen.talk.state !== 'working');
};

/** The commit that a session made, or undefined when it changed nothing. Reworked beads do better, but for the hopeless. */
export const workOf = ({ repository, host, ledger }: State, session: Session): string | undefined => {
  const fate = host.get(session.id)?.fate;
  if (fate === 'nothing' || fate === 'silent-end') return undefined;
  const bead = ledger.data.beads.get(session.bead)!;
  const is = (label: string) => bead.labels?.includes(label) ?? false;
  const isFirst = bead.town.reworks === 0;
  const kind: Change['kind'] =
    is('always-bad') || (is('bad') && isFirst) ? 'bad' : is('half') && isFirst ? 'half' : 'good';
  return repository.commit(session.base, { id: `${bead.id}#${session.attempt}`, files: bead.town.touches ?? [], kind });
};

const fateFor = ({ random, options }: State, bead: Bead): Fate => {
  if (bead.labels?.includes('cursed')) return random.pick(['die', 'fail', 'hang', 'vanish'] as const);
  return random.chance(options.trouble) ? random.pick(options.talks ? TALKING_FATES : FATES) : 'ok';
};

const work = (state: State, id: string, seen: HostSession): void => {
  const { now, random } = state;
  if (random.chance(SCRIBBLES)) scribble(state, seen.polecat);
  if (seen.fate === 'mute') return;
  if (seen.talk && seen.talk.state !== 'working') {
    wait(state, id, seen);
    return;
  }
  seen.bytesOut = 1;
  if (seen.fate === 'hang') {
    seen.lastProgressAt = Math.min(now, seen.endsAt);
    return;
  }
  if (state.options.agent !== 'shell' && random.chance(CALLS) && !callModel(state, id)) {
    refused(state, seen);
    return;
  }
  const isDue = now >= seen.endsAt;
  if (seen.fate !== 'help' || !isDue) seen.lastProgressAt = now;
  if (isDue) end(state, id, seen);
};

/** Its turn is over; one that asked for help may end without an answer. */
const wait = (state: State, id: string, seen: HostSession): void => {
  if (seen.fate === 'help' && seen.reported) end(state, id, seen);
};

/** Its model is not to be had for money any more: some say so, some end their turn, some end. */
const refused = (state: State, seen: HostSession): void => {
  if (!seen.talk) Object.assign(seen, { alive: false, exitCode: 1 });
  else if (state.random.chance(0.5)) speak(state, seen, 'failed');
  else endTurn(state, seen);
};

const speak = ({ now }: State, seen: HostSession, state: AgentObservation['state']): void => {
  if (seen.talk) seen.talk = { state, since: now, turns: seen.talk.turns };
};

const endTurn = (state: State, seen: HostSession): void => {
  speak(state, seen, 'idle');
  if (seen.talk) seen.talk = { ...seen.talk, turns: seen.talk.turns + 1 };
};

const end = (state: State, id: string, seen: HostSession): void => {
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
      state.host.delete(id);
      return;
    case 'handoff':
      report(state, { id, seen, kind: 'handoff' });
      if (state.random.chance(0.5)) exit(0);
      return;
    case 'help':
      report(state, { id, seen, kind: 'escalated' });
      if (state.now >= seen.endsAt + ANSWER_MS) exit(state.random.pick([0, 1]));
      return;
    case 'silent-end':
    case 'nothing':
      exit(0);
      return;
    case 'pause':
      endTurn(state, seen);
      return;
    case 'limit': {
      const until = state.now + LIMIT_MS;
      endTurn(state, seen);
      seen.talk = { ...seen.talk!, state: 'limited', limitedUntil: until };
      state.limits.set(state.options.agent, { since: state.now, until, message: 'come again later' });
      return;
    }
    default:
      if (state.options.agent === 'shell') exit(0);
      else if (report(state, { id, seen, kind: 'done' })) endTurn(state, seen);
  }
};

/** True when the town has it. Told that the disk is full, it says so again later. */
const report = (
  state: State,
  { id, seen, kind }: { id: string; seen: HostSession; kind: 'done' | 'handoff' | 'escalated' },
): boolean => {
  const session = state.ledger.data.sessions.get(id);
  if (seen.reported || !session || session.status === 'ended' || state.isFull) return seen.reported;
  seen.reported = true;
  state.ledger.execute({ role: 'polecat', name: session.polecat }, 'session.report', { id, kind, summary: 'words' });
  return true;
};
