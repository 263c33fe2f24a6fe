import { HISTORY_LINES } from '../preferences.ts';

/** A history with one more line, which it has once only, at its end. */
export const remembered = (history: readonly string[], line: string): readonly string[] =>
  [...history.filter(kept => kept !== line), line].slice(-HISTORY_LINES);

/** One further in a history; after its newest line there is an empty one. */
export const placeIn = (history: readonly string[], place: number | undefined, by: 1 | -1): number =>
  Math.max(0, Math.min(history.length, (place ?? history.length) + by));
