import { afterAll, describe, expect, test } from 'vitest';
import {
  beadOf,
  bench,
  cleanUpAll,
  data,
  expectSound,
  gate,
  landed,
  landedCommits,
  merge,
  mergesOf,
  operator,
  script,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

describe.concurrent('the same change, made twice', () => {
  test('lands once, costs one run of the gates, and finishes both beads', async () => {
    const town = await bench('twins', {
      gates: ({ notes }) => [gate(`echo run >> '${notes}/runs'`)],
    });
    await operator(town, { type: 'merge.pause', payload: { rig: 'app' } });
    const work = script('echo fixed > base.txt');
    const one = await town.sling('Fix it', work);
    const first = await merge(town, one);
    const two = await town.sling('Fix the same', work);
    const second = await merge(town, two);
    expect(second.patch).toBe(first.patch);
    await operator(town, { type: 'merge.resume', payload: { rig: 'app' } });
    await landed(town, one);
    await landed(town, two);
    const [commit, ...more] = landedCommits(town);
    expect(more).toEqual([]);
    expect(town.note('runs')).toBe('run');
    expect(mergesOf(town, two)).toMatchObject([{ state: 'superseded', twin: first.id, landedSha: commit }]);
    for (const id of [one, two]) expect(beadOf(town, id).town.landed_sha).toBe(commit);
    expectSound(town);
  });

  test('is tried by itself when the first one comes back', async () => {
    const town = await bench('twin-back');
    await operator(town, { type: 'merge.pause', payload: { rig: 'app' } });
    const work = script('echo fixed > base.txt');
    const one = await town.sling('Fix it', work);
    const first = await merge(town, one);
    const two = await town.sling('Fix the same', work);
    await merge(town, two);
    await operator(town, { type: 'merge.reject', payload: { id: first.id, reason: 'not this one' } });
    await operator(town, { type: 'merge.resume', payload: { rig: 'app' } });
    await landed(town, two);
    await until(town, 'it landed by itself', () => mergesOf(town, two)[0]!.state === 'landed');
    expect(data(town).merges.get(first.id)!.state).toBe('rejected');
    expectSound(town);
  });
});
