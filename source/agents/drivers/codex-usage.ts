import type { UsageReport } from '../wire/protocol.ts';
import { fieldOf, numberAt, textAt } from './fields.ts';

/** What a thread used so far, as Codex last said it. */
export interface ThreadTotal {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly out: number;
  readonly reasoning: number;
}

/** Threads are the conversation itself and its subagents. */
export type ThreadTotals = Readonly<Record<string, ThreadTotal>>;

/**
 * What a `thread/tokenUsage/updated` says was used since the one before on the same thread. Its totals go on over a
 * resume, where Codex says the old ones again under the turn in which they arose: those only count from there.
 */
export const usageOfUpdate = (
  params: unknown,
  before: { totals: ThreadTotals; isOldTurn: boolean; model: string },
): { reports: readonly UsageReport[]; totals: ThreadTotals } => {
  const thread = textAt(params, 'threadId');
  const total = totalOf(fieldOf(params, 'tokenUsage', 'total'));
  const totals = { ...before.totals, [thread]: total };
  if (before.isOldTurn) return { reports: [], totals };
  const past = before.totals[thread];
  const isCounted = past !== undefined && total.input >= past.input && total.out >= past.out;
  const used = isCounted ? minus(total, past) : totalOf(fieldOf(params, 'tokenUsage', 'last'));
  if (used.input + used.out === 0) return { reports: [], totals };
  return { reports: [{ model: before.model, usage: usageOf(used) }], totals };
};

const totalOf = (breakdown: unknown): ThreadTotal => ({
  input: numberAt(breakdown, 'inputTokens'),
  cacheRead: numberAt(breakdown, 'cachedInputTokens'),
  cacheWrite: numberAt(breakdown, 'cacheWriteInputTokens'),
  out: numberAt(breakdown, 'outputTokens'),
  reasoning: numberAt(breakdown, 'reasoningOutputTokens'),
});

const minus = (total: ThreadTotal, past: ThreadTotal): ThreadTotal => ({
  input: total.input - past.input,
  cacheRead: Math.max(0, total.cacheRead - past.cacheRead),
  cacheWrite: Math.max(0, total.cacheWrite - past.cacheWrite),
  out: total.out - past.out,
  reasoning: Math.max(0, total.reasoning - past.reasoning),
});

/** Codex counts cached tokens as input too, the town only once. Output has the reasoning in it in both. */
const usageOf = ({ input, cacheRead, cacheWrite, out, reasoning }: ThreadTotal): UsageReport['usage'] => ({
  uncachedIn: Math.max(0, input - cacheRead - cacheWrite),
  cacheRead,
  cacheWrite,
  out,
  reasoning,
});
