import type { LedgerData, Memory, MemoryType } from './schema.ts';

/** What a memory is when nobody says. */
export const DEFAULT_MEMORY_TYPE: MemoryType = 'project';

export const memoryType = ({ type }: Memory): MemoryType => type ?? DEFAULT_MEMORY_TYPE;

/** What is remembered for the whole town and, with `rig`, for that rig too; without it, everything. Newest first. */
export const remembered = (
  { memories }: Pick<LedgerData, 'memories'>,
  { rig, type }: { rig?: string | undefined; type?: MemoryType | undefined } = {},
): Memory[] =>
  [...memories.values()]
    .filter(memory => memory.forgottenAt === undefined && memory.text.trim() !== '')
    .filter(memory => rig === undefined || memory.rig === undefined || memory.rig === rig)
    .filter(memory => type === undefined || memoryType(memory) === type)
    .sort(newestFirst);

/**
 * What is remembered about these words: what holds most of them first, then the newest. Case does not count, and a word
 * may stand inside a longer one; in a memory's key it counts like in its text.
 */
export const recall = (memories: readonly Memory[], query: string): Memory[] => {
  const words = [...new Set(query.toLowerCase().split(/\s+/).filter(Boolean))];
  const hits = (memory: Memory): number => {
    const text = `${memory.id} ${memory.text}`.toLowerCase();
    return words.filter(word => text.includes(word)).length;
  };
  return memories
    .map(memory => ({ memory, hits: hits(memory) }))
    .filter(found => found.hits > 0)
    .sort((a, b) => b.hits - a.hits || newestFirst(a.memory, b.memory))
    .map(({ memory }) => memory);
};

const newestFirst = (a: Memory, b: Memory): number => order(b.at, a.at) || order(a.id, b.id);

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
