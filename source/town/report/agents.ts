import { safeLine } from '../../common/text.ts';
import type { Merge, Session } from '../../ledger/schema.ts';
import { isBetween, type KnownCost, knownCost, type LandedChange, type ReportData } from './changes.ts';
import { type Quantiles, quantiles } from './quantiles.ts';

/** How one agent did. */
export interface AgentRow {
  readonly agent: string;
  readonly sessions: number;
  /** Sessions that ended in a failure, died, stalled or were lost. */
  readonly badEnds: number;
  readonly landed: number;
  readonly sentBack: number;
  /** How long its sessions took, of those that are over. */
  readonly session: Quantiles;
  /** Of all its sessions in that time. */
  readonly cost: KnownCost;
}

const BAD_ENDS: ReadonlySet<Session['outcome']> = new Set(['failed', 'died', 'stalled', 'lost'] as const);

/** Agents by what landed of them, the best first. */
export const compareAgents = (
  data: ReportData,
  found: {
    changes: readonly LandedChange[];
    bounced: readonly Merge[];
    from: number;
    to: number;
    scripts: ReadonlySet<string>;
  },
): AgentRow[] => {
  const sessions = [...data.sessions.values()].filter(({ startedAt }) => isBetween(startedAt, found.from, found.to));
  const landed = Map.groupBy(found.changes, ({ agent }) => agent);
  const sentBack = Map.groupBy(found.bounced, ({ session }) => nameOf(data.sessions.get(session ?? '')));
  const own = Map.groupBy(sessions, nameOf);
  const names = new Set([...own.keys(), ...landed.keys(), ...sentBack.keys()]);
  return [...names]
    .map(agent => rowOf(data, { agent, sessions: own.get(agent) ?? [], scripts: found.scripts }))
    .map(row => ({
      ...row,
      landed: landed.get(row.agent)?.length ?? 0,
      sentBack: sentBack.get(row.agent)?.length ?? 0,
    }))
    .sort((a, b) => b.landed - a.landed || (a.agent < b.agent ? -1 : 1));
};

const rowOf = (
  data: ReportData,
  { agent, sessions, scripts }: { agent: string; sessions: readonly Session[]; scripts: ReadonlySet<string> },
): Omit<AgentRow, 'landed' | 'sentBack'> => {
  const ids = new Set(sessions.map(({ id }) => id));
  return {
    agent,
    sessions: sessions.length,
    badEnds: sessions.filter(({ outcome }) => BAD_ENDS.has(outcome)).length,
    session: quantiles(
      sessions.flatMap(({ startedAt, endedAt }) => (endedAt ? [Date.parse(endedAt) - Date.parse(startedAt)] : [])),
    ),
    cost: knownCost(
      sessions,
      [...data.costs.values()].filter(({ session }) => ids.has(session)),
      scripts,
    ),
  };
};

const nameOf = (session: Session | undefined): string => safeLine(session?.agent ?? 'unknown');
