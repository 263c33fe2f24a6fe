import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { claude } from '../../../source/agents/drivers/claude.ts';
import { agentProgram } from './drive.ts';
import { makeScene } from './scene.ts';

const COMMIT = 'git add -A && git commit -qm "By the agent"';
const statesOf = (history: readonly { state: string }[]) =>
  history.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);

describe.skipIf(!agentProgram(claude))('Claude Code, against a scripted model', () => {
  test('writes, commits and takes several turns, and what was used is said once', async () => {
    const scene = await makeScene(claude);
    const agent = scene.start(
      `[[usage: in=1000 out=40 cr=900 cw=100]] [[write: a.txt :: hello]] [[sh: ${COMMIT}]] [[say: The first is done.]]`,
      { record: 'claude/turns' },
    );
    await agent.until('the first turn is over', ({ state, turns }) => state === 'idle' && turns === 1);
    expect(scene.read('a.txt')).toBe('hello\n');
    expect(scene.git('log', '-1', '--format=%an %s')).toBe('Nux By the agent');
    agent.act({ type: 'prompt', text: '[[usage: in=500 out=20]] [[say: The second is done.]]' });
    await agent.until('the second turn is over', ({ state, turns }) => state === 'idle' && turns === 2);
    expect(statesOf(agent.history)).toEqual(['working', 'idle', 'working', 'idle']);
    expect(agent.usage.map(({ usage }) => usage)).toEqual([
      { uncachedIn: 3000, cacheRead: 2700, cacheWrite: 300, out: 120, reasoning: 0 },
      { uncachedIn: 500, cacheRead: 0, cacheWrite: 0, out: 20, reasoning: 0 },
    ]);
    expect(agent.transcript.map(({ kind, text }) => `${kind}: ${text.split('\n')[0]}`)).toEqual([
      expect.stringMatching(/^town: \[\[usage/),
      'tool: Write a.txt',
      expect.stringMatching(/^result: File created/),
      `tool: $ ${COMMIT}`,
      expect.stringMatching(/^result: /),
      'agent: The first is done.',
      expect.stringMatching(/^town: /),
      'agent: The second is done.',
    ]);
    expect(await agent.finish()).toBe(0);
  });

  test('asks a person before it runs a command, and does what the answer says', async () => {
    const scene = await makeScene(claude);
    const agent = scene.start('[[sh: git push -q origin HEAD:one]] [[sh: git push -q origin HEAD:two]] [[say: done]]', {
      setup: { permissions: 'ask' },
      record: 'claude/permission',
    });
    const asked = await agent.until('it asks', ({ asks }) => asks.length === 1);
    expect(asked).toMatchObject({ state: 'waiting', doing: 'runs git push -q origin HEAD:one' });
    expect(asked.asks[0]).toMatchObject({ kind: 'permission', title: 'Run: git push -q origin HEAD:one' });
    const first = asked.asks[0]!.id;
    agent.act({ type: 'answer', ask: first, option: 'deny', text: 'Not this one.' });
    await agent.until('it asks again', ({ asks }) => asks.length === 1 && asks[0]!.id !== first);
    expect(scene.model.shown()).toContain('Not this one.');
    expect(() => agent.act({ type: 'answer', ask: first, option: 'allow' })).toThrow('no longer open');
    agent.act({ type: 'answer', ask: agent.conversation.asks[0]!.id, option: 'allow' });
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    const pushed = scene.git('ls-remote', 'origin');
    expect([pushed.includes('heads/one'), pushed.includes('heads/two')]).toEqual([false, true]);
  });

  test('puts its questions with their choices, and hears each answer', async () => {
    const scene = await makeScene(claude);
    const question = (text: string, multiSelect: boolean) => ({
      question: text,
      header: 'H',
      multiSelect,
      options: ['Red', 'Blue'].map(label => ({ label, description: `is ${label}` })),
    });
    const input = JSON.stringify({ questions: [question('Which colour?', false), question('Which ones?', true)] });
    const agent = scene.start(`[[tool: AskUserQuestion ${input}]] [[say: thanks]]`, { record: 'claude/questions' });
    const { asks } = await agent.until('it asks', found => found.asks.length === 2);
    expect(asks.map(({ kind, title, options }) => [kind, title, options.map(({ label }) => label)])).toEqual([
      ['question', 'Which colour?', ['Red', 'Blue', 'Answer in your own words', 'Let it decide by itself']],
      ['question', 'Which ones?', ['Red', 'Blue', 'Answer in your own words', 'Let it decide by itself']],
    ]);
    agent.act({ type: 'answer', ask: asks[1]!.id, option: 'answer', text: 'Both of them' });
    agent.act({ type: 'answer', ask: asks[0]!.id, option: 'choice-1' });
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(scene.model.shown()).toContain('"Which colour?"="Blue"');
    expect(scene.model.shown()).toContain('"Which ones?"="Both of them"');
  });

  test('stops what it does when it is interrupted, and goes on when it is told', async () => {
    const scene = await makeScene(claude);
    const agent = scene.start('[[sh: true; sleep 60]] [[say: never]]', { record: 'claude/interrupt' });
    await agent.until('it sleeps', ({ doing }) => doing.includes('sleep 60'));
    agent.act({ type: 'interrupt' });
    await agent.until('it is idle', ({ state }) => state === 'idle');
    expect(agent.conversation).toMatchObject({ turns: 1, failure: '', evidence: 'result: interrupted' });
    expect(() => agent.act({ type: 'interrupt' })).toThrow('No turn is running.');
    agent.act({ type: 'prompt', text: '[[say: I am here.]]' });
    await agent.until('it answered', ({ turns }) => turns === 2);
    expect(agent.transcript.at(-1)).toEqual({ kind: 'agent', text: 'I am here.' });
  });

  test('is limited while the service turns it away, and works on when it is let in again', async () => {
    const scene = await makeScene(claude);
    const agent = scene.start('[[fail: 529 x2]] [[say: At last.]]', { record: 'claude/limited' });
    const limited = await agent.until('it is limited', ({ state }) => state === 'limited');
    expect(limited.limited?.message).toMatch(/^529 overloaded, try 1 of \d+$/);
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(statesOf(agent.history)).toEqual(['working', 'limited', 'working', 'idle']);
    expect(agent.conversation.limited).toBeUndefined();
  });

  test('has failed when its key is refused, and is not taken to wait', async () => {
    const scene = await makeScene(claude);
    const agent = scene.start('[[fail: 401 x9]] [[say: never]]', {
      env: { CLAUDE_CODE_MAX_RETRIES: '1' },
      record: 'claude/refused-key',
    });
    const failed = await agent.until('it failed', ({ state }) => state === 'failed');
    expect(failed).toMatchObject({ asks: [], limited: undefined, failure: expect.stringContaining('401') });
  });

  test('goes on with its conversation after kill -9, and earlier turns are not counted again', async () => {
    const scene = await makeScene(claude);
    const agent = scene.start('[[usage: in=1000 out=40]] [[say: The word is xyzzy.]]');
    const { id } = await agent.until('a turn is over', ({ turns }) => turns === 1);
    agent.act({ type: 'prompt', text: '[[sh: true; sleep 60]]' });
    await agent.until('it sleeps', ({ doing }) => doing.includes('sleep 60'));
    await agent.kill('SIGKILL');

    const again = scene.start('[[usage: in=300 out=30]] [[say: I am back.]]', { resume: id, record: 'claude/resumed' });
    await again.until('the turn is over', ({ state }) => state === 'idle');
    expect(again.conversation.id).toBe(id);
    expect(scene.model.shown()).toContain('xyzzy');
    expect(again.usage.map(({ usage }) => usage)).toEqual([
      { uncachedIn: 300, cacheRead: 0, cacheWrite: 0, out: 30, reasoning: 0 },
    ]);
  });

  test('is kept from a forced push though everything is allowed, and is told what to do instead', async () => {
    const scene = await makeScene(claude);
    const before = scene.git('rev-parse', 'origin/main');
    const agent = scene.start(
      '[[sh: git commit -q --amend --allow-empty -m Rewritten && git push --force]] [[say: I was refused.]]',
      { record: 'claude/guarded' },
    );
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(scene.git('ls-remote', 'origin', 'main')).toContain(before);
    expect(scene.model.shown()).toContain('A forced push takes commits of others away.');
    expect(agent.transcript.map(({ text }) => text).join('\n')).toContain('Commit on your branch and report it');
  });

  test('keeps its guard where the repository switches hooks off and names a gateway of its own', async () => {
    const scene = await makeScene(claude);
    fs.mkdirSync(path.join(scene.cwd, '.claude'));
    fs.writeFileSync(
      path.join(scene.cwd, '.claude/settings.json'),
      JSON.stringify({ disableAllHooks: true, env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' } }),
    );
    const agent = scene.start('[[sh: git push --force]] [[say: I was refused.]]');
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(scene.model.shown()).toContain('A forced push takes commits of others away.');
  });

  test('is reminded when it ends its turn without a report, and goes on', async () => {
    const scene = await makeScene(claude);
    const reason = 'Gas Town: report first. [[sh: touch reported]] [[say: I reported.]]';
    const remind = `test -e reported || echo '${JSON.stringify({ decision: 'block', reason })}'`;
    const agent = scene.start('[[say: I think I am done.]]', { setup: { remind }, record: 'claude/reminded' });
    await agent.until('it reported', ({ state, turns }) => state === 'idle' && turns > 0);
    expect(scene.read('reported')).toBe('');
    expect(agent.transcript.map(({ text }) => text).join('\n')).toContain('Gas Town: report first.');
  });
});
