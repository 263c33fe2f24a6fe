import { startRefusal } from '../../../roles/budget.ts';
import { whyWaiting } from '../../../roles/refinery/why.ts';
import type { WorldView } from '../../../roles/role.ts';
import { unattendedWords } from '../../../roles/unattended.ts';
import { safeLine } from '../../common/text.ts';
import { tellingReason } from '../../ledger/default-reason.ts';
import { awayReason } from '../../ledger/replica.ts';
import type { LedgerData } from '../../ledger/schema.ts';
import type { LedgerEvent } from '../../ledger/store.ts';
import { workTimesOf } from '../../ledger/work-times.ts';
import { deedOf } from '../action-words.ts';
import {
  type BeadRow,
  type ConvoyRow,
  type Counts,
  FEED_ROWS,
  type FeedRow,
  type PolecatRow,
  type TownView,
} from '../view.ts';
import { worldViewOf } from '../world.ts';
import { attentionRows } from './attention.ts';
import { beadRows, convoyRows } from './beads.ts';
import { createBudgetGauges } from './budget-gauges.ts';
import { createEstimates } from './estimate.ts';
import { createGateRecords } from './gate-records.ts';
import { healthView } from './health.ts';
import type { ProjectionInput } from './input.ts';
import { mergeRows, rigRows } from './merges.ts';
import { moneyCounts, rowCost, sumsOf } from './money.ts';
import { polecatRows } from './polecats.ts';
import { radarRows } from './radar.ts';
import { roundRows } from './rounds.ts';
import { trendsOf } from './trends.ts';

/** Makes views. Rows whose content did not change keep their identity from one view to the next. */
export const createProjector = (): ((input: ProjectionInput, feed: readonly FeedRow[]) => TownView) => {
  const keep = createKeeper();
  const estimates = createEstimates();
  const budgetGauges = createBudgetGauges();
  const gateRecords = createGateRecords();
  let version = 0;
  return (input, feed) => {
    const { ledger, now } = input;
    const sums = sumsOf(ledger);
    const worldView = worldViewOf(input, now);
    const planned = convoyRows(ledger.data);
    const beads = new Map(beadRows(worldView, { costs: sums.beads, convoys: planned }).map(row => [row.id, row]));
    const convoys = planned.map(row =>
      keep('convoy', row.id, {
        ...row,
        ...rowCost(sums.convoys.get(row.id)),
        ...estimateOf(row, { view: worldView, beads, estimates }),
      }),
    );
    const inConvoy = new Set(convoys.flatMap(convoy => convoy.beads));
    const merges = mergeRows(input, merge => whyWaiting(worldView, merge)).map(row => keep('merge', row.id, row));
    const polecats = polecatRows(input).map(row =>
      keep('polecat', row.id, {
        ...row,
        ...waitsFor(worldView, row),
        ...rowCost(sums.sessions.get(row.lastSession ?? '')),
      }),
    );
    const attention = attentionRows(input, merges).map(row => keep('attention', row.key, row));
    const town = ledger.data.town.get('town');
    return {
      version: ++version,
      at: now,
      town: {
        name: safeLine(town?.name ?? input.config.name),
        path: input.paths.dir,
        estop: town?.estop !== undefined,
        ...(town?.estop && { estopReason: safeLine(town.estop.reason) }),
        ...(town?.dispatchPaused && { dispatchPaused: safeLine(town.dispatchPaused.reason) }),
        ...limitedOf(input),
        ...unattendedOf(worldView),
        ...tipOf(input),
        ...bannerOf(ledger),
      },
      counts: countsOf({
        beads: [...beads.values()],
        polecats,
        merges,
        attention: attention.length,
        money: moneyCounts(input, sums),
      }),
      convoys,
      beads,
      loose: looseBeads(beads, inConvoy),
      polecats,
      merges,
      rigs: rigRows(input, gateRecords).map(row => keep('rig', row.id, row)),
      radar: radarRows(input).map(row => keep('radar', row.rig, row)),
      rounds: roundRows(input, worldView).map(row => keep('round', row.rig, row)),
      health: healthView(input, budgetGauges(input)),
      trends: keep('trends', 'town', trendsOf(input)),
      attention,
      feed,
    };
  };
};

const estimateOf = (
  convoy: ConvoyRow,
  at: { view: WorldView; beads: ReadonlyMap<string, BeadRow>; estimates: ReturnType<typeof createEstimates> },
): Pick<ConvoyRow, 'estimate'> => {
  const { ledger, settings } = at.view;
  const town = ledger.town.get('town');
  const estimate = at.estimates(convoy.id, {
    convoy,
    beads: shownOf(convoy.beads, at.beads),
    times: workTimesOf(ledger).of(convoy.rig),
    workers: settings.mayor.maxPolecats,
    stopped: town?.estop ? 'emergency stop' : town?.dispatchPaused ? 'dispatch is paused' : undefined,
  });
  return estimate === undefined ? {} : { estimate };
};

/** A plain loop: plans may hold 10,000 beads, and this is asked for in each look. */
const shownOf = (ids: readonly string[], beads: ReadonlyMap<string, BeadRow>): readonly BeadRow[] => {
  const shown: BeadRow[] = [];
  for (const id of ids) {
    const bead = beads.get(id);
    if (bead) shown.push(bead);
  }
  return shown;
};

/** For the line under the header: agents that wait for their service, and until what o'clock. */
const limitedOf = ({ world, now }: ProjectionInput): { limited?: string } => {
  const limits = [...(world.money?.limits ?? [])].filter(([, { until }]) => until > now);
  const byTime = Map.groupBy(limits, ([, { until }]) => until);
  const words = [...byTime].map(([until, of]) => {
    const agents = of.map(([agent]) => safeLine(agent)).sort();
    return `${agents.join(', ')} until ${new Date(until).toLocaleTimeString('en-GB')}`;
  });
  return words.length > 0 ? { limited: words.join('; ') } : {};
};

/** Since when nobody is at the screen, and what that holds back; nothing where nothing is. */
const unattendedOf = ({ observed, settings }: WorldView): { unattended?: string } => {
  const { absence } = observed;
  const held = absence && unattendedWords(settings.unattended);
  return held ? { unattended: `Nobody is at the screen since ${new Date(absence.since).toISOString()}: ${held}.` } : {};
};

/** A polecat that has no session because nobody may start one says why. */
const waitsFor = (view: WorldView, row: PolecatRow): Partial<PolecatRow> => {
  const bead = row.state === 'slung' && row.bead !== undefined ? view.ledger.beads.get(row.bead) : undefined;
  const refusal = bead && row.session === undefined ? startRefusal(view, bead) : undefined;
  return refusal === undefined ? {} : { evidence: safeLine(`waits: ${refusal}`) };
};

const bannerOf = (ledger: ProjectionInput['ledger']): { banner?: string } => {
  if (ledger.readOnlyReason) return { banner: `Read-only: ${safeLine(ledger.readOnlyReason)}` };
  return ledger.awayHost === undefined ? {} : { banner: awayReason(safeLine(ledger.awayHost)) };
};

/** A town's own tip, or for a town without any work the three keys that matter first. */
const tipOf = ({ ledger, config }: ProjectionInput): { tip?: string } => {
  if (config.tip) return { tip: safeLine(config.tip) };
  return ledger.data.beads.size === 0 ? { tip: FIRST_TIP } : {};
};
/** `{id}` stands for the key of a command: which one that is, only the screen knows. */
const FIRST_TIP =
  '{new-plan} tells a goal · {new-bead} writes a piece of work · {sling} has it done · {attention} what needs you';

/** What is still to do in scheduling order, then what ended, newest first. */
const looseBeads = (beads: ReadonlyMap<string, BeadRow>, inConvoy: ReadonlySet<string>): string[] => {
  const loose = [...beads.values()].filter(bead => !inConvoy.has(bead.id));
  const ended = loose.filter(bead => bead.status === 'closed').sort((a, b) => b.updatedAt.localeCompare(a.updatedAt));
  return [...loose.filter(bead => bead.status !== 'closed'), ...ended].map(bead => bead.id);
};

/** A ledger event as one line of the feed. */
export const feedRow = (event: LedgerEvent): FeedRow => ({
  seq: event.seq,
  at: event.at,
  actor: safeLine(event.actor),
  ...deedOf(event.type, event.written[0]?.id ?? ''),
  ...(event.because && { because: safeLine(event.because) }),
});

/** What is known of the time before this process: the reasons kept on records, oldest first, each deed once. */
export const earlierFeed = (ledger: LedgerData): FeedRow[] => {
  const known = [...ledger.decisions.values()]
    .flatMap(({ id, entries }) => entries.map(entry => ({ id, ...entry })))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const deeds = new Map<string, (typeof known)[number]>();
  for (const told of known.reverse()) {
    const key = `${told.at} ${told.by} ${told.action} ${told.because}`;
    const before = deeds.get(key);
    if (!before && deeds.size === FEED_ROWS) break;
    if (!before || rankOf(ledger, told.id) < rankOf(ledger, before.id)) deeds.set(key, told);
  }
  return [...deeds.values()].reverse().map(({ id, at, by, action, because }) => {
    const reason = tellingReason(because);
    return {
      seq: 0,
      at: Date.parse(at),
      actor: safeLine(by),
      ...deedOf(action, id),
      ...(reason !== undefined && { because: safeLine(reason) }),
    };
  });
};

/** A deed is told by the request or bead that it was about, and not by each record that it changed. */
const rankOf = (ledger: LedgerData, id: string): number => {
  if (ledger.merges.has(id)) return 0;
  return ledger.beads.has(id) ? 1 : 2;
};

/** A new array with one row more, the oldest dropped beyond the limit. */
export const appendFeed = (feed: readonly FeedRow[], row: FeedRow): readonly FeedRow[] =>
  feed.length < FEED_ROWS ? [...feed, row] : [...feed.slice(1 - FEED_ROWS), row];

const countsOf = (rows: {
  beads: readonly { phase: string }[];
  polecats: TownView['polecats'];
  merges: TownView['merges'];
  attention: number;
  money: ReturnType<typeof moneyCounts>;
}): Counts => {
  const phase = (name: string) => rows.beads.filter(bead => bead.phase === name).length;
  const state = (...names: string[]) => rows.polecats.filter(polecat => names.includes(polecat.state)).length;
  return {
    ready: phase('ready') + phase('queued'),
    blocked: phase('blocked'),
    working: state('slung', 'starting', 'working', 'done'),
    waiting: state('waiting'),
    stalled: state('stalled', 'failed', 'quarantined'),
    idle: state('idle'),
    queue: rows.merges.filter(merge => merge.position !== undefined).length,
    attention: rows.attention,
    landed: phase('landed'),
    parked: phase('parked'),
    ...rows.money,
  };
};

const createKeeper = () => {
  const kept = new Map<string, { text: string; row: object }>();
  return <T extends object>(kind: string, id: string, row: T): T => {
    const key = `${kind} ${id}`;
    const before = kept.get(key);
    if (before?.row === row) return row;
    const text = JSON.stringify(row);
    if (before?.text === text) return before.row as T;
    kept.set(key, { text, row });
    return row;
  };
};
