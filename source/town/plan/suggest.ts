/** ` (did you mean `x`?)` for the nearest of the known words, or nothing when none is near. */
export const didYouMean = (word: string, known: Iterable<string>): string => {
  const near = nearest(word, known);
  return near === undefined ? '' : ` (did you mean \`${near}\`?)`;
};

/** The known word at most a third of its letters away, at least one and at most three. */
export const nearest = (word: string, known: Iterable<string>): string | undefined => {
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const limit = Math.min(3, Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)));
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (!best || distance < best.distance)) best = { word: candidate, distance };
  }
  return best?.word;
};

const editDistance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
};
