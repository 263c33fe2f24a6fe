import { cut, fit, plural, safeLine, textWidth, timeOfDay } from '../../source/common/text.ts';
import type { FeedRow, PastMoment } from '../../source/town/view.ts';
import type { KeyWords } from './pane.ts';
import { shortTime } from './short-times.ts';

/** A moment of the past as the header has to name it. */
export interface ShownMoment extends Pick<PastMoment, 'at' | 'stepsBack' | 'steps'> {
  /** Ms since the epoch: another day is named. */
  readonly now: number;
}

/** Badges at the end of the list that are too short to say the way back to now. */
export const BARE_BADGES = 2;

/** What the header says over a board of the past, the longest first: none is left out at any width. */
export const pastBadges = (moment: ShownMoment, keys: KeyWords): readonly string[] => {
  const clock = clockOf(moment);
  const { stepsBack, steps } = moment;
  const isOldest = stepsBack >= steps - 1;
  const place = `${stepsBack === 0 ? 'newest' : isOldest ? 'oldest' : `${stepsBack} back`} of ${steps}`;
  const now = keys('{back} now');
  const ways = `${keys('{time-forward} forward')} · ${now}`;
  return [
    ...(isOldest ? [] : [`PAST ${clock} · ${place} · ${keys('{time-back} back')} · ${ways}`]),
    `PAST ${clock} · ${place} · ${ways}`,
    `PAST ${clock} · ${place} · ${now}`,
    `PAST ${clock} · ${now}`,
    `PAST ${clock}`,
    'PAST',
  ];
};

/** What had just changed, by whom and why, in exactly `width` columns. */
export const changeLine = ({ changes }: Pick<PastMoment, 'changes'>, width: number): string => {
  const last = changes.at(-1);
  if (!last) return fit('What changed here is not on record.', width);
  const more = changes.length > 1 ? ` · and ${plural(changes.length - 1, 'more change')}` : '';
  const { what, subject, by, because } = last;
  const line = safeLine(`${`${what} ${subject}`.trim()} by ${by}${because ? `: ${because}` : ''}`);
  const room = width - textWidth(more);
  // Where not all of it fits, the reason is worth more than the words around it.
  const shown = textWidth(line) + LEAD.length <= room ? LEAD + line : cut(line, room);
  return fit(`${shown}${more}`, width);
};

const LEAD = 'Just changed: ';

/** The feed of events as lines of a log, as the town itself writes them. */
export const feedLines = (feed: readonly FeedRow[]): readonly string[] =>
  feed.map(({ at, actor, what, subject, because }) =>
    safeLine(`${timeOfDay(at)}  ${actor}  ${what} ${subject}${because ? `  ${because}` : ''}`),
  );

const clockOf = ({ at, now }: ShownMoment): string => shortTime(at, now);
