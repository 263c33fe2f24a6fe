import { derived } from '../common/table.ts';
import type { Bead, LedgerData } from './schema.ts';

/** How long beads took from the start of their first session until they had landed: of each rig's last ones, shortest first. */
export interface WorkTimes {
  of(rig: string): readonly number[];
}

/** Beads that tell how long work takes now: older ones were done by other agents, under other gates. */
const RECENT = 50;

export const workTimesOf = ({ beads }: Pick<LedgerData, 'beads'>): WorkTimes => workTimesIn(beads);

interface Landed {
  readonly id: string;
  readonly at: string;
  readonly tookMs: number;
}

const workTimesIn = derived<Bead, WorkTimes>(() => {
  /** By rig, in the order of landing. */
  const recent = new Map<string, Landed[]>();
  const sorted = new Map<string, readonly number[]>();

  const change = (bead: Bead, fresh: Landed | undefined): void => {
    const rig = bead.town.rig ?? '';
    const known = recent.get(rig);
    const old = known?.findIndex(({ id }) => id === bead.id) ?? -1;
    if (old < 0 && !fresh) return;
    const landed = known ?? [];
    recent.set(rig, landed);
    sorted.delete(rig);
    if (old >= 0) landed.splice(old, 1);
    if (!fresh) return;
    landed.splice(landed.findLastIndex(({ at }) => at <= fresh.at) + 1, 0, fresh);
    if (landed.length > RECENT) landed.shift();
  };

  return {
    value: {
      of(rig) {
        const known = sorted.get(rig);
        if (known) return known;
        const times = (recent.get(rig) ?? []).map(({ tookMs }) => tookMs).sort((a, b) => a - b);
        sorted.set(rig, times);
        return times;
      },
    },
    change(after, before) {
      if (before && before.town.rig !== after?.town.rig) change(before, undefined);
      if (after) change(after, landedOf(after));
    },
  };
});

const landedOf = ({ id, started_at, closed_at, town }: Bead): Landed | undefined => {
  if (!town.landed_sha || started_at === undefined || closed_at === undefined) return undefined;
  const tookMs = Date.parse(closed_at) - Date.parse(started_at);
  return tookMs >= 0 ? { id, at: closed_at, tookMs } : undefined;
};
