import { rmSync } from 'node:fs';
import { afterAll, describe, expect } from 'vitest';
import { attention, beadOf, cleanUpAll, data, gate } from '../town/harness.ts';
import { drain, expectStates, git, scenario, writes } from './stage.ts';

afterAll(cleanUpAll);

/** Red at its first run with work in it, green ever after. */
const flaky = (notes: string) =>
  gate(`test -e a.txt || exit 0; if [ ! -e '${notes}/once' ]; then touch '${notes}/once'; exit 1; fi`);

/** After gastown internal/refinery/batch_test.go, and what its users reported. */
describe.concurrent('gas-town: batches', () => {
  scenario('gas-town-missing-branch', 'a request whose commit is gone is held, the other lands', async stage => {
    await stage.queue('a', 'b');
    const { head } = stage.of('a');
    rmSync(`${stage.town.town}/rigs/app/landing.git/objects/${head.slice(0, 2)}/${head.slice(2)}`);
    await drain(stage);
    expectStates(stage, { a: 'queued', b: 'landed' });
    expect(stage.of('a').held!.reason).toContain(head.slice(0, 12));
  });

  scenario(
    'gas-town-all-conflict',
    'when all collide with the target, all go back with the file and nothing lands',
    async stage => {
      await stage.queue(writes('a', 'shared.txt'), writes('b', 'shared.txt'));
      stage.push({ 'shared.txt': 'main version\n' });
      await drain(stage);
      expectStates(stage, { a: 'bounced', b: 'bounced' });
      for (const name of ['a', 'b']) expect(stage.of(name).cause).toMatchObject({ files: ['shared.txt'] });
    },
  );

  scenario(
    'gas-town-retry-on-flaky',
    'red once and then green on the same tree: all land, nobody is blamed',
    async stage => {
      await stage.queue('a', 'b');
      await drain(stage);
      expectStates(stage, { a: 'landed', b: 'landed' });
      expect(stage.history.filter(event => event.type === 'merge.bounce')).toEqual([]);
    },
    { gates: ({ notes }) => [flaky(notes)] },
  );

  scenario(
    'gas-town-semantic-conflict',
    'good alone and red together: the first lands, the second hears what broke',
    async stage => {
      await stage.queue(writes('a', 'left-x'), 'c', writes('b', 'right-x'));
      await drain(stage);
      expectStates(stage, { a: 'landed', b: 'bounced', c: 'landed' });
      expect(stage.of('b').cause!.output).toContain('left-x does not go with right-x');
    },
  );

  scenario('gas-town-message', 'a landing names its request and bead, and whose work it is', async stage => {
    await stage.queue('a');
    await drain(stage);
    const message = git(stage.town.origin, ['log', '-1', '--format=%B', 'main']);
    expect(message).toContain('Work on a');
    expect(message).toMatch(/Request: mr-1\n.*Bead: app-a\n/s);
  });
});

describe.concurrent('gas-town: what its users lost', () => {
  scenario('gas-town-work-of-a-closed-bead', 'a bead in the queue cannot be closed under its request', async stage => {
    await stage.queue('a');
    await expect(stage.operator({ type: 'bead.close', payload: { id: 'app-a' } })).rejects.toMatchObject({
      code: 'conflict',
    });
    await drain(stage);
    expect(beadOf(stage.town, 'app-a')).toMatchObject({ status: 'closed', town: { landed_sha: expect.any(String) } });
  });

  scenario(
    'gas-town-request-never-closed',
    'with the landing the request is over and its bead closed, in one step',
    async stage => {
      await stage.queue('a');
      await drain(stage);
      const landing = stage.history.find(event => event.type === 'merge.landed')!;
      expect(landing.written.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['merges', 'beads']));
    },
  );

  scenario(
    'gas-town-tests-skipped',
    'a rig without gates lands nothing before a person said so',
    async stage => {
      await stage.queue('a');
      await drain(stage);
      expectStates(stage, { a: 'queued' });
      const row = attention(stage.town).find(one => one.kind === 'approval')!;
      expect(row).toMatchObject({ subject: stage.of('a').id, head: stage.of('a').head });
      await stage.intent({ type: 'attention.answer', payload: { key: row.key, answer: 'yes' } });
      await stage.idle();
      expectStates(stage, { a: 'landed' });
    },
    { gates: [] },
  );

  scenario(
    'gas-town-already-broken',
    'on a red target nothing that is red lands, and what repairs it does',
    async stage => {
      await stage.queue('a', { name: 'b', files: { 'broken.txt': null } });
      await drain(stage);
      await stage.idle();
      expectStates(stage, { a: 'landed', b: 'landed' });
      expect(stage.history.filter(event => event.type === 'merge.bounce')).toEqual([]);
      expect(stage.files()).toEqual(['a.txt']);
    },
    { gates: [gate('test ! -e broken.txt')], files: { 'base.txt': 'base\n', 'broken.txt': '' } },
  );

  scenario(
    'gas-town-gates-on-the-merged-tree',
    'what passes on its own base and not on the target does not land',
    async stage => {
      await stage.queue(writes('a', 'right-x'));
      stage.push({ 'left-x': 'by hand\n' });
      await drain(stage);
      expectStates(stage, { a: 'bounced' });
    },
  );

  scenario(
    'gas-town-revert',
    'what landed and smells is taken back through the gates, and its bead opens again',
    async stage => {
      await stage.queue('a', 'b');
      await drain(stage);
      await stage.intent({ type: 'landed.revert', payload: { id: stage.of('a').id, reason: 'It smells' } });
      await stage.idle();
      expect(stage.files()).toEqual(['b.txt']);
      expect(beadOf(stage.town, 'app-a').status).toBe('open');
      expect(data(stage.town).merges.get(stage.of('a').id)!.revertedBy).toBeDefined();
    },
  );
});
