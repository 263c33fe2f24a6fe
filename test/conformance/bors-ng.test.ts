import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { attention, cleanUpAll, gate } from '../town/harness.ts';
import { bad, drain, expectStates, GATE, git, scenario, waitingGate, writes } from './stage.ts';

afterAll(cleanUpAll);

const waiting = { gates: ({ notes }: { notes: string }) => [gate(waitingGate(notes))] };

/** After bors-ng, test/batcher/batcher_test.exs and divider_test.exs. */
describe.concurrent('bors-ng: cancelling', () => {
  scenario('bors-ng-partially-cancel-a-waiting-batch', 'one of two is rejected, the other lands', async stage => {
    await stage.queue('a', 'b');
    await stage.operator({ type: 'merge.reject', payload: { id: stage.of('a').id, reason: 'Stop' } });
    await drain(stage);
    expectStates(stage, { a: 'rejected', b: 'landed' });
  });

  scenario(
    'bors-ng-cancel-running-with-two-patches',
    'one of two under test is held, the other lands without it',
    async stage => {
      await stage.queue('a', 'b');
      await stage.resume();
      await stage.testing();
      await stage.operator({ type: 'merge.hold', payload: { id: stage.of('a').id, reason: 'Wait' } });
      stage.go();
      await stage.idle();
      expectStates(stage, { a: 'queued', b: 'landed' });
      await stage.operator({ type: 'merge.release', payload: { id: stage.of('a').id } });
      await stage.idle();
      expectStates(stage, { a: 'landed' });
    },
    waiting,
  );

  scenario(
    'bors-ng-rejects-already-running',
    'asking again for what is under test changes nothing and lands it once',
    async stage => {
      await stage.queue('a');
      await stage.resume();
      await stage.testing();
      await stage.operator({ type: 'merge.retry', payload: { id: stage.of('a').id } });
      await stage.operator({ type: 'merge.retry', payload: { id: stage.of('a').id } });
      stage.go();
      await stage.idle();
      expectStates(stage, { a: 'landed' });
      await expect(stage.operator({ type: 'merge.retry', payload: { id: stage.of('a').id } })).rejects.toMatchObject({
        code: 'conflict',
      });
    },
    waiting,
  );

  scenario('bors-ng-zero-patches', 'an empty queue does nothing at all', async stage => {
    const before = stage.history.length;
    await drain(stage);
    expect(stage.history.slice(before).map(event => event.type)).toEqual(['merge.resume']);
  });
});

describe.concurrent('bors-ng: running through', () => {
  scenario(
    'bors-ng-merge-conflict-with-main',
    'what collides with the target goes back, the rest lands',
    async stage => {
      await stage.queue(writes('a', 'same.txt'), 'b');
      stage.push({ 'same.txt': 'by hand\n' });
      await drain(stage);
      expectStates(stage, { a: 'bounced', b: 'landed' });
      expect(stage.of('a').cause).toMatchObject({ kind: 'conflict', files: ['same.txt'] });
    },
  );

  scenario(
    'bors-ng-push-non-fast-forward',
    'a target moved under the test is no reason to split or blame, only to test again',
    async stage => {
      await stage.queue('a', 'b');
      await stage.resume();
      await stage.testing();
      stage.push({ 'theirs.txt': 'by hand\n' });
      stage.go();
      await stage.idle();
      expectStates(stage, { a: 'landed', b: 'landed' });
      expect(stage.history.filter(event => event.type === 'merge.bounce')).toEqual([]);
      expect(stage.files()).toEqual(['a.txt', 'b.txt', 'theirs.txt']);
    },
    waiting,
  );

  scenario('bors-ng-push-other-error', 'a push that the origin refuses keeps the work and tells why', async stage => {
    const hook = path.join(stage.town.origin, 'hooks', 'pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho "frozen for the release" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    await stage.queue('a');
    await stage.resume();
    const row = await stage.until('a person is told', () => attention(stage.town).find(one => one.kind === 'blocked'));
    expect(row.detail).toContain('frozen for the release');
    expectStates(stage, { a: 'queued' });
    writeFileSync(hook, '#!/bin/sh\nexit 0\n');
    // Another tip is another question, asked at once.
    stage.push({ 'theirs.txt': 'by hand\n' });
    await stage.operator({ type: 'merge.retry', payload: { id: stage.of('a').id } });
    await stage.until('it landed', () => stage.of('a').state === 'landed');
  });

  scenario('bors-ng-runthrough-and-continue', 'what waits behind a landing lands on top of it', async stage => {
    await stage.queue('a');
    await drain(stage);
    await stage.queue('b');
    await stage.idle();
    await stage.queue('c');
    await stage.idle();
    expect(stage.order()).toEqual(['a', 'b', 'c']);
  });

  scenario('bors-ng-max-batch-size', 'a queue longer than any batch lands whole and in order', async stage => {
    const names = Array.from({ length: 11 }, (_, at) => `n${10 + at}`);
    await stage.queue(...names);
    await drain(stage);
    expect(stage.order()).toEqual(names);
  });
});

describe.concurrent('bors-ng: order and what is red', () => {
  scenario('bors-ng-pr-sorting', 'the more urgent first, then the older', async stage => {
    await stage.queue({ name: 'a', priority: 3 }, { name: 'b', priority: 1 }, { name: 'c', priority: 3 });
    await stage.queue({ name: 'd', priority: 0 });
    await drain(stage);
    expect(stage.order()).toEqual(['d', 'b', 'a', 'c']);
  });

  scenario(
    'bors-ng-priority-puts-one-on-hold',
    'an urgent one that comes during a test lands, and so does what was under test',
    async stage => {
      await stage.queue({ name: 'a', priority: 4 });
      await stage.resume();
      await stage.testing();
      await stage.queue({ name: 'b', priority: 0 });
      stage.go();
      await stage.idle();
      expectStates(stage, { a: 'landed', b: 'landed' });
    },
    waiting,
  );

  scenario('bors-ng-test-failure-bisect', 'one red of four is found, three land', async stage => {
    await stage.queue('a', 'b', bad('c'), 'd');
    await drain(stage);
    expectStates(stage, { a: 'landed', b: 'landed', c: 'bounced', d: 'landed' });
  });

  scenario(
    'bors-ng-test-timeout',
    'a gate over its time blames nobody: what hangs is held for a person, the rest lands',
    async stage => {
      await stage.queue(writes('a', 'hang.txt'), 'b');
      await drain(stage);
      expect(stage.of('a').held?.reason).toMatch(/timeout/);
      expect(stage.history.filter(event => event.type === 'merge.bounce')).toEqual([]);
      expectStates(stage, { a: 'queued', b: 'landed' });
    },
    {
      gates: [{ name: 'test', command: 'if test -e hang.txt; then sleep 60; fi', timeoutMs: 400 }],
      settings: { refinery: { maxCouldNotRun: 1 } },
    },
  );

  scenario(
    'bors-ng-divider-conflict-mix',
    'of pairs that collide the older land, and all that collides with nothing',
    async stage => {
      await stage.queue(
        writes('a', 'one.txt'),
        writes('b', 'two.txt'),
        writes('c', 'one.txt'),
        'd',
        writes('e', 'two.txt'),
      );
      await drain(stage);
      expectStates(stage, { a: 'landed', b: 'landed', c: 'bounced', d: 'landed', e: 'bounced' });
    },
  );

  scenario('bors-ng-differing-branches', 'two targets do not wait for each other', async stage => {
    git(stage.town.origin, ['branch', 'release', 'main']);
    await stage.operator({
      type: 'rig.add',
      payload: {
        ...{ id: 'rel', origin: stage.town.origin, branch: 'release', prefix: 'rel', policy: 'auto' },
        gates: [gate(GATE)],
      },
    });
    await stage.queue('a', { name: 'r', rig: 'rel' }, bad('s', { rig: 'rel' }));
    await drain(stage);
    expectStates(stage, { a: 'landed', r: 'landed', s: 'bounced' });
    expect(stage.files()).toEqual(['a.txt']);
    expect(stage.files('release')).toEqual(['r.txt']);
  });
});
