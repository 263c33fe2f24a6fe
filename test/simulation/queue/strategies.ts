import { type Ladder, type Prior, planTrials, settleTrials } from '../../../roles/refinery/ladder.ts';
import type { QueueResult, Strategy } from './world.ts';

/**
 * Merge queues over equally long gate runs, a unit of time each: ours, and the ways it is measured against, as their
 * sources describe them (one at a time; bors: a batch, halved when red; Zuul: a window of prefixes, all tested at once).
 */

/** Runs before one red is believed: 0 retries is none. */
export interface Retries {
  readonly retries?: number;
}

/** A queue of which nothing is known yet. */
export const newLadder = (queue: readonly string[], prior: Prior = { landed: 0, rejected: 0 }): Ladder => ({
  unknown: queue,
  suspects: [],
  accused: [],
  prior,
});

export const serial =
  ({ retries = 0 }: Retries = {}): Strategy =>
  world => {
    const book = createBook();
    for (const id of world.queue) {
      let isGreen = false;
      for (let tried = 0; !isGreen && tried <= retries; tried++) {
        isGreen = world.test([id]);
        book.runs++;
        book.now++;
      }
      if (isGreen) book.land([id]);
      else book.rejected.push(id);
    }
    return book.result();
  };

export const bisect =
  ({ batch, retries = 0 }: { batch: number } & Retries): Strategy =>
  world => {
    const book = createBook();
    const batches: (readonly string[])[] = [];
    for (let at = 0; at < world.queue.length; at += batch) batches.push(world.queue.slice(at, at + batch));
    for (let ids = batches.shift(); ids; ids = batches.shift()) {
      let isGreen = false;
      const tries = ids.length === 1 ? retries + 1 : 1;
      for (let tried = 0; !isGreen && tried < tries; tried++) {
        isGreen = world.test(ids);
        book.runs++;
        book.now++;
      }
      if (isGreen) book.land(ids);
      else if (ids.length === 1) book.rejected.push(ids[0]!);
      else batches.push(ids.slice(0, Math.ceil(ids.length / 2)), ids.slice(Math.ceil(ids.length / 2)));
    }
    return book.result();
  };

export const speculation =
  ({ slots, retries = 0 }: { slots: number } & Retries): Strategy =>
  world => {
    const book = createBook();
    const reds = new Map<string, number>();
    let waiting = world.queue;
    while (waiting.length > 0) {
      const window = waiting.slice(0, slots);
      const greens = window.map((_, index) => world.test(window.slice(0, index + 1)));
      book.runs += window.length;
      book.now++;
      const red = greens.indexOf(false);
      const done = red < 0 ? window.length : red;
      book.land(window.slice(0, done));
      waiting = waiting.slice(done);
      if (red < 0) continue;
      const culprit = window[red]!;
      reds.set(culprit, (reds.get(culprit) ?? 0) + 1);
      if (reds.get(culprit)! <= retries) continue;
      book.rejected.push(culprit);
      waiting = waiting.slice(1);
    }
    return book.result();
  };

export const ladder =
  ({ slots, confirm = 1 }: { slots: number; confirm?: number }): Strategy =>
  world => {
    const book = createBook();
    let state: Ladder = newLadder(world.queue);
    for (let rounds = 0; ; rounds++) {
      if (rounds > 50 * world.queue.length) throw new Error(`no end: ${JSON.stringify(state)}`);
      const trials = planTrials(state, slots);
      if (trials.length === 0) return book.result();
      const tried = trials.map(trial => ({ ...trial, isGreen: world.test(trial.ids) }));
      book.runs += trials.length;
      book.now++;
      const settled = settleTrials(state, tried, confirm);
      book.land(settled.landed);
      book.rejected.push(...settled.rejected);
      state = settled.ladder;
    }
  };

const createBook = () => {
  const landed = new Map<string, number>();
  const rejected: string[] = [];
  return {
    runs: 0,
    now: 0,
    rejected,
    land(ids: readonly string[]) {
      for (const id of ids) {
        if (landed.has(id) || rejected.includes(id)) throw new Error(`${id} lands twice`);
        landed.set(id, this.now);
      }
    },
    result(): QueueResult {
      return { runs: this.runs, makespan: this.now, landed, rejected };
    },
  };
};
