import { PUBLISHED_LADDER } from './published.ts';
import { bisect, ladder, serial, speculation } from './strategies.ts';
import { breaches, createWorld, type Strategy } from './world.ts';

/** Means over many worlds. Runs, makespan and landing time are in runs of the gates. */
export interface Cell {
  readonly runs: number;
  readonly makespan: number;
  /** Until a good request landed. */
  readonly meanLanding: number;
  /** Good requests that were sent back, a world. */
  readonly wronged: number;
}

export interface CellOptions {
  readonly requests: number;
  readonly bad: number;
  readonly flakes?: number;
  readonly worlds: number;
}

/** Runs a strategy over worlds of one kind; throws when it lands a bad request or loses one. */
export const measure = (strategy: Strategy, { requests, bad, flakes = 0, worlds }: CellOptions): Cell => {
  const sum = { runs: 0, makespan: 0, landed: 0, landingTime: 0, wronged: 0 };
  for (let seed = 1; seed <= worlds; seed++) {
    const world = createWorld({ seed, requests, bad, flakes });
    const result = strategy(world);
    const wrong = breaches(world, result);
    if (wrong.length > 0) throw new Error(`world ${seed} of ${requests} requests, ${bad} bad: ${wrong.join(', ')}`);
    sum.runs += result.runs;
    sum.makespan += result.makespan;
    sum.landed += result.landed.size;
    for (const time of result.landed.values()) sum.landingTime += time;
    sum.wronged += result.rejected.filter(id => !world.bad.has(id)).length;
  }
  return {
    runs: sum.runs / worlds,
    makespan: sum.makespan / worlds,
    meanLanding: sum.landingTime / Math.max(1, sum.landed),
    wronged: sum.wronged / worlds,
  };
};

/** Long queues differ less from each other: fewer of them say as much. */
const worldsOf = (requests: number, worlds: number): number => Math.ceil((worlds * 32) / Math.max(32, requests));

const SIZES: readonly { readonly requests: number; readonly bad: readonly number[] }[] = [
  { requests: 8, bad: [0, 1, 2] },
  { requests: 32, bad: [0, 1, 2, 5, 10] },
  { requests: 100, bad: [0, 2, 5, 10, 20] },
];
const SLOTS = [1, 2, 4, 8] as const;
const FLAKES = [0.02, 0.05, 0.1] as const;

/** The ways to work through a queue that are compared, each with its slots. */
const STRATEGIES: readonly { readonly name: string; readonly strategy: Strategy }[] = [
  { name: 'serial G=1', strategy: serial() },
  { name: 'bisect B=32', strategy: bisect({ batch: 32 }) },
  ...SLOTS.slice(1).map(slots => ({ name: `speculation G=${slots}`, strategy: speculation({ slots }) })),
  ...SLOTS.map(slots => ({ name: `ladder G=${slots}`, strategy: ladder({ slots }) })),
];

/** Rows of the comparison: runs / makespan / mean landing time, by the number of bad requests. */
export const comparison = (worlds: number): string[][][] =>
  SIZES.map(({ requests, bad }) => [
    [`n=${requests}`, ...bad.map(count => `k=${count}`)],
    ...STRATEGIES.map(({ name, strategy }) => [
      name,
      ...bad.map(count => {
        const { runs, makespan, meanLanding } = measure(strategy, { requests, bad: count, worlds });
        return [runs, makespan, meanLanding].map(value => value.toFixed(1)).join(' / ');
      }),
    ]),
  ]);

/** The same with flaky gates, 32 requests, 2 of them bad: runs / makespan / good requests sent back. */
export const flaky = (worlds: number): string[][] => [
  ['n=32, k=2', ...FLAKES.map(share => `${share * 100} % flakes`)],
  ...(
    [
      ['serial, one retry', serial({ retries: 1 })],
      ['bisect B=32, one retry', bisect({ batch: 32, retries: 1 })],
      ['speculation G=4, one retry', speculation({ slots: 4, retries: 1 })],
      ['ladder G=4, one red alone', ladder({ slots: 4, confirm: 1 })],
      ['ladder G=4, two reds alone', ladder({ slots: 4, confirm: 2 })],
    ] as const
  ).map(([name, strategy]) => [
    name,
    ...FLAKES.map(flakes => {
      const { runs, makespan, wronged } = measure(strategy, { requests: 32, bad: 2, flakes, worlds });
      return `${runs.toFixed(1)} / ${makespan.toFixed(1)} / ${wronged.toFixed(3)}`;
    }),
  ]),
];

/** By how much the ladder is worse than what was published of it, a line a figure, worst first; negative is better. */
export const deviations = (worlds: number): { readonly what: string; readonly share: number }[] =>
  PUBLISHED_LADDER.flatMap(({ requests, slots, cells }) =>
    Object.entries(cells).flatMap(([bad, published]) => {
      const cell = measure(ladder({ slots }), { requests, bad: Number(bad), worlds: worldsOf(requests, worlds) });
      const figures = { runs: cell.runs, makespan: cell.makespan, 'mean landing': cell.meanLanding };
      return Object.entries(figures).map(([name, value], at) => ({
        what: `n=${requests} k=${bad} G=${slots} ${name}: ${value.toFixed(2)}, published ${published[at]!}`,
        share: value / published[at]! - 1,
      }));
    }),
  ).sort((a, b) => b.share - a.share);
