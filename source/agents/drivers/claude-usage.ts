import type { UsageReport } from '../wire/protocol.ts';
import { entriesAt, fieldOf, numberAt, textAt } from './fields.ts';

/** Totals by model, as the last `result` said them. */
export type ModelTotals = Readonly<Record<string, ModelTotal>>;

interface ModelTotal {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly out: number;
  readonly thinking: number;
  readonly costUsd: number;
  /** Claude Code guesses a price for a model that it does not know. */
  readonly isPriced: boolean;
}

/**
 * What a `result` says was used since the one before. `modelUsage` is the whole conversation so far, also from before a
 * resume; newer versions say the difference themselves. `resumed` is whether totals from before may be in the first result.
 */
export const usageOfResult = (
  result: unknown,
  before: { totals: ModelTotals; isFirst: boolean; resumed: boolean; model: string },
): { reports: readonly UsageReport[]; totals: ModelTotals } => {
  const totals = totalsOf(result, 'modelUsage');
  if (fieldOf(result, 'model_usage_since_last_result') !== undefined) {
    return { reports: reportsOf(totalsOf(result, 'model_usage_since_last_result')), totals };
  }
  if (before.isFirst && before.resumed) return { reports: turnUsage(result, before.model), totals };
  const since = Object.entries(totals).map(([model, total]) => [model, minus(total, before.totals[model])] as const);
  return { reports: reportsOf(Object.fromEntries(since)), totals };
};

const totalsOf = (result: unknown, field: string): ModelTotals =>
  Object.fromEntries(
    entriesAt(result, field).map(([model, value]) => [
      model,
      {
        input: numberAt(value, 'inputTokens'),
        cacheRead: numberAt(value, 'cacheReadInputTokens'),
        cacheWrite: numberAt(value, 'cacheCreationInputTokens'),
        cacheWrite1h: numberAt(value, 'cacheCreationEphemeral1hInputTokens'),
        out: numberAt(value, 'outputTokens'),
        thinking: numberAt(value, 'thinkingTokens'),
        costUsd: numberAt(value, 'costUSD'),
        isPriced: ['list', ''].includes(textAt(value, 'costBasis')),
      },
    ]),
  );

/** Never below 0: a conversation that was begun anew has smaller totals. */
const minus = (total: ModelTotal, before: ModelTotal | undefined): ModelTotal => {
  if (!before || total.input < before.input || total.out < before.out) return total;
  return {
    input: total.input - before.input,
    cacheRead: Math.max(0, total.cacheRead - before.cacheRead),
    cacheWrite: Math.max(0, total.cacheWrite - before.cacheWrite),
    cacheWrite1h: Math.max(0, total.cacheWrite1h - before.cacheWrite1h),
    out: total.out - before.out,
    thinking: Math.max(0, total.thinking - before.thinking),
    costUsd: Math.max(0, total.costUsd - before.costUsd),
    isPriced: total.isPriced,
  };
};

const reportsOf = (totals: ModelTotals): UsageReport[] =>
  Object.entries(totals)
    .filter(([, total]) => total.input + total.cacheRead + total.cacheWrite + total.out > 0)
    .map(([model, total]) => ({
      model,
      usage: {
        uncachedIn: total.input,
        cacheRead: total.cacheRead,
        cacheWrite: total.cacheWrite,
        out: total.out,
        reasoning: total.thinking,
        ...(total.cacheWrite1h > 0 && { cacheWrite1h: total.cacheWrite1h }),
      },
      ...(total.isPriced && { costUsd: total.costUsd }),
    }));

/** Of the turn alone. It may miss subagents, which is less wrong than to count an earlier conversation twice. */
const turnUsage = (result: unknown, model: string): UsageReport[] => {
  const usage = fieldOf(result, 'usage');
  const long = numberAt(usage, 'cache_creation', 'ephemeral_1h_input_tokens');
  return reportsOf({
    [model]: {
      input: numberAt(usage, 'input_tokens'),
      cacheRead: numberAt(usage, 'cache_read_input_tokens'),
      cacheWrite: numberAt(usage, 'cache_creation_input_tokens'),
      cacheWrite1h: long,
      out: numberAt(usage, 'output_tokens'),
      thinking: numberAt(usage, 'output_tokens_details', 'thinking_tokens'),
      costUsd: 0,
      isPriced: false,
    },
  });
};
