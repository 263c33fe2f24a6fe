import { isOpen } from '../../../roles/refinery/order.ts';
import type { RadarObservation } from '../../../roles/role.ts';
import { safeLine } from '../../common/text.ts';
import type { LedgerData, Merge } from '../../ledger/schema.ts';
import type { MergeForecast, RadarEnd, RadarRow } from '../view.ts';
import type { ProjectionInput } from './input.ts';

/** What the radar saw of each rig, without what has ended since. */
export const radarRows = ({ ledger, world }: ProjectionInput): RadarRow[] =>
  [...world.radar]
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([rig, seen]) => (ledger.data.rigs.has(rig) ? [radarRow(ledger.data, rig, seen)] : []));

const radarRow = (ledger: LedgerData, rig: string, seen: RadarObservation): RadarRow => {
  const inFlight = seen.branches.filter(({ id }) => endOf(ledger, id) !== undefined);
  return {
    rig,
    at: seen.at,
    tip: seen.tip,
    branches: inFlight.map(({ id, files }) => ({ ...endOf(ledger, id)!, files })),
    conflicts: seen.conflicts.flatMap(({ id, other, files, conflicts }) => {
      const one = endOf(ledger, id);
      const two = other === undefined ? targetOf(ledger, rig) : endOf(ledger, other);
      return one && two ? [{ between: [one, two] as const, files, kinds: conflicts.map(({ kind }) => kind) }] : [];
    }),
    left: seen.left,
  };
};

/** What an open request will conflict with, by what the radar saw of it; those ahead of it first. */
export const forecastOf = (
  { ledger, world }: ProjectionInput,
  merge: Merge,
  positionOf: (id: string) => number | undefined,
): MergeForecast[] => {
  const seen = world.radar.get(merge.rig);
  const own = positionOf(merge.id);
  if (!seen || own === undefined || !seen.branches.some(({ id, head }) => id === merge.id && head === merge.head))
    return [];
  return seen.conflicts
    .flatMap(({ id, other, files }): MergeForecast[] => {
      if (id !== merge.id && other !== merge.id) return [];
      const across = id === merge.id ? other : id;
      const end = across === undefined ? targetOf(ledger.data, merge.rig) : endOf(ledger.data, across);
      if (!end) return [];
      const place = across === undefined ? 0 : (positionOf(across) ?? Number.POSITIVE_INFINITY);
      return [{ with: end.name, kind: end.kind, ahead: place < own, files }];
    })
    .sort((a, b) => Number(b.ahead) - Number(a.ahead));
};

/** A request while it is open, or the session of a bead while it runs. */
const endOf = (ledger: LedgerData, id: string): RadarEnd | undefined => {
  const merge = ledger.merges.get(id);
  if (merge) return isOpen(merge) ? { kind: 'merge', name: id, bead: merge.bead } : undefined;
  const session = ledger.sessions.get(id);
  return session && session.status !== 'ended'
    ? { kind: 'session', name: session.bead, bead: session.bead }
    : undefined;
};

const targetOf = (ledger: LedgerData, rig: string): RadarEnd => ({
  kind: 'target',
  name: safeLine(ledger.rigs.get(rig)!.branch),
});
