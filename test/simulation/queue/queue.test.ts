import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chainOf, cutsOf, planTrials, settleTrials } from '../../../roles/refinery/ladder.ts';
import { bisect, ladder, newLadder, serial, speculation } from './strategies.ts';
import { deviations, measure } from './table.ts';
import { breaches, createWorld } from './world.ts';

test('the ladder is within a tenth of the published figures, or better', () => {
  expect(deviations(400).filter(({ share }) => share > 0.1)).toEqual([]);
});

test('the ladder with four slots needs fewer runs than speculation and less time than all others', () => {
  const cell = { requests: 32, bad: 2, worlds: 150 };
  const own = measure(ladder({ slots: 4 }), cell);
  expect(own.makespan).toBeLessThan(measure(serial(), cell).makespan / 4);
  expect(own.makespan).toBeLessThan(measure(bisect({ batch: 32 }), cell).makespan / 2);
  const speculated = measure(speculation({ slots: 4 }), cell);
  expect(own.makespan).toBeLessThan(speculated.makespan * 0.75);
  expect(own.runs).toBeLessThan(speculated.runs * 0.75);
});

test('two reds alone protect the innocent where gates are flaky', () => {
  const cell = { requests: 32, bad: 2, flakes: 0.05, worlds: 400 };
  expect(measure(ladder({ slots: 4, confirm: 2 }), cell).wronged).toBeLessThan(0.01);
  expect(measure(serial(), cell).wronged).toBeGreaterThan(1);
});

test('whatever the world, what is bad stays out, what is good lands, and nothing is lost', () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.nat(1_000_000),
        requests: fc.integer({ min: 1, max: 60 }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        slots: fc.integer({ min: 1, max: 9 }),
        confirm: fc.integer({ min: 1, max: 3 }),
      }),
      ({ seed, requests, share, slots, confirm }) => {
        const world = createWorld({ seed, requests, bad: Math.floor(share * requests) });
        const result = ladder({ slots, confirm })(world);
        expect(breaches(world, result)).toEqual([]);
        expect(new Set(result.rejected)).toEqual(world.bad);
        expect(result.landed.size).toBe(requests - world.bad.size);
      },
    ),
    { numRuns: 300 },
  );
});

test('every round lands, rejects or narrows something down, so that a queue comes to an end', () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.nat(1_000_000),
        requests: fc.integer({ min: 1, max: 40 }),
        bad: fc.integer({ min: 0, max: 10 }),
        slots: fc.integer({ min: 1, max: 8 }),
      }),
      ({ seed, requests, bad, slots }) => {
        const world = createWorld({ seed, requests, bad: Math.min(bad, requests) });
        // One run of each prefix, each halving of a run and each one alone is more than all that can be asked for.
        expect(ladder({ slots })(world).makespan).toBeLessThanOrEqual(3 * requests);
      },
    ),
    { numRuns: 200 },
  );
});

describe('cuts', () => {
  test('lie where each answer is worth the same', () => {
    const queue = (length: number) => Array.from({ length }, (_, at) => `r${at}`);
    expect(cutsOf(newLadder(queue(100)), 4)).toEqual([4, 10, 18, 31]);
    expect(cutsOf(newLadder(queue(8)), 4)).toEqual([4, 8]);
    // One in ten is bad: shorter ones.
    expect(cutsOf(newLadder(queue(100), { landed: 95, rejected: 13 }), 4)).toEqual([2, 5, 9, 15]);
    // More than one in five: a window, one by one.
    expect(cutsOf(newLadder(queue(100), { landed: 0, rejected: 20 }), 4)).toEqual([1, 2, 3, 4]);
  });

  test('never let one red span what is unknown and what is suspect', () => {
    const suspected = { ...newLadder(['a', 'b']), suspects: [{ ids: ['x', 'y', 'z'], passed: 0 }] };
    expect(chainOf(suspected)).toEqual(['a', 'b', 'x', 'y', 'z']);
    expect(cutsOf(suspected, 4)).toContain(2);
    expect(cutsOf(suspected, 4).at(-1)).toBeLessThan(5);
  });
});

describe('what was overtaken', () => {
  const accused = [{ id: 'late', reds: 0, passed: 2 }];
  test('twice has a slot before all others', () => {
    expect(planTrials({ ...newLadder(['a', 'b']), accused }, 1)).toEqual([{ kind: 'alone', ids: ['late'] }]);
    const suspects = [{ ids: ['x', 'y', 'z'], passed: 2 }];
    expect(planTrials({ ...newLadder(['a', 'b']), suspects }, 1)).toEqual([{ kind: 'half', ids: ['x', 'y'] }]);
  });
  test('starts to count again once it was looked at', () => {
    const { ladder: next } = settleTrials(
      { ...newLadder(['a']), accused },
      [{ kind: 'alone', ids: ['late'], isGreen: false }],
      2,
    );
    expect(next.accused).toEqual([{ id: 'late', reds: 1, passed: 0 }]);
  });
});
