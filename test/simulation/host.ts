import type { Bead, Session } from '../../source/ledger/schema.ts';
import type { Change } from './repository.ts';
import { SECOND, type State } from './state.ts';

const FATES = ['die', 'fail', 'hang', 'vanish', 'handoff', 'help', 'mute', 'nothing', 'silent-end'] as const;
type Fate = 'ok' | (typeof FATES)[number];

/** An agent, as the terminal host sees it. What becomes of it is drawn at its start. */
export interface HostSession {
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

const LONGEST_WORK_S = 25;
/** A question is answered, or given up, after this. */
const ANSWER_MS = 30 * SECOND;

export const startAgent = (state: State, session: string, bead: Bead): void => {
  const { now, random } = state;
  const endsAt = now + random.between(1, LONGEST_WORK_S) * SECOND;
  state.host.set(session, {
    alive: true,
    fate: fateFor(state, bead),
    startedAt: now,
    endsAt,
    lastProgressAt: now,
    bytesOut: 0,
    reported: false,
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

/** Half of the agents go on after a nudge. */
export const nudgeAgent = (state: State, id: string): void => {
  const seen = state.host.get(id);
  if (!seen?.alive || !state.random.chance(0.5)) return;
  state.host.set(id, { ...seen, fate: 'ok', endsAt: state.now + 10 * SECOND, lastProgressAt: state.now, bytesOut: 1 });
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
  return random.chance(options.trouble) ? random.pick(FATES) : 'ok';
};

const work = (state: State, id: string, seen: HostSession): void => {
  const { now } = state;
  if (seen.fate === 'mute') return;
  seen.bytesOut = 1;
  if (seen.fate === 'hang') {
    seen.lastProgressAt = Math.min(now, seen.endsAt);
    return;
  }
  const isDue = now >= seen.endsAt;
  if (seen.fate !== 'help' || !isDue) seen.lastProgressAt = now;
  if (isDue) end(state, id, seen);
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
    default:
      if (state.options.agent === 'shell') exit(0);
      else report(state, { id, seen, kind: 'done' });
  }
};

const report = (
  state: State,
  { id, seen, kind }: { id: string; seen: HostSession; kind: 'done' | 'handoff' | 'escalated' },
): void => {
  const session = state.ledger.data.sessions.get(id);
  if (seen.reported || !session || session.status === 'ended') return;
  // Told that the disk is full, it says so again later.
  if (state.isFull) return;
  seen.reported = true;
  state.ledger.execute({ role: 'polecat', name: session.polecat }, 'session.report', { id, kind, summary: 'words' });
};
