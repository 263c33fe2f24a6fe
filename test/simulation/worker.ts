import { parentPort, workerData } from 'node:worker_threads';
import { BrokenTown, lifeOf, live } from './life.ts';

/** Which towns a worker lives through: from `first` on each `stride`th, before `end` and until it is `untilMs` (by `Date.now`). */
export interface Task {
  readonly first: number;
  readonly stride: number;
  readonly end: number;
  readonly untilMs: number;
}

/** How far it is since its last word; a seed that broke a promise ends it. */
export type Word =
  | { readonly kind: 'lived'; readonly towns: number; readonly steps: number }
  | { readonly kind: 'broken'; readonly seed: number };

/** Between two words. */
const WORD_EVERY_MS = 500;

const work = ({ first, stride, end, untilMs }: Task, say: (word: Word) => void): void => {
  let lived = { towns: 0, steps: 0 };
  let saidAt = Date.now();
  const tell = (): void => {
    say({ kind: 'lived', ...lived });
    lived = { towns: 0, steps: 0 };
    saidAt = Date.now();
  };
  for (let seed = first; seed < end && Date.now() < untilMs; seed += stride) {
    try {
      lived.steps += live(lifeOf(seed, { mischief: true })).state.steps;
    } catch (error) {
      if (!(error instanceof BrokenTown)) throw error;
      say({ kind: 'broken', seed });
      return;
    }
    lived.towns++;
    if (Date.now() - saidAt > WORD_EVERY_MS) tell();
  }
  tell();
};

work(workerData as Task, word => parentPort!.postMessage(word));
