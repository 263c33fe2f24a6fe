import { createSorted, type Sorted } from '../common/sorted.ts';
import { derived } from '../common/table.ts';
import type { LedgerData, Merge, MergeState } from './schema.ts';

/** Merge requests by what is asked of them in each look at a town: kept up a change at a time, as most of them ended long ago. */
export interface Requests {
  /** Those that have not ended, of one rig or of all. */
  open(rig?: string): readonly Merge[];
  /** All that were ever made for a bead. */
  ofBead(bead: string): readonly Merge[];
  /** The last so many that ended, newest first. */
  ended(count: number): readonly Merge[];
  /** How many landed, and how many came back as red, at `from` (ISO) or after it. */
  since(rig: string, from: string): { readonly landed: number; readonly red: number };
  /** How many landed in the whole town at `from` (ISO) or after it. */
  landedSince(from: string): number;
}

const OPEN: ReadonlySet<MergeState> = new Set(['queued', 'testing', 'landing']);

export const requestsOf = ({ merges }: Pick<LedgerData, 'merges'>): Requests => requestsIn(merges);

const requestsIn = derived<Merge, Requests>(() => {
  const open = new Map<string, Merge>();
  const byBead = new Map<string, Map<string, Merge>>();
  const ended = createSorted();
  const endedById = new Map<string, Merge>();
  const landed = createSorted();
  const perRig = new Map<string, { landed: Sorted; red: Sorted }>();

  const countsOf = (rig: string): { landed: Sorted; red: Sorted } => {
    const known = perRig.get(rig) ?? { landed: createSorted(), red: createSorted() };
    perRig.set(rig, known);
    return known;
  };
  const sortedOf = (merge: Merge): readonly Sorted[] => {
    const counts = countsOf(merge.rig);
    if (merge.state === 'landed') return [ended, landed, counts.landed];
    return merge.state === 'bounced' && merge.cause?.kind === 'red' ? [ended, counts.red] : [ended];
  };

  const leave = (merge: Merge): void => {
    byBead.get(merge.bead)?.delete(merge.id);
    if (OPEN.has(merge.state)) {
      open.delete(merge.id);
      return;
    }
    endedById.delete(merge.id);
    for (const sorted of sortedOf(merge)) sorted.remove(keyOf(merge));
  };
  const enter = (merge: Merge): void => {
    const ofBead = byBead.get(merge.bead) ?? new Map<string, Merge>();
    byBead.set(merge.bead, ofBead.set(merge.id, merge));
    if (OPEN.has(merge.state)) {
      open.set(merge.id, merge);
      return;
    }
    endedById.set(merge.id, merge);
    for (const sorted of sortedOf(merge)) sorted.add(keyOf(merge));
  };

  return {
    value: {
      open: rig => [...open.values()].filter(merge => rig === undefined || merge.rig === rig),
      ofBead: bead => [...(byBead.get(bead)?.values() ?? [])],
      ended: count =>
        ended
          .last(count)
          .map(key => endedById.get(key.slice(key.indexOf(' ') + 1))!)
          .sort((a, b) => b.since.localeCompare(a.since) || a.id.localeCompare(b.id)),
      since: (rig, from) => {
        const counts = countsOf(rig);
        return { landed: counts.landed.countFrom(from), red: counts.red.countFrom(from) };
      },
      landedSince: from => landed.countFrom(from),
    },
    change(after, before) {
      if (before) leave(before);
      if (after) enter(after);
    },
  };
});

/** By time, then id: no two are the same. */
const keyOf = ({ since, id }: Merge): string => `${since} ${id}`;
