/** Texts in order, each once. Times of one form are such texts; what comes last is added at the end at no cost. */
export interface Sorted {
  add(text: string): void;
  remove(text: string): void;
  /** How many are `from` or after it. */
  countFrom(from: string): number;
  /** The last so many, the last one last. */
  last(count: number): readonly string[];
}

export const createSorted = (): Sorted => {
  const texts: string[] = [];
  return {
    add(text) {
      const at = placeOf(texts, text);
      if (texts[at] !== text) texts.splice(at, 0, text);
    },
    remove(text) {
      const at = placeOf(texts, text);
      if (texts[at] === text) texts.splice(at, 1);
    },
    countFrom: from => texts.length - placeOf(texts, from),
    last: count => (count > 0 ? texts.slice(-count) : []),
  };
};

/** Where the text is, or would be. */
const placeOf = (texts: readonly string[], text: string): number => {
  let [low, high] = [0, texts.length];
  if (high > 0 && texts[high - 1]! < text) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (texts[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return low;
};
