import { renameSync } from 'node:fs';
import { afterAll, describe, expect } from 'vitest';
import { openTown } from '../../source/town/town.ts';
import { cleanUpAll, data, gate, gitIn } from '../town/harness.ts';
import { bad, drain, expectStates, scenario, waitingGate } from './stage.ts';

afterAll(cleanUpAll);

const waiting = { gates: ({ notes }: { notes: string }) => [gate(waitingGate(notes))] };

/** After rust-lang/bors, its tests of the merge queue: one strict line, approvals pinned to commits, a tree that closes. */
describe.concurrent('rust-bors: one queue', () => {
  scenario(
    'rust-bors-concurrent-instances',
    'a second Refinery for the same town is refused and harms nothing',
    async stage => {
      await stage.queue('a');
      const second = openTown({ dir: stage.town.town, env: stage.town.env, purpose: 'run' });
      await expect(second).rejects.toMatchObject({ code: 'town_locked' });
      await drain(stage);
      expectStates(stage, { a: 'landed' });
    },
  );

  scenario(
    'rust-bors-push-error-transient',
    'an origin that is away for a moment gets the landing when it is back',
    async stage => {
      await stage.queue('a');
      await stage.resume();
      await stage.until('the gate has spoken', () => data(stage.town).verdicts.size > 0);
      renameSync(stage.town.origin, `${stage.town.origin}.away`);
      await new Promise(resolve => setTimeout(resolve, 300));
      renameSync(`${stage.town.origin}.away`, stage.town.origin);
      await stage.until('it landed', () => stage.of('a').state === 'landed');
      expect(stage.files()).toEqual(['a.txt']);
    },
  );

  scenario(
    'rust-bors-sha-mismatch',
    'a branch whose ref was moved behind the queue lands as it was handed in',
    async stage => {
      await stage.queue('a', 'b');
      const landing = `${stage.town.town}/rigs/app/landing.git`;
      gitIn(landing, 'update-ref', 'refs/gastown/merges/mr-1', stage.of('b').head);
      const { head } = stage.of('a');
      await drain(stage);
      expectStates(stage, { a: 'landed', b: 'landed' });
      expect(gitIn(stage.town.origin, 'rev-list', 'main').split('\n')).toContain(head);
    },
  );
});

describe.concurrent('rust-bors: a closed tree', () => {
  scenario(
    'rust-bors-finish-while-tree-closed',
    'a test that ends while the queue is paused lands nothing before it is resumed',
    async stage => {
      await stage.queue('a');
      await stage.resume();
      await stage.testing();
      await stage.pause();
      stage.go();
      await stage.until('the gate has spoken', () => data(stage.town).verdicts.size > 0);
      await stage.idle();
      expect(stage.files()).toEqual([]);
      await drain(stage);
      expectStates(stage, { a: 'landed' });
    },
    waiting,
  );

  scenario(
    'rust-bors-tree-closed-in-an-emergency',
    'under the emergency stop nothing lands, also after a restart; a thaw lands it',
    async stage => {
      await stage.queue('a');
      await stage.resume();
      await stage.testing();
      await stage.operator({ type: 'town.estop', payload: { reason: 'Something smells' } });
      stage.go();
      await stage.reopen();
      await stage.idle();
      expect(stage.files()).toEqual([]);
      await stage.operator({ type: 'town.thaw', payload: {} });
      await stage.idle();
      expectStates(stage, { a: 'landed' });
    },
    waiting,
  );

  scenario(
    'rust-bors-recover-missed-webhook',
    'what a town did not hear while it was closed, it sees when it opens',
    async stage => {
      await stage.queue('a', bad('b'));
      await stage.resume();
      await stage.until('the gate has spoken', () => data(stage.town).verdicts.size > 0);
      await stage.town.stop();
      stage.push({ 'theirs.txt': 'by hand\n' });
      await stage.reopen();
      await stage.idle();
      expectStates(stage, { a: 'landed', b: 'bounced' });
    },
  );
});

describe.concurrent('rust-bors: cancelling and approving', () => {
  scenario('rust-bors-cancel-change-order', 'holding the first lets the second go before it', async stage => {
    await stage.queue('a', 'b');
    await stage.operator({ type: 'merge.hold', payload: { id: stage.of('a').id } });
    await drain(stage);
    await stage.operator({ type: 'merge.release', payload: { id: stage.of('a').id } });
    await stage.idle();
    expect(stage.order()).toEqual(['b', 'a']);
  });

  scenario(
    'rust-bors-unapprove-on-push',
    'newer work needs a new approval, the old one is void for all to see',
    async stage => {
      await stage.queue('a');
      await stage.approve('a');
      const first = stage.of('a').id;
      await stage.operator({ type: 'merge.reject', payload: { id: first, reason: 'One thing more', rework: true } });
      await stage.rework('a', { 'a.txt': 'more\n' });
      await drain(stage);
      expectStates(stage, { a: 'queued' });
      expect(data(stage.town).approvals.get(`${first}.1`)!.voidedAt).toBeDefined();
      await stage.approve('a');
      await stage.idle();
      expectStates(stage, { a: 'landed' });
    },
    { policy: 'all' },
  );

  scenario(
    'rust-bors-approve-stores-sha',
    'an approval names the commit, and one for another commit is refused',
    async stage => {
      await stage.queue('a', 'b');
      const { id, head } = stage.of('a');
      await expect(
        stage.operator({ type: 'merge.approve', payload: { id, head: stage.of('b').head, gates: [] } }),
      ).rejects.toMatchObject({ code: 'conflict' });
      await stage.approve('a');
      expect(data(stage.town).approvals.get(`${id}.1`)).toMatchObject({ merge: id, head, by: 'operator' });
      await drain(stage);
      expectStates(stage, { a: 'landed', b: 'queued' });
    },
    { policy: 'all' },
  );

  scenario('rust-bors-unroll', 'each of several that landed together can be taken back by itself', async stage => {
    await stage.queue('a', 'b', 'c');
    await drain(stage);
    const asked = await stage.intent({ type: 'landed.revert', payload: { id: stage.of('b').id } });
    expect(asked).toMatchObject({ ok: true });
    await stage.idle();
    expect(stage.files()).toEqual(['a.txt', 'c.txt']);
  });
});
