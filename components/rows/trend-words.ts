import { duration } from '../../source/common/text.ts';
import type { Trends } from '../../source/town/view.ts';
import type { Theme } from '../theme.ts';
import { sparkline } from './sparkline.ts';

/** One thing that goes up and down: its name, its last hours as small bars, and what they come to. */
export interface TrendWords {
  readonly label: string;
  readonly bars: string;
  readonly total: string;
}

/** Money, landings and tokens of the last hours. */
export const trendWords = (
  { costUsd, landings, tokens }: Trends,
  { width, theme }: { width: number; theme: Theme },
): readonly TrendWords[] => [
  { label: 'cost', bars: sparkline(costUsd, { width, theme }), total: `$${sumOf(costUsd).toFixed(2)}` },
  { label: 'landed', bars: sparkline(landings, { width, theme }), total: String(sumOf(landings)) },
  { label: 'tokens', bars: sparkline(tokens, { width, theme }), total: shortCount(sumOf(tokens)) },
];

/** `6h`: how far back the bars go. */
export const trendSpan = ({ stepMs, landings }: Trends): string =>
  duration(stepMs * landings.length).replace(' 00m', '');

/** `950`, `12.3k`, `4.5M`. */
export const shortCount = (count: number): string => {
  if (count < 1_000) return String(Math.round(count));
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
};

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
