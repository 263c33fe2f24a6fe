import { duration } from '../common/text.ts';
import type { Bead, LedgerData } from './schema.ts';

/** Whether what a gate waits for has come about. `unknown`: nothing here can tell, so nothing follows from it. */
export interface GateState {
  readonly state: 'waiting' | 'satisfied' | 'unknown';
  /** In words. */
  readonly because: string;
}

export const isGate = (bead: Bead): boolean => bead.issue_type === 'gate';

/** What can be said of an open gate at `now`, ms since the epoch. */
export const gateState = (data: Pick<LedgerData, 'beads'>, gate: Bead, now: number): GateState => {
  switch (gate.await_type) {
    case 'timer':
      return timerState(gate, now);
    case 'bead':
      return beadState(data, gate);
    case 'human':
      return { state: 'waiting', because: 'a person has to resolve it' };
    case 'mail':
      return { state: 'unknown', because: 'whether the awaited mail has come is not kept here' };
    case 'gh:run':
    case 'gh:pr':
      return { state: 'unknown', because: `${gate.await_type} is known to GitHub only, which is not asked` };
    default:
      return { state: 'unknown', because: `nothing here knows how to check "${gate.await_type ?? ''}"` };
  }
};

/** When a timer opens, ms since the epoch; undefined for other gates and for a timer without a time. */
export const timerOpensAt = (gate: Bead): number | undefined =>
  gate.await_type === 'timer' && gate.timeout !== undefined
    ? Date.parse(gate.created_at) + gate.timeout / NANOSECONDS_PER_MS
    : undefined;

/** Why the gate may not be closed by hand: a timer or a bead says by itself when it is time. Undefined when it may. */
export const gateRefusal = (data: Pick<LedgerData, 'beads'>, bead: Bead, now: number): string | undefined => {
  if (!isGate(bead) || (bead.await_type !== 'timer' && bead.await_type !== 'bead')) return undefined;
  const { state, because } = gateState(data, bead, now);
  return state === 'satisfied' ? undefined : `The gate ${bead.id} is not open yet: ${because}.`;
};

/** Beads keeps timeouts as Go durations. */
export const NANOSECONDS_PER_MS = 1_000_000;

const timerState = (gate: Bead, now: number): GateState => {
  const at = timerOpensAt(gate);
  if (at === undefined) return { state: 'unknown', because: 'the timer has no time' };
  return now >= at
    ? { state: 'satisfied', because: 'its time has passed' }
    : { state: 'waiting', because: `the timer has ${duration(at - now)} to go` };
};

const beadState = (data: Pick<LedgerData, 'beads'>, gate: Bead): GateState => {
  const id = gate.await_id ?? '';
  const target = data.beads.get(id);
  if (!target) return { state: 'unknown', because: `there is no bead ${id || '(none is named)'}` };
  return target.status === 'closed'
    ? { state: 'satisfied', because: `${id} is closed` }
    : { state: 'waiting', because: `${id} is ${target.status}` };
};
