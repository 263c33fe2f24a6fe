import type { AnyRecord, Bead, BeadTown, Merge, Polecat, Session } from '../schema.ts';
import type { SomeRecords } from './ledgers.ts';
import type { Fields } from './values.ts';

/** Kinds that speak of processes, checkouts and commits of one machine. */
export const MACHINE_KINDS = ['polecats', 'sessions', 'merges'] as const;
export type MachineKind = (typeof MACHINE_KINDS)[number];

/**
 * A record of a machine that is no longer the town's home. The new home's version holds where it changed it; what the old
 * one went on with meanwhile has ended there. What landed has landed, wherever the town lives.
 */
export const leaveMachine = (
  kind: MachineKind,
  record: {
    /** What field by field came to. */
    readonly result: AnyRecord;
    readonly home: AnyRecord | undefined;
    readonly left: AnyRecord;
    /** When the town moved. */
    readonly at: string;
  },
): Fields => {
  const { result, home, left, at } = record;
  if (kind === 'merges' && ((left as Merge).state === 'landed' || (result as Merge).state === 'landed')) return result;
  if (home && isSettled(kind, home)) return home;
  switch (kind) {
    case 'sessions':
      return endedSession(result as Session, at);
    case 'polecats':
      return freePolecat(result as Polecat);
    case 'merges':
      return leftMerge(result as Merge, at);
  }
};

/**
 * Beads that the machine which was left took up or handed in after both last agreed, as they were before: wanted. What it
 * landed or closed is over, whoever did it.
 */
export const leaveBeads = (left: SomeRecords, { base, at }: { base: SomeRecords; at: string }): SomeRecords => {
  const beads = new Map(left.beads);
  for (const [id, bead] of beads) if (isBusy(left, bead)) beads.set(id, wantedBead(bead, { base, at }));
  return { ...left, beads };
};

const isBusy = (records: SomeRecords, bead: Bead): boolean => {
  if (bead.status === 'closed' || bead.status === 'tombstone') return false;
  const isHeld = bead.assignee !== undefined && records.polecats?.get(bead.assignee)?.hook === bead.id;
  return bead.status === 'hooked' || isHeld || bead.town.merge !== undefined;
};

const wantedBead = (bead: Bead, { base, at }: { base: SomeRecords; at: string }): Bead => {
  const before = base.beads?.get(bead.id);
  const { assignee, started_at: _started, ...rest } = bead;
  const { merge, dispatch: _dispatch, ...town } = bead.town;
  const person = before?.started_at === undefined ? {} : { started_at: before.started_at };
  if (before && isBusy(base, before)) {
    const { status } = before;
    const kept = { ...(before.assignee !== undefined && { assignee: before.assignee }), ...person };
    const keptTown = { ...town, ...pick(before.town, 'merge'), ...pick(before.town, 'dispatch') };
    return { ...rest, ...kept, status, town: keptTown } as Bead;
  }
  const dispatch = { at: bead.updated_at, by: 'sync', ...(assignee !== undefined && { prefer: assignee }) };
  const cause = merge === undefined ? {} : { cause: { kind: 'could_not_run', summary: LEFT_BEHIND, at } as const };
  return { ...rest, ...person, status: 'open', town: { ...town, ...cause, dispatch } } as Bead;
};

const pick = <K extends keyof BeadTown>(town: BeadTown, key: K): Partial<BeadTown> =>
  town[key] === undefined ? {} : ({ [key]: town[key] } as Partial<BeadTown>);

/** A session that the take-over or its machine's end closed. */
export const endedSession = (session: Session, at: string): Session =>
  session.status === 'ended' ? session : { ...session, status: 'ended', outcome: 'lost', endedAt: at };

export const freePolecat = (polecat: Polecat): Polecat => {
  const { hook: _hook, ...rest } = polecat;
  return polecat.state === 'quarantined' ? rest : { ...rest, state: 'idle' };
};

/** Back to work: nobody but the machine that was left has its commits. */
export const leftMerge = (merge: Merge, at: string): Merge => {
  if (!OPEN.has(merge.state)) return merge;
  const { group: _group, suspicion: _suspicion, held: _held, landing: _landing, ...rest } = merge;
  return { ...rest, state: 'bounced', since: at, cause: { kind: 'could_not_run', summary: LEFT_BEHIND, at } };
};

export const LEFT_BEHIND = 'Its commits are on the machine that the town worked on before; the work is done again.';
const OPEN: ReadonlySet<Merge['state']> = new Set(['queued', 'testing', 'landing']);

/** The new home has said its own word about the record: it works on it, or it ended it. */
const isSettled = (kind: MachineKind, home: AnyRecord): boolean => {
  if (kind === 'sessions') return (home as Session).status === 'ended';
  return true;
};
