/** Rows kept in sight above and below the selected one, where there are as many. */
const CONTEXT_ROWS = 2;

export interface WindowInput {
  /** Index of the row that must be in sight; -1 for none, which shows the first rows. */
  readonly index: number;
  readonly count: number;
  readonly height: number;
}

/**
 * First row of a window of `height` rows that shows `index` with rows of context around it. It needs no memory and
 * turns page by page: the rows stand still while the selection moves, which is little to send over a slow line.
 */
export const windowStart = ({ index, count, height }: WindowInput): number => {
  if (index < 0 || height <= 0) return 0;
  const context = Math.min(CONTEXT_ROWS, Math.floor((height - 1) / 2));
  const page = Math.max(1, height - 2 * context);
  const start = Math.floor((index - context) / page) * page;
  return Math.max(0, Math.min(start, count - height));
};
