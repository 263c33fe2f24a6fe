import { timeOfDay } from '../../source/common/text.ts';

/**
 * Times of the ledger within a line (`2026-11-23T11:47:26.000Z`) as a person reads them: by their own clock, without
 * fractions, and without the day where it is today's.
 */
export const withShortTimes = (line: string, now: number): string =>
  line.replace(TIME, time => shortTime(Date.parse(time), now));

/** The same of one time, ms since the epoch. */
export const shortTime = (atMs: number, now: number): string => {
  const [day, today] = [dayOf(atMs), dayOf(now)];
  if (day === today) return timeOfDay(atMs);
  return `${day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day} ${timeOfDay(atMs)}`;
};

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z/g;

/** `2026-11-23`, where the person is. */
const dayOf = (atMs: number): string => {
  const at = new Date(atMs);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(part => String(part).padStart(2, '0')).join('-');
};
