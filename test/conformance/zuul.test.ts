import { afterAll, describe, expect } from 'vitest';
import { cleanUpAll, data } from '../town/harness.ts';
import { bad, drain, expectStates, scenario, writes } from './stage.ts';

afterAll(cleanUpAll);

/** After openstack-infra/zuul, tests/unit/test_scheduler.py: a dependent pipeline, here one rig's queue. */
describe.concurrent('zuul: what fails, and what stands behind it', () => {
  scenario('zuul-parallel-changes', 'what does not meet lands, in the order in which it came', async stage => {
    await stage.queue('a', 'b', 'c');
    await drain(stage);
    expectStates(stage, { a: 'landed', b: 'landed', c: 'landed' });
    expect(stage.order()).toEqual(['a', 'b', 'c']);
  });

  scenario('zuul-failed-change-at-head', 'a red head goes back by itself, all behind it land', async stage => {
    await stage.queue(bad('a'), 'b', 'c');
    await drain(stage);
    expectStates(stage, { a: 'bounced', b: 'landed', c: 'landed' });
    expect(stage.files()).toEqual(['b.txt', 'c.txt']);
    expect(stage.history.filter(event => event.type === 'merge.bounce')).toHaveLength(1);
    expect(stage.of('a').cause).toMatchObject({ kind: 'red', gate: 'test' });
  });

  scenario('zuul-failed-change-at-head-with-queue', 'what joins while the head fails lands, too', async stage => {
    await stage.queue(bad('a'), 'b');
    await stage.resume();
    await stage.until('the gate has spoken', () => data(stage.town).verdicts.size > 0);
    await stage.queue('c', 'd');
    await stage.idle();
    expectStates(stage, { a: 'bounced', b: 'landed', c: 'landed', d: 'landed' });
  });

  scenario('zuul-queue-rate-limiting', 'with most of a queue red, all that is good still lands', async stage => {
    await stage.queue(bad('a'), bad('b'), 'c', bad('d'), 'e', bad('f'));
    await drain(stage);
    expectStates(stage, { a: 'bounced', b: 'bounced', c: 'landed', d: 'bounced', e: 'landed', f: 'bounced' });
  });
});

describe.concurrent('zuul: changes that need each other', () => {
  scenario('zuul-needed-changes-enqueue', 'a branch on top of another lands with it, each once', async stage => {
    await stage.queue('a', { name: 'b', on: 'a' });
    await drain(stage);
    expectStates(stage, { a: 'landed', b: 'landed' });
    expect(stage.files()).toEqual(['a.txt', 'b.txt']);
  });

  scenario('zuul-failing-dependent-changes', 'what stands on a red one fails, what stands below lands', async stage => {
    await stage.queue('a', bad('b', { on: 'a' }), { name: 'c', on: 'b' }, 'd');
    await drain(stage);
    expectStates(stage, { a: 'landed', b: 'bounced', c: 'bounced', d: 'landed' });
  });

  scenario('zuul-dependent-behind-dequeue', 'a red head takes only what stands on it', async stage => {
    await stage.queue(bad('a'), { name: 'b', on: 'a' }, 'c', { name: 'd', on: 'c' });
    await drain(stage);
    expectStates(stage, { a: 'bounced', b: 'bounced', c: 'landed', d: 'landed' });
  });

  scenario(
    'zuul-dependent-changes-dequeue',
    'a rejected branch lands neither by itself nor under another',
    async stage => {
      await stage.queue('a', writes('b', 'a.txt', { on: 'a' }), 'c');
      await stage.operator({ type: 'merge.reject', payload: { id: stage.of('a').id, reason: 'Not like this' } });
      await stage.operator({ type: 'merge.reject', payload: { id: stage.of('b').id, reason: 'Nor on top of it' } });
      await drain(stage);
      expectStates(stage, { a: 'rejected', b: 'rejected', c: 'landed' });
      expect(stage.files()).toEqual(['c.txt']);
    },
  );

  scenario(
    'zuul-project-merge-conflict',
    'of two that collide the first lands, the second hears which file',
    async stage => {
      await stage.queue(writes('a', 'same.txt'), writes('b', 'same.txt'), 'c');
      await drain(stage);
      expectStates(stage, { a: 'landed', b: 'bounced', c: 'landed' });
      expect(stage.of('b').cause).toMatchObject({ kind: 'conflict', files: ['same.txt'] });
    },
  );

  scenario('zuul-delayed-merge-conflict', 'a collision with one ahead that then fails is none', async stage => {
    await stage.queue({ name: 'a', files: { 'same.txt': 'a\n', 'bad-a': '' } }, writes('b', 'same.txt'), 'c');
    await drain(stage);
    expectStates(stage, { a: 'bounced', b: 'landed', c: 'landed' });
    expect(stage.of('b').cause).toBeUndefined();
  });
});
