/** Longest that a service's word on its limits is believed: what is longer is a mistake or a quota of another kind. */
const LIMIT_MAX_MS = 7 * 24 * 3_600_000;
/** Headers kept of an answer that turns a call away, each cut to this. */
const HEADER_CHARS = 200;
const HEADERS_KEPT = 24;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Limit {
  readonly until?: number;
  readonly said: Readonly<Record<string, string>>;
}

/**
 * What an answer says of the service's limits, if it turns calls away: 429 too many, 529 overloaded, 503 with a time.
 * `body` is the error's text, where Google says its delay. A quota that money alone refills is no limit that ends.
 */
export const limitOf = (options: {
  status: number;
  headers: Headers;
  body: string;
  now: number;
}): Limit | undefined => {
  const { status, headers, body, now } = options;
  const isLimit = status === 429 || status === 529 || (status === 503 && headers['retry-after'] !== undefined);
  if (!isLimit || /"insufficient_quota"/.test(body)) return undefined;
  const said = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => /^retry-after|ratelimit|^x-should-retry$/.test(name))
      .slice(0, HEADERS_KEPT)
      .map(([name, value]) => [name, String(value).slice(0, HEADER_CHARS)]),
  );
  const wait = waitOf({ said, body, now });
  if (wait === undefined || wait < 0) return { said };
  return { until: now + Math.min(wait, LIMIT_MAX_MS), said };
};

const waitOf = (of: { said: Readonly<Record<string, string>>; body: string; now: number }): number | undefined => {
  const { said, body, now } = of;
  const ms = Number(said['retry-after-ms']);
  if (Number.isFinite(ms)) return ms;
  const after = said['retry-after'];
  if (after !== undefined) return /^\d+(\.\d+)?$/.test(after.trim()) ? Number(after) * 1_000 : untilDate(after, now);
  const delay = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body);
  if (delay) return Number(delay[1]) * 1_000;
  return spentResets(said, now);
};

/** Until the last of those limits is filled again of which nothing is left. */
const spentResets = (said: Readonly<Record<string, string>>, now: number): number | undefined => {
  const waits = Object.entries(said).flatMap(([name, value]) => {
    if (!/reset/.test(name)) return [];
    const remaining = said[name.replace('reset', 'remaining')];
    if (remaining !== undefined && Number(remaining) > 0) return [];
    const wait = spanOf(value) ?? untilDate(value, now);
    return wait === undefined ? [] : [wait];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
};

/** `1s`, `6m0s`, `120ms`, as OpenAI says them. */
const spanOf = (text: string): number | undefined => {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)) {
    sum += Number(count) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 'ms']!;
  }
  return sum;
};

/** A date, or seconds since the epoch. */
const untilDate = (text: string, now: number): number | undefined => {
  const at = /^\d{9,11}$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
  return Number.isFinite(at) ? at - now : undefined;
};
