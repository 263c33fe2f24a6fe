import { isSame } from '../diff.ts';
import { type Fields, fieldOf, mergeFields, type Resolve, type Side, type Sides } from './values.ts';

/** Fields that say together where a record stands: they come from one side, or they would contradict each other. */
export interface StateRule {
  /** What tells one state from another. */
  readonly tells: readonly string[];
  /** All that goes with it. */
  readonly fields: readonly string[];
  /** A higher rank beats a lower one, whichever is newer. */
  readonly rank: (record: Fields) => number;
  /** Ranks from here on are ends; one that is taken back (a reopen) holds if it is newer. Absent: no end is taken back. */
  readonly endsAt?: number;
  /** Ranks from here on are never taken back by the other side's newer act. */
  readonly foreverAt?: number;
}

/** Which side's state holds; undefined where they do not differ. */
export const stateSide = (sides: Sides<Fields>, newer: Side, rule: StateRule): Side | undefined => {
  const { base, ours, theirs } = sides as { base: Fields | undefined; ours: Fields; theirs: Fields };
  const tell = (record: Fields | undefined) => rule.tells.map(name => record?.[name] ?? null);
  if (isSame(tell(ours), tell(theirs))) return undefined;
  if (base && isSame(tell(theirs), tell(base))) return 'ours';
  if (base && isSame(tell(ours), tell(base))) return 'theirs';
  const ranks = { ours: rule.rank(ours), theirs: rule.rank(theirs) };
  if (ranks.ours === ranks.theirs) return newer;
  const higher: Side = ranks.ours > ranks.theirs ? 'ours' : 'theirs';
  const lower: Side = higher === 'ours' ? 'theirs' : 'ours';
  const endsAt = rule.endsAt ?? Number.POSITIVE_INFINITY;
  const isTakenBack = base !== undefined && rule.rank(base) >= endsAt && ranks[lower] < endsAt;
  const isForever = ranks[higher] >= (rule.foreverAt ?? Number.POSITIVE_INFINITY);
  return isTakenBack && !isForever && newer === lower ? lower : higher;
};

/** Field by field, but for the state, which is one side's as a whole. */
export const mergeWithState = (
  sides: Sides<Fields>,
  newer: Side,
  { state, rules }: { state: StateRule; rules?: Readonly<Record<string, Resolve>> },
): Record<string, unknown> => {
  const merged = mergeFields(sides, newer, rules);
  const side = stateSide(sides, newer, state);
  if (side === undefined) return merged;
  for (const name of state.fields) {
    const value = fieldOf(sides, name)[side];
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
};
