import { isSame } from '../diff.ts';
import type { Write } from '../frames.ts';
import { KINDS, type Kind } from '../kinds.ts';
import { type AnyRecord, emptyData, type LedgerData, type RecordOf, type Town } from '../schema.ts';
import { separate } from './collisions.ts';
import { leaveBeads, leaveMachine, MACHINE_KINDS } from './machine.ts';
import { reconcile } from './reconcile.ts';
import { body, latestHome, mergeRecords, withRevision } from './records.ts';
import type { Side } from './values.ts';

/**
 * A ledger, or only the records of it that matter: what is not in `theirs` counts as unchanged there. Absence is never a
 * deletion. Where the two sides name different homes, all three must be whole.
 */
export type SomeRecords = { readonly [K in Kind]?: ReadonlyMap<string, RecordOf<K>> };

export interface LedgerSides {
  /** As both last agreed; empty where they never did. Of a sparse `theirs` its base versions suffice; `town` is needed always. */
  readonly base: SomeRecords;
  /** Whole. */
  readonly ours: LedgerData;
  readonly theirs: SomeRecords;
}

/** Something that was decided, for people. */
export interface MergeNote {
  readonly kind: Kind;
  readonly id: string;
  readonly text: string;
}

export interface MergedLedgers {
  /** What our side must write to become the merged ledger, each record with the revision it is to have. */
  readonly writes: readonly Write[];
  readonly notes: readonly MergeNote[];
}

/**
 * Two ledgers into one, a record and a field at a time. The same ledger whichever side is called ours. What belongs to
 * the machine that works is taken from the town's home; afterwards records that contradict each other are settled.
 */
export const mergeLedgers = (sides: LedgerSides): MergedLedgers => {
  const { sides: apart, notes } = separate(sides);
  const prefer = homeSide(apart);
  const known = prefer ? withoutLeftWork(apart, prefer) : apart;
  const merged = emptyData() as Merged;
  const ours = known.ours as { [K in Kind]: ReadonlyMap<string, AnyRecord> };
  for (const kind of KINDS) {
    for (const [id, record] of ours[kind]) merged[kind].set(id, record);
    for (const [id, theirs] of (known.theirs[kind] ?? new Map()) as ReadonlyMap<string, AnyRecord>)
      merged[kind].set(id, mergeOne(kind, { base: find(known.base, kind, id), ours: ours[kind].get(id), theirs }));
  }
  if (prefer) {
    for (const kind of MACHINE_KINDS)
      for (const id of merged[kind].keys()) merged[kind].set(id, ofHome(kind, { id, sides: known, prefer, merged }));
  }
  notes.push(...reconcile(merged as unknown as LedgerData));
  return { writes: writesTo(sides, merged), notes };
};

type Merged = { [K in Kind]: Map<string, AnyRecord> };

/** The side of the machine that the town works on, where the two do not agree on which that is. */
const homeSide = ({ base, ours, theirs }: LedgerSides): Side | undefined => {
  const homeOf = (records: SomeRecords) => (find(records, 'town', 'town') as Town | undefined)?.home;
  const known = theirs.town?.has('town') ? homeOf(theirs) : homeOf(base);
  const [one, other] = [homeOf(ours), known];
  if (one?.replica === other?.replica) return undefined;
  const home = latestHome({ base: undefined, ours: one, theirs: other }, 'ours');
  return isSame(home, one) ? 'ours' : 'theirs';
};

const mergeOne = (
  kind: Kind,
  { base, ours, theirs }: { base: AnyRecord | undefined; ours: AnyRecord | undefined; theirs: AnyRecord },
): AnyRecord => (ours ? mergeRecords(kind, { base, ours, theirs } as never) : theirs);

/** The side whose machine was left, as if it had let go of all beads that it worked on. */
const withoutLeftWork = (sides: LedgerSides, prefer: Side): LedgerSides => {
  const left = otherSide(prefer);
  const { at } = (find(sides[prefer], 'town', 'town') as Town).home!;
  return { ...sides, [left]: leaveBeads(sides[left], { base: sides.base, at }) };
};

/** A machine's record after the town moved: as the new home has it; what only the old one knows has ended there. */
const ofHome = (
  kind: (typeof MACHINE_KINDS)[number],
  context: { id: string; sides: LedgerSides; prefer: Side; merged: Merged },
): AnyRecord => {
  const { id, sides, prefer, merged } = context;
  const home = find(sides[prefer], kind, id);
  const left = find(sides[otherSide(prefer)], kind, id);
  const result = merged[kind].get(id)!;
  if (!left || isSame(result, home)) return result;
  const at = (merged.town.get('town') as Town).home!.at;
  return leaveMachine(kind, { result, home, left, at }) as unknown as AnyRecord;
};

const otherSide = (side: Side): Side => (side === 'ours' ? 'theirs' : 'ours');

const find = (records: SomeRecords, kind: Kind, id: string): AnyRecord | undefined =>
  records[kind]?.get(id) as AnyRecord | undefined;

/** What differs from ours; whatever is neither side's own version gets a revision that neither has for something else. */
const writesTo = (sides: LedgerSides, merged: Merged): Write[] =>
  KINDS.flatMap(kind =>
    [...merged[kind]].flatMap(([id, record]) => {
      const [ours, theirs] = [find(sides.ours, kind, id), find(sides.theirs, kind, id)];
      if (record === ours) return [];
      const one = ours ?? theirs;
      const numbered = one && record !== theirs ? withRevision(body(record), one, theirs ?? one) : record;
      return isSame(ours, numbered) ? [] : [{ kind, id, record: numbered }];
    }),
  );
