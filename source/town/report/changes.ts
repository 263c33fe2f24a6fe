import { safeLine } from '../../common/text.ts';
import { type CostSum, NO_COST, sumCosts } from '../../ledger/costs.ts';
import type { Cost, LedgerData, Session } from '../../ledger/schema.ts';

/**
 * What is known of a cost. `none`: only scripts worked, no model was asked. `partly`: some calls have no price, or of some
 * session nobody said anything, so the sum is the least that it was. `unknown`: nothing is known. An unknown cost is never 0.
 */
export interface KnownCost {
  readonly known: 'none' | 'whole' | 'partly' | 'unknown';
  readonly nanos: number;
}

/** One piece of work that landed. */
export interface LandedChange {
  readonly merge: string;
  readonly bead: string;
  readonly title: string;
  readonly rig: string;
  /** Of the session that handed it in; `unknown` where that is not on record. */
  readonly agent: string;
  readonly at: number;
  /** From the moment that somebody asked for it. */
  readonly leadMs: number;
  /** From the start of its first session. */
  readonly workMs?: number;
  readonly cost: KnownCost;
  readonly isTakenBack: boolean;
}

export type ReportData = Pick<LedgerData, 'beads' | 'merges' | 'sessions' | 'costs'>;

/** Work that landed between two moments, the first one first. What takes a landing back is no change of its own. */
export const landedChanges = (
  data: ReportData,
  { from, to, scripts }: { from: number; to: number; scripts: ReadonlySet<string> },
): LandedChange[] => {
  const sessions = Map.groupBy(data.sessions.values(), ({ bead }) => bead);
  const costs = Map.groupBy(data.costs.values(), ({ session }) => session);
  const landed = [...data.merges.values()]
    .filter(({ state, reverts }) => state === 'landed' && !reverts)
    .sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : a.id < b.id ? -1 : 1));
  const before = new Map<string, string>();
  return landed.flatMap(merge => {
    // A bead whose work was taken back lands again: its sessions belong to the landing that they led to.
    const after = before.get(merge.bead);
    before.set(merge.bead, merge.since);
    if (!isBetween(merge.since, from, to)) return [];
    const own = (sessions.get(merge.bead) ?? []).filter(
      ({ startedAt }) => startedAt <= merge.since && (after === undefined || startedAt > after),
    );
    const asked = after === undefined ? data.beads.get(merge.bead)?.created_at : undefined;
    const at = Date.parse(merge.since);
    const begun = Math.min(...own.map(({ startedAt }) => Date.parse(startedAt)));
    return [
      {
        merge: merge.id,
        bead: merge.bead,
        title: safeLine(merge.title),
        rig: merge.rig,
        agent: safeLine(data.sessions.get(merge.session ?? '')?.agent ?? own.at(-1)?.agent ?? 'unknown'),
        at,
        leadMs: Math.max(0, at - (asked ? Date.parse(asked) : Math.min(begun, Date.parse(merge.createdAt)))),
        ...(Number.isFinite(begun) && { workMs: Math.max(0, at - begun) }),
        cost: knownCost(
          own,
          own.flatMap(({ id }) => costs.get(id) ?? []),
          scripts,
        ),
        isTakenBack: merge.revertedBy !== undefined,
      },
    ];
  });
};

export const isBetween = (time: string, from: number, to: number): boolean => {
  const at = Date.parse(time);
  return at >= from && at <= to;
};

/** What these sessions cost, by what was counted of them. */
export const knownCost = (
  sessions: readonly Session[],
  costs: readonly Cost[],
  scripts: ReadonlySet<string>,
): KnownCost => {
  const sum: CostSum = costs.length > 0 ? sumCosts(costs) : NO_COST;
  const counted = new Set(costs.map(({ session }) => session));
  const silent = sessions.filter(
    ({ id, agent, status }) => status === 'ended' && !scripts.has(agent) && !counted.has(id),
  ).length;
  if (sum.unpriced === 0 && silent === 0) {
    if (sum.calls > 0) return { known: 'whole', nanos: sum.nanos };
    return { known: sessions.length > 0 ? 'none' : 'unknown', nanos: 0 };
  }
  return { known: sum.nanos > 0 ? 'partly' : 'unknown', nanos: sum.nanos };
};

/** Sums what is known. Work without any cost adds nothing; of what is unknown the sum says so. */
export const sumKnown = (costs: readonly KnownCost[]): KnownCost => {
  const nanos = costs.reduce((sum, cost) => sum + cost.nanos, 0);
  const has = (known: KnownCost['known']): boolean => costs.some(cost => cost.known === known);
  if (has('unknown') || has('partly')) return { known: nanos > 0 ? 'partly' : 'unknown', nanos };
  return { known: has('whole') ? 'whole' : 'none', nanos };
};
