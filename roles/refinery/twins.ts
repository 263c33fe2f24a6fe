import type { LedgerData, Merge } from '../../source/ledger/schema.ts';
import { byId, ms } from '../facts.ts';

/** Whether nothing but a request with the same patch keeps one from being tested. */
export type IsFree = (merge: Merge) => boolean;

/** The request with the same patch that this one leaves the way to: the landed one, or the one of the waiting that goes first. */
export const twinAhead = (ledger: LedgerData, merge: Merge, isFree: IsFree): Merge | undefined => {
  if (merge.patch === undefined || !isWaiting(merge)) return undefined;
  const twins = twinsOf(ledger, merge);
  const landed = twins.find(hasLanded);
  if (landed) return landed;
  const [first] = [merge, ...twins.filter(twin => isWaiting(twin) || twin.state === 'landing')].sort(
    (a, b) => place(a, isFree) - place(b, isFree) || ms(a.createdAt) - ms(b.createdAt) || byId(a, b),
  );
  return first === merge ? undefined : first;
};

/** The request that brought this one's very change onto the target, where it still is. */
export const landedTwin = (ledger: LedgerData, merge: Merge): Merge | undefined =>
  merge.patch === undefined || !isWaiting(merge) ? undefined : twinsOf(ledger, merge).find(hasLanded);

/** `the same change as mr-7, which goes first`. */
export const sameAs = (twin: Merge): string =>
  `the same change as ${twin.id}, which ${hasLanded(twin) ? 'has landed' : 'goes first'}`;

/** What is on its way stays ahead; what a person stops, or has not let through yet, does not stop the other. */
const place = (merge: Merge, isFree: IsFree): number =>
  merge.state === 'landing' ? 0 : !isFree(merge) ? 3 : merge.group !== undefined ? 1 : 2;

/** A taking back is no work that another could have done. */
const isWaiting = (merge: Merge): boolean =>
  (merge.state === 'queued' || merge.state === 'testing') && merge.reverts === undefined;

const hasLanded = (merge: Merge): boolean => merge.state === 'landed' && merge.revertedBy === undefined;

const twinsOf = (ledger: LedgerData, { id, patch, rig, target }: Merge): Merge[] =>
  (indexOf(ledger).get(patch!) ?? []).flatMap(other => {
    const merge = other === id ? undefined : ledger.merges.get(other);
    return merge && merge.rig === rig && merge.target === target && !merge.reverts ? merge : [];
  });

type Index = ReadonlyMap<string, readonly string[]>;

/** A request's patch is set when it is made and never changes, and no request is ever removed. */
const indexes = new WeakMap<LedgerData['merges'], { readonly size: number; readonly index: Index }>();

/** Ids by patch: asked for each request of a queue in each look at it. */
const indexOf = ({ merges }: LedgerData): Index => {
  const known = indexes.get(merges);
  if (known?.size === merges.size) return known.index;
  const index = new Map<string, string[]>();
  for (const { id, patch } of merges.values()) {
    if (patch === undefined) continue;
    const ids = index.get(patch);
    if (ids) ids.push(id);
    else index.set(patch, [id]);
  }
  indexes.set(merges, { size: merges.size, index });
  return index;
};
