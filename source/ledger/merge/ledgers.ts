import { isSame } from '../diff.ts';
import type { Write } from '../frames.ts';
import { type AnyRecord, emptyData, KINDS, type Kind, type LedgerData, type RecordOf, type Town } from '../schema.ts';
import { separate } from './collisions.ts';
import { leaveMachine, MACHINE_KINDS } from './machine.ts';
import { reconcile } from './reconcile.ts';
import { latestHome, mergeRecords, withRevision } from './records.ts';
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
  const original = sides.ours;
  const { sides: apart, notes } = separate(sides);
  const prefer = homeSide(apart);
  const merged = emptyData() as { [K in Kind]: Map<string, AnyRecord> };
  const ours = apart.ours as { [K in Kind]: ReadonlyMap<string, AnyRecord> };
  for (const kind of KINDS) {
    for (const [id, record] of ours[kind]) merged[kind].set(id, record);
    for (const [id, theirs] of (apart.theirs[kind] ?? new Map()) as ReadonlyMap<string, AnyRecord>)
      merged[kind].set(id, mergeOne(kind, { base: find(apart.base, kind, id), ours: ours[kind].get(id), theirs }));
  }
  if (prefer) {
    for (const kind of MACHINE_KINDS)
      for (const id of merged[kind].keys()) merged[kind].set(id, ofHome(kind, { id, sides: apart, prefer, merged }));
  }
  const settled = reconcile(merged as unknown as LedgerData, prefer ? hooksOf(apart[otherSide(prefer)]) : new Set());
  for (const { kind, id, record } of settled.writes) {
    const theirs = find(sides.theirs, kind, id) ?? record;
    merged[kind].set(id, withRevision(record, find(original, kind, id) ?? theirs, theirs));
  }
  return { writes: writesTo(original, merged as unknown as LedgerData), notes: [...notes, ...settled.notes] };
};

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

/** A machine's record after the town moved: as the new home has it; what only the old one knows has ended there. */
const ofHome = (
  kind: (typeof MACHINE_KINDS)[number],
  context: {
    id: string;
    sides: LedgerSides;
    prefer: Side;
    merged: { readonly [K in Kind]: ReadonlyMap<string, AnyRecord> };
  },
): AnyRecord => {
  const { id, sides, prefer, merged } = context;
  const home = find(sides[prefer], kind, id);
  const left = find(sides[otherSide(prefer)], kind, id);
  const result = merged[kind].get(id)!;
  if (!left || isSame(result, home)) return result;
  const at = (merged.town.get('town') as Town).home!.at;
  const settled = leaveMachine(kind, { result, home, left, at });
  return isSame(settled, result) ? result : withRevision(settled, home ?? left, left);
};

const otherSide = (side: Side): Side => (side === 'ours' ? 'theirs' : 'ours');

/** Beads on the hooks of the machine that was left. */
const hooksOf = (records: SomeRecords): ReadonlySet<string> =>
  new Set([...(records.polecats?.values() ?? [])].flatMap(polecat => polecat.hook ?? []));

const find = (records: SomeRecords, kind: Kind, id: string): AnyRecord | undefined =>
  records[kind]?.get(id) as AnyRecord | undefined;

const writesTo = (ours: LedgerData, merged: LedgerData): Write[] =>
  KINDS.flatMap(kind =>
    [...(merged[kind] as ReadonlyMap<string, AnyRecord>)].flatMap(([id, record]) =>
      isSame(ours[kind].get(id), record) ? [] : [{ kind, id, record }],
    ),
  );
