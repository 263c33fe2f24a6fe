import { findSecret } from '../../common/secrets.ts';
import { approvalsOf, lastLink, validApproval } from '../approvals.ts';
import { confirmWord, findingsHash } from '../guards.ts';
import { isByPerson } from '../integrations.ts';
import { type Cause, LIMITS, type Merge } from '../schema.ts';
import { closeParkEscalation, holderOf, liveBead, updateBead, wish } from './bead-records.ts';
import { assertIntegrationFresh, tellIntegrationFailed } from './integrations.ts';
import { tellRevertFailed } from './reverts.ts';
import { activeRig } from './rigs.ts';
import { assertNoSecret } from './texts.ts';
import { conflict, cutText, type Reducers, type Transaction } from './transaction.ts';
import { voidApprovals } from './void-approvals.ts';

const CAUSE_CHARS = 500;

/** What people and the Refinery decide about single requests. What moves them through the queue is in landing.ts. */
export const mergeReducers: Reducers<
  | 'merge.bounce'
  | 'merge.return'
  | 'merge.reject'
  | 'merge.retry'
  | 'merge.hold'
  | 'merge.release'
  | 'merge.order'
  | 'merge.approve'
  | 'merge.comment'
> = {
  'merge.bounce': (tx, { id, cause: given }) => {
    const cause = withComments(tx, id, given);
    const merge = sendBack(tx, id, { state: 'bounced', cause });
    rework(tx, merge, cause);
  },

  'merge.return': (tx, { ids, end, rework: again, cause: given }) => {
    for (const id of new Set(ids)) {
      const cause = withComments(tx, id, given);
      const { state, pr } = tx.get('merges', id);
      if (state !== 'landing' || !pr) throw conflict(`${id} is ${state}, not landing by a pull request.`);
      tx.update('merges', id, { ...requeued(tx), ...(!again && { pr: { ...pr, closed: true } }) });
      const merge = sendBack(tx, id, { state: end, cause });
      if (again) rework(tx, merge, cause);
    }
  },

  'merge.reject': (tx, { id, reason, rework: again }) => {
    const cause = withComments(tx, id, { kind: 'rejected', summary: cutText(reason, CAUSE_CHARS), at: tx.now });
    const merge = sendBack(tx, id, { state: 'rejected', cause });
    if (again) rework(tx, merge, cause);
  },

  'merge.retry': (tx, { id }) => {
    const merge = tx.get('merges', id);
    if (merge.state === 'queued' || merge.state === 'testing') {
      tx.update('merges', id, { ...requeued(tx), held: undefined });
      return;
    }
    if (merge.state !== 'bounced' && merge.state !== 'rejected')
      throw conflict(`${id} is ${merge.state}: there is nothing to retry.`);
    if (merge.integrates) assertIntegrationFresh(tx, merge);
    if (isByPerson(merge)) {
      tx.update('merges', id, { ...requeued(tx), held: undefined, cause: undefined });
      return;
    }
    const bead = liveBead(tx, merge.bead);
    if (bead.status === 'closed') throw conflict(`${bead.id} is closed.`, 'Reopen it first.');
    const holder = holderOf(tx, bead);
    if (holder) throw conflict(`${bead.id} is being reworked by ${holder.id}.`, 'Wait for its new request.');
    if (bead.town.merge) throw conflict(`${bead.town.merge} of ${bead.id} is in the queue already.`);
    tx.update('merges', id, { ...requeued(tx), held: undefined, cause: undefined });
    updateBead(tx, bead.id, {
      status: 'in_progress',
      assignee: merge.polecat,
      town: { ...bead.town, merge: id, dispatch: undefined, parked: undefined },
    });
    if (bead.town.parked) closeParkEscalation(tx, bead.id);
    tx.explain(bead.id);
  },

  'merge.hold': (tx, { id, reason }) => {
    const merge = waitingMerge(tx, id);
    if (merge.held) return;
    tx.update('merges', id, { ...requeued(tx), held: { at: tx.now, by: tx.by, ...(reason && { reason }) } });
  },

  'merge.release': (tx, { id }) => {
    const merge = waitingMerge(tx, id);
    if (merge.held) tx.update('merges', id, { held: undefined, since: tx.now });
  },

  'merge.order': (tx, { others, ...first }) => {
    for (const { id, order } of [first, ...others]) {
      const merge = waitingMerge(tx, id);
      if (merge.order !== (order ?? undefined)) tx.update('merges', id, { order: order ?? undefined });
    }
  },

  'merge.approve': (tx, { id, head, gates, word }) => {
    const merge = waitingMerge(tx, id);
    if (merge.head !== head) {
      throw conflict(
        `${id} is at ${merge.head.slice(0, 12)} now, not at ${head.slice(0, 12)}: what you looked at is not what would land.`,
        'Look at it again, then approve that.',
      );
    }
    const rig = activeRig(tx, merge.rig);
    const { policy } = rig;
    if (validApproval(tx.data, merge, policy)) return;
    assertWord(word, confirmWord(merge, rig), merge);
    const number = approvalsOf(tx.data, id).length + 1;
    tx.create('approvals', {
      id: `${id}.${number}`,
      merge: id,
      head,
      base: merge.base,
      policy,
      gates,
      ...(findingsHash(merge) && { findings: findingsHash(merge) }),
      by: tx.by,
      at: tx.now,
      previous: lastLink(tx.data),
    });
    tx.explain(id);
  },

  'merge.comment': (tx, { id, head, quote, ...said }) => {
    const merge = waitingMerge(tx, id);
    if (merge.head !== head) {
      throw conflict(
        `${id} is at ${merge.head.slice(0, 12)} now, not at ${head.slice(0, 12)}: the line may be another one there.`,
        'Look at it again, then say it of that.',
      );
    }
    assertNoSecret(said.text, 'comment');
    const comments = merge.comments ?? [];
    if (comments.length >= LIMITS.lineComments) {
      throw conflict(
        `${id} has ${comments.length} comments already, and takes no more.`,
        'Send it back with those and a note.',
      );
    }
    // A line that holds a secret is named by its number alone.
    const quoted = quote !== undefined && findSecret(quote) === undefined && { quote };
    tx.update('merges', id, { comments: [...comments, { ...said, ...quoted, by: tx.by, at: tx.now }] });
  },
};

/** What a person said of the lines goes back with them: whoever does the work again reads both. */
const withComments = (tx: Transaction, id: string, cause: Cause): Cause => {
  const { comments } = tx.get('merges', id);
  return comments?.length ? { ...cause, comments } : cause;
};

/** What is protected is approved by a word, not by a key: nobody types it without having read what for. */
const assertWord = (given: string | undefined, wanted: string | undefined, { id, head }: Merge): void => {
  if (wanted === undefined || given?.trim() === wanted) return;
  throw conflict(
    given === undefined
      ? `${id} changes what is protected: approving it takes a word.`
      : `"${cutText(given, WORD_CHARS)}" is not the word that approves ${id}.`,
    `Look at what it changes, then: gastown approve ${id} --head ${head.slice(0, 12)} --word ${wanted}`,
  );
};

const WORD_CHARS = 40;

/** Out of the queue, with the reason: the bead is free again, what was approved no longer holds. */
export const sendBack = (tx: Transaction, id: string, end: { state: 'bounced' | 'rejected'; cause: Cause }): Merge => {
  const merge = waitingMerge(tx, id);
  tx.update('merges', id, {
    state: end.state,
    since: tx.now,
    cause: end.cause,
    group: undefined,
    suspicion: undefined,
    held: undefined,
  });
  voidApprovals(tx, id, `The request was ${end.state}: ${end.cause.summary}`);
  if (isByPerson(merge)) {
    if (end.state === 'bounced') (merge.reverts ? tellRevertFailed : tellIntegrationFailed)(tx, merge, end.cause);
    return merge;
  }
  const polecat = tx.find('polecats', merge.polecat);
  if (polecat) tx.update('polecats', polecat.id, { bounced: polecat.bounced + 1 });
  const bead = tx.find('beads', merge.bead);
  if (bead?.town.merge === id) {
    updateBead(tx, bead.id, {
      status: 'open',
      assignee: undefined,
      town: {
        ...bead.town,
        merge: undefined,
        cause: end.cause,
        reworks: bead.town.reworks + (end.state === 'bounced' ? 1 : 0),
      },
    });
    tx.explain(bead.id);
  }
  return merge;
};

/** A request that waits or is being tested; not one that is on its way onto the target, or over. */
export const waitingMerge = (tx: Transaction, id: string): Merge => {
  const merge = tx.get('merges', id);
  if (merge.state === 'queued' || merge.state === 'testing') return merge;
  const hint =
    merge.state === 'landing'
      ? merge.pr
        ? `It is on its way onto the target by pull request #${merge.pr.number}: close that one to take it back.`
        : 'It is on its way onto the target; wait for the outcome.'
      : merge.state === 'bounced' || merge.state === 'rejected'
        ? 'Retry it first.'
        : undefined;
  throw conflict(`${id} is ${merge.state}, not in the queue.`, hint);
};

/** Back among those that wait, outside any batch. A new `since` gives gates that could not run another chance. */
export const requeued = (tx: Transaction) =>
  ({ state: 'queued', since: tx.now, group: undefined, suspicion: undefined, landing: undefined }) as const;

/** Wanted on a hook again, with the evidence, on the same polecat's if that one is free. */
const rework = (tx: Transaction, merge: Merge, cause: Cause): void => {
  if (isByPerson(merge)) return;
  const bead = tx.find('beads', merge.bead);
  if (bead?.status !== 'open' || bead.town.dispatch) return;
  updateBead(tx, bead.id, { town: { ...bead.town, cause, dispatch: wish(tx, { prefer: merge.polecat }) } });
};
