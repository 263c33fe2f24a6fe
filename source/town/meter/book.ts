import fs from 'node:fs';
import { type CallLine, isCallLine, type LineLog, openLineLog, readLineLog } from '../../agents/meter/log.ts';
import { meterFiles } from '../../agents/meter/state.ts';
import type { UsageReport } from '../../agents/wire/protocol.ts';
import type { CostSource } from '../../ledger/schema.ts';
import { TOWN_ACTOR, type TownContext } from '../context.ts';
import {
  createPending,
  entryOfCall,
  entryOfReport,
  type Pending,
  type Pricing,
  type ReportLine,
  type UsageEntry,
} from './fold.ts';
import { createTrend, type Trend } from './trend.ts';

/** Between two writes of what was used: never a record a call. */
const WRITE_EVERY_MS = 10_000;
/** What `perHour` looks back on. */
const HOUR_MS = 3_600_000;
/** Read again at the start for the last hour and for limits that hold still. */
const TAIL_BYTES = 4 * 1024 * 1024;
/** Sums at most in one write: a town that was away for long catches up in several. */
const ENTRIES_MAX = 500;

/** Brings what the meter and the CLIs wrote down into the ledger: each line once, whoever is killed when. */
export interface Book {
  /** What a CLI said itself: written down before this returns. One that is known already, by its index, changes nothing. */
  report(session: string, reports: readonly UsageReport[], index?: number): void;
  /** Reads on; writes what has gathered when it is time, or at once with `isDue`. */
  follow(isDue: boolean): Promise<void>;
  /** Of a session: what is in the ledger and what is not yet. */
  spent(session: string): number;
  /** Not in the ledger yet. */
  pending(session: string): number;
  /** Spent within the last hour. */
  lastHour(): number;
  /** What was used over the last hours, as far as the logs go back. */
  readonly trend: Trend['series'];
  /** All that was read is in the ledger. */
  readonly isWritten: boolean;
  /** Up to where the meter's log was read. */
  readonly place: { readonly log: string; readonly offset: number };
  close(): void;
}

interface Source {
  readonly file: string;
  readonly entry: (value: unknown, pricing: Pricing) => UsageEntry | undefined;
  name: string;
  /** Read up to here, and written to the ledger up to there. */
  read: number;
  pending: Pending;
}

export const createBook = (
  context: Pick<TownContext, 'ledger' | 'config' | 'paths' | 'log' | 'now' | 'execute'>,
  onCall: (line: CallLine) => void,
): Book => {
  const { ledger, now } = context;
  const files = meterFiles(context.paths.meter);
  const source = (file: string, entry: Source['entry']): Source => ({
    file,
    entry,
    name: '',
    read: 0,
    pending: createPending(),
  });
  const sources: Readonly<Record<Exclude<CostSource, 'transcript'>, Source>> = {
    meter: source(files.log, (value, pricing) => (isCallLine(value) ? entryOfCall(value, pricing) : undefined)),
    cli: source(files.reports, (value, pricing) => (isReportLine(value) ? entryOfReport(value, pricing) : undefined)),
  };
  let pricing: Pricing | undefined;
  const spent = new Map<string, number>();
  let recent: { at: number; nanos: number }[] = [];
  const trend = createTrend();
  let writtenAt = now();
  let reports: { log: LineLog; next: Map<string, number> } | undefined;

  const countSpent = (): void => {
    spent.clear();
    for (const { session, nanos } of ledger.data.costs.values()) spent.set(session, (spent.get(session) ?? 0) + nanos);
  };

  /** Where the ledger is in a log: in its records, so that a write and its place are one. */
  const placeIn = (name: string): number => {
    let offset = 0;
    for (const { upto } of ledger.data.costs.values()) if (upto?.log === name) offset = Math.max(offset, upto.offset);
    return offset;
  };

  const remember = (value: unknown, entry: UsageEntry | undefined): void => {
    const { at } = value as { at: number };
    if (entry) trend.add({ at, nanos: entry.nanos, tokens: tokensOf(entry) });
    if (entry && entry.nanos > 0 && at > now() - HOUR_MS) recent.push({ at, nanos: entry.nanos });
    if (isCallLine(value)) onCall(value);
  };

  /** Begins at the ledger's place. What lies shortly before is only looked at for the last hour. */
  const begin = (of: Source, name: string, pricing: Pricing): void => {
    of.name = name;
    of.read = placeIn(name);
    of.pending = createPending();
    const from = Math.max(0, of.read - TAIL_BYTES);
    for (const { value, end } of readLineLog(of.file, { name, offset: from })?.lines ?? []) {
      if (end <= of.read) remember(value, of.entry(value, pricing));
    }
  };

  const readOn = (of: Source, pricing: Pricing): void => {
    const piece = readLineLog(of.file, { name: of.name, offset: of.read });
    if (!piece) return;
    if (piece.name !== of.name) {
      begin(of, piece.name, pricing);
      readOn(of, pricing);
      return;
    }
    for (const { value } of piece.lines) {
      const entry = of.entry(value, pricing);
      remember(value, entry);
      if (!entry) continue;
      if (!ledger.data.sessions.has(entry.session)) {
        context.log.warn({ session: entry.session }, 'a call of a session that the ledger does not know');
        continue;
      }
      of.pending.add(entry);
      spent.set(entry.session, (spent.get(entry.session) ?? 0) + entry.nanos);
    }
    of.read = Math.max(of.read, piece.next);
  };

  const write = async (of: Source): Promise<void> => {
    if (of.pending.size === 0) return;
    const entries = of.pending.take();
    try {
      const payload = { log: of.name, offset: of.read, entries };
      await context.execute(TOWN_ACTOR, { type: 'usage.add', payload });
    } catch (error) {
      // Nothing of it is in the ledger: all is read again from the ledger's own place.
      for (const one of Object.values(sources)) one.name = '';
      recent = [];
      trend.clear();
      countSpent();
      throw error;
    }
  };

  const openReports = () => {
    if (reports) return reports;
    fs.mkdirSync(context.paths.meter, { recursive: true, mode: 0o700 });
    reports = { log: openLineLog(files.reports), next: nextReports(files.reports) };
    return reports;
  };

  countSpent();
  return {
    report(session, said, index) {
      const { log, next } = openReports();
      const first = index ?? next.get(session) ?? 0;
      said.forEach(({ model, usage, costUsd }, place) => {
        if (first + place < (next.get(session) ?? 0)) return;
        const line: ReportLine = {
          at: now(),
          session,
          index: first + place,
          model,
          usage,
          ...(costUsd !== undefined && { costUsd }),
        };
        log.append(line);
        next.set(session, first + place + 1);
      });
    },
    async follow(isDue) {
      const present = Object.values(sources).filter(({ file }) => fs.existsSync(file));
      if (present.length === 0) return;
      pricing ??= { table: await import('../../agents/meter/prices.ts'), overrides: context.config.prices };
      for (const of of present) readOn(of, pricing);
      const gathered = Math.max(...Object.values(sources).map(({ pending }) => pending.size));
      if (!isDue && gathered < ENTRIES_MAX && now() - writtenAt < WRITE_EVERY_MS) return;
      writtenAt = now();
      for (const of of Object.values(sources)) await write(of);
    },
    spent: session => spent.get(session) ?? 0,
    pending: session => sources.meter.pending.nanos(session) + sources.cli.pending.nanos(session),
    lastHour() {
      recent = recent.filter(({ at }) => at > now() - HOUR_MS);
      return recent.reduce((sum, { nanos }) => sum + nanos, 0);
    },
    trend: trend.series,
    get isWritten() {
      return Object.values(sources).every(({ pending }) => pending.size === 0);
    },
    get place() {
      return { log: sources.meter.name, offset: sources.meter.read };
    },
    close: () => reports?.log.close(),
  };
};

/** Everything that was read or written, from a cache or not; what a model thinks is among what it writes. */
const tokensOf = ({ usage }: UsageEntry): number => usage.uncachedIn + usage.cacheRead + usage.cacheWrite + usage.out;

const isReportLine = (value: unknown): value is ReportLine =>
  typeof value === 'object' && value !== null && 'index' in value && 'session' in value && 'usage' in value;

/** Which report of each session comes next: a replayed conversation tells the earlier ones once more. */
const nextReports = (file: string): Map<string, number> => {
  const next = new Map<string, number>();
  for (let from = { name: '', offset: 0 }; ; ) {
    const piece = readLineLog(file, from);
    for (const { value } of piece?.lines ?? []) {
      if (isReportLine(value)) next.set(value.session, Math.max(next.get(value.session) ?? 0, value.index + 1));
    }
    if (!piece || piece.next === from.offset) return next;
    from = { name: piece.name, offset: piece.next };
  }
};
