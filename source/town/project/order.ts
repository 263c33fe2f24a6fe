import { BLOCKING_DEPENDENCIES, type LedgerData, type Severity } from '../../ledger/schema.ts';
import type { AttentionRow } from '../view.ts';

/** What one row costs while it waits is counted in beads that wait behind it. This many a severity is worth. */
const SEVERITY_BEADS: Readonly<Record<Severity, number>> = { low: 0, medium: 2, high: 6, critical: 24 };
/** And this long is worth one bead: what is small comes first in the end. */
const AGE_OF_A_BEAD_MS = 60 * 60_000;

/**
 * The cost of letting a row wait: beads behind it, severity and age together, so that a critical call for help comes before
 * an approval that two beads wait for, and an old small thing before a new one of its kind. All rows age alike, so their
 * order does not change while nothing else does: an idle town need not paint for it.
 */
export const byCostOfWaiting = (
  a: Pick<AttentionRow, 'behind' | 'severity' | 'since' | 'key'>,
  b: Pick<AttentionRow, 'behind' | 'severity' | 'since' | 'key'>,
): number => cost(b) - cost(a) || a.since - b.since || a.key.localeCompare(b.key);

const cost = ({ behind, severity, since }: Pick<AttentionRow, 'behind' | 'severity' | 'since'>): number =>
  behind + SEVERITY_BEADS[severity] - since / AGE_OF_A_BEAD_MS;

/** How many open beads wait behind a bead, directly or through others. Counted only for what is asked. */
export interface Behind {
  get(bead: string): number;
}

export const countBehind = (data: Pick<LedgerData, 'beads'>): Behind => {
  let waiting: ReadonlyMap<string, readonly string[]> | undefined;
  const known = new Map<string, number>();
  return {
    get(bead) {
      waiting ??= waitingOn(data);
      const before = known.get(bead);
      if (before !== undefined) return before;
      const count = reachable(waiting, bead);
      known.set(bead, count);
      return count;
    },
  };
};

const waitingOn = (data: Pick<LedgerData, 'beads'>): ReadonlyMap<string, readonly string[]> => {
  const on = new Map<string, string[]>();
  for (const { id, status, dependencies } of data.beads.values()) {
    if (status === 'closed' || status === 'tombstone') continue;
    for (const { depends_on_id, type } of dependencies ?? []) {
      if (!BLOCKING.has(type)) continue;
      const behind = on.get(depends_on_id);
      if (behind) behind.push(id);
      else on.set(depends_on_id, [id]);
    }
  }
  return on;
};

const BLOCKING: ReadonlySet<string> = new Set(BLOCKING_DEPENDENCIES);

const reachable = (waiting: ReadonlyMap<string, readonly string[]>, bead: string): number => {
  const seen = new Set([bead]);
  const queue = [bead];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const behind of waiting.get(next) ?? []) {
      if (seen.has(behind)) continue;
      seen.add(behind);
      queue.push(behind);
    }
  }
  return seen.size - 1;
};
