import { SEVERITIES, type Severity } from '../../ledger/schema.ts';
import type { AttentionRow } from '../view.ts';

/** Something that a person is told who may not be looking. */
export interface Notice {
  readonly key: string;
  readonly kind: AttentionRow['kind'];
  readonly subject: string;
  readonly severity: Severity;
  readonly title: string;
  /** How many more there are beside it. */
  readonly more: number;
}

export interface NotifyConfig {
  /** Program and arguments; the text is added as the last argument and stands in the environment. Empty: none. */
  readonly command: readonly string[];
  readonly bell: boolean;
  readonly osc: 'auto' | '9' | '777' | 'off';
  /** `22:00-07:00`, where the town is: nothing but what is critical is told. */
  readonly quiet?: { readonly from: number; readonly to: number };
  readonly severity: Severity;
}

/** What a row was when it was last seen: one that rose or became graver is told again, one that only aged is not. */
type Seen = ReadonlyMap<string, number>;

export const seenRows = (rows: readonly AttentionRow[]): Seen =>
  new Map(rows.map(({ key, severity }) => [key, SEVERITIES.indexOf(severity)]));

/**
 * What is to be told of rows that were not there before: the one that costs most by waiting, with how many more there are.
 * One notice at a time, since a fleet can ask thirty things in a second and nobody reads thirty of them.
 */
export const noticeOf = (
  before: Seen,
  rows: readonly AttentionRow[],
  { config, minutes }: { config: NotifyConfig; minutes: number },
): Notice | undefined => {
  const least = leastLevel(config, minutes);
  const fresh = rows.filter(({ key, severity }) => {
    const level = SEVERITIES.indexOf(severity);
    return level >= least && level > (before.get(key) ?? -1);
  });
  const [first] = fresh;
  if (!first) return undefined;
  const { key, kind, subject, severity, title } = first;
  return { key, kind, subject, severity, title, more: fresh.length - 1 };
};

/** What is known once that was told. What quiet hours held back is not among it: it is to be told after them. */
export const seenAfter = (
  before: Seen,
  rows: readonly AttentionRow[],
  { config, minutes }: { config: NotifyConfig; minutes: number },
): Seen => {
  const least = leastLevel(config, minutes);
  return new Map(
    rows.flatMap(({ key, severity }) => {
      const level = SEVERITIES.indexOf(severity);
      const known = level >= least ? level : before.get(key);
      return known === undefined ? [] : [[key, known] as const];
    }),
  );
};

const leastLevel = (config: NotifyConfig, minutes: number): number =>
  SEVERITIES.indexOf(isQuiet(config, minutes) ? 'critical' : config.severity);

/** From a minute of the day until quiet hours end, in ms. */
export const untilLoudMs = (quiet: { readonly to: number }, minutes: number): number =>
  ((quiet.to - minutes + DAY_MINUTES) % DAY_MINUTES) * 60_000;

const DAY_MINUTES = 24 * 60;

/** Minutes of the day from `from` up to `to`, also over midnight; the same twice is never. */
export const isQuiet = ({ quiet }: Pick<NotifyConfig, 'quiet'>, minutes: number): boolean => {
  if (!quiet || quiet.from === quiet.to) return false;
  return quiet.from < quiet.to
    ? minutes >= quiet.from && minutes < quiet.to
    : minutes >= quiet.from || minutes < quiet.to;
};

export const minutesOfDay = (at: number): number => new Date(at).getHours() * 60 + new Date(at).getMinutes();

export const noticeText = ({ title, more }: Pick<Notice, 'title' | 'more'>): string =>
  more > 0 ? `${title} (and ${more} more)` : title;
