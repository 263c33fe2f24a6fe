import { open } from 'node:fs/promises';

/** Ms between two marks: times are shown in seconds. */
const MARK_EVERY_MS = 1_000;
/** Bytes read from the end of the marks: those of the last hour of a log that never rests. */
const TAIL_BYTES = 98_304;

/** Where the marks of a log lie. They go aside with it. */
export const marksFile = (log: string): string => `${log}.times`;

/**
 * Remembers when a log grew, beside it and not in it: what agents and gates print stays as it is. A mark is a line that
 * says at which byte the log stood at what time. `due` gives the line to append before more is written, if one is due.
 */
export const createTimeMarks = (now: () => number = Date.now): { due(offset: number): string | undefined } => {
  let last = Number.NEGATIVE_INFINITY;
  return {
    due(offset) {
      const at = now();
      // A log that begins anew begins with a mark.
      if (offset > 0 && at - last < MARK_EVERY_MS) return undefined;
      last = at;
      return `${offset} ${at}\n`;
    },
  };
};

/** When the byte of a log was written, ms since the epoch; undefined before the first mark, and where there are none. */
export const readTimeMarks = async (log: string): Promise<(offset: number) => number | undefined> => {
  const marks = parseMarks(await tailOf(marksFile(log)));
  return offset => {
    let [low, high] = [0, marks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (marks[middle]!.offset <= offset) low = middle + 1;
      else high = middle;
    }
    return marks[low - 1]?.at;
  };
};

interface Mark {
  readonly offset: number;
  readonly at: number;
}

/** Marks in order; one that a crash cut short, and those of a log that began anew since, count for nothing. */
const parseMarks = (text: string): readonly Mark[] => {
  const marks: Mark[] = [];
  for (const [, offset, at] of text.matchAll(/^(\d+) (\d+)\n/gm)) {
    const mark = { offset: Number(offset), at: Number(at) };
    while (marks.length > 0 && marks.at(-1)!.offset > mark.offset) marks.pop();
    marks.push(mark);
  }
  return marks;
};

const tailOf = async (file: string): Promise<string> => {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const text = buffer.toString('utf8', 0, bytesRead);
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await handle.close();
  }
};
