import { describe, expect, test } from 'vitest';
import { parseMoment } from '../../source/beads/times.ts';

const NOW = new Date(2026, 10, 25, 10, 30).getTime();
const local = (...parts: [number, number, number, number?, number?]): string => new Date(...parts).toISOString();

describe('a moment as people write it', () => {
  test.each([
    ['+6h', new Date(NOW + 6 * 3_600_000).toISOString()],
    ['-2h', new Date(NOW - 2 * 3_600_000).toISOString()],
    ['+1d', local(2026, 10, 26, 10, 30)],
    ['+2w', local(2026, 11, 9, 10, 30)],
    ['in 3 days', local(2026, 10, 28, 10, 30)],
    ['3 days ago', local(2026, 10, 22, 10, 30)],
    ['today', local(2026, 10, 25)],
    ['Tomorrow', local(2026, 10, 26)],
    ['next monday', local(2026, 10, 30)],
    ['wednesday', local(2026, 11, 2)],
    ['2026-12-24', local(2026, 11, 24)],
    ['2026-12-24 18:30', local(2026, 11, 24, 18, 30)],
    ['2026-12-24T18:30:00Z', '2026-12-24T18:30:00.000Z'],
    ['2026-12-24T18:30:00.5+02:00', '2026-12-24T16:30:00.500Z'],
  ])('%s', (given, expected) => {
    expect(parseMoment(given, NOW)).toBe(expected);
  });

  test.each(['', 'soon', '2026-13-01', '2026-02-30', '+5x', 'in 3 days ago', '24.12.2026', '+99999999d'])(
    'refuses %j',
    given => {
      expect(() => parseMoment(given, NOW)).toThrow(`invalid date or time "${given}"`);
    },
  );
});
