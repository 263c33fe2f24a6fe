import {
  beadsBelow,
  type IntegrationRig,
  isIntegrationRig,
  openBeadsFor,
  openIntegration,
  whyLeft,
} from '../integrations.ts';
import type { Bead, Cause, Merge, Rig } from '../schema.ts';
import { liveBead, updateBead } from './bead-records.ts';
import { activeRig, addRig, isOpenMerge } from './rigs.ts';
import { conflict, cutTitle, invalid, type Reducers, type Transaction } from './transaction.ts';

const MERGE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** Beads named in a refusal. */
const NAMED = 5;

/**
 * An integration branch is a rig of its own, made from another: its queue, gates, guards and approvals are those of any
 * rig. It comes onto the other's target as one request, through that one's queue.
 */
export const integrationReducers: Reducers<'integration.start' | 'integration.land' | 'integration.stop'> = {
  'integration.start': (tx, { epic: epicId, id, of, branch, prefix }) => {
    const epic = liveBead(tx, epicId);
    const known = tx.find('rigs', id);
    if (known && !known.removedAt) {
      if (!isIntegrationRig(known) || known.epic !== epicId)
        throw conflict(`There is a rig ${id} already.`, 'Choose another name with --name.');
    } else begin(tx, { epic, id, of, branch, prefix });
    const rig = tx.get('rigs', id) as IntegrationRig;
    for (const bead of beadsBelow(tx.data, epicId)) {
      if (bead.status === 'closed' || bead.town.rig === id || whyLeft(tx.data, bead, rig.of) !== undefined) continue;
      route(tx, bead, id);
    }
    tx.explain(epicId);
  },

  'integration.land': (tx, { rig: id, id: request, ref, base, head, files }) => {
    if (!MERGE_ID.test(request)) throw invalid(`"${request}" cannot be the id of a merge request.`);
    const rig = integrationRig(tx, id);
    const parent = activeRig(tx, rig.of);
    assertDone(tx, rig);
    assertNotQueued(tx, rig);
    const epic = liveBead(tx, rig.epic);
    tx.create('merges', {
      id: request,
      rig: parent.id,
      bead: epic.id,
      polecat: INTEGRATOR,
      title: epic.title,
      priority: epic.priority,
      state: 'queued',
      since: tx.now,
      createdAt: tx.now,
      target: parent.branch,
      ref,
      base,
      head,
      integrates: id,
      ...(files !== undefined && { files }),
    });
    tx.explain(epic.id);
  },

  'integration.stop': (tx, { rig: id }) => {
    const rig = tx.get('rigs', id);
    if (!isIntegrationRig(rig))
      throw conflict(`${id} is no integration branch.`, 'gastown rig remove takes a rig out.');
    if (rig.removedAt) return;
    assertIdle(tx, rig);
    assertNotQueued(tx, rig);
    const parent = activeRig(tx, rig.of);
    tx.update('rigs', id, { removedAt: tx.now });
    for (const bead of tx.data.beads.values()) {
      if (bead.town.rig === id && bead.status !== 'closed' && bead.status !== 'tombstone') route(tx, bead, parent.id);
    }
    tx.explain(rig.epic);
  },
};

const assertNotQueued = (tx: Transaction, { id, branch }: Rig): void => {
  const under = openIntegration(tx.data, id);
  if (!under) return;
  throw conflict(`${under.id} is in the queue to land ${branch}.`, `Reject it first: gastown reject ${under.id} -m …`);
};

/** Whose work the request is, in place of a polecat: those have their rig before their name. */
const INTEGRATOR = 'refinery';

/** It is on the target: the branch has served, unless something still works for it. */
export const settleIntegration = (tx: Transaction, merge: Merge): void => {
  const rig = tx.find('rigs', merge.integrates!);
  if (!isIntegrationRig(rig) || rig.removedAt || whyBusy(tx, rig) || openBeadsFor(tx.data, rig).length > 0) return;
  tx.update('rigs', rig.id, { removedAt: tx.now });
};

/** The branch has moved since, or is over: what was asked for is not what would be wanted now. */
export const assertIntegrationFresh = (tx: Transaction, merge: Merge): void => {
  const rig = integrationRig(tx, merge.integrates!);
  assertDone(tx, rig);
  const under = openIntegration(tx.data, rig.id);
  if (under && under.id !== merge.id) throw conflict(`${under.id} is in the queue to land ${rig.branch}.`);
  const newer = [...tx.data.merges.values()].find(
    other => other.rig === rig.id && other.state === 'landed' && other.since > merge.createdAt,
  );
  if (newer)
    throw conflict(
      `${newer.id} has landed on ${rig.branch} since ${merge.id} was made.`,
      `Land what is there now: gastown integrate land ${rig.id}`,
    );
};

/** An integration that does not get through is nobody's rework: a person asked for it, and is told what to do. */
export const tellIntegrationFailed = (tx: Transaction, merge: Merge, cause: Cause): void => {
  const rig = tx.find('rigs', merge.integrates!);
  const branch = rig?.branch ?? 'the integration branch';
  tx.create('escalations', {
    id: tx.mintId('escalations', 'e'),
    severity: 'high',
    title: cutTitle(`${branch} cannot land on ${merge.target}: ${cause.summary}`),
    body: [
      `${merge.target} is as it was, and ${merge.bead} stays open.`,
      ...(cause.files?.length ? ['', ...cause.files] : []),
      '',
      `File a bead in the rig ${merge.integrates} that ${cause.kind === 'conflict' ? `merges ${merge.target} into ${branch}` : 'mends this'}, let it land there, then: gastown integrate land ${merge.integrates}`,
    ].join('\n'),
    by: tx.by,
    subject: merge.id,
    key: `integrate:${merge.id}`,
    at: tx.now,
    climbs: 0,
  });
};

/** With the other's gates and walls as they are now: what lands on the branch is tested as on the target. */
const begin = (
  tx: Transaction,
  { epic, id, of, branch, prefix }: { epic: Bead; id: string; of: string; branch: string; prefix: string },
): void => {
  if (epic.status === 'closed') throw conflict(`${epic.id} is closed.`, 'Reopen it first.');
  const parent = activeRig(tx, of);
  if (parent.of) throw conflict(`${of} is an integration branch itself.`, `Begin from ${parent.of}.`);
  if (branch === parent.branch) throw invalid(`${branch} is the target of ${of}.`, 'Choose another branch.');
  for (const rig of tx.data.rigs.values()) {
    if (rig.removedAt) continue;
    if (rig.epic === epic.id)
      throw conflict(`${epic.id} has the integration branch ${rig.branch} already.`, `Its rig is ${rig.id}.`);
    if (rig.origin === parent.origin && rig.branch === branch)
      throw conflict(`${branch} is the target of the rig ${rig.id}.`, 'Choose another branch with --branch.');
  }
  const { origin, gates, setup, policy, agent, sandbox, network, land, guards, gateNetwork, reports, quarantine } =
    parent;
  addRig(tx, {
    ...{ id, origin, branch, prefix, gates, policy, agent },
    ...(setup !== undefined && { setup }),
    ...(sandbox && { sandbox }),
    ...(network && { network }),
    ...(land && { land }),
    ...(guards && { guards }),
    ...(gateNetwork && { gateNetwork }),
    ...(reports && { reports }),
  });
  tx.update('rigs', id, { of, epic: epic.id, quarantine });
};

/** A wish for a polecat of the rig that it leaves means nothing in the other. */
const route = (tx: Transaction, bead: Bead, rig: string): void => {
  const { dispatch } = bead.town;
  updateBead(tx, bead.id, {
    town: {
      ...bead.town,
      rig,
      ...(dispatch && { dispatch: { at: dispatch.at, by: dispatch.by } }),
    },
  });
  tx.explain(bead.id);
};

const integrationRig = (tx: Transaction, id: string): IntegrationRig => {
  const rig = activeRig(tx, id);
  if (isIntegrationRig(rig)) return rig;
  throw conflict(`${id} is no integration branch.`, 'gastown integrate list names them.');
};

const assertDone = (tx: Transaction, rig: IntegrationRig): void => {
  assertIdle(tx, rig);
  const open = openBeadsFor(tx.data, rig);
  if (open.length === 0) return;
  const more = open.length - NAMED;
  const names =
    open
      .slice(0, NAMED)
      .map(bead => bead.id)
      .join(', ') + (more > 0 ? ` and ${more} more` : '');
  throw conflict(
    `${rig.branch} cannot land while ${names} ${open.length === 1 ? 'is' : 'are'} open.`,
    'Let them land or close them, or take them out of the epic.',
  );
};

const assertIdle = (tx: Transaction, rig: IntegrationRig): void => {
  const busy = whyBusy(tx, rig);
  if (busy) throw conflict(busy, 'Wait for it, or stop or reject it first.');
};

const whyBusy = (tx: Transaction, rig: IntegrationRig): string | undefined => {
  for (const polecat of tx.data.polecats.values())
    if (polecat.rig === rig.id && polecat.hook)
      return `${polecat.hook} of ${rig.branch} is on the hook of ${polecat.id}.`;
  for (const merge of tx.data.merges.values())
    if (merge.rig === rig.id && isOpenMerge(merge)) return `${merge.id} is in the queue for ${rig.branch}.`;
  return undefined;
};
