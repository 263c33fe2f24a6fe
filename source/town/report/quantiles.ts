/** Milliseconds; absent where there is nothing to measure. */
export interface Quantiles {
  readonly p50?: number;
  readonly p90?: number;
}

/** The value below which that share lies; of an even number, the upper one of the two in the middle. */
export const quantiles = (values: readonly number[]): Quantiles => {
  if (values.length === 0) return {};
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { p50: at(0.5), p90: at(0.9) };
};
