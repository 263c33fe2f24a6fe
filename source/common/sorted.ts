/** Texts in order, each once. Times of one form are such texts: what comes last is added at the end, at no cost. */
export interface Sorted {
  add(text: string): void;
  remove(text: string): void;
  /** How many are `from` or after it. */
  countFrom(from: string): number;
  /** The last so many, the last one last. */
  last(count: number): readonly string[];
}

/** What is added out of order is sorted in when somebody asks: a ledger is read in any order, and asked once it is there. */
export const createSorted = (): Sorted => {
  let texts: string[] = [];
  let isOrdered = true;
  const ordered = (): string[] => {
    if (!isOrdered) texts = [...new Set(texts)].sort();
    isOrdered = true;
    return texts;
  };
  return {
    add(text) {
      if (texts.length > 0 && texts.at(-1)! >= text) isOrdered = false;
      texts.push(text);
    },
    remove(text) {
      const at = placeOf(ordered(), text);
      if (texts[at] === text) texts.splice(at, 1);
    },
    countFrom: from => ordered().length - placeOf(texts, from),
    last: count => (count > 0 ? ordered().slice(-count) : []),
  };
};

/** Where the text is, or would be. */
const placeOf = (texts: readonly string[], text: string): number => {
  let [low, high] = [0, texts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (texts[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return low;
};
