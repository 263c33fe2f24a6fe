import type { Merge, MergeState } from '../../source/ledger/schema.ts';
import { byId, ms } from '../facts.ts';

const OPEN: ReadonlySet<MergeState> = new Set(['queued', 'testing', 'landing']);

export const isOpen = (merge: Merge): boolean => OPEN.has(merge.state);

export interface OrderOptions {
  readonly now: number;
  /** Age that one level of priority is worth. */
  readonly priorityAgeMs: number;
}

/**
 * The queue in the order it is worked through, as a new array: order set by hand (lower first, none is 0), then priority
 * less age (a level is worth minutes, so nothing starves), then age, then id.
 */
export const queueOrder = (merges: readonly Merge[], { now, priorityAgeMs }: OrderOptions): Merge[] => {
  const rank = (merge: Merge) => merge.priority - (now - ms(merge.createdAt)) / Math.max(1, priorityAgeMs);
  return [...merges].sort(
    (a, b) => (a.order ?? 0) - (b.order ?? 0) || rank(a) - rank(b) || ms(a.createdAt) - ms(b.createdAt) || byId(a, b),
  );
};

/** `g2` before `g10`, and a group before its own parts: `g2` < `g2.0` < `g2.1` < `g3`. */
export const compareGroups = (a: string, b: string): number => {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? -1) - (right[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Id of the next batch: one above the highest that any request of the town ever bore. */
export const nextGroup = (merges: Iterable<Merge>): string => {
  let highest = 0;
  for (const { group } of merges) if (group) highest = Math.max(highest, numbersOf(group)[0] ?? 0);
  return `g${highest + 1}`;
};

const numbersOf = (group: string): number[] =>
  group
    .replace(/^g/, '')
    .split('.')
    .map(part => Number.parseInt(part, 10))
    .map(number => (Number.isNaN(number) ? 0 : number));
