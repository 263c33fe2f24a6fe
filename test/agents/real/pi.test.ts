import { describe, expect, test } from 'vitest';
import { pi } from '../../../source/agents/drivers/pi.ts';
import { agentProgram } from './drive.ts';
import { makeScene } from './scene.ts';

const COMMIT = 'git add -A && git commit -qm "By the agent"';

describe.skipIf(!agentProgram(pi))('pi, against a scripted model', () => {
  test('writes, commits and takes several turns, and what was used is said once', async () => {
    const scene = await makeScene(pi);
    const agent = scene.start(
      `[[usage: in=1000 out=40 cr=900 cw=100]] [[write: a.txt :: hello]] [[sh: ${COMMIT}]] [[say: The first is done.]]`,
      { record: 'pi/turns' },
    );
    await agent.until('the first turn is over', ({ state, turns }) => state === 'idle' && turns === 1);
    expect(scene.read('a.txt')).toBe('hello\n');
    expect(scene.git('log', '-1', '--format=%an %s')).toBe('Nux By the agent');
    agent.act({ type: 'prompt', text: '[[usage: in=500 out=20]] [[say: The second is done.]]' });
    await agent.until('the second turn is over', ({ state, turns }) => state === 'idle' && turns === 2);
    expect(
      agent.usage.map(({ usage: { uncachedIn, cacheRead, cacheWrite, out } }) => [
        uncachedIn,
        cacheRead,
        cacheWrite,
        out,
      ]),
    ).toEqual([
      [1000, 900, 100, 40],
      [1000, 900, 100, 40],
      [1000, 900, 100, 40],
      [500, 0, 0, 20],
    ]);
    expect(agent.transcript.at(-1)).toEqual({ kind: 'agent', text: 'The second is done.' });
  });

  test('asks a person before it runs a command, and does what the answer says', async () => {
    const scene = await makeScene(pi);
    const agent = scene.start('[[sh: git push -q origin HEAD:one]] [[sh: git push -q origin HEAD:two]] [[say: done]]', {
      setup: { permissions: 'ask' },
      record: 'pi/permission',
    });
    const asked = await agent.until('it asks', ({ asks }) => asks.length === 1);
    expect(asked).toMatchObject({
      state: 'waiting',
      asks: [{ kind: 'permission', title: 'Run: git push -q origin HEAD:one' }],
    });
    const first = asked.asks[0]!.id;
    agent.act({ type: 'answer', ask: first, option: 'deny' });
    await agent.until('it asks again', ({ asks }) => asks.length === 1 && asks[0]!.id !== first);
    expect(() => agent.act({ type: 'answer', ask: first, option: 'allow' })).toThrow('no longer open');
    agent.act({ type: 'answer', ask: agent.conversation.asks[0]!.id, option: 'allow' });
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    const pushed = scene.git('ls-remote', 'origin');
    expect([pushed.includes('heads/one'), pushed.includes('heads/two')]).toEqual([false, true]);
  });

  test('stops what it does when it is interrupted, and goes on when it is told', async () => {
    const scene = await makeScene(pi);
    const agent = scene.start('[[sh: true; sleep 60]] [[say: never]]', { record: 'pi/interrupt' });
    await agent.until('it sleeps', ({ doing }) => doing.includes('sleep 60'));
    agent.act({ type: 'interrupt' });
    await agent.until('it is idle', ({ state }) => state === 'idle');
    expect(() => agent.act({ type: 'interrupt' })).toThrow('No turn is running.');
    agent.act({ type: 'prompt', text: '[[say: I am here.]]' });
    await agent.until('it answered', ({ turns }) => turns === 2);
    expect(agent.transcript.at(-1)).toEqual({ kind: 'agent', text: 'I am here.' });
  });

  test('is limited while the service turns it away, and works on when it is let in again', async () => {
    const scene = await makeScene(pi);
    const agent = scene.start('[[fail: 529 x2]] [[say: At last.]]', { record: 'pi/limited' });
    const limited = await agent.until('it is limited', ({ state }) => state === 'limited');
    expect(limited.limited?.message).toMatch(/^529 .*, try 1 of 8$/);
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(agent.conversation.limited).toBeUndefined();
    expect(agent.transcript.at(-1)).toEqual({ kind: 'agent', text: 'At last.' });
  });

  test('has failed when its key is refused, and is not taken to wait', async () => {
    const scene = await makeScene(pi);
    const agent = scene.start('[[fail: 401 x9]] [[say: never]]', { record: 'pi/refused-key' });
    const failed = await agent.until('it failed', ({ state }) => state === 'failed');
    expect(failed).toMatchObject({ asks: [], limited: undefined, failure: expect.stringContaining('401') });
  });

  test('goes on with its conversation after kill -9, and earlier turns are not counted again', async () => {
    const scene = await makeScene(pi);
    const agent = scene.start('[[usage: in=1000 out=40]] [[say: The word is xyzzy.]]');
    const { id } = await agent.until('a turn is over', ({ turns }) => turns === 1);
    agent.act({ type: 'prompt', text: '[[sh: true; sleep 60]]' });
    await agent.until('it sleeps', ({ doing }) => doing.includes('sleep 60'));
    await agent.kill('SIGKILL');

    const again = scene.start('[[usage: in=300 out=30]] [[say: I am back.]]', { resume: id, record: 'pi/resumed' });
    await again.until('the turn is over', ({ state }) => state === 'idle');
    expect(again.conversation.id).toBe(id);
    expect(scene.model.shown()).toContain('xyzzy');
    expect(again.usage.map(({ usage }) => [usage.uncachedIn, usage.out])).toEqual([[300, 30]]);
  });

  test('is kept from a forced push though everything is allowed, and is told what to do instead', async () => {
    const scene = await makeScene(pi);
    const before = scene.git('rev-parse', 'origin/main');
    const agent = scene.start(
      '[[sh: git commit -q --amend --allow-empty -m Rewritten && git push --force]] [[say: I was refused.]]',
      { record: 'pi/guarded' },
    );
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(scene.git('ls-remote', 'origin', 'main')).toContain(before);
    expect(scene.model.shown()).toContain('A forced push takes commits of others away.');
  });

  test('is reminded when it ends its turn without a report, and goes on', async () => {
    const scene = await makeScene(pi);
    const reason = 'Gas Town: report first. [[sh: touch reported]] [[say: I reported.]]';
    const remind = `test -e reported || echo '${JSON.stringify({ decision: 'block', reason })}'`;
    const agent = scene.start('[[say: I think I am done.]]', { setup: { remind }, record: 'pi/reminded' });
    await agent.until('it reported', ({ state, turns }) => state === 'idle' && turns > 0);
    expect(scene.read('reported')).toBe('');
    expect(agent.transcript.map(({ text }) => text).join('\n')).toContain('Gas Town: report first.');
  });
});
