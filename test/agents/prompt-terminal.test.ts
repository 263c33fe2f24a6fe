import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type PromptLimits, promptTerminal } from '../../source/agents/prompt-terminal.ts';
import { screenRules } from '../../source/agents/screens/rules.ts';
import { looker } from './screens/look.ts';
import { testHost, until } from './support.ts';

const TUI = path.join(import.meta.dirname, 'screens/tui.mjs');
const RULES = screenRules({ name: 'claude', kind: 'claude' });

/** An agent on a screen of its own, and what it was told so far. */
const agent = async (env: Record<string, string> = {}, args: readonly string[] = []) => {
  const host = await testHost();
  const request = host.request('a', [process.execPath, TUI, ...args]);
  await host.client.start({ ...request, env: { ...request.env, ...env } });
  const look = looker(host, 'a', RULES);
  const notes = path.join(host.dir, 'told.txt');
  return {
    host,
    look,
    told: () => (fs.existsSync(notes) ? fs.readFileSync(notes, 'utf8').trimEnd().split('\n') : []),
    tell: (text: string, limits: Partial<PromptLimits> = {}) =>
      promptTerminal(text, {
        host: host.client,
        look,
        isKnown: true,
        async keep(long) {
          const file = path.join(host.dir, 'prompt.md');
          fs.writeFileSync(file, long);
          return file;
        },
        limits: { readyMs: 8_000, echoMs: 1_500, takenMs: 1_000, ...limits },
      }),
  };
};

test.each([
  ['reports what it does', {}],
  ['says nothing of itself', { MUTE: '1' }],
])('a prompt of several lines reaches, once and whole, an agent that %s', async (_, env) => {
  const { tell, told } = await agent(env);
  await tell('first line\nsecond "line" äöü🚂');
  await until(() => told().includes('answer done'));
  expect(told()).toEqual([JSON.stringify('first line\nsecond "line" äöü🚂'), 'answer done']);
});

test('waits for a composer that is not there yet, where what is typed would be lost', async () => {
  const { tell, told } = await agent({ READY_MS: '1500' });
  await tell('good morning');
  expect(told()[0]).toBe('"good morning"');
});

test('waits until a turn is over, and gives up in time, having typed nothing', async () => {
  const { tell, told, look } = await agent({}, ['--', 'work on it for ever']);
  await until(async () => (await look()).state === 'working');
  await expect(tell('hello', { readyMs: 600 })).rejects.toMatchObject({
    code: 'timeout',
    message: expect.stringContaining('Nothing was typed'),
  });
  expect(told()).toEqual(['"work on it for ever"']);
});

test('presses Enter once more where the first was lost, and sends the text once', async () => {
  const { tell, told } = await agent({ DROP: '1' });
  await tell('hello');
  await until(() => told().includes('answer done'));
  expect(told()).toEqual(['"hello"', 'answer done']);
});

test('says that a prompt was not taken, and where it stands', async () => {
  const { tell, told } = await agent({ DROP: '9' });
  await expect(tell('hello')).rejects.toMatchObject({ code: 'timeout', hint: expect.stringContaining('composer') });
  expect(told()).toEqual([]);
});

test('hands a long text over as a file, with one line that names it', async () => {
  const { host, tell, told } = await agent();
  const text = Array.from({ length: 900 }, (_, index) => `line ${index}`).join('\n');
  await tell(text);
  expect(told()[0]).toContain(path.join(host.dir, 'prompt.md'));
  expect(told()[0]).not.toContain('\\n');
  expect(fs.readFileSync(path.join(host.dir, 'prompt.md'), 'utf8')).toBe(text);
});

test('a text of up to 4 KB that the composer folds is recognised all the same', async () => {
  const { tell, told } = await agent({ MUTE: '1' });
  const text = Array.from({ length: 120 }, (_, index) => `line ${index} of the text`).join('\n');
  await tell(text);
  expect(told()[0]).toBe(JSON.stringify(text));
});

test('types nothing into a question', async () => {
  const { tell, told, look } = await agent({}, ['--', 'Please run make all']);
  await until(async () => (await look()).state === 'waiting');
  await expect(tell('1')).rejects.toMatchObject({
    code: 'conflict',
    message: 'It asks something: Allow: make all.',
  });
  expect(told()).toEqual(['"Please run make all"']);
});

test('types nothing under the hands of a person', async () => {
  const { host, tell, told, look } = await agent();
  await until(async () => (await look()).state === 'idle');
  await host.client.attach('a', { columns: 80, rows: 24 });
  await expect(tell('hello')).rejects.toMatchObject({ code: 'conflict' });
  expect(told()).toEqual([]);
});
