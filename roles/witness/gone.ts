import { duration } from '../../source/common/text.ts';
import type { Cause, Session } from '../../source/ledger/schema.ts';
import { actionsOf } from '../action.ts';
import { spentBecause, spentBudget } from '../budget.ts';
import { iso, ms, SHELL } from '../facts.ts';
import { endKey, isZombie, wasInterrupted } from '../fate.ts';
import type { Action, Evidence, SessionObservation, WorldView } from '../role.ts';

const act = actionsOf('witness');

/** The host answers and does not know it. */
export const loseTrack = (view: WorldView, session: Session, forMs: number): Action =>
  end(view, session, {
    outcome: 'lost',
    kind: 'died',
    summary: `the terminal host has not known its session for ${duration(forMs)}`,
    rests: { process: 'unknown' },
  });

/** Its process is over, and not well. After an interrupt an end is a stall's end, whatever the exit code says. */
export const bury = (view: WorldView, session: Session, seen: SessionObservation): Action => {
  const age = duration(view.now - seen.startedAt);
  const rests = { process: 'over' } as const;
  if (wasInterrupted(session))
    return end(view, session, {
      outcome: 'stalled',
      kind: 'stalled',
      summary: `ended after it was interrupted for making no progress, ${age} after its start`,
      rests,
    });
  if (seen.signal)
    return end(view, session, {
      outcome: 'died',
      kind: 'died',
      summary: `ended by signal ${seen.signal}, ${age} after its start, without a report`,
      rests,
    });
  if (seen.exitCode === undefined)
    return end(view, session, {
      outcome: 'died',
      kind: 'died',
      summary: `ended with its terminal host, ${age} after its start, without a report`,
      rests,
    });
  const refused = refusedFor(view, session);
  if (refused !== undefined)
    return act.effect(
      { type: 'session.finish', session: session.id, outcome: 'stopped', rests },
      {
        key: endKey(session.id),
        subject: session.bead,
        because: `ended with exit code ${seen.exitCode}, turned away: ${refused}`,
      },
    );
  return end(view, session, {
    outcome: 'failed',
    kind: 'failed',
    summary: `ended with exit code ${seen.exitCode}, ${age} after its start`,
    rests,
  });
};

/** A CLI that ends because its calls are refused for want of money has not failed: its bead goes on once there is some. */
const refusedFor = (view: WorldView, session: Session): string | undefined => {
  const bead = session.agent === SHELL ? undefined : view.ledger.beads.get(session.bead);
  const spent = bead && spentBudget(view, bead);
  return spent && spentBecause(spent);
};

/** Ends a session on record, its checkout saved first, if what that rests on still holds by then. */
export const end = (
  view: WorldView,
  session: Session,
  how: {
    outcome: 'lost' | 'died' | 'failed' | 'stalled';
    kind: Cause['kind'];
    summary: string;
    rests: Evidence;
  },
): Action => {
  const { outcome, kind, summary, rests } = how;
  return act.effect(
    {
      type: 'session.finish',
      session: session.id,
      outcome,
      cause: { kind, summary, at: iso(view.now) },
      rests,
    },
    { key: endKey(session.id), subject: session.bead, because: summary },
  );
};

/** A process that goes on after its session is over on record: nobody takes its work, and it may spoil the next checkout. */
export const zombies = (view: WorldView): Action[] => {
  if (!view.observed.host.reachable) return [];
  return [...view.observed.sessions].flatMap(([id, seen]) => {
    const session = view.ledger.sessions.get(id);
    if (!session || !isZombie(view, session, seen)) return [];
    return act.effect(
      { type: 'session.abandon', session: id },
      {
        key: endKey(id),
        subject: session.bead,
        because: `its process goes on ${duration(view.now - ms(session.endedAt ?? session.startedAt))} after the session was over (${session.outcome})`,
      },
    );
  });
};
