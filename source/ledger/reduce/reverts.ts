import type { Bead, Cause, Merge } from '../schema.ts';
import { closeBead, holderOf, updateBead } from './bead-records.ts';
import { reopened } from './bead-update.ts';
import { activeRig, isOpenMerge } from './rigs.ts';
import { conflict, cutText, cutTitle, invalid, type Reducers, type Transaction } from './transaction.ts';

const MERGE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const CAUSE_CHARS = 500;

/** Taking back what has landed: a request like any other, so that nothing reaches the target untested. */
export const revertReducers: Reducers<'merge.revert'> = {
  'merge.revert': (tx, { of, id, ref, base, head, files, reason }) => {
    if (!MERGE_ID.test(id)) throw invalid(`"${id}" cannot be the id of a merge request.`);
    const merge = tx.get('merges', of);
    if (merge.state !== 'landed') throw conflict(`${of} is ${merge.state}: only what has landed is taken back.`);
    if (merge.revertedBy)
      throw conflict(
        `${of} was taken back already, by ${merge.revertedBy}.`,
        `Revert ${merge.revertedBy} to have it again.`,
      );
    const under = [...tx.data.merges.values()].find(other => other.reverts === of && isOpenMerge(other));
    if (under) throw conflict(`${under.id} is in the queue to take ${of} back.`);
    const rig = activeRig(tx, merge.rig);
    tx.create('merges', {
      id,
      rig: rig.id,
      bead: merge.bead,
      polecat: merge.polecat,
      title: cutTitle(`Revert: ${merge.title}`),
      priority: merge.priority,
      state: 'queued',
      since: tx.now,
      createdAt: tx.now,
      target: merge.target,
      ref,
      base,
      head,
      reverts: of,
      ...(files !== undefined && { files }),
      ...(reason && { summary: reason }),
    });
    tx.explain(of);
  },
};

/** The target no longer holds what the request took back: its bead is open again, or, where that was a taking back, done again. */
export const settleRevert = (tx: Transaction, merge: Merge, sha: string): void => {
  let above: Merge | undefined = merge;
  let stands = true;
  let depth = 0;
  for (;;) {
    const below: Merge | undefined = above.reverts === undefined ? undefined : tx.find('merges', above.reverts);
    if (!below) break;
    // What is taken back takes nothing back itself, so what lies under it stands again, and so on down.
    tx.update('merges', below.id, { revertedBy: stands ? above.id : undefined });
    tx.explain(below.id);
    stands = !stands;
    depth++;
    above = below;
  }
  const root = above.id;
  // What landed with it by being the same change is gone, or there, with it.
  const twins = [...tx.data.merges.values()].filter(other => other.twin === root).map(other => other.bead);
  for (const id of new Set([merge.bead, ...twins])) settleBead(tx, id, { merge, sha, gone: depth % 2 === 1 });
};

const settleBead = (
  tx: Transaction,
  id: string,
  { merge, sha, gone }: { merge: Merge; sha: string; gone: boolean },
): void => {
  const bead = tx.find('beads', id);
  if (!bead || bead.status === 'tombstone') return;
  if (gone) reopen(tx, bead, { merge, sha });
  else if (bead.status !== 'closed' && !holderOf(tx, bead) && !bead.town.merge) {
    closeBead(tx, bead.id, {
      reason: `Landed on ${merge.target} again as ${sha.slice(0, 12)}`.slice(0, CAUSE_CHARS),
      town: { cause: undefined, landed_sha: sha },
    });
  }
  tx.explain(bead.id);
};

/** A revert that does not get through is nobody's rework: a person asked for it, and a person is told. */
export const tellRevertFailed = (tx: Transaction, merge: Merge, cause: Cause): void => {
  tx.create('escalations', {
    id: tx.mintId('escalations', 'e'),
    severity: 'high',
    title: cutTitle(`${merge.id} cannot take ${merge.reverts} back: ${cause.summary}`),
    body: [
      `What ${merge.reverts} brought is still on ${merge.target}.`,
      ...(cause.files?.length ? ['', ...cause.files] : []),
      '',
      `Retry ${merge.id}, revert ${merge.reverts} anew from where the target is now, or file a bead to take it back by hand.`,
    ].join('\n'),
    by: tx.by,
    subject: merge.id,
    key: `revert:${merge.id}`,
    at: tx.now,
    climbs: 0,
  });
};

const reopen = (tx: Transaction, bead: Bead, { merge, sha }: { merge: Merge; sha: string }): void => {
  if (bead.status !== 'closed') return;
  const { town, ...patch } = reopened(tx, bead);
  const why = `Taken back from ${merge.target} as ${sha.slice(0, 12)}${merge.summary ? `: ${merge.summary}` : ''}`;
  updateBead(tx, bead.id, {
    ...patch,
    status: 'open',
    town: { ...bead.town, ...town, cause: { kind: 'rejected', summary: cutText(why, CAUSE_CHARS), at: tx.now } },
  });
};
