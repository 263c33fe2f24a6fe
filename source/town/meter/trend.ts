/** Sums of equal spans of time: 36 of ten minutes are the hours that a person looks back on. */
export const TREND_STEP_MS = 10 * 60_000;
export const TREND_STEPS = 36;

/** What was used lately, span by span, as calls come in. */
export interface Trend {
  add(call: { readonly at: number; readonly nanos: number; readonly tokens: number }): void;
  /** Oldest first; the last span is the one under way. */
  series(now: number): { readonly nanos: readonly number[]; readonly tokens: readonly number[] };
  clear(): void;
}

export const createTrend = (): Trend => {
  const spans = new Map<number, { nanos: number; tokens: number }>();
  return {
    add({ at, nanos, tokens }) {
      const span = spanOf(at);
      const known = spans.get(span) ?? { nanos: 0, tokens: 0 };
      spans.set(span, { nanos: known.nanos + nanos, tokens: known.tokens + tokens });
      for (const old of spans.keys()) if (old <= span - TREND_STEPS) spans.delete(old);
    },
    series(now) {
      const shown = spansUntil(now).map(span => spans.get(span));
      return { nanos: shown.map(span => span?.nanos ?? 0), tokens: shown.map(span => span?.tokens ?? 0) };
    },
    clear: () => spans.clear(),
  };
};

/** When each span began, ms since the epoch. */
export const spanStarts = (now: number): readonly number[] => spansUntil(now).map(span => span * TREND_STEP_MS);

const spansUntil = (now: number): readonly number[] =>
  Array.from({ length: TREND_STEPS }, (_, index) => spanOf(now) - (TREND_STEPS - 1 - index));

const spanOf = (at: number): number => Math.floor(at / TREND_STEP_MS);
