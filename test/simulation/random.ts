/** Seeded numbers (mulberry32): a failing town is run again by its seed. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  chance(probability: number): boolean;
  /** In [low, high). */
  between(low: number, high: number): number;
  pick<T>(list: readonly T[]): T;
}

export const seeded = (seed: number): Random => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    chance: probability => next() < probability,
    between: (low, high) => low + next() * (high - low),
    pick: list => list[Math.floor(next() * list.length)]!,
  };
};
