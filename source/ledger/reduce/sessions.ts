import { LIMITS, type Session } from '../schema.ts';
import { holderOf, updateBead } from './bead-records.ts';
import { liveSessionOf } from './dispatch.ts';
import { assertNotStopped } from './town.ts';
import { conflict, invalid, type Reducers, type Transaction } from './transaction.ts';

/** A session's id is a folder and the name of a log. */
const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Ends that count against the bead and its polecat: the session was to go on and did not. */
const BAD_ENDS: ReadonlySet<Session['outcome']> = new Set(['failed', 'died', 'stalled', 'lost']);

export const sessionReducers: Reducers<
  | 'session.start'
  | 'session.running'
  | 'session.report'
  | 'session.ladder'
  | 'session.conversation'
  | 'session.reminded'
  | 'session.end'
  | 'polecat.next'
> = {
  'session.start': (tx, { id, polecat: polecatId, bead: beadId, ...how }) => {
    assertNotStopped(tx);
    if (!SESSION_ID.test(id)) throw invalid(`"${id}" cannot be the id of a session.`);
    const polecat = tx.get('polecats', polecatId);
    const bead = tx.get('beads', beadId);
    if (polecat.hook !== beadId) {
      throw conflict(`${beadId} is not on the hook of ${polecatId}, which holds ${polecat.hook ?? 'nothing'}.`);
    }
    const live = liveSessionOf(tx, polecat);
    if (live) throw conflict(`The session ${live.id} of ${polecatId} has not ended yet.`);
    if (polecat.state !== 'slung') throw conflict(`${polecatId} is ${polecat.state}, not slung.`);
    const attempt = bead.town.attempts + 1;
    tx.create('sessions', {
      id,
      rig: polecat.rig,
      polecat: polecatId,
      bead: beadId,
      status: 'starting',
      attempt,
      startedAt: tx.now,
      ...how,
    });
    updateBead(tx, beadId, {
      status: 'in_progress',
      started_at: bead.started_at ?? tx.now,
      town: { ...bead.town, attempts: attempt },
    });
    tx.update('polecats', polecatId, { state: 'starting', since: tx.now, session: id, next: undefined });
    tx.explain(beadId);
  },

  'session.running': (tx, { id, pid }) => {
    const session = liveSession(tx, id);
    if (session.status === 'running' && session.pid === pid) return;
    tx.update('sessions', id, { status: 'running', pid });
    const polecat = tx.find('polecats', session.polecat);
    if (isOnHook(tx, session) && polecat?.state === 'starting') {
      tx.update('polecats', polecat.id, { state: 'working', since: tx.now });
    }
  },

  'session.report': (tx, { id, kind, summary, noChange }) => {
    liveSession(tx, id);
    tx.update('sessions', id, {
      reported: { kind, at: tx.now, ...(summary !== undefined && { summary }), ...(noChange && { noChange }) },
    });
  },

  'session.ladder': (tx, { id, step }) => {
    liveSession(tx, id);
    tx.update('sessions', id, { ladder: { step, at: tx.now } });
  },

  'session.conversation': (tx, { id, conversation }) => {
    const session = liveSession(tx, id);
    if (session.conversation !== conversation) tx.update('sessions', id, { conversation });
  },

  'session.reminded': (tx, { id, count }) => {
    liveSession(tx, id);
    tx.update('sessions', id, { reminded: count, remindedAt: tx.now });
  },

  'polecat.next': (tx, { id, mode, resume }) => {
    const polecat = tx.get('polecats', id);
    if (!polecat.hook) throw conflict(`${id} has nothing on its hook to go on with.`);
    tx.update('polecats', id, { next: { mode, ...(resume !== undefined && { resume }) } });
  },

  'session.end': (tx, { id, outcome, exitCode, signal, cause, note }) => {
    const session = tx.get('sessions', id);
    if (session.status === 'ended' && session.outcome === outcome) return;
    liveSession(tx, id);
    const isHooked = isOnHook(tx, session);
    tx.update('sessions', id, {
      status: 'ended',
      outcome,
      endedAt: tx.now,
      ...(exitCode !== undefined && { exitCode }),
      ...(signal !== undefined && { signal }),
      ...(cause && { cause }),
      ...(note !== undefined && { note }),
    });
    const counts = BAD_ENDS.has(outcome);
    const polecat = tx.find('polecats', session.polecat);
    if (polecat) {
      tx.update('polecats', polecat.id, {
        ...(isHooked && polecat.state !== 'quarantined' && { state: 'slung', since: tx.now }),
        ...(counts && {
          failed: polecat.failed + 1,
          restarts: [...polecat.restarts, tx.now].slice(-LIMITS.restartTimes),
        }),
      });
      tx.explain(polecat.id);
    }
    const bead = tx.find('beads', session.bead);
    if (!bead || !isHooked) return;
    updateBead(tx, bead.id, {
      status: 'hooked',
      town: { ...bead.town, ...(cause && { cause }), respawns: bead.town.respawns + (counts ? 1 : 0) },
    });
    tx.explain(bead.id);
  },
};

/** The session, unless it is unknown or over. */
export const liveSession = (tx: Transaction, id: string): Session => {
  const session = tx.get('sessions', id);
  if (session.status !== 'ended') return session;
  throw conflict(`The session ${id} has ended (${session.outcome}).`);
};

/** True while the session's bead is on its polecat's hook and no other session was started for it. */
export const isOnHook = (tx: Transaction, session: Session): boolean => {
  const bead = tx.find('beads', session.bead);
  const holder = bead && holderOf(tx, bead);
  return holder?.id === session.polecat && holder.session === session.id;
};
