import { calcPrice } from '@pydantic/genai-prices';
import type { Usage } from '../../ledger/schema.ts';

/**
 * Money is counted in whole billionths of a dollar: a token of the cheapest model costs 10 of them and more, and sums of
 * whole numbers are exact up to nine million dollars.
 */
export const NANOS_A_USD = 1_000_000_000;

/** A person's own prices for a model, in USD a million tokens. What is left out costs as uncached input does. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

export interface PriceOptions {
  /** By the model's name, or the start of it with a `*` at the end. The longest that fits wins. */
  readonly overrides?: Readonly<Record<string, ModelPrice>>;
  /** When the call was made: prices have dates. */
  readonly at?: number;
}

/** What one call costs, in nano-USD; undefined where nobody knows its price, never 0. Tiers go by a call's own size: price each call, not sums. */
export const priceNanos = (model: string, usage: Usage, options: PriceOptions = {}): number | undefined => {
  const own = overrideOf(model, options.overrides);
  if (own) return ownPrice(own, usage);
  for (const name of namesOf(model)) {
    const price = calcPrice(
      tokensForPrices(usage),
      name,
      options.at === undefined ? {} : { timestamp: new Date(options.at) },
    );
    if (price) return Math.round(price.total_price * NANOS_A_USD);
  }
  return undefined;
};

/** What a call costs beyond the part of it that was already priced. */
export const priceNanosSince = (
  model: string,
  { all, before }: { all: Usage; before: Usage | undefined },
  options: PriceOptions = {},
): number | undefined => {
  const total = priceNanos(model, all, options);
  const earlier = before && priceNanos(model, before, options);
  if (total === undefined) return undefined;
  return Math.max(0, total - (earlier ?? 0));
};

/** Whether the person named a price for this model. */
export const isOverridden = (model: string, overrides: PriceOptions['overrides']): boolean =>
  overrideOf(model, overrides) !== undefined;

const ownPrice = (price: ModelPrice, usage: Usage): number => {
  // USD a million tokens is a millionth of a dollar, 1,000 nanos, a token.
  const each = (tokens: number, usd: number): number => tokens * usd * (NANOS_A_USD / 1_000_000);
  return Math.round(
    each(usage.uncachedIn, price.input) +
      each(usage.cacheRead, price.cacheRead ?? price.input) +
      each(usage.cacheWrite, price.cacheWrite ?? price.input) +
      each(usage.out, price.output),
  );
};

const overrideOf = (model: string, overrides: PriceOptions['overrides'] = {}): ModelPrice | undefined => {
  if (Object.hasOwn(overrides, model)) return overrides[model];
  const fitting = Object.keys(overrides)
    .filter(name => name.endsWith('*') && model.startsWith(name.slice(0, -1)))
    .sort((a, b) => b.length - a.length);
  return fitting[0] === undefined ? undefined : overrides[fitting[0]];
};

/** Gateways put a provider before the name, and Google `models/`. */
const namesOf = (model: string): string[] => {
  const bare = model.slice(model.lastIndexOf('/') + 1);
  return bare === model ? [model] : [model, bare];
};

/** The price table wants an input that includes what the cache gave and took. */
const tokensForPrices = (usage: Usage): Record<string, number> => ({
  input_tokens: usage.uncachedIn + usage.cacheRead + usage.cacheWrite,
  cache_read_tokens: usage.cacheRead,
  cache_write_tokens: usage.cacheWrite,
  output_tokens: usage.out,
  ...(usage.cacheWrite1h && { cache_write_1h_tokens: usage.cacheWrite1h }),
});
