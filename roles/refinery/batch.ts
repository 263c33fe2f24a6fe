import type { Merge } from '../../source/ledger/schema.ts';

/** The next batch: from the head of the queue, as many as the setting allows and as each of them may be together with. */
export const batchOf = (queue: readonly Merge[], maxBatch: number): Merge[] => {
  let limit = Math.max(1, maxBatch);
  const batch: Merge[] = [];
  for (const merge of queue) {
    limit = Math.min(limit, merge.batchMax ?? limit);
    if (batch.length >= limit) break;
    batch.push(merge);
  }
  return batch;
};
