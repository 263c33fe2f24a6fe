import { parseArgs } from 'node:util';
import { BrokenTown, type Life, leftovers, lifeOf, live } from './life.ts';
import { failureOf, shrink } from './shrink.ts';

/**
 * `npm run simulate -- --seed 0 --runs 10000`, or `--minutes 30`: town after town with the real roles and ledger rules over
 * a virtual clock. The first that breaks a promise is run again, shrunk, printed with its trace, and ends it with 1.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '0' },
    runs: { type: 'string', default: '1000' },
    minutes: { type: 'string' },
    trace: { type: 'string', default: '80' },
  },
});
const first = numberOf('seed');
const runs = values.minutes === undefined ? numberOf('runs') : Number.POSITIVE_INFINITY;
const limitMs = values.minutes === undefined ? Number.POSITIVE_INFINITY : numberOf('minutes') * 60_000;
/** Between two lines about how far it is. */
const PROGRESS_MS = 10_000;

const started = performance.now();
let towns = 0;
let steps = 0;
let told = started;

for (let seed = first; towns < runs && performance.now() - started < limitMs; seed++) {
  const life = lifeOf(seed, { mischief: true });
  try {
    steps += live(life).state.steps;
  } catch (error) {
    if (!(error instanceof BrokenTown)) throw error;
    fail(life, error);
  }
  towns++;
  if (performance.now() - told > PROGRESS_MS) tell();
}
tell();

function numberOf(name: 'seed' | 'runs' | 'minutes'): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= 0) return value;
  console.error(`--${name} wants a number, found "${values[name]}".`);
  process.exit(2);
}

function tell(): void {
  told = performance.now();
  const minutes = (told - started) / 60_000;
  console.log(
    `${towns} towns, ${steps} decisions with all invariants checked, ${Math.round(steps / minutes)} a minute, 0 broken promises`,
  );
}

/** Runs the same seed again to see that it fails again, then looks for the smallest town that does. */
function fail(life: Life, failure: BrokenTown): never {
  console.log(`town ${life.seed} broke a promise: ${failure.message}`);
  const again = failureOf(life);
  if (again?.message !== failure.message)
    console.log(`run again it says otherwise: ${again?.message ?? 'nothing is wrong'}`);
  const small = shrink(life, failure);
  console.log(`the smallest of ${small.attempts} that fails as well, as data for a test:`);
  console.log(JSON.stringify(small.life));
  console.log(small.failure.message);
  console.log(small.failure.town.state.log.slice(-numberOfTrace()).join('\n'));
  console.log(leftovers(small.failure.town));
  process.exit(1);
}

function numberOfTrace(): number {
  return Number(values.trace);
}
