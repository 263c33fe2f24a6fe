import { type Random, seeded } from '../../simulation/random.ts';

/** Random numbers of one test, whose seed is printed; `GASTOWN_SEED` runs the same again. */
export const printedSeed = (what: string): Random => {
  const given = process.env.GASTOWN_SEED;
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  console.log(`${what}: GASTOWN_SEED=${seed}`);
  return seeded(seed);
};
