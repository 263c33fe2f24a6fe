import { canonicalJson, compactJson } from '../../common/json.ts';
import { isSame } from '../diff.ts';
import { type AnyRecord, type Kind, LIMITS, type RecordOf, SEVERITIES } from '../schema.ts';
import { mergeBead } from './beads.ts';
import { mergeWithState, type StateRule } from './states.ts';
import { asGaveWay, givenWay, mergeNotes } from './texts.ts';
import {
  byAge,
  type Fields,
  fieldOf,
  greatest,
  isFields,
  least,
  mergeFields,
  mergeRing,
  order,
  type Resolve,
  type Side,
  type Sides,
} from './values.ts';

/** A record as it was when both sides last agreed (absent: each made it by itself), and as each side has it now. */
export interface RecordSides<K extends Kind> {
  readonly base?: RecordOf<K> | undefined;
  readonly ours: RecordOf<K>;
  readonly theirs: RecordOf<K>;
}

/**
 * One record out of two, field by field. The same whichever side is called ours, itself when both are alike, and the same
 * again when it is merged with one of the two once more.
 */
export const mergeRecords = <K extends Kind>(kind: K, { base, ours, theirs }: RecordSides<K>): RecordOf<K> => {
  if (base && isSame(theirs, base)) return ours;
  if (base && isSame(ours, base)) return theirs;
  const sides: Sides<Fields> = { base: body(base), ours: body(ours), theirs: body(theirs) };
  const newer = newerSide(ours, theirs);
  const merged = isSame(sides.ours, sides.theirs) ? { ...sides.ours } : rule(kind)(sides, newer);
  return withRevision(merged, ours, theirs) as RecordOf<K>;
};

/** Which of two versions counts as the newer one: by revision, time, content. The same from either side. */
export const newerSide = (ours: AnyRecord, theirs: AnyRecord): Side => {
  const byRev = ours.rev - theirs.rev;
  if (byRev !== 0) return byRev > 0 ? 'ours' : 'theirs';
  const byTime = order(stamp(ours), stamp(theirs));
  if (byTime !== 0) return byTime > 0 ? 'ours' : 'theirs';
  return order(canonicalJson(ours), canonicalJson(theirs)) >= 0 ? 'ours' : 'theirs';
};

/**
 * The higher revision where it names this very content already, else the next one: no revision ever names two contents,
 * so that a change that is checked against a revision never meets another record than the one that was looked at.
 */
export const withRevision = (content: Fields, ours: AnyRecord, theirs: AnyRecord): AnyRecord => {
  const rev = Math.max(ours.rev, theirs.rev);
  const clashes = [ours, theirs].some(side => side.rev === rev && !isSame(body(side), body(content)));
  return { ...content, rev: clashes ? rev + 1 : rev } as unknown as AnyRecord;
};

/** A record without its revision. */
export const body = <T extends Fields | undefined>(record: T): T => {
  if (record === undefined) return record;
  const { rev: _rev, ...rest } = record;
  return rest as T;
};

type Merge = (sides: Sides<Fields>, newer: Side) => Record<string, unknown>;

const rule = (kind: Kind): Merge => MERGES[kind] ?? withTexts(mergeFields);

const stamp = (record: Fields): string => {
  const time = record.updated_at ?? record.since ?? record.endedAt ?? record.at ?? record.createdAt;
  return typeof time === 'string' ? time : '';
};

/** Which of two texts gave way is kept on the record, under `gaveWay`. Texts that only grow are put together where they can be. */
const withTexts =
  (merge: Merge, growing: readonly string[] = []): Merge =>
  (sides, newer) => {
    const merged = merge(sides, newer);
    const grown = growing.flatMap(field => {
      const { base, ours, theirs } = fieldOf(sides, field);
      const text = ours === base || theirs === base ? undefined : mergeNotes(sides, newer, field);
      return text === undefined ? [] : [{ field, text }];
    });
    for (const { field, text } of grown) merged[field] = text;
    const single = TEXTS.filter(field => !grown.some(one => one.field === field));
    const kept = asGaveWay(
      { base: sides.base?.gaveWay, ours: merged.gaveWay, theirs: undefined },
      givenWay(merged, sides, single),
    );
    return kept === undefined ? merged : { ...merged, gaveWay: kept };
  };
const TEXTS = ['title', 'goal', 'design', 'notes', 'text', 'body', 'setup', 'name'] as const;

const ranked =
  (field: string, ranks: Readonly<Record<string, number>>) =>
  (record: Fields): number =>
    ranks[String(record[field])] ?? 0;

const CONVOY: StateRule = {
  tells: ['status', 'endedAt'],
  fields: ['status', 'approvedAt', 'endedAt'],
  rank: ranked('status', { approved: 1, cancelled: 2, landed: 3 }),
  endsAt: 2,
};
const MERGE: StateRule = {
  tells: ['state', 'since'],
  fields: ['state', 'since', 'group', 'suspicion', 'held', 'landing', 'pr', 'landedSha', 'cause'],
  rank: ranked('state', { landing: 1, superseded: 2, bounced: 2, rejected: 2, landed: 3 }),
  endsAt: 2,
  foreverAt: 3,
};
const SESSION: StateRule = {
  tells: ['status', 'outcome'],
  fields: ['status', 'outcome', 'endedAt', 'exitCode', 'signal', 'cause', 'note', 'pid'],
  rank: ranked('status', { running: 1, ended: 2 }),
};
/** Forgotten is forgotten: the text of the other side is gone from here with it. */
const MEMORY: StateRule = {
  tells: ['forgottenAt'],
  fields: ['forgottenAt', 'forgottenBy', 'text', 'type', 'rig', 'by', 'at'],
  rank: record => (record.forgottenAt === undefined ? 0 : 1),
};
/** What was decided never changes; that it no longer holds is final. */
const APPROVAL: StateRule = {
  tells: ['voidedAt'],
  fields: ['voidedAt', 'voidReason'],
  rank: record => (record.voidedAt === undefined ? 0 : 1),
};
const RIG: StateRule = { tells: ['removedAt'], fields: ['removedAt'], rank: record => (record.removedAt ? 1 : 0) };
const POLECAT: StateRule = {
  tells: ['state', 'hook', 'session'],
  fields: ['state', 'since', 'hook', 'session'],
  rank: () => 0,
};

const moreSevere: Resolve = ({ ours, theirs }) =>
  SEVERITIES.indexOf(ours as never) >= SEVERITIES.indexOf(theirs as never) ? ours : theirs;

/** A switch that both sides touched stands where either has it on: standing still is the safe error. */
const onWins: Resolve = ({ ours, theirs }) => {
  if (!isFields(ours) || !isFields(theirs)) return ours ?? theirs;
  return order(compactJson([ours.at, ours]), compactJson([theirs.at, theirs])) <= 0 ? ours : theirs;
};

/** The machine that took the town over last. */
export const latestHome: Resolve = ({ ours, theirs }) => {
  if (!isFields(ours) || !isFields(theirs)) return ours ?? theirs;
  return order(compactJson([ours.at, ours]), compactJson([theirs.at, theirs])) >= 0 ? ours : theirs;
};

const MERGES: Partial<Record<Kind, Merge>> = {
  beads: mergeBead,
  convoys: withTexts(
    (sides, newer) => mergeWithState(sides, newer, { state: CONVOY, rules: { createdAt: least } }),
    ['notes'],
  ),
  rigs: withTexts((sides, newer) => mergeWithState(sides, newer, { state: RIG, rules: { createdAt: least } })),
  polecats: (sides, newer) =>
    mergeWithState(sides, newer, {
      state: POLECAT,
      rules: { restarts: mergeRing(LIMITS.restartTimes), landed: greatest, bounced: greatest, failed: greatest },
    }),
  verdicts: (sides, newer) => mergeFields(sides, newer, { runs: mergeRing(LIMITS.verdictRuns) }),
  merges: (sides, newer) => mergeWithState(sides, newer, { state: MERGE, rules: { order: byAge } }),
  approvals: (sides, newer) => {
    const decided = sides[newer]!;
    return mergeWithState(
      { ...sides, ours: { ...decided, ...voided(sides.ours!) }, theirs: { ...decided, ...voided(sides.theirs!) } },
      newer,
      {
        state: APPROVAL,
      },
    );
  },
  sessions: (sides, newer) => mergeWithState(sides, newer, { state: SESSION, rules: { reported: byAge } }),
  mail: withTexts((sides, newer) => mergeFields(sides, newer, { deliveredAt: least, readAt: least })),
  escalations: withTexts((sides, newer) =>
    mergeFields(sides, newer, {
      severity: moreSevere,
      climbs: greatest,
      climbedAt: greatest,
      acknowledgedAt: least,
      closedAt: least,
    }),
  ),
  memories: (sides, newer) => {
    const merged = mergeWithState(sides, newer, { state: MEMORY });
    return merged.forgottenAt === undefined ? withTexts(() => merged)(sides, newer) : merged;
  },
  decisions: (sides, newer) => mergeFields(sides, newer, { entries: mergeRing(LIMITS.decisionEntries) }),
  town: withTexts((sides, newer) => mergeFields(sides, newer, { createdAt: least, estop: onWins, home: latestHome })),
};

const voided = (record: Fields): Fields => ({ voidedAt: record.voidedAt, voidReason: record.voidReason });
