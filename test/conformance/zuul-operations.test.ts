import { afterAll, describe, expect } from 'vitest';
import { cleanUpAll, data, gate } from '../town/harness.ts';
import { bad, drain, expectStates, GATE, scenario, waitingGate, writes } from './stage.ts';

afterAll(cleanUpAll);

const waiting = { gates: ({ notes }: { notes: string }) => [gate(waitingGate(notes))] };

/** After openstack-infra/zuul, tests/unit/test_scheduler.py: what people do to a queue at work. */
describe.concurrent('zuul: new versions and leaving', () => {
  scenario(
    'zuul-new-patchset-dequeues-old',
    'work taken back while it is tested never lands, its new version does',
    async stage => {
      await stage.queue('a', 'b');
      await stage.resume();
      await stage.testing();
      const old = stage.of('a').head;
      await stage.operator({
        type: 'merge.reject',
        payload: { id: stage.of('a').id, reason: 'Say it better', rework: true },
      });
      await stage.rework('a', { 'a.txt': 'better\n' });
      stage.go();
      await stage.idle();
      expectStates(stage, { a: 'landed', b: 'landed' });
      expect(stage.of('a').head).not.toBe(old);
      expect(stage.order().filter(name => name === 'a')).toHaveLength(1);
    },
    waiting,
  );

  scenario(
    'zuul-abandoned-gate',
    'a request given up while it is tested is given up',
    async stage => {
      await stage.queue('a');
      await stage.resume();
      await stage.testing();
      await stage.operator({ type: 'merge.reject', payload: { id: stage.of('a').id, reason: 'No' } });
      stage.go();
      await stage.idle();
      expectStates(stage, { a: 'rejected' });
      expect(stage.files()).toEqual([]);
    },
    waiting,
  );

  scenario(
    'zuul-can-merge',
    'nothing lands without the approval that the policy asks for',
    async stage => {
      await stage.queue('a', 'b');
      await stage.approve('b');
      await drain(stage);
      expectStates(stage, { a: 'queued', b: 'landed' });
      await stage.approve('a');
      await stage.idle();
      expectStates(stage, { a: 'landed' });
    },
    { policy: 'all' },
  );
});

describe.concurrent('zuul: running again', () => {
  scenario(
    'zuul-rerun-on-abort',
    'a gate killed from outside is run again and blames nobody',
    async stage => {
      await stage.queue('a');
      await drain(stage);
      await stage.until('it landed', () => stage.of('a').state === 'landed');
      expect(stage.history.filter(event => event.type === 'merge.bounce')).toEqual([]);
    },
    {
      gates: ({ notes }) => [
        gate(`test -e a.txt || exit 0; if [ ! -e '${notes}/once' ]; then touch '${notes}/once'; kill -9 $$; fi`),
      ],
    },
  );

  scenario(
    'zuul-disable-at',
    'a gate that never can run stops asking, holds the work and calls a person',
    async stage => {
      await stage.queue('a');
      await drain(stage);
      expect(stage.of('a').held?.reason).toMatch(/could not run/);
      expect([...data(stage.town).escalations.values()]).toMatchObject([{ severity: 'high' }]);
    },
    { gates: [gate('no-such-command-anywhere')], settings: { refinery: { maxCouldNotRun: 1 } } },
  );

  scenario(
    'zuul-stuck-job-cleanup',
    'a town that ends under a hanging gate leaves none of it behind and tests again',
    async stage => {
      await stage.queue('a');
      await stage.resume();
      await stage.testing();
      await stage.reopen();
      stage.go();
      await stage.idle();
      expectStates(stage, { a: 'landed' });
    },
    waiting,
  );
});

describe.concurrent('zuul: reconfiguration and promotion', () => {
  scenario(
    'zuul-live-reconfiguration',
    'with new gates in the middle, what lands is green under the new ones',
    async stage => {
      await stage.queue('a', writes('b', 'unwanted.txt'));
      await stage.resume();
      await stage.testing();
      await stage.operator({
        type: 'rig.update',
        payload: { id: 'app', gates: [gate('test ! -e unwanted.txt', 'strict')] },
      });
      stage.go();
      await stage.idle();
      expectStates(stage, { a: 'landed', b: 'bounced' });
      expect(stage.of('b').cause).toMatchObject({ kind: 'red', gate: 'strict' });
    },
    waiting,
  );

  scenario('zuul-live-reconfiguration-merge-conflict', 'new gates do not lose a collision', async stage => {
    await stage.queue(writes('a', 'same.txt'), writes('b', 'same.txt'));
    await stage.operator({ type: 'rig.update', payload: { id: 'app', gates: [gate('test -e base.txt', 'other')] } });
    await drain(stage);
    expectStates(stage, { a: 'landed', b: 'bounced' });
    expect(stage.of('b').cause).toMatchObject({ kind: 'conflict' });
  });

  scenario(
    'zuul-live-reconfiguration-failed-change-at-head',
    'what was red is judged by the new gates',
    async stage => {
      await stage.queue(bad('a'), 'b');
      await stage.operator({ type: 'rig.update', payload: { id: 'app', gates: [gate('test -e base.txt')] } });
      await drain(stage);
      expectStates(stage, { a: 'landed', b: 'landed' });
      await stage.operator({ type: 'rig.update', payload: { id: 'app', gates: [gate(GATE)] } });
      await stage.queue('c');
      await stage.idle();
      // Now the target itself is red, for which the new work is not to blame.
      expect(stage.of('c')).toMatchObject({
        state: 'queued',
        held: { reason: expect.stringMatching(/on the target itself/) },
      });
    },
  );

  scenario('zuul-client-promote', 'the last is put first and lands first', async stage => {
    await stage.queue('a', 'b', 'c');
    const [a, b, c] = ['a', 'b', 'c'].map(name => stage.of(name).id);
    await stage.operator({
      type: 'merge.order',
      payload: { id: c!, order: -1, others: [a!, b!].map(id => ({ id, order: null })) },
    });
    await drain(stage);
    expect(stage.order()).toEqual(['c', 'a', 'b']);
  });

  scenario('zuul-client-promote-dependent', 'one put before what it stands on brings that along', async stage => {
    await stage.queue('a', 'x', { name: 'b', on: 'a' });
    await stage.operator({ type: 'merge.order', payload: { id: stage.of('b').id, order: -1, others: [] } });
    await drain(stage);
    expectStates(stage, { a: 'landed', b: 'landed', x: 'landed' });
    expect(stage.files()).toEqual(['a.txt', 'b.txt', 'x.txt']);
  });

  scenario('zuul-client-promote-negative', 'what is not in the queue cannot be put anywhere in it', async stage => {
    await stage.queue('a');
    await drain(stage);
    const { id } = stage.of('a');
    await expect(stage.operator({ type: 'merge.order', payload: { id, order: -1, others: [] } })).rejects.toMatchObject(
      { code: 'conflict' },
    );
    await expect(
      stage.operator({ type: 'merge.order', payload: { id: 'mr-nowhere', order: 1, others: [] } }),
    ).rejects.toMatchObject({ code: 'not_found' });
    expectStates(stage, { a: 'landed' });
  });
});
