import { describe, expect, it } from 'vitest';
import { limitOf } from '../../../source/agents/meter/limits.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const limit = (status: number, headers: Record<string, string> = {}, body = '') =>
  limitOf({ status, headers, body, now: NOW });

describe('limits that a service tells', () => {
  it.each([
    ['retry-after in seconds', { 'retry-after': '30' }, '', 30_000],
    ['retry-after as a date', { 'retry-after': 'Mon, 23 Nov 2026 12:01:00 GMT' }, '', 60_000],
    ['retry-after-ms first', { 'retry-after-ms': '1500', 'retry-after': '2' }, '', 1_500],
    [
      'the reset of what is used up, not of what is left',
      {
        'anthropic-ratelimit-requests-remaining': '40',
        'anthropic-ratelimit-requests-reset': '2026-11-23T13:00:00Z',
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': '2026-11-23T12:00:20Z',
      },
      '',
      20_000,
    ],
    ['spans as OpenAI writes them', { 'x-ratelimit-reset-tokens': '6m0.5s' }, '', 360_500],
    ["Google's delay in the body", {}, '{"error":{"details":[{"retryDelay": "34s"}]}}', 34_000],
    ['a week at most', { 'retry-after': '99999999' }, '', 7 * 24 * 3_600_000],
  ])('are read from %s', (_, headers, body, wait) => {
    expect(limit(429, headers as Record<string, string>, body)?.until).toBe(NOW + wait);
  });

  it('are limits without an end where none is told, and none for other errors or an empty purse', () => {
    expect(limit(429)).toEqual({ said: {} });
    expect(limit(529)).toEqual({ said: {} });
    expect(limit(429, { 'retry-after': 'soon' })).toEqual({ said: { 'retry-after': 'soon' } });
    expect(limit(500)).toBeUndefined();
    expect(limit(503)).toBeUndefined();
    expect(limit(503, { 'retry-after': '5' })).toMatchObject({ until: NOW + 5_000 });
    expect(limit(429, {}, '{"error":{"code":"insufficient_quota"}}')).toBeUndefined();
  });
});
