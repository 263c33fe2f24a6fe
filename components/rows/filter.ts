/** Whether a row passes a filter. */
export type RowFilter = (text: string) => boolean;

/**
 * Reads what a person typed as a filter: words that a row must all contain, whatever their case; a leading `!` turns
 * the whole around. No words at all, and every row passes: undefined, so that nobody builds text to compare.
 */
export const rowFilter = (typed: string | undefined): RowFilter | undefined => {
  const text = typed?.trim() ?? '';
  const isNegated = text.startsWith('!');
  const words = (isNegated ? text.slice(1) : text).toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  return row => {
    const lower = row.toLowerCase();
    return words.every(word => lower.includes(word)) !== isNegated;
  };
};
