import { compactJson } from '../../common/json.ts';
import { isSame } from '../diff.ts';

/** A record or a part of one, by field. Absent is absent: 0, empty and false are values. */
export type Fields = Readonly<Record<string, unknown>>;

/** One value as it was when both last agreed, and as it is in each of the two. */
export interface Sides<T = unknown> {
  readonly base: T | undefined;
  readonly ours: T | undefined;
  readonly theirs: T | undefined;
}

/** Which of the two is the newer record, by an order that both replicas see alike. */
export type Side = 'ours' | 'theirs';

/** Decides a value that both sides changed, each differently. */
export type Resolve = (sides: Sides, newer: Side) => unknown;

/** Changed on one side: that side's. On both alike: so. On both differently: `resolve`. */
export const mergeValue = (sides: Sides, newer: Side, resolve: Resolve = byShape): unknown => {
  const { base, ours, theirs } = sides;
  if (isSame(ours, theirs) || isSame(theirs, base)) return ours;
  if (isSame(ours, base)) return theirs;
  return resolve(sides, newer);
};

/** Field by field; fields without a rule are decided by their shape. */
export const mergeFields = (
  sides: Sides<Fields>,
  newer: Side,
  rules: Readonly<Record<string, Resolve>> = {},
): Record<string, unknown> => {
  const merged: Record<string, unknown> = {};
  const names = new Set([sides.ours, sides.theirs].flatMap(side => Object.keys(side ?? {})));
  for (const name of [...names].sort()) {
    const value = mergeValue(fieldOf(sides, name), newer, Object.hasOwn(rules, name) ? rules[name] : byShape);
    if (value !== undefined) merged[name] = value;
  }
  return merged;
};

export const fieldOf = ({ base, ours, theirs }: Sides<Fields>, name: string): Sides => ({
  base: base?.[name],
  ours: ours?.[name],
  theirs: theirs?.[name],
});

/** Lists as sets, objects by key, anything else by age; what one side dropped while the other changed it stays. */
export const byShape: Resolve = (sides, newer) => {
  const { base, ours, theirs } = sides;
  if (isList(ours) || isList(theirs)) {
    if ((ours === undefined || isList(ours)) && (theirs === undefined || isList(theirs)))
      return mergeList(sides, newer);
  }
  if (isFields(ours) && isFields(theirs))
    return mergeFields({ base: isFields(base) ? base : undefined, ours, theirs }, newer);
  if (ours === undefined) return theirs;
  if (theirs === undefined) return ours;
  return sides[newer];
};

export const byAge: Resolve = (sides, newer) => sides[newer];

/** The smaller, larger, earlier or later of two; absent gives way. 0 is a value. */
export const least: Resolve = ({ ours, theirs }) => pick(ours, theirs, (a, b) => a < b);
export const greatest: Resolve = ({ ours, theirs }) => pick(ours, theirs, (a, b) => a > b);

const pick = (ours: unknown, theirs: unknown, better: (a: never, b: never) => boolean): unknown => {
  if (ours === undefined) return theirs;
  if (theirs === undefined) return ours;
  return better(ours as never, theirs as never) ? ours : theirs;
};

/**
 * A list as a set of elements: a removal wins over an unchanged element, an addition or a change on either side survives.
 * Elements of the base keep their order, what was added follows in an order that both sides see alike.
 */
export const mergeList = (sides: Sides, newer: Side, keyOf: (element: unknown) => string = elementKey): unknown => {
  const [base, ours, theirs] = [sides.base, sides.ours, sides.theirs].map(list => byKey(list, keyOf)) as Keyed[];
  const kept: unknown[] = [];
  for (const [key, was] of base!) {
    const one = { base: was, ours: ours!.get(key), theirs: theirs!.get(key) };
    const element = mergeValue(one, newer);
    if (element !== undefined) kept.push(element);
  }
  const added: unknown[] = [];
  for (const key of new Set([...ours!.keys(), ...theirs!.keys()])) {
    if (base!.has(key)) continue;
    added.push(mergeValue({ base: undefined, ours: ours!.get(key), theirs: theirs!.get(key) }, newer));
  }
  const merged = [...kept, ...added.sort(byTimeThenContent)];
  const mayBeAbsent = sides.ours === undefined || sides.theirs === undefined || sides.base === undefined;
  return merged.length === 0 && mayBeAbsent ? undefined : merged;
};

/** The newest `max` of what either side has, oldest first. What fell out of a ring does not come back, for it is older. */
export const mergeRing = (max: number): Resolve => {
  return ({ ours, theirs }) => {
    const all = new Map([ours, theirs].flatMap(asList).map(element => [compactJson(element), element]));
    return [...all.values()].sort(byTimeThenContent).slice(-max);
  };
};

/** A total order: at which time, then by content. */
export const byTimeThenContent = (a: unknown, b: unknown): number =>
  order(timeOf(a), timeOf(b)) || order(compactJson(a), compactJson(b));

export const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const asList = (value: unknown): readonly unknown[] => (isList(value) ? value : []);

type Keyed = ReadonlyMap<string, unknown>;

/** A list that holds an element twice is a list of two: the second gets a key of its own. */
const byKey = (list: unknown, keyOf: (element: unknown) => string): Keyed => {
  const keyed = new Map<string, unknown>();
  for (const element of asList(list)) {
    const key = keyOf(element);
    let free = key;
    for (let copy = 2; keyed.has(free); copy++) free = `${key}#${copy}`;
    keyed.set(free, element);
  }
  return keyed;
};

/** What tells elements apart: an id, a name, else all of it. */
const elementKey = (element: unknown): string => {
  if (!isFields(element)) return compactJson(element);
  if (typeof element.id === 'string' || typeof element.id === 'number') return `id ${element.id}`;
  return typeof element.name === 'string' ? `name ${element.name}` : compactJson(element);
};

/** Where a record or an element says when it was. */
const timeOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (!isFields(value)) return '';
  const time = value.updated_at ?? value.created_at ?? value.at;
  return typeof time === 'string' ? time : '';
};
