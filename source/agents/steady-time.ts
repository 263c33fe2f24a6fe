/** The wall clock and one that only goes forward: what a moment was is asked of the second, what to call it of the first. */
export interface SteadyTime {
  /** This moment, to be named later. */
  mark(): number;
  /** What the wall clock, as it goes now, calls that moment: the age of a mark is true however the clock was moved since. */
  wallOf(mark: number): number;
}

/** Ms by which the clocks part before it counts as a jump: a slewed clock stays below it for days, and names do not flicker. */
const JUMP_MS = 1_000;

/**
 * For ages that others take from wall-clock times. A clock that is set forward by an hour, or a machine that slept, must
 * not make every silent agent look stuck; one that is set back must not make ages negative.
 */
export const createSteadyTime = (
  wall: () => number = () => Date.now(),
  elapsed: () => number = () => performance.now(),
): SteadyTime => {
  let offset = wall() - elapsed();
  return {
    mark: elapsed,
    wallOf(mark) {
      const now = wall() - elapsed();
      if (Math.abs(now - offset) > JUMP_MS) offset = now;
      return Math.round(offset + mark);
    },
  };
};
