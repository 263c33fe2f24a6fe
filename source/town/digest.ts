import { duration, plural, safeLine } from '../common/text.ts';
import { NO_COST, sumCosts, usdOf } from '../ledger/costs.ts';
import type { LedgerData, Merge } from '../ledger/schema.ts';
import type { AttentionRow } from './view.ts';

/** One thing that happened, newest last. */
export interface DigestItem {
  readonly id: string;
  readonly title: string;
  readonly at: string;
  readonly why?: string;
}

/** What happened since a moment, and what waits now: computed from the ledger, by no model. */
export interface Digest {
  readonly since: string;
  readonly landed: readonly DigestItem[];
  readonly bounced: readonly DigestItem[];
  readonly parked: readonly DigestItem[];
  /** Beads closed without anything landing for them. */
  readonly closed: readonly DigestItem[];
  /** Sessions that ended badly. */
  readonly lostSessions: number;
  readonly costUsd: number;
  /** Some of it may have been spent before: a session that was at work then is counted whole. */
  readonly isCostAtMost: boolean;
  readonly waiting: readonly Pick<AttentionRow, 'kind' | 'subject' | 'title' | 'severity'>[];
}

const BAD_ENDS: ReadonlySet<string | undefined> = new Set(['failed', 'died', 'stalled', 'lost']);

export const digestOf = (data: LedgerData, since: number, waiting: readonly AttentionRow[] = []): Digest => {
  const from = new Date(since).toISOString();
  const merges = [...data.merges.values()].filter(merge => merge.since > from);
  const beads = [...data.beads.values()];
  const costs = [...data.costs.values()].filter(({ at }) => at > from);
  const sum = costs.length > 0 ? sumCosts(costs) : NO_COST;
  return {
    since: from,
    landed: sorted(merges.filter(({ state }) => state === 'landed').map(itemOf)),
    bounced: sorted(merges.filter(({ state }) => state === 'bounced' || state === 'rejected').map(itemOf)),
    parked: sorted(
      beads.flatMap(({ id, title, town: { parked } }) =>
        parked && parked.at > from ? [{ id, title: safeLine(title), at: parked.at, why: safeLine(parked.reason) }] : [],
      ),
    ),
    closed: sorted(
      beads.flatMap(({ id, title, status, closed_at, close_reason, town }) =>
        status === 'closed' && closed_at !== undefined && closed_at > from && town.landed_sha === undefined
          ? [{ id, title: safeLine(title), at: closed_at, ...(close_reason && { why: safeLine(close_reason) }) }]
          : [],
      ),
    ),
    lostSessions: [...data.sessions.values()].filter(
      ({ outcome, endedAt }) => BAD_ENDS.has(outcome) && endedAt !== undefined && endedAt > from,
    ).length,
    costUsd: usdOf(sum.nanos),
    isCostAtMost: costs.some(({ session }) => (data.sessions.get(session)?.startedAt ?? '') <= from),
    waiting: waiting.map(({ kind, subject, title, severity }) => ({ kind, subject, title, severity })),
  };
};

const itemOf = ({ id, title, since, cause }: Merge): DigestItem => ({
  id,
  title: safeLine(title),
  at: since,
  ...(cause && { why: safeLine(cause.summary) }),
});

const sorted = (items: readonly DigestItem[]): readonly DigestItem[] =>
  [...items].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));

/** True when there is nothing that would be news to anybody. */
export const isNothingNew = ({ landed, bounced, parked, closed, lostSessions, costUsd }: Digest): boolean =>
  landed.length + bounced.length + parked.length + closed.length + lostSessions === 0 && costUsd === 0;

/** All of it in one line for the screen, which puts its key in: `Since you left 8h 02m ago: 3 landed, 1 came back, $2.10; 2 wait for you`. */
export const digestLine = (digest: Digest, now: number): string => {
  const parts = [
    digest.landed.length > 0 ? `${digest.landed.length} landed` : '',
    digest.bounced.length > 0 ? `${digest.bounced.length} came back` : '',
    digest.parked.length > 0 ? `${digest.parked.length} given up` : '',
    digest.closed.length > 0 ? `${digest.closed.length} closed without a change` : '',
    digest.lostSessions > 0 ? `${plural(digest.lostSessions, 'session')} ended badly` : '',
    digest.costUsd > 0 ? costWords(digest) : '',
  ].filter(Boolean);
  const { length } = digest.waiting;
  const waits =
    length > 0 ? `; ${length} ${length === 1 ? 'waits' : 'wait'} for you ({attention})` : '; nothing waits for you';
  return `Since you left ${duration(now - Date.parse(digest.since))} ago: ${parts.join(', ') || 'nothing'}${waits}`;
};

const costWords = ({ costUsd, isCostAtMost }: Digest): string =>
  `${isCostAtMost ? 'at most ' : ''}$${costUsd.toFixed(2)}`;

/** The whole of it for people, a line each. */
export const digestLines = (digest: Digest, now: number): string[] => [
  `Since ${digest.since} (${duration(now - Date.parse(digest.since))} ago):`,
  ...section('landed', digest.landed),
  ...section('came back', digest.bounced),
  ...section('given up', digest.parked),
  ...section('closed without a change', digest.closed),
  ...(digest.lostSessions > 0 ? [`${plural(digest.lostSessions, 'session')} ended badly`] : []),
  ...(digest.costUsd > 0 ? [`cost ${costWords(digest)}`] : []),
  ...(isNothingNew(digest) ? ['nothing happened'] : []),
  ...(digest.waiting.length > 0
    ? [
        `${digest.waiting.length} ${digest.waiting.length === 1 ? 'waits' : 'wait'} for you:`,
        ...digest.waiting.map(({ subject, title, severity }) => `  ${subject}  ${title}  (${severity})`),
      ]
    : ['nothing waits for you']),
];

const section = (word: string, items: readonly DigestItem[]): string[] =>
  items.length === 0
    ? []
    : [`${items.length} ${word}:`, ...items.map(({ id, title, why }) => `  ${id}  ${title}${why ? `: ${why}` : ''}`)];
