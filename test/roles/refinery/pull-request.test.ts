import { describe, expect, test } from 'vitest';
import { batchOf } from '../../../roles/refinery/batch.ts';
import { whyWaiting } from '../../../roles/refinery/why.ts';
import type { Merge } from '../../../source/ledger/schema.ts';
import { ago, merge, rig, SECOND, sha, TIP, world } from '../world.ts';

const PR = {
  number: 12,
  url: 'https://github.test/acme/app/pull/12',
  branch: 'gastown/m1',
  head: sha('c'),
  at: ago(0),
};

const LAND = { type: 'land', rig: 'app', merges: ['m1'], old: TIP, new: sha('c'), tree: sha('t') } as const;

describe('a landing by pull request says', () => {
  const why = (fields: Partial<Merge>, last?: { error: string; waitsOn?: 'person' | 'service' }) => {
    const request = merge('m1', {
      state: 'landing',
      landing: { old: TIP, new: sha('c'), tree: sha('t'), at: ago(SECOND) },
      ...fields,
    });
    const failing = new Map(
      last ? [['land:app', { effect: LAND, subject: 'm1', failures: 1, since: 0, ...last }]] : [],
    );
    const rigs = [rig({ land: 'pr' })];
    return whyWaiting(world({ records: { rigs, merges: [request] }, observed: { failing } }), request);
  };

  test('what it waits for, in the words of the last look', () => {
    const error = 'PR #12 open: 2 of 3 checks passed, waits for a review';
    expect(why({ pr: PR }, { error, waitsOn: 'person' })).toBe(error);
  });

  test('what fails, and which one it is about', () => {
    expect(why({ pr: PR }, { error: 'gh is not logged in.' })).toBe(
      'PR #12, which fails for now: gh is not logged in.',
    );
    expect(why({}, { error: 'gh is not logged in.' })).toBe(
      'to be put into a pull request, which fails for now: gh is not logged in.',
    );
  });

  test('that it is being looked at, before the first look', () => {
    expect(why({ pr: PR })).toBe('PR #12: being looked at');
    expect(why({})).toBe('to be put into a pull request');
  });
});

describe('a batch', () => {
  const queue = (...limits: (number | undefined)[]) =>
    limits.map((batchMax, index) => merge(`m${index}`, batchMax === undefined ? {} : { batchMax }));
  const sizeOf = (...limits: (number | undefined)[]) => batchOf(queue(...limits), 3).length;

  test('is as long as the setting allows', () => {
    expect(sizeOf(undefined, undefined, undefined, undefined)).toBe(3);
    expect(sizeOf()).toBe(0);
    expect(batchOf(queue(undefined), 0)).toHaveLength(1);
  });

  test('ends before a request that must not be in such company, and is small where the first one must be alone', () => {
    expect(sizeOf(2, 2, 2, 2)).toBe(2);
    expect(sizeOf(1, undefined, undefined)).toBe(1);
    expect(sizeOf(undefined, undefined, 2)).toBe(2);
    expect(sizeOf(undefined, 1, undefined)).toBe(1);
  });
});
