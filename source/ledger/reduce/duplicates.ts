import { closeBead } from './bead-records.ts';
import { waitingMerge } from './merges.ts';
import { conflict, type Reducers } from './transaction.ts';
import { voidApprovals } from './void-approvals.ts';

const REASON_CHARS = 500;

/** Two requests with one patch land once: the other ends with the one that did, and what it was for is done. */
export const duplicateReducers: Reducers<'merge.duplicate'> = {
  'merge.duplicate': (tx, { id, of }) => {
    const known = tx.get('merges', id);
    if (known.state === 'superseded' && known.twin === of) return;
    const merge = waitingMerge(tx, id);
    const twin = tx.get('merges', of);
    const same = merge.patch !== undefined && merge.patch === twin.patch;
    if (!same || merge.rig !== twin.rig || merge.target !== twin.target || merge.reverts || twin.reverts)
      throw conflict(`${id} and ${of} are not the same change of the same target.`);
    if (twin.state !== 'landed' || twin.landedSha === undefined || twin.revertedBy !== undefined)
      throw conflict(`${of} ${twin.revertedBy ? 'was taken back' : `is ${twin.state}, not landed`}.`);
    const sha = twin.landedSha;
    tx.update('merges', id, {
      state: 'superseded',
      since: tx.now,
      twin: of,
      landedSha: sha,
      group: undefined,
      held: undefined,
    });
    voidApprovals(tx, id, `The same change has landed with ${of}.`);
    tx.explain(id);
    const bead = tx.find('beads', merge.bead);
    if (!bead || bead.town.merge !== id || bead.status === 'closed' || bead.status === 'tombstone') return;
    closeBead(tx, bead.id, {
      reason: `Landed on ${merge.target} as ${sha.slice(0, 12)} with ${of}, the same change`.slice(0, REASON_CHARS),
      town: { merge: undefined, cause: undefined, landed_sha: sha },
    });
    tx.explain(bead.id);
  },
};
