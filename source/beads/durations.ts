import { GastownError } from '../common/errors.ts';
import { NANOSECONDS_PER_MS } from '../ledger/gate-beads.ts';

/** `2h`, `90m`, `1h30m`, `1.5h`, `45s`, `2d` in the nanoseconds of Beads; throws `usage` on anything else. */
export const parseDuration = (given: string): number => {
  const parts = [...given.trim().matchAll(PART)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === given.trim();
  if (!isWhole)
    throw new GastownError('usage', `invalid timeout "${given}"`, { hint: 'Examples: 30m, 2h, 1h30m, 1d.' });
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]! * NANOSECONDS_PER_MS, 0);
};

/** As Go prints it: `2h0m0s`. */
export const durationText = (nanoseconds: number): string => {
  const seconds = nanoseconds / NANOSECONDS_PER_MS / UNIT_MS.s!;
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
};

const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
