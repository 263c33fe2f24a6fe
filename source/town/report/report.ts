import { safeLine } from '../../common/text.ts';
import type { Cause, Merge } from '../../ledger/schema.ts';
import { dayOf } from '../meter/day.ts';
import { type AgentRow, compareAgents } from './agents.ts';
import {
  isBetween,
  type KnownCost,
  knownCost,
  type LandedChange,
  landedChanges,
  type ReportData,
  sumKnown,
} from './changes.ts';
import { type Quantiles, quantiles } from './quantiles.ts';

/** What a town did between two moments, as numbers: computed from the ledger, by no model. */
export interface Report {
  readonly town: string;
  readonly from: number;
  readonly to: number;
  /** Every day of it, also those on which nothing happened. */
  readonly days: readonly ReportDay[];
  readonly changes: readonly LandedChange[];
  readonly lead: Quantiles;
  /** From the first session's start; of changes that have one. */
  readonly work: Quantiles;
  readonly bounces: readonly { readonly cause: Cause['kind']; readonly count: number }[];
  readonly agents: readonly AgentRow[];
  /** All that was spent on these days, whether it landed or not. */
  readonly spent: KnownCost;
  /** What the landed changes cost together, from their first session on. */
  readonly landedCost: KnownCost;
  readonly takenBack: number;
}

export interface ReportDay {
  /** `2026-11-23`, where the town is. */
  readonly day: string;
  readonly landed: number;
  readonly sentBack: number;
  readonly lead: Quantiles;
  /** Of that day's changes together. */
  readonly cost: KnownCost;
}

export interface ReportOptions {
  readonly town: string;
  readonly from: number;
  readonly to: number;
  /** Agents that are scripts: they ask no model. */
  readonly scripts: ReadonlySet<string>;
}

export const reportOf = (data: ReportData, { town, from, to, scripts }: ReportOptions): Report => {
  const changes = landedChanges(data, { from, to, scripts });
  const bounced = [...data.merges.values()].filter(
    ({ state, since }) => (state === 'bounced' || state === 'rejected') && isBetween(since, from, to),
  );
  return {
    town: safeLine(town),
    from,
    to,
    days: daysOf({ changes, bounced, from, to }),
    changes,
    lead: quantiles(changes.map(({ leadMs }) => leadMs)),
    work: quantiles(changes.flatMap(({ workMs }) => workMs ?? [])),
    bounces: byCause(bounced),
    agents: compareAgents(data, { changes, bounced, from, to, scripts }),
    spent: spentBetween(data, { from, to, scripts }),
    landedCost: sumKnown(changes.map(({ cost }) => cost)),
    takenBack: changes.filter(({ isTakenBack }) => isTakenBack).length,
  };
};

const daysOf = (found: {
  changes: readonly LandedChange[];
  bounced: readonly Merge[];
  from: number;
  to: number;
}): ReportDay[] => {
  const landed = Map.groupBy(found.changes, ({ at }) => dayOf(at));
  const sentBack = Map.groupBy(found.bounced, ({ since }) => dayOf(Date.parse(since)));
  return daysBetween(found.from, found.to).map(day => {
    const own = landed.get(day) ?? [];
    return {
      day,
      landed: own.length,
      sentBack: sentBack.get(day)?.length ?? 0,
      lead: quantiles(own.map(({ leadMs }) => leadMs)),
      cost: sumKnown(own.map(({ cost }) => cost)),
    };
  });
};

/** By noon: a day that a clock change makes longer or shorter is still one. */
const daysBetween = (from: number, to: number): string[] => {
  const days: string[] = [];
  const last = dayOf(to);
  const at = new Date(from);
  at.setHours(12, 0, 0, 0);
  for (let day = dayOf(at.getTime()); day <= last; day = dayOf(at.getTime())) {
    days.push(day);
    at.setDate(at.getDate() + 1);
  }
  return days;
};

const byCause = (bounced: readonly Merge[]): Report['bounces'] =>
  [...Map.groupBy(bounced, ({ cause }) => cause?.kind ?? 'rejected')]
    .map(([cause, merges]) => ({ cause, count: merges.length }))
    .sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1));

const spentBetween = (
  data: ReportData,
  { from, to, scripts }: { from: number; to: number; scripts: ReadonlySet<string> },
): KnownCost => {
  const first = dayOf(from);
  const last = dayOf(to);
  const sessions = [...data.sessions.values()].filter(({ startedAt }) => isBetween(startedAt, from, to));
  const costs = [...data.costs.values()].filter(({ day }) => day >= first && day <= last);
  return knownCost(sessions, costs, scripts);
};
