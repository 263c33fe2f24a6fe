import type { CallLine } from '../../agents/meter/log.ts';
import type * as Prices from '../../agents/meter/prices.ts';
import { NO_USAGE, usageSince } from '../../agents/meter/usage.ts';
import type { CommandInput } from '../../ledger/commands.ts';
import { addUsage, nanosOf } from '../../ledger/costs.ts';
import type { Usage } from '../../ledger/schema.ts';
import { dayOf } from './day.ts';

export type UsageEntry = CommandInput<'usage.add'>['entries'][number];

/** A line of the log of what CLIs said themselves. */
export interface ReportLine {
  readonly at: number;
  readonly session: string;
  /** Which report of its session, from 0. */
  readonly index: number;
  readonly model: string;
  readonly usage: Usage;
  readonly costUsd?: number;
}

/** The table of prices is two megabytes: it is loaded with the first call, and towns of scripts never pay for it. */
export interface Pricing {
  readonly table: typeof Prices;
  /** The person's own. */
  readonly overrides: NonNullable<Prices.PriceOptions['overrides']>;
}

/** What one line of a log adds; undefined where it adds nothing. */
export const entryOfCall = (line: CallLine, { table, overrides }: Pricing): UsageEntry | undefined => {
  const { usage, before, end } = line;
  const isLast = end !== 'begun';
  // An answer that broke off before it said anything, or that never says it, has a cost that nobody knows.
  const isUnknown = usage === undefined && isLast && line.status >= 200 && line.status < 300;
  if (usage === undefined && !isUnknown) return undefined;
  const model = line.model || UNKNOWN;
  const nanos = usage && table.priceNanosSince(model, { all: usage, before }, { at: line.at, overrides });
  return {
    session: line.session,
    model,
    day: dayOf(line.at),
    source: 'meter',
    calls: isLast ? 1 : 0,
    usage: usage ? usageSince(usage, before ?? NO_USAGE) : NO_USAGE,
    nanos: nanos ?? 0,
    unpriced: nanos === undefined && isLast ? 1 : 0,
  };
};

/**
 * The person's own price first, then what the CLI says: a report may stand for several calls, and it knows the tier of each.
 * A CLI that knows no price says 0.
 */
export const entryOfReport = (line: ReportLine, { table, overrides }: Pricing): UsageEntry => {
  const model = line.model || UNKNOWN;
  const ours = table.priceNanos(model, line.usage, { at: line.at, overrides });
  const isSaid = line.costUsd !== undefined && line.costUsd > 0 && !table.isOverridden(model, overrides);
  const nanos = isSaid ? nanosOf(line.costUsd!) : ours;
  return {
    session: line.session,
    model,
    day: dayOf(line.at),
    source: 'cli',
    calls: 1,
    usage: line.usage,
    nanos: nanos ?? 0,
    unpriced: nanos === undefined ? 1 : 0,
  };
};

export const UNKNOWN = 'unknown';

/** Sums of entries by session, model, day and source, not yet in the ledger. */
export interface Pending {
  readonly size: number;
  add(entry: UsageEntry): void;
  /** Of one session, or of all. */
  nanos(session?: string): number;
  take(): UsageEntry[];
}

export const createPending = (): Pending => {
  let sums = new Map<string, UsageEntry>();
  return {
    get size() {
      return sums.size;
    },
    add(entry) {
      const key = JSON.stringify([entry.session, entry.model, entry.day, entry.source]);
      const known = sums.get(key);
      sums.set(key, known ? plus(known, entry) : entry);
    },
    nanos(session) {
      let sum = 0;
      for (const entry of sums.values()) if (session === undefined || entry.session === session) sum += entry.nanos;
      return sum;
    },
    take() {
      const taken = [...sums.values()];
      sums = new Map();
      return taken;
    },
  };
};

const plus = (a: UsageEntry, b: UsageEntry): UsageEntry => ({
  ...a,
  calls: a.calls + b.calls,
  usage: addUsage(a.usage, b.usage),
  nanos: a.nanos + b.nanos,
  unpriced: a.unpriced + b.unpriced,
});
