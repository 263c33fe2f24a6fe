import type { Session } from '../source/ledger/schema.ts';
import { hasPassed, ms, SHELL } from './facts.ts';
import type { SessionObservation, WorldView } from './role.ts';

/**
 * What has become of a session that the ledger calls starting or running. The Polecat role acts on `collect`, `handoff`
 * and `gave_up`, the Witness on `lost`, `dead` and `alive`: one classification, so that the two can never both act.
 */
export type Fate =
  /** The host does not answer, or something is under way for it already: nothing may follow. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'alive'; readonly seen: SessionObservation }
  /** Its work is to be fetched and checked. */
  | { readonly kind: 'collect'; readonly because: string }
  | { readonly kind: 'handoff'; readonly because: string }
  /** It said itself that it cannot go on, and it is over. */
  | { readonly kind: 'gave_up'; readonly because: string }
  /** The host answers and does not know it. */
  | { readonly kind: 'lost'; readonly forMs: number }
  /** Its process ended in another way than well. */
  | { readonly kind: 'dead'; readonly seen: SessionObservation };

/** An agent that reported goes on for a moment to end its turn (and keeps its terminal open): give it this long. */
export const REPORT_SETTLE_MS = 3_000;

/** An agent that reported and whose turn goes on is waited for, but not for longer: its work is in the checkout. */
export const TURN_END_MS = 60_000;

/** Output later than this after a call for help means that the agent goes on working rather than waiting. */
const HELP_SETTLE_MS = 10_000;

/** Key under which a session is ended, whichever way: collecting and finishing exclude each other. */
export const endKey = (session: string): string => `end:${session}`;
export const launchKey = (polecat: string): string => `launch:${polecat}`;

/** Re-read each tick from the newest observation; an answer is only as old as the view. */
export const fateOf = (view: WorldView, session: Session): Fate => {
  if (!view.observed.host.reachable) return { kind: 'unknown' };
  if (view.running.has(endKey(session.id))) return { kind: 'unknown' };
  const seen = view.observed.sessions.get(session.id);
  if (!seen) return fateOfMissing(view, session);
  return seen.alive ? fateOfAlive(view, session, seen) : fateOfEnded(session, seen);
};

/** It asked a person something and has been still since, or its model's service turns it away: that is waiting, not a stall. */
export const isWaiting = (view: WorldView, session: Session, seen: SessionObservation): boolean => {
  if (asksPerson(view, session)) return true;
  if (seen.agent?.state === 'waiting') return true;
  const { state, since = 0, limitedUntil = Number.POSITIVE_INFINITY } = seen.agent ?? {};
  if (state === 'limited' && since <= view.now && view.now < limitedUntil) return true;
  return session.reported?.kind === 'escalated' && seen.lastProgressAt <= ms(session.reported.at) + HELP_SETTLE_MS;
};

/** A question of its own that nobody has answered yet. */
export const asksPerson = ({ ledger }: WorldView, session: Session): boolean => {
  for (const { question, closedAt } of ledger.escalations.values())
    if (question?.session === session.id && !closedAt) return true;
  return false;
};

/** The ladder's interrupt was sent: whatever ends now ended because of it. */
export const wasInterrupted = (session: Session): boolean => (session.ladder?.step ?? 0) > 0;

/** An ended session's process may be seen for a moment after it was recorded: this long it is not called a zombie. */
const ZOMBIE_AFTER_MS = 10_000;

/** Over on record, and its process goes on. */
export const isZombie = (view: WorldView, session: Session, seen: SessionObservation): boolean =>
  seen.alive &&
  session.status === 'ended' &&
  !view.running.has(endKey(session.id)) &&
  hasPassed(view, session.endedAt ?? session.startedAt, ZOMBIE_AFTER_MS);

const fateOfMissing = (view: WorldView, session: Session): Fate => {
  if (view.running.has(launchKey(session.polecat))) return { kind: 'unknown' };
  if (!hasPassed(view, session.startedAt, view.settings.witness.lostAfterMs)) return { kind: 'unknown' };
  if (session.reported?.kind === 'done' && session.agent !== SHELL) {
    return { kind: 'collect', because: 'it reported done before its terminal was lost; its work is in the checkout' };
  }
  return { kind: 'lost', forMs: Math.max(0, view.now - ms(session.startedAt)) };
};

const fateOfAlive = (view: WorldView, session: Session, seen: SessionObservation): Fate => {
  const report = session.reported;
  if (!report && seen.agent?.state === 'failed') return { kind: 'gave_up', because: seen.agent.evidence };
  if (!report || !hasPassed(view, report.at, REPORT_SETTLE_MS)) return { kind: 'alive', seen };
  if (report.kind === 'handoff') return { kind: 'handoff', because: 'it asked for a fresh session' };
  if (session.agent === SHELL) return { kind: 'alive', seen };
  const inTurn = seen.agent?.state === 'working' || seen.agent?.state === 'waiting';
  if (inTurn && !hasPassed(view, report.at, TURN_END_MS)) return { kind: 'alive', seen };
  if (report.kind === 'done') return { kind: 'collect', because: 'it reported done' };
  if (report.kind === 'failed') return { kind: 'gave_up', because: 'it reported that it cannot do the work' };
  return { kind: 'alive', seen };
};

const fateOfEnded = (session: Session, seen: SessionObservation): Fate => {
  const endedWell = seen.exitCode === 0 && !seen.signal;
  switch (session.reported?.kind) {
    case 'handoff':
      return { kind: 'handoff', because: 'it asked for a fresh session and ended' };
    case 'failed':
      return { kind: 'gave_up', because: 'it reported that it cannot do the work' };
    case 'escalated':
      // A script may tell a person something and do its work all the same: its exit code says whether it did.
      if (session.agent === SHELL) break;
      return { kind: 'gave_up', because: 'it asked for help and ended without an answer' };
    case 'done':
      if (session.agent !== SHELL) return { kind: 'collect', because: 'it reported done and ended' };
  }
  if (!endedWell) return { kind: 'dead', seen };
  // A script that ends well because Ctrl-C cut it short has not done its work.
  if (session.agent === SHELL && wasInterrupted(session)) return { kind: 'dead', seen };
  return { kind: 'collect', because: 'it ended with exit code 0' };
};
