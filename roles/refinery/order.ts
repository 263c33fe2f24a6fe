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
