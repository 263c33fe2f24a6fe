import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { codex } from '../../../source/agents/drivers/codex.ts';
import { makeScene } from './codex-scene.ts';
import { agentProgram } from './drive.ts';
import { startMcpDouble } from './mcp-double.ts';

const COMMIT = 'git add -A && git commit -qm "By the agent"';
const escalated = (cmd: string) =>
  `[[tool: exec_command ${JSON.stringify({ cmd, sandbox_permissions: 'require_escalated', justification: 'It is needed.' })}]]`;
const patch = (file: string, line: string) =>
  `[[tool: apply_patch ${JSON.stringify({ input: `*** Begin Patch\n*** Add File: ${file}\n+${line}\n*** End Patch\n` })}]]`;
const statesOf = (history: readonly { state: string }[]) =>
  history.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);

describe.skipIf(!agentProgram(codex))('Codex, against a scripted model', () => {
  test('writes, commits, reports by gt and takes a second turn, and what was used is said once', async () => {
    const scene = await makeScene();
    const bin = path.join(scene.dir, 'bin');
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, 'gt'), '#!/bin/sh\necho "$@" "$GASTOWN_TOKEN" > reported\n', { mode: 0o755 });
    const agent = scene.start(
      `[[usage: in=1000 out=40 cr=900 think=10]] ${patch('a.txt', 'hello')} [[sh: ${COMMIT}]] ` +
        '[[sh: gt done --summary tested]] [[say: The first is done.]]',
      { record: 'turns', env: { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`, GASTOWN_TOKEN: 'of-the-session' } },
    );
    await agent.until('the first turn is over', ({ state, turns }) => state === 'idle' && turns === 1);
    expect(scene.read('a.txt')).toBe('hello\n');
    expect(scene.git('log', '-1', '--format=%an %s')).toBe('Nux By the agent');
    expect(scene.read('reported')).toBe('done --summary tested of-the-session\n');
    agent.act({ type: 'prompt', text: '[[usage: in=500 out=20]] [[say: The second is done.]]' });
    await agent.until('the second turn is over', ({ state, turns }) => state === 'idle' && turns === 2);
    expect(statesOf(agent.history)).toEqual(['starting', 'working', 'idle', 'working', 'idle']);
    const total = (name: 'uncachedIn' | 'cacheRead' | 'out' | 'reasoning') =>
      agent.usage.reduce((sum, { usage }) => sum + usage[name], 0);
    expect(agent.usage).toHaveLength(5);
    expect([total('uncachedIn'), total('cacheRead'), total('out'), total('reasoning')]).toEqual([4500, 3600, 180, 40]);
    expect(agent.transcript.map(({ kind, text }) => `${kind}: ${text.split('\n')[0]}`)).toEqual([
      expect.stringMatching(/^town: \[\[usage/),
      expect.stringMatching(/^tool: Edit .*a\.txt$/),
      expect.stringMatching(/^result: add .*a\.txt$/),
      `tool: $ ${COMMIT}`,
      'tool: $ gt done --summary tested',
      'agent: The first is done.',
      expect.stringMatching(/^town: /),
      'agent: The second is done.',
    ]);
    expect(await agent.finish()).toBe(0);
  });

  test('asks a person before it leaves its sandbox, and does what the answer says', async () => {
    const scene = await makeScene();
    const agent = scene.start(
      `[[sh: ${COMMIT} --allow-empty]] ${escalated('touch ../one')} ${escalated('touch ../two')} [[say: done]]`,
      { setup: { permissions: 'ask' }, record: 'permission' },
    );
    const asked = await agent.until('it asks', ({ asks }) => asks.length === 1);
    expect(asked).toMatchObject({ state: 'waiting' });
    expect(asked.asks[0]).toMatchObject({ kind: 'permission', title: 'Run: touch ../one' });
    expect(asked.asks[0]!.detail).toContain('It is needed.');
    expect(scene.git('log', '-1', '--format=%s')).toBe('By the agent');
    const first = asked.asks[0]!.id;
    agent.act({ type: 'answer', ask: first, option: 'deny', text: 'Not this one.' });
    await agent.until('it asks again', ({ asks }) => asks.length === 1 && asks[0]!.id !== first);
    expect(() => agent.act({ type: 'answer', ask: first, option: 'allow' })).toThrow('no longer open');
    agent.act({ type: 'answer', ask: agent.conversation.asks[0]!.id, option: 'allow' });
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(scene.read('../one')).toBeUndefined();
    expect(scene.read('../two')).toBe('');
    expect(scene.model.shown()).toContain('Not this one.');
  });

  test('asks before it edits a file that its sandbox protects, and shows the change', async () => {
    const scene = await makeScene();
    const agent = scene.start(`${patch('.agents/note.md', 'one line')} [[say: done]]`, {
      setup: { permissions: 'ask' },
      record: 'file-change',
    });
    const { asks } = await agent.until('it asks', ({ asks }) => asks.length === 1);
    expect(asks[0]).toMatchObject({ kind: 'permission', title: expect.stringMatching(/^Edit .*note\.md$/) });
    expect(asks[0]!.detail).toContain('one line');
    agent.act({ type: 'answer', ask: asks[0]!.id, option: 'allow' });
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(scene.read('.agents/note.md')).toBe('one line\n');
  });

  test('asks questions, each with its choices, and goes on with the answers', async () => {
    const scene = await makeScene();
    const options = ['Red', 'Blue'].map(label => ({ label, description: `All in ${label}` }));
    const questions = ['Which colour?', 'Which shade?'].map((question, at) => ({
      ...{ id: `q${at}`, header: 'Look', question, options },
    }));
    const agent = scene.start(`[[tool: request_user_input ${JSON.stringify({ questions })}]] [[say: done]]`, {
      record: 'questions',
    });
    const { asks } = await agent.until('it asks', ({ asks }) => asks.length === 2);
    expect(asks.map(({ title }) => title)).toEqual(['Which colour?', 'Which shade?']);
    agent.act({ type: 'answer', ask: asks[0]!.id, option: 'choice-1' });
    expect(agent.conversation).toMatchObject({ state: 'waiting', asks: [{ title: 'Which shade?' }] });
    agent.act({ type: 'answer', ask: asks[1]!.id, option: 'answer', text: 'A dark one' });
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(scene.model.shown()).toContain('Blue');
    expect(scene.model.shown()).toContain('A dark one');
  });

  test('is interrupted at once, and is steered while a turn runs', async () => {
    const scene = await makeScene();
    const agent = scene.start('[[sh: sleep 60]] [[say: never]]', { record: 'interrupt' });
    await agent.until('it sleeps', ({ doing }) => doing.includes('sleep 60'));
    agent.act({ type: 'interrupt' });
    const { evidence } = await agent.until('it rests', ({ state }) => state === 'idle');
    expect(evidence).toContain('interrupted');
    expect(() => agent.act({ type: 'interrupt' })).toThrow('No turn is running.');
    agent.act({ type: 'prompt', text: '[[sh: sleep 1]] [[say: not this]]' });
    await agent.until('it sleeps again', ({ doing }) => doing.includes('sleep 1'));
    agent.act({ type: 'prompt', text: '[[say: Steered.]]' });
    await agent.until('the turn is over', ({ state, turns }) => state === 'idle' && turns === 2);
    expect(agent.transcript.at(-1)).toEqual({ kind: 'agent', text: 'Steered.' });
  });

  test('is limited while its model is overloaded, and works again after', async () => {
    const scene = await makeScene();
    const agent = scene.start('[[fail: 500 x8]] [[say: done]]', { record: 'limited' });
    await agent.until('it is limited', ({ state }) => state === 'limited');
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(statesOf(agent.history)).toEqual(['starting', 'working', 'limited', 'working', 'idle']);
    expect(agent.conversation.limited).toBeUndefined();
  });

  test('is limited after a 429 for a time that is said, and answers the next prompt', async () => {
    const scene = await makeScene();
    const agent = scene.start('[[fail: 429 x1]] [[say: done]]', { record: 'too-many' });
    const { limited } = await agent.until('it is limited', ({ state, turns }) => state === 'limited' && turns === 1);
    expect(limited?.message).toContain('429');
    expect(limited?.until).toBeGreaterThan(Date.now());
    agent.act({ type: 'prompt', text: 'Go on. [[say: I am back.]]' });
    const { limited: after } = await agent.until('it rests', ({ state }) => state === 'idle');
    expect(after).toBeUndefined();
  });

  test('fails where its key is refused', async () => {
    const scene = await makeScene();
    const agent = scene.start('[[fail: 401 x99]] [[say: done]]', { record: 'refused-key' });
    const { failure } = await agent.until('it failed', ({ state }) => state === 'failed');
    expect(failure).toContain('401');
  });

  test('goes on with its conversation after kill -9, and earlier turns are not counted again', async () => {
    const scene = await makeScene();
    const agent = scene.start('[[usage: in=1000 out=40]] [[say: The word is xyzzy.]]');
    const { id } = await agent.until('a turn is over', ({ turns }) => turns === 1);
    agent.act({ type: 'prompt', text: '[[sh: true; sleep 60]]' });
    await agent.until('it sleeps', ({ doing }) => doing.includes('sleep 60'));
    await agent.kill('SIGKILL');

    const again = scene.start('[[usage: in=300 out=30]] [[say: I am back.]]', { resume: id, record: 'resumed' });
    await again.until('the turn is over', ({ state }) => state === 'idle');
    expect(again.conversation.id).toBe(id);
    expect(scene.model.shown()).toContain('xyzzy');
    expect(again.usage.map(({ usage }) => usage)).toEqual([
      { uncachedIn: 300, cacheRead: 0, cacheWrite: 0, out: 30, reasoning: 0 },
    ]);
  });

  test('is kept from a forced push though everything is allowed, and is told what to do instead', async () => {
    const scene = await makeScene();
    const before = scene.git('rev-parse', 'origin/main');
    const agent = scene.start(
      '[[sh: git commit -q --amend --allow-empty -m Rewritten && git push --force]] [[say: I was refused.]]',
      { record: 'guarded' },
    );
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(scene.git('ls-remote', 'origin', 'main')).toContain(before);
    expect(scene.model.shown()).toContain('A forced push takes commits of others away.');
    expect(agent.transcript.map(({ text }) => text).join('\n')).toContain('Commit on your branch and report it');
  });

  test('keeps its guard where the repository switches hooks off, and runs none of the repository’s own', async () => {
    const scene = await makeScene();
    fs.mkdirSync(path.join(scene.cwd, '.codex'));
    fs.writeFileSync(path.join(scene.cwd, '.codex/config.toml'), '[features]\nhooks = false\n');
    const hook = { matcher: '*', hooks: [{ type: 'command', command: 'touch by-the-hook' }] };
    fs.writeFileSync(path.join(scene.cwd, '.codex/hooks.json'), JSON.stringify({ hooks: { PreToolUse: [hook] } }));
    const agent = scene.start('[[sh: git push --force]] [[say: I was refused.]]');
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(scene.model.shown()).toContain('A forced push takes commits of others away.');
    expect(scene.read('by-the-hook')).toBeUndefined();
  });

  test('says that it failed, and nothing to its model, where Codex would pass over the guard without a word', async () => {
    const scene = await makeScene();
    const untrusting = {
      ...codex,
      wired: { ...codex.wired!, argv: (setup: never) => [...codex.wired!.argv(setup), '-c', 'features.hooks=false'] },
    };
    const agent = scene.start('[[sh: git push --force]] [[say: done]]', { cli: untrusting, record: 'unguarded' });
    const { evidence, failure } = await agent.until('it failed', ({ state }) => state === 'failed');
    expect([evidence, failure]).toEqual([expect.stringContaining('guard'), expect.stringContaining('guard')]);
    expect(scene.model.shown()).toBe('');
    expect(() => agent.act({ type: 'prompt', text: 'Go on.' })).toThrow('did not begin');
  });

  test('calls the tools of the town over MCP with the token of its session, and asks nobody', async () => {
    const scene = await makeScene();
    const mcp = await startMcpDouble();
    const agent = scene.start('[[tool: mcp__gastown.done {"summary":"tested"}]] [[say: reported]]', {
      setup: { permissions: 'ask', mcp: { url: mcp.url, token: 'of-the-session' } },
      record: 'mcp',
    });
    await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(mcp.calls).toEqual([
      { name: 'done', arguments: { summary: 'tested' }, authorization: 'Bearer of-the-session' },
    ]);
    expect(agent.transcript.map(({ text }) => text)).toContain('gastown done {"summary":"tested"}');
  });

  test('is reminded when it ends its turn without a report, and goes on', async () => {
    const scene = await makeScene();
    const reason = 'Gas Town: report first. [[sh: touch reported]] [[say: I reported.]]';
    const remind = `test -e reported || echo '${JSON.stringify({ decision: 'block', reason })}'`;
    const agent = scene.start('[[say: I think I am done.]]', { setup: { remind }, record: 'reminded' });
    await agent.until('it reported', ({ state, turns }) => state === 'idle' && turns > 0);
    expect(scene.read('reported')).toBe('');
    expect(agent.transcript.map(({ text }) => text).join('\n')).toContain('Gas Town: report first.');
  });

  test('goes on in a terminal with the same conversation, guarded there too, and leaves no process behind', async () => {
    const scene = await makeScene();
    const agent = scene.start('[[say: The word is xyzzy.]]');
    const { id } = await agent.until('the turn is over', ({ state }) => state === 'idle');
    expect(await agent.finish()).toBe(0);
    expect(processesOf(scene.dir)).toEqual([]);

    const terminal = scene.terminal({ resume: id, prompt: '[[sh: git push --force]] [[say: I was refused.]]' });
    const refused = () => expect(scene.model.shown()).toContain('A forced push takes commits of others away.');
    await vi.waitFor(refused, { timeout: 20_000, interval: 50 });
    expect(scene.model.shown()).toContain('xyzzy');
    expect(terminal.written()).toContain('Blocked by hook');
    await terminal.close();
    expect(processesOf(scene.dir)).toEqual([]);
  });
});

/** Processes with this folder in their environment, as all have that an agent started. */
const processesOf = (dir: string): string[] =>
  fs.readdirSync('/proc').filter(pid => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').includes(dir);
    } catch {
      return false;
    }
  });
