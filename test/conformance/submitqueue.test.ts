import { afterAll, describe, expect } from 'vitest';
import { readyBeads } from '../../source/ledger/ready.ts';
import { attention, beadOf, cleanUpAll, data, gate } from '../town/harness.ts';
import { bad, drain, expectStates, git, scenario, waitingGate, writes } from './stage.ts';

afterAll(cleanUpAll);

const waiting = { gates: ({ notes }: { notes: string }) => [gate(waitingGate(notes))] };

/** After uber/submitqueue, git_merger_test.go and suite_test.go: every step may happen twice, late or never. */
describe.concurrent('submitqueue: what is there already', () => {
  scenario(
    'submitqueue-already-landed',
    'a branch that is on the target already is done, without a commit',
    async stage => {
      await stage.queue('a');
      stage.pushCommit(stage.of('a').head);
      await drain(stage);
      expectStates(stage, { a: 'landed' });
      expect(git(stage.town.origin, ['rev-parse', 'main'])).toBe(stage.of('a').head);
    },
  );

  scenario('submitqueue-partially-landed', 'of a branch that is there in part, the rest lands', async stage => {
    await stage.queue('a', { name: 'b', on: 'a' });
    stage.pushCommit(stage.of('a').head);
    await drain(stage);
    expectStates(stage, { a: 'landed', b: 'landed' });
    expect(stage.order()).toEqual(['b']);
  });

  scenario(
    'submitqueue-empty-commit-in-range',
    'commits that change nothing do not stand in the way of one that does',
    async stage => {
      await stage.queue({ name: 'a', emptyCommits: 2 });
      await drain(stage);
      expectStates(stage, { a: 'landed' });
      expect(stage.files()).toEqual(['a.txt']);
    },
  );

  scenario(
    'submitqueue-redelivery-does-not-enrol-twice',
    'the same work handed in twice is one request',
    async stage => {
      await stage.queue('a');
      const { id, session, ref, base, head } = stage.of('a');
      const again = { type: 'work.done', payload: { session: session!, merge: id, ref, base, head } } as const;
      await expect(
        stage.town.running.town.context.execute({ role: 'town', name: 'town' }, again),
      ).rejects.toMatchObject({
        code: 'conflict',
      });
      await drain(stage);
      expect(data(stage.town).merges.size).toBe(1);
      expectStates(stage, { a: 'landed' });
    },
  );
});

describe.concurrent('submitqueue: trying again', () => {
  scenario('submitqueue-recovers-after-conflict', 'after a collision the reworked branch lands', async stage => {
    await stage.queue(writes('a', 'same.txt'), writes('b', 'same.txt'));
    await drain(stage);
    expectStates(stage, { a: 'landed', b: 'bounced' });
    await stage.rework('b', { 'same.txt': 'a\nb\n' });
    await stage.idle();
    expectStates(stage, { b: 'landed' });
    expect(git(stage.town.origin, ['show', 'main:same.txt'])).toBe('a\nb');
  });

  scenario(
    'submitqueue-retries-when-the-remote-moves',
    'a target that moves at each try is followed until the work is on it',
    async stage => {
      await stage.queue('a');
      await stage.resume();
      await stage.testing();
      stage.push({ 'one.txt': '1\n' });
      stage.go();
      await stage.until('it was looked at again', () => data(stage.town).verdicts.size > 0);
      stage.push({ 'two.txt': '2\n' });
      await stage.idle();
      expectStates(stage, { a: 'landed' });
    },
    waiting,
  );

  scenario(
    'submitqueue-gives-up-after-max-attempts',
    'work that keeps coming back waits for a person, who is told',
    async stage => {
      await stage.queue(bad('a'));
      await drain(stage);
      await stage.rework('a', { 'bad-again': '' });
      await stage.idle();
      expect(beadOf(stage.town, 'app-a')).toMatchObject({ status: 'blocked', town: { reworks: 2 } });
      await stage.until('a person is told', () => attention(stage.town)[0]?.kind === 'parked');
      expect(attention(stage.town)).toMatchObject([{ kind: 'parked', subject: 'app-a' }]);
    },
    { settings: { refinery: { maxReworks: 2 } } },
  );

  scenario(
    'submitqueue-stranded-batch',
    'a batch that its process left behind is taken up by the next one',
    async stage => {
      await stage.queue('a', 'b');
      await stage.resume();
      await stage.until('both are under test', () => stage.states('a', 'b').every(state => state === 'testing'));
      await stage.reopen();
      await stage.idle();
      expectStates(stage, { a: 'landed', b: 'landed' });
    },
  );

  scenario(
    'submitqueue-dependent-woken',
    'a bead that waits for another is ready once that has landed',
    async stage => {
      await stage.operator({ type: 'bead.create', payload: { id: 'app-next', title: 'Next', rig: 'app' } });
      await stage.queue('a');
      await stage.operator({
        type: 'dep.add',
        payload: { dependency: { issue_id: 'app-next', depends_on_id: 'app-a', type: 'blocks' } },
      });
      const isReady = () => readyBeads(data(stage.town), Date.now()).some(bead => bead.id === 'app-next');
      expect(isReady()).toBe(false);
      await drain(stage);
      expect(isReady()).toBe(true);
    },
  );
});
