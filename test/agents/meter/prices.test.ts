import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priceNanos, priceNanosSince } from '../../../source/agents/meter/prices.ts';
import { usageSince } from '../../../source/agents/meter/usage.ts';

const usage = { uncachedIn: 1200, cacheRead: 900, cacheWrite: 100, out: 50, reasoning: 0 };
const AT = Date.parse('2026-11-20T00:00:00Z');

describe('price of a call', () => {
  it("is to the digit what the service's own table says, cache included", () => {
    expect(priceNanos('claude-sonnet-4-5', usage, { at: AT })).toBe(4_995_000);
    expect(priceNanos('anthropic/claude-sonnet-4-5', usage, { at: AT })).toBe(4_995_000);
  });

  it('counts what is kept in the cache for an hour at its own price', () => {
    const short = priceNanos('claude-sonnet-5', usage, { at: AT })!;
    const long = priceNanos('claude-sonnet-5', { ...usage, cacheWrite1h: 100 }, { at: AT })!;
    expect(long - short).toBe(100 * 1_500);
  });

  it('is unknown, never 0, for a model that is in no table', () => {
    expect(priceNanos('somebodys-own-model', usage)).toBeUndefined();
    expect(priceNanos('', usage)).toBeUndefined();
  });

  it("is the person's own where they gave one, by name or by the start of it", () => {
    const overrides = {
      'house-*': { input: 1, output: 2 },
      'house-big-*': { input: 10, output: 20, cacheRead: 0, cacheWrite: 100 },
      'claude-sonnet-5': { input: 0, output: 0 },
    };
    expect(priceNanos('house-small', usage, { overrides })).toBe((1200 + 900 + 100 + 2 * 50) * 1_000);
    expect(priceNanos('house-big-2', usage, { overrides })).toBe((12_000 + 10_000 + 1_000) * 1_000);
    expect(priceNanos('claude-sonnet-5', usage, { overrides })).toBe(0);
  });

  it('of the parts of one call add up to the price of the call', () => {
    const count = fc.integer({ min: 0, max: 400_000 });
    fc.assert(
      fc.property(count, count, count, count, fc.constantFrom('claude-sonnet-4-5', 'gpt-5.4'), (a, b, c, d, model) => {
        const all = { uncachedIn: a, cacheRead: b, cacheWrite: c, out: d, reasoning: 0 };
        const before = { ...all, out: Math.min(1, d) };
        const first = priceNanos(model, before, { at: AT })!;
        const rest = priceNanosSince(model, { all, before }, { at: AT })!;
        expect(first + rest).toBe(priceNanos(model, all, { at: AT }));
        expect(usageSince(all, before)).toMatchObject({ uncachedIn: 0, out: d - Math.min(1, d) });
      }),
      { numRuns: 60 },
    );
  });
});
