/**
 * Times of the ledger within a line (`2026-11-23T11:47:26.000Z`) as a person reads them: no fractions, and no day where it
 * is today's. They stay in UTC, as `gastown why` and `gastown history` print them.
 */
export const withShortTimes = (line: string, now: number): string => {
  const today = new Date(now).toISOString();
  return line.replace(TIME, (_, day: string, clock: string) => {
    if (today.startsWith(day)) return clock;
    return `${day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day} ${clock}`;
  });
};

const TIME = /(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d{1,3})?Z/g;
