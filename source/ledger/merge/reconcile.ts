import { approvalsOf } from '../approvals.ts';
import { type AnyRecord, type Bead, BLOCKING_DEPENDENCIES, type Kind, type LedgerData, type Merge } from '../schema.ts';
import type { MergeNote } from './ledgers.ts';
import { freePolecat } from './machine.ts';
import { order } from './values.ts';

/**
 * Settles what two replicas made contradict each other, in place: a hook with a bead that was closed elsewhere, a request
 * for a bead that was deleted. Changes nothing in a ledger that its own commands made. The same from either side.
 */
export const reconcile = (merged: LedgerData): MergeNote[] => {
  const work = workOn(merged);
  freeHooks(work);
  settleRequests(work);
  settleBeads(work);
  reopenConvoys(work);
  bringBackRigs(work);
  return [...work.notes, ...circles(work.data)];
};

interface Work {
  readonly data: LedgerData;
  readonly notes: MergeNote[];
  put(kind: Kind, record: AnyRecord): void;
  note(kind: Kind, id: string, text: string): void;
}

const workOn = (data: LedgerData): Work => {
  const notes: MergeNote[] = [];
  return {
    data,
    notes,
    put(kind, record) {
      (data[kind] as Map<string, AnyRecord>).set(record.id, record);
    },
    note: (kind, id, text) => void notes.push({ kind, id, text }),
  };
};

const isOver = (bead: Bead | undefined): boolean =>
  bead === undefined || bead.status === 'closed' || bead.status === 'tombstone';

const holds = (bead: Bead | undefined, polecat: string): boolean =>
  bead?.assignee === polecat && (bead.status === 'hooked' || bead.status === 'in_progress');

/** The session of an emptied hook is ended by the machine it runs on, with its work saved. */
const freeHooks = (work: Work): void => {
  for (const polecat of [...work.data.polecats.values()]) {
    if (!polecat.hook || holds(work.data.beads.get(polecat.hook), polecat.id)) continue;
    work.put('polecats', freePolecat(polecat));
    work.note('polecats', polecat.id, `${polecat.hook} was taken off its hook: the other machine has changed it.`);
  }
};

const isWaiting = (merge: Merge): boolean => merge.state === 'queued' || merge.state === 'testing';

/** One on its way onto the target is left to Git, which alone knows whether it landed. */
const settleRequests = (work: Work): void => {
  for (const merge of [...work.data.merges.values()]) {
    const bead = work.data.beads.get(merge.bead);
    if (!isWaiting(merge) || (bead?.town.merge === merge.id && !isOver(bead))) continue;
    const { group: _group, suspicion: _suspicion, held: _held, ...rest } = merge;
    const summary = isOver(bead)
      ? `${merge.bead} was ${bead?.status === 'closed' ? 'closed' : 'deleted'} on another machine.`
      : `${merge.bead} was taken out of the queue on another machine.`;
    const rejected: Merge = { ...rest, state: 'rejected', cause: { kind: 'rejected', summary, at: merge.since } };
    work.put('merges', rejected);
    work.note('merges', merge.id, summary);
    for (const approval of approvalsOf(work.data, merge.id))
      if (!approval.voidedAt) work.put('approvals', { ...approval, voidedAt: merge.since, voidReason: summary });
  }
};

/** A bead whose holder or request is gone is wanted again; one that is over, or that a person works on, only lets go of it. */
const settleBeads = (work: Work): void => {
  for (const bead of [...work.data.beads.values()]) {
    const merge = bead.town.merge === undefined ? undefined : work.data.merges.get(bead.town.merge);
    const isQueued = merge?.bead === bead.id && (isWaiting(merge) || merge.state === 'landing');
    const holder = bead.assignee === undefined ? undefined : work.data.polecats.get(bead.assignee);
    const lostRequest = bead.town.merge !== undefined && !isQueued;
    const isBegun = bead.status === 'in_progress' && holder !== undefined && holder.hook !== bead.id;
    const lostHolder = bead.status === 'hooked' && holder?.hook !== bead.id;
    if (!lostRequest && !lostHolder) continue;
    if (lostHolder || isBegun) wantAgain(work, bead, { prefer: holder?.id, cause: merge?.cause });
    else dropRequest(work, bead);
  }
};

const wantAgain = (
  work: Work,
  bead: Bead,
  { prefer, cause }: { prefer: string | undefined; cause: Merge['cause'] },
): void => {
  const { merge: _merge, ...town } = bead.town;
  const { assignee: _assignee, ...free } = bead;
  const dispatch = town.dispatch ?? { at: bead.updated_at, by: 'sync', ...(prefer !== undefined && { prefer }) };
  work.put('beads', { ...free, status: 'open', town: { ...town, dispatch, ...(cause && { cause }) } });
};

const dropRequest = (work: Work, bead: Bead): void => {
  const { merge: _merge, ...town } = bead.town;
  work.put('beads', { ...bead, town });
};

/** A convoy landed on one machine while another added to it. */
const reopenConvoys = (work: Work): void => {
  for (const convoy of [...work.data.convoys.values()]) {
    if (convoy.status !== 'landed') continue;
    const open = convoy.beads.find(id => work.data.beads.has(id) && !isOver(work.data.beads.get(id)));
    if (open === undefined) continue;
    const { endedAt: _endedAt, ...rest } = convoy;
    work.put('convoys', { ...rest, status: 'approved' });
    work.note('convoys', convoy.id, `${open} of it is still open.`);
  }
};

/** A rig that was removed on one machine while another worked on it. */
const bringBackRigs = (work: Work): void => {
  for (const rig of [...work.data.rigs.values()]) {
    if (!rig.removedAt) continue;
    const busy =
      [...work.data.polecats.values()].find(polecat => polecat.rig === rig.id && polecat.hook)?.id ??
      [...work.data.merges.values()].find(
        merge => merge.rig === rig.id && (isWaiting(merge) || merge.state === 'landing'),
      )?.id;
    if (busy === undefined) continue;
    const { removedAt: _removedAt, ...rest } = rig;
    work.put('rigs', rest as typeof rig);
    work.note('rigs', rig.id, `It is back: ${busy} still works on it. Remove it again once that has ended.`);
  }
};

/** Beads that each machine alone had in order, and that now wait for each other. No edge is dropped: a person decides. */
const circles = (data: LedgerData): MergeNote[] => {
  const state = new Map<string, 'open' | 'done'>();
  const found: MergeNote[] = [];
  const blocking: ReadonlySet<string> = new Set(BLOCKING_DEPENDENCIES);
  const edgesOf = (id: string) =>
    (isOver(data.beads.get(id)) ? [] : (data.beads.get(id)!.dependencies ?? []))
      .filter(edge => blocking.has(edge.type) && data.beads.has(edge.depends_on_id))
      .map(edge => edge.depends_on_id);
  for (const start of [...data.beads.keys()].sort(order)) {
    if (state.has(start)) continue;
    const trail: { id: string; left: string[] }[] = [{ id: start, left: edgesOf(start) }];
    state.set(start, 'open');
    for (let top = trail.at(-1); top; top = trail.at(-1)) {
      const next = top.left.pop();
      if (next === undefined) {
        state.set(top.id, 'done');
        trail.pop();
      } else if (state.get(next) === 'open') {
        const circle = [...trail.slice(trail.findIndex(({ id }) => id === next)).map(({ id }) => id), next];
        found.push({
          kind: 'beads',
          id: next,
          text: `Beads wait for each other: ${circle.join(' → ')}. Remove one of these needs.`,
        });
      } else if (!state.has(next)) {
        state.set(next, 'open');
        trail.push({ id: next, left: edgesOf(next) });
      }
    }
  }
  return found;
};
