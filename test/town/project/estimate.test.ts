import { describe, expect, test } from 'vitest';
import { workTimesOf } from '../../../source/ledger/work-times.ts';
import { createEstimates, type EstimateInput, estimate } from '../../../source/town/project/estimate.ts';
import { beadRow } from '../../components/small-view.ts';
import { ago, bead, MINUTE, SECOND, sha, world } from '../../roles/world.ts';

const minutes = (...times: number[]): number[] => times.map(time => time * MINUTE);
const of = (fields: Partial<EstimateInput> = {}) =>
  estimate({
    convoy: { status: 'approved', rig: 'web' },
    beads: [beadRow('b1', { phase: 'working' }), beadRow('b2', { phase: 'queued' })],
    times: minutes(10, 20, 30, 40),
    workers: 10,
    ...fields,
  });

describe('an estimate of a convoy', () => {
  test('is what most beads took, where all that is open can be done at once', () => {
    expect(of()).toEqual({
      words: 'about 20m to 40m to go',
      basis: 'by the last 4 beads that landed in web',
    });
  });

  test('takes as many rounds as there are beads one after the other, or for each worker', () => {
    const chain = [beadRow('b1', { phase: 'working' }), beadRow('b2', { phase: 'blocked', blockedBy: ['b1'] })];
    expect(of({ beads: chain })?.words).toBe('about 40m to 1h 20m to go');
    expect(of({ workers: 1 })?.words).toBe('about 40m to 1h 20m to go');
  });

  test('ends where beads wait for each other in a circle', () => {
    const circle = [beadRow('b1', { blockedBy: ['b2'] }), beadRow('b2', { blockedBy: ['b1'] })];
    expect(of({ beads: circle })?.words).toMatch(/^about /);
  });

  test.each<[string, Partial<EstimateInput>]>([
    ['about 20m to 40m once you approve it', { convoy: { status: 'proposed', rig: 'web' } }],
    ['about 20m to 40m once it goes on (emergency stop)', { stopped: 'emergency stop' }],
    ['about 20m to 40m once it is slung (S)', { beads: [beadRow('b1')] }],
    ['no estimate: 1 bead in it waits for you', { beads: [beadRow('b1', { phase: 'parked' })] }],
    ['no estimate yet', { times: minutes(10, 20) }],
  ])('says what it hangs on: %s', (words, fields) => {
    expect(of(fields)?.words).toBe(words);
  });

  test('says why nobody knows it where next to nothing landed', () => {
    expect(of({ times: [] })?.basis).toBe('nothing has landed in web to know it from');
    expect(of({ times: minutes(3) })?.basis).toBe('only 1 bead landed in web to know it from');
  });

  test('is none where nothing is left to wait for', () => {
    expect(of({ beads: [beadRow('b1', { status: 'closed', phase: 'landed' })] })).toBeUndefined();
    expect(of({ convoy: { status: 'cancelled', rig: 'web' } })).toBeUndefined();
  });
});

test('an estimate is made anew only where something that it is made from is another one', () => {
  const estimates = createEstimates();
  const input: EstimateInput = {
    convoy: { status: 'approved', rig: 'web' },
    beads: [beadRow('b1', { phase: 'working' })],
    times: minutes(10, 20, 30),
    workers: 1,
  };
  const first = estimates('cv-1', input);
  expect(estimates('cv-1', { ...input, beads: [...input.beads] })).toBe(first);
  expect(estimates('cv-1', { ...input, beads: [beadRow('b1', { phase: 'parked' })] })?.words).toMatch(/waits for you/);
  expect(estimates('cv-1', { ...input, stopped: 'emergency stop' })?.words).toMatch(/emergency stop/);
  expect(estimates('cv-2', { ...input, times: [] })?.words).toBe('no estimate yet');
});

describe('how long work took', () => {
  const landed = (id: string, tookMs: number, endedAgoMs = 0) =>
    bead(id, {
      status: 'closed',
      started_at: ago(endedAgoMs + tookMs),
      closed_at: ago(endedAgoMs),
      town: { landed_sha: sha(id) },
    });

  test('is known of what landed, and of nothing else', () => {
    const closed = bead('b2', { status: 'closed', started_at: ago(MINUTE), closed_at: ago(0) });
    const { ledger } = world({ records: { beads: [landed('b1', 3 * MINUTE), closed, bead('b3')] } });
    expect(workTimesOf(ledger).of('app')).toEqual([3 * MINUTE]);
    expect(workTimesOf(ledger).of('other')).toEqual([]);
  });

  test('is that of the fifty that landed last, shortest first, and forgets one that is opened again', () => {
    const old = landed('old', 60 * MINUTE, 90 * MINUTE);
    const fresh = Array.from({ length: 50 }, (_, at) => landed(`b${at}`, (50 - at) * SECOND, at * SECOND));
    const { ledger } = world({ records: { beads: [old, ...fresh] } });
    const times = workTimesOf(ledger).of('app');
    expect(times).toHaveLength(50);
    expect([times[0], times.at(-1)]).toEqual([SECOND, 50 * SECOND]);
    (ledger.beads as Map<string, unknown>).set('b0', bead('b0'));
    expect(workTimesOf(ledger).of('app')).toHaveLength(49);
  });
});
