import { GastownError } from '../common/errors.ts';

/**
 * A moment as people write it: `2026-11-23`, `2026-11-23 10:00`, RFC 3339, `+6h`, `+1d`, `-2w`, `today`, `tomorrow`,
 * `next monday`, `in 3 days`, `3 days ago`. Days begin at midnight of the machine's time zone. Answers in UTC milliseconds
 * as records keep them; throws `usage` on anything else.
 */
export const parseMoment = (given: string, now: number): string => {
  const text = given.trim().toLowerCase();
  const moment = offset(text, now) ?? named(text, now) ?? written(given.trim());
  if (moment === undefined || Number.isNaN(moment.getTime())) {
    throw new GastownError('usage', `invalid date or time "${given}"`, {
      hint: 'Examples: +6h, +1d, +2w, tomorrow, next monday, 2026-01-15, 2026-01-15T10:00:00Z.',
    });
  }
  return moment.toISOString();
};

const HOUR_MS = 3_600_000;
const WORDS: Readonly<Record<string, string>> = {
  minute: 'min',
  min: 'min',
  hour: 'h',
  h: 'h',
  day: 'd',
  d: 'd',
  week: 'w',
  w: 'w',
  month: 'm',
  m: 'm',
  year: 'y',
  y: 'y',
};
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const offset = (text: string, now: number): Date | undefined => {
  const short = /^([+-])(\d{1,6})([hdwmy])$/.exec(text);
  if (short) return moved(now, Number(short[2]) * (short[1] === '-' ? -1 : 1), short[3]!);
  const long = /^(in )?(\d{1,6}) (minute|min|hour|day|week|month|year)s?( ago)?$/.exec(text);
  if (!long || (long[1] === undefined) === (long[4] === undefined)) return undefined;
  return moved(now, Number(long[2]) * (long[4] ? -1 : 1), WORDS[long[3]!]!);
};

/** Hours are exact; days and longer keep the time of day through a change of the clocks. */
const moved = (now: number, count: number, unit: string): Date => {
  const date = new Date(now);
  if (unit === 'min') return new Date(now + (count * HOUR_MS) / 60);
  if (unit === 'h') return new Date(now + count * HOUR_MS);
  if (unit === 'd') date.setDate(date.getDate() + count);
  if (unit === 'w') date.setDate(date.getDate() + 7 * count);
  if (unit === 'm') date.setMonth(date.getMonth() + count);
  if (unit === 'y') date.setFullYear(date.getFullYear() + count);
  return date;
};

const named = (text: string, now: number): Date | undefined => {
  const midnight = (days: number): Date => {
    const date = new Date(now);
    return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
  };
  if (text === 'now') return new Date(now);
  if (text === 'today') return midnight(0);
  if (text === 'tomorrow') return midnight(1);
  if (text === 'yesterday') return midnight(-1);
  if (text === 'next week') return midnight(7);
  if (text === 'next month') return moved(midnight(0).getTime(), 1, 'm');
  const day = DAYS.indexOf(text.replace(/^next /, ''));
  if (day < 0) return undefined;
  return midnight((day - new Date(now).getDay() + 7) % 7 || 7);
};

const written = (text: string): Date | undefined => {
  const parts = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  if (parts) {
    const [year, month, day, hour = 0, minute = 0, second = 0] = parts.slice(1).map(part => Number(part ?? 0));
    const date = new Date(year!, month! - 1, day, hour, minute, second);
    return date.getMonth() === month! - 1 && date.getDate() === day ? date : undefined;
  }
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/i.test(text) ? new Date(text) : undefined;
};
