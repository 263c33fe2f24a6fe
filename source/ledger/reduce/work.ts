import { LIMITS, type Session } from '../schema.ts';
import { closeBead, holderOf, liveBead, parkKey, updateBead } from './bead-records.ts';
import { offHook } from './dispatch.ts';
import { sendBack } from './merges.ts';
import { isOpenMerge } from './rigs.ts';
import { isOnHook, liveSession } from './sessions.ts';
import { conflict, cutText, cutTitle, invalid, type Reducers, type Transaction } from './transaction.ts';
import { voidApprovals } from './void-approvals.ts';

const MERGE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export const workReducers: Reducers<'work.done' | 'work.nothing' | 'bead.park'> = {
  'work.done': (tx, { session: sessionId, merge: id, ref, base, head, files, patch, summary }) => {
    const session = hookedSession(tx, sessionId);
    if (!MERGE_ID.test(id)) throw invalid(`"${id}" cannot be the id of a merge request.`);
    const bead = liveBead(tx, session.bead);
    if (bead.town.role === 'mayor') throw conflict(`${bead.id} is to be planned: its session hands in no commits.`);
    const rig = tx.get('rigs', session.rig);
    tx.create('merges', {
      id,
      rig: rig.id,
      bead: bead.id,
      polecat: session.polecat,
      session: session.id,
      title: bead.title,
      priority: bead.priority,
      state: 'queued',
      since: tx.now,
      createdAt: tx.now,
      target: rig.branch,
      ref,
      base,
      head,
      ...(files !== undefined && { files }),
      ...(patch !== undefined && { patch }),
      ...(summary !== undefined && { summary }),
    });
    supersede(tx, bead.town.merge, id);
    finishHook(tx, session);
    updateBead(tx, bead.id, {
      status: 'in_progress',
      town: { ...bead.town, merge: id, dispatch: undefined, respawns: 0 },
    });
    tx.explain(bead.id);
  },

  'work.nothing': (tx, { session: sessionId, summary, plan }) => {
    const session = hookedSession(tx, sessionId);
    const what = outcomeWithoutCommits(tx, session, plan);
    finishHook(tx, session);
    closeBead(tx, session.bead, { reason: cutText(`${what}${summary ? `: ${summary}` : ''}`, CLOSE_REASON_CHARS) });
    tx.explain(session.bead);
  },

  'bead.park': (tx, { id, reason, cause, severity }) => {
    const bead = liveBead(tx, id);
    if (bead.status === 'closed') throw conflict(`${id} is closed.`);
    if (bead.town.parked) return;
    const why = cause ?? bead.town.cause;
    updateBead(tx, id, { status: 'blocked' });
    if (bead.town.merge) {
      sendBack(tx, bead.town.merge, {
        state: 'bounced',
        cause: cause ?? { kind: 'rejected', summary: cutText(reason, CAUSE_CHARS), at: tx.now },
      });
    }
    const holder = holderOf(tx, bead);
    if (holder) {
      tx.update('polecats', holder.id, offHook(tx, holder));
      tx.explain(holder.id);
    }
    const { town } = tx.get('beads', id);
    updateBead(tx, id, {
      status: 'blocked',
      assignee: undefined,
      town: { ...town, parked: { at: tx.now, reason }, dispatch: undefined, ...(cause && { cause }) },
    });
    openParkEscalation(tx, {
      bead: id,
      severity: severity ?? 'medium',
      title: cutTitle(`${id} is parked: ${bead.title}`),
      body: why ? `${reason}\n\n${why.summary}` : reason,
    });
  },
};

/** Beads' limit on a close reason. */
const CLOSE_REASON_CHARS = 500;
const CAUSE_CHARS = 500;

/** The session, while what it works on is on its polecat's hook. */
const hookedSession = (tx: Transaction, id: string): Session => {
  const session = liveSession(tx, id);
  if (!isOnHook(tx, session))
    throw conflict(`${session.bead} is no longer on the hook of ${session.polecat}: session ${id} works for nobody.`);
  return session;
};

/** What a session that hands in no commits has come to, in words: a plan, or nothing, which it has to have said. */
const outcomeWithoutCommits = (tx: Transaction, session: Session, plan: string | undefined): string => {
  const { id, town } = liveBead(tx, session.bead);
  const convoy = plan === undefined ? undefined : tx.get('convoys', plan);
  if (convoy && convoy.proposal?.bead !== id) throw conflict(`${convoy.id} is not what was proposed for ${id}.`);
  if (convoy) return `Proposed ${convoy.id}, "${convoy.title}"`;
  if (town.role === 'mayor' && !session.reported?.noChange) throw conflict(`No plan was proposed for ${id}.`);
  return town.role === 'mayor' ? 'Nothing to plan' : 'No change needed';
};

/** The session ended well, its polecat is free. */
const finishHook = (tx: Transaction, session: Session): void => {
  tx.update('sessions', session.id, { status: 'ended', outcome: 'done', endedAt: tx.now });
  tx.update('polecats', session.polecat, offHook(tx, tx.get('polecats', session.polecat)));
  tx.explain(session.polecat);
};

/** Newer work of the same bead takes the older request's place. */
const supersede = (tx: Transaction, older: string | undefined, newer: string): void => {
  const merge = older === undefined ? undefined : tx.find('merges', older);
  if (!merge || !isOpenMerge(merge)) return;
  if (merge.state === 'landing') throw conflict(`${merge.id} of the same bead is landing.`);
  tx.update('merges', merge.id, {
    state: 'superseded',
    since: tx.now,
    group: undefined,
    suspicion: undefined,
    held: undefined,
  });
  voidApprovals(tx, merge.id, `Superseded by ${newer}.`);
  tx.explain(merge.id);
};

const openParkEscalation = (
  tx: Transaction,
  about: { bead: string; severity: 'low' | 'medium' | 'high' | 'critical'; title: string; body: string },
): void => {
  const key = parkKey(about.bead);
  for (const escalation of tx.data.escalations.values()) if (escalation.key === key && !escalation.closedAt) return;
  tx.create('escalations', {
    id: tx.mintId('escalations', 'e'),
    severity: about.severity,
    title: about.title,
    body: about.body.slice(0, LIMITS.textChars),
    by: tx.by,
    subject: about.bead,
    key,
    at: tx.now,
    climbs: 0,
  });
};
