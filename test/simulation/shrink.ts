import { BrokenTown, type Life, live } from './life.ts';

/** Attempts at a smaller life: a town is a fraction of a second, and a trace that is short enough to read worth a minute. */
const ATTEMPTS_MAX = 400;
/** One that never comes to rest takes as long as a hundred others. */
const SHRINK_MS = 60_000;

/** The failure of this life, or undefined where it keeps its promises. */
export const failureOf = (life: Life): BrokenTown | undefined => {
  try {
    live(life);
    return undefined;
  } catch (error) {
    if (error instanceof BrokenTown) return error;
    throw error;
  }
};

/** The smallest life found that still breaks a promise: fewer beads, fewer kinds of faults, faults for a shorter time. */
export const shrink = (
  life: Life,
  failure: BrokenTown,
  fails: (life: Life) => BrokenTown | undefined = failureOf,
): { life: Life; failure: BrokenTown; attempts: number } => {
  let smallest = { life, failure };
  let attempts = 0;
  const until = performance.now() + SHRINK_MS;
  for (let isSmaller = true; isSmaller && attempts < ATTEMPTS_MAX; ) {
    isSmaller = false;
    for (const candidate of smallerThan(smallest.life)) {
      if (++attempts > ATTEMPTS_MAX || performance.now() > until) return { ...smallest, attempts };
      const failed = fails(candidate);
      if (!failed) continue;
      smallest = { life: candidate, failure: failed };
      isSmaller = true;
      break;
    }
  }
  return { ...smallest, attempts };
};

/** The boldest first; each is smaller in one respect. */
const smallerThan = (life: Life): Life[] => [
  ...(life.mischief.length > 1 ? [{ ...life, mischief: [] }] : []),
  ...(life.disturbed ? [{ ...life, disturbed: false }] : []),
  ...(life.meddled ? [{ ...life, meddled: false }] : []),
  ...life.mischief.map(kind => ({ ...life, mischief: life.mischief.filter(other => other !== kind) })),
  ...(life.trouble > 0 ? [{ ...life, trouble: 0 }] : []),
  ...(life.flakes > 0 ? [{ ...life, flakes: 0 }] : []),
  ...(Object.values(life.budgets).some(usd => usd > 0)
    ? [{ ...life, budgets: { bead: 0, convoy: 0, day: 0, town: 0 } }]
    : []),
  ...(life.talks ? [{ ...life, talks: false }] : []),
  ...(life.brokenTarget ? [{ ...life, brokenTarget: false }] : []),
  ...(life.gates.length > 1 ? [{ ...life, gates: life.gates.slice(0, 1) }] : []),
  ...fewer(life.beads, 1).map(beads => ({ ...life, beads })),
  ...fewer(life.faultsMs, 1_000).map(faultsMs => ({ ...life, faultsMs })),
];

/** Half, three quarters and a little less, but not below one step. */
const fewer = (count: number, step: number): number[] =>
  [Math.floor(count / 2), Math.floor((count * 3) / 4), count - step].filter(
    (less, n, all) => less >= step && less < count && all.indexOf(less) === n,
  );
