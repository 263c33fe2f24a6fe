import os from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type BrokenTown, type Life, leftovers, lifeOf } from './life.ts';
import { failureOf, shrink } from './shrink.ts';
import { linesOf } from './state.ts';
import type { Task, Word } from './worker.ts';

/**
 * `npm run simulate -- --seed 0 --runs 10000`, or `--minutes 30`: town after town with the real roles and ledger rules over
 * a virtual clock, on every core. The first that breaks a promise is run again, shrunk, printed with its trace, and ends it
 * with 1.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '0' },
    runs: { type: 'string', default: '10000' },
    minutes: { type: 'string' },
    workers: { type: 'string', default: String(os.availableParallelism()) },
    trace: { type: 'string', default: '80' },
  },
});
/** Between two lines about how far it is. */
const PROGRESS_MS = 10_000;
/** Towns are made of what lives for a tick: with room for a few hundred ticks nearly all of it is gone before it is collected. */
const YOUNG_MIB = 64;

const started = performance.now();
let towns = 0;
let steps = 0;

const main = async (): Promise<void> => {
  const first = numberOf('seed');
  const end = values.minutes === undefined ? first + numberOf('runs') : Number.POSITIVE_INFINITY;
  const untilMs = values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + numberOf('minutes') * 60_000;
  const stride = Math.max(1, numberOf('workers'));
  const progress = setInterval(tell, PROGRESS_MS);
  const tasks = Array.from({ length: stride }, (_, n) => ({ first: first + n, stride, end, untilMs }));
  const broken = await liveThrough(tasks);
  clearInterval(progress);
  if (broken !== undefined) fail(lifeOf(broken, { mischief: true }));
  tell();
};

/** One worker a task. The seed of the first town that broke a promise, or undefined; the other workers are stopped for it. */
const liveThrough = async (tasks: readonly Task[]): Promise<number | undefined> => {
  const workers = tasks.map(
    task =>
      new Worker(new URL('./worker.ts', import.meta.url), {
        workerData: task,
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
      }),
  );
  let broken: number | undefined;
  await Promise.all(
    workers.map(
      worker =>
        new Promise<void>((resolve, reject) => {
          worker.on('error', reject);
          worker.on('exit', () => resolve());
          worker.on('message', (word: Word) => {
            if (word.kind === 'lived') {
              towns += word.towns;
              steps += word.steps;
              return;
            }
            broken ??= word.seed;
            for (const other of workers) void other.terminate();
          });
        }),
    ),
  );
  return broken;
};

const numberOf = (name: 'seed' | 'runs' | 'minutes' | 'workers' | 'trace'): number => {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= 0) return value;
  console.error(`--${name} wants a number, found "${values[name]}".`);
  process.exit(2);
};

const tell = (): void => {
  const minutes = (performance.now() - started) / 60_000;
  console.log(
    `${towns} towns, ${steps} decisions with all invariants checked, ${Math.round(steps / minutes)} a minute, 0 broken promises`,
  );
};

/** Runs the same life again, which must fail again, then looks for the smallest town that does. */
const fail = (life: Life): never => {
  console.log(`town ${life.seed} broke a promise`);
  const failure = failureOf(life);
  if (!failure) throw new Error(`Town ${life.seed} broke a promise once, and keeps it when it is run again.`);
  console.log(failure.message);
  const small = shrink(life, failure);
  console.log(`the smallest of ${small.attempts} that fails as well, as data for a test:`);
  console.log(JSON.stringify(small.life));
  report(small.failure);
  process.exit(1);
};

const report = ({ message, town }: BrokenTown): void => {
  console.log(message);
  console.log(linesOf(town.state).slice(-numberOf('trace')).join('\n'));
  console.log(leftovers(town));
};

await main();
