import type { Theme } from '../theme.ts';

/**
 * Values as one line of small bars, oldest first, the largest at full height: how something went, where its exact figures
 * are not the point. More values than columns are added up in neighbours. What is more than nothing never looks like it.
 */
export const sparkline = (values: readonly number[], { width, theme }: { width: number; theme: Theme }): string => {
  const bars = folded(values, width);
  const most = Math.max(0, ...bars);
  const [nothing, ...levels] = /^[ -~]$/.test(theme.glyph.bar) ? ASCII_LEVELS : LEVELS;
  return bars
    .map(value => (value <= 0 ? nothing! : levels[Math.max(0, Math.ceil((value / most) * levels.length) - 1)]!))
    .join('');
};

/** From nothing to most. A theme whose bars are ASCII has all of it in ASCII. */
const LEVELS = [...'▁▂▃▄▅▆▇█'];
const ASCII_LEVELS = [...'_.-:=+*#'];

/** The newest values are kept whole in number: what does not come out even is short at the oldest end. */
const folded = (values: readonly number[], width: number): readonly number[] => {
  if (width <= 0) return [];
  const perBar = Math.ceil(values.length / width);
  if (perBar <= 1) return values;
  const short = values.length % perBar;
  const bars = short > 0 ? [sumOf(values.slice(0, short))] : [];
  for (let at = short; at < values.length; at += perBar) bars.push(sumOf(values.slice(at, at + perBar)));
  return bars;
};

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
