import type { Usage } from '../../ledger/schema.ts';

export const NO_USAGE: Usage = { uncachedIn: 0, cacheRead: 0, cacheWrite: 0, out: 0, reasoning: 0 };

/** What a call used beyond what was already counted of it. Never below 0. */
export const usageSince = (all: Usage, before: Usage): Usage => {
  const left = (a: number, b: number): number => Math.max(0, a - b);
  const long = left(all.cacheWrite1h ?? 0, before.cacheWrite1h ?? 0);
  return {
    uncachedIn: left(all.uncachedIn, before.uncachedIn),
    cacheRead: left(all.cacheRead, before.cacheRead),
    cacheWrite: left(all.cacheWrite, before.cacheWrite),
    out: left(all.out, before.out),
    reasoning: left(all.reasoning, before.reasoning),
    ...(long > 0 && { cacheWrite1h: long }),
  };
};

/**
 * `usage` of the Anthropic Messages API: its input excludes what the cache gave and took. A later object of one stream
 * names only what changed, so it is read over the one before.
 */
export const anthropicUsage = (value: unknown, before: Usage = NO_USAGE): Usage => {
  const long = countAt(value, 'cache_creation', 'ephemeral_1h_input_tokens') ?? before.cacheWrite1h ?? 0;
  return {
    uncachedIn: countAt(value, 'input_tokens') ?? before.uncachedIn,
    cacheRead: countAt(value, 'cache_read_input_tokens') ?? before.cacheRead,
    cacheWrite: countAt(value, 'cache_creation_input_tokens') ?? before.cacheWrite,
    out: countAt(value, 'output_tokens') ?? before.out,
    reasoning: countAt(value, 'output_tokens_details', 'thinking_tokens') ?? before.reasoning,
    ...(long > 0 && { cacheWrite1h: long }),
  };
};

/** `usage` of the OpenAI Responses API: its input includes what came from the cache and what went into it. */
export const responsesUsage = (value: unknown): Usage =>
  inclusive({
    input: countAt(value, 'input_tokens'),
    cacheRead: countAt(value, 'input_tokens_details', 'cached_tokens'),
    cacheWrite: countAt(value, 'input_tokens_details', 'cache_write_tokens'),
    out: countAt(value, 'output_tokens'),
    reasoning: countAt(value, 'output_tokens_details', 'reasoning_tokens'),
  });

/** `usage` of OpenAI Chat Completions and of the many servers that speak it. */
export const chatUsage = (value: unknown): Usage =>
  inclusive({
    input: countAt(value, 'prompt_tokens'),
    // DeepSeek and its like name the hits at the top.
    cacheRead: countAt(value, 'prompt_tokens_details', 'cached_tokens') ?? countAt(value, 'prompt_cache_hit_tokens'),
    cacheWrite: countAt(value, 'prompt_tokens_details', 'cache_write_tokens'),
    out: countAt(value, 'completion_tokens'),
    reasoning: countAt(value, 'completion_tokens_details', 'reasoning_tokens'),
  });

/** `usageMetadata` of the Gemini API: thoughts are beside the answer's tokens, tool results beside the prompt's. */
export const geminiUsage = (value: unknown): Usage => {
  const reasoning = countAt(value, 'thoughtsTokenCount') ?? 0;
  return inclusive({
    input: (countAt(value, 'promptTokenCount') ?? 0) + (countAt(value, 'toolUsePromptTokenCount') ?? 0),
    cacheRead: countAt(value, 'cachedContentTokenCount'),
    cacheWrite: undefined,
    out: (countAt(value, 'candidatesTokenCount') ?? 0) + reasoning,
    reasoning,
  });
};

/** Where the input counts the cache too. */
export const inclusive = (counts: {
  input: number | undefined;
  cacheRead: number | undefined;
  cacheWrite: number | undefined;
  out: number | undefined;
  reasoning: number | undefined;
}): Usage => {
  const input = counts.input ?? 0;
  const cacheRead = Math.min(counts.cacheRead ?? 0, input);
  const cacheWrite = Math.min(counts.cacheWrite ?? 0, input - cacheRead);
  return {
    uncachedIn: input - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite,
    out: counts.out ?? 0,
    reasoning: counts.reasoning ?? 0,
  };
};

/** A count of tokens somewhere in a foreign object; undefined for all that is none. */
export const countAt = (value: unknown, ...path: readonly string[]): number | undefined => {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return typeof at === 'number' && Number.isSafeInteger(at) && at >= 0 ? at : undefined;
};
