import { seeded } from '../random.ts';

/** Some requests wait, some of them are bad; a stack of them is red when it holds a bad one, or by a flake. */
export interface QueueWorld {
  readonly queue: readonly string[];
  readonly bad: ReadonlySet<string>;
  /** One run of the gates on these requests, stacked in order on what has landed. */
  readonly test: (ids: readonly string[]) => boolean;
}

export interface WorldOptions {
  readonly seed: number;
  /** Requests. */
  readonly requests: number;
  /** Bad ones among them. */
  readonly bad: number;
  /** Share of green trees whose run is red all the same. */
  readonly flakes?: number;
}

export const createWorld = ({ seed, requests, bad, flakes = 0 }: WorldOptions): QueueWorld => {
  const random = seeded(seed * 2_654_435 + 17);
  const queue = Array.from({ length: requests }, (_, index) => `r${index}`);
  const left = [...queue];
  const chosen = new Set<string>();
  while (chosen.size < bad) chosen.add(left.splice(Math.floor(random.between(0, left.length)), 1)[0]!);
  return {
    queue,
    bad: chosen,
    test: ids => !ids.some(id => chosen.has(id)) && !(flakes > 0 && random.chance(flakes)),
  };
};

/** What a strategy did with a world. Times are in runs of the gates. */
export interface QueueResult {
  readonly runs: number;
  readonly makespan: number;
  /** When each request landed. */
  readonly landed: ReadonlyMap<string, number>;
  readonly rejected: readonly string[];
}

export type Strategy = (world: QueueWorld) => QueueResult;

/** All that has to be true of a strategy's result: whatever is bad stays out, whatever is good is in (flakes apart), nothing is lost. */
export const breaches = (world: QueueWorld, { landed, rejected }: QueueResult): string[] => [
  ...[...landed.keys()].filter(id => world.bad.has(id)).map(id => `${id} is bad and landed`),
  ...world.queue.filter(id => !landed.has(id) && !rejected.includes(id)).map(id => `${id} was lost`),
];
