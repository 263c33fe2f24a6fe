import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Wire } from '../../../source/agents/wire/conversation.ts';
import { wireFiles } from '../../../source/agents/wire/journal.ts';
import type { UsageReport } from '../../../source/agents/wire/protocol.ts';
import { readTranscript } from '../../../source/agents/wire/transcript.ts';
import { openWire, prepareWire, wireScript } from '../../../source/agents/wire/wire.ts';
import { echoProtocol } from './echo-protocol.ts';

const AGENT = path.join(import.meta.dirname, 'echo-agent.mjs');

let dir: string;
let told: string;
let agent: ChildProcess;
let wires: Wire[];
let usage: { report: UsageReport; index: number }[];
let errors: unknown[];

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gastown wire-'));
  told = path.join(dir, 'told');
  wires = [];
  usage = [];
  errors = [];
});

afterEach(async () => {
  for (const wire of wires) await wire.close();
  if (agent.exitCode === null && agent.signalCode === null) agent.kill('SIGKILL');
  fs.rmSync(dir, { recursive: true, force: true });
});

const start = async (prompt: string): Promise<void> => {
  await prepareWire(dir, { session: 's-1', cwd: dir, prompt });
  const script = path.join(dir, 'script.sh');
  fs.writeFileSync(script, wireScript(dir, [process.execPath, AGENT, told]));
  agent = spawn('sh', ['-eu', script], { stdio: 'ignore' });
};

const open = async (): Promise<Wire> => {
  const wire = await openWire({
    dir,
    protocol: echoProtocol as never,
    transcriptFile: path.join(dir, 'transcript.jsonl'),
    isAlive: () => agent.exitCode === null && agent.signalCode === null,
    now: () => Date.now(),
    onChange: () => {},
    onUsage: (reports, index) => void usage.push(...reports.map((report, at) => ({ report, index: index + at }))),
    onError: error => void errors.push(error),
  });
  wires.push(wire);
  return wire;
};

const heard = (): unknown[] =>
  fs.existsSync(told)
    ? fs
        .readFileSync(told, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line))
    : [];

const until = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 10 });

const words = async () => (await readTranscript(path.join(dir, 'transcript.jsonl'), 100)).map(({ text }) => text);

test('says what its protocol says first, hears the answers, and counts what was used', async () => {
  await start('good morning');
  const wire = await open();
  await until(() => expect(wire.conversation.turns).toBe(3));
  expect(heard()).toEqual([{ hello: 'good morning' }, { again: 1 }, { again: 2 }]);
  expect(wire.conversation).toMatchObject({ state: 'idle', evidence: 'it echoed' });
  expect(usage.map(({ index, report }) => [index, report.usage.out])).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
  expect(await words()).toEqual(['good morning', 'good morning', '{"again":1}', '{"again":2}']);
  expect(errors).toEqual([]);
});

test('a town that comes back knows as much, says nothing twice, and counts nothing twice', async () => {
  await start('one');
  const first = await open();
  await until(() => expect(first.conversation.turns).toBe(3));
  await first.act({ type: 'prompt', text: 'two' });
  await until(() => expect(first.conversation.turns).toBe(4));
  const { since } = first.conversation;
  await first.close();
  const second = await open();
  expect(second.conversation).toMatchObject({ turns: 4, state: 'idle', since });
  await second.act({ type: 'prompt', text: 'three' });
  await until(() => expect(second.conversation.turns).toBe(5));
  expect(heard()).toEqual([{ hello: 'one' }, { again: 1 }, { again: 2 }, { say: 'two' }, { say: 'three' }]);
  expect(usage.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  expect(await words()).toEqual(['one', 'one', '{"again":1}', '{"again":2}', 'two', 'three']);
  expect(second.transcript(2).map(({ text }) => text)).toEqual(['two', 'three']);
});

test('what the agent said while no town ran is heard and answered by the next', async () => {
  await start('one');
  const first = await open();
  await first.close();
  // Its first answer lies in the file; nobody has read it.
  await until(() => expect(fs.readFileSync(wireFiles(dir).output, 'utf8')).toContain('one'));
  const second = await open();
  await until(() => expect(second.conversation.turns).toBe(3));
  expect(heard()).toEqual([{ hello: 'one' }, { again: 1 }, { again: 2 }]);
  expect(usage.map(({ index }) => index)).toEqual([0, 1, 2]);
});

test('a question is answered once, and refused when it is no longer open', async () => {
  await start('ask may I');
  const wire = await open();
  await until(() => expect(wire.conversation.asks).toHaveLength(1));
  expect(wire.conversation.askedAt.get('may I')).toBeGreaterThan(0);
  await expect(wire.act({ type: 'answer', ask: 'something else', option: 'yes' })).rejects.toMatchObject({
    code: 'conflict',
  });
  await wire.act({ type: 'answer', ask: 'may I', option: 'yes' });
  await expect(wire.act({ type: 'answer', ask: 'may I', option: 'yes' })).rejects.toMatchObject({ code: 'conflict' });
  await until(() => expect(heard()).toEqual([{ hello: 'ask may I' }, { answer: 'yes' }, { again: 1 }, { again: 2 }]));
});

test('a question that was open when the town died is open in the next, with its age', async () => {
  await start('ask may I');
  const first = await open();
  await until(() => expect(first.conversation.state).toBe('waiting'));
  const { since } = first.conversation;
  await first.close();
  const second = await open();
  expect(second.conversation).toMatchObject({ state: 'waiting', since });
  expect(second.conversation.askedAt.get('may I')).toBe(since);
});

test('text among the lines is kept as a notice and breaks nothing', async () => {
  await start('noise');
  const wire = await open();
  await wire.act({ type: 'prompt', text: 'hello' });
  await until(() => expect(wire.conversation.turns).toBe(3));
  expect(wire.transcript(10)).toContainEqual({ kind: 'notice', text: 'Warning: not JSON' });
});

test('a prompt of a megabyte arrives whole at an agent that reads slowly', async () => {
  await start('one');
  const wire = await open();
  await until(() => expect(wire.conversation.turns).toBe(3));
  agent.kill('SIGSTOP');
  const text = 'ü'.repeat(524_288);
  await wire.act({ type: 'prompt', text });
  agent.kill('SIGCONT');
  await until(() => expect(wire.conversation.turns).toBe(4));
  expect(heard().at(-1)).toEqual({ say: text });
});

test('to an agent that has ended nothing can be said, and its conversation is still known', async () => {
  await start('one');
  const first = await open();
  await until(() => expect(first.conversation.turns).toBe(3));
  await first.act({ type: 'prompt', text: 'exit' });
  await until(() => expect(agent.exitCode).toBe(0));
  await first.close();
  const second = await open();
  expect(second.conversation.turns).toBe(3);
  await expect(second.act({ type: 'prompt', text: 'hello?' })).rejects.toMatchObject({ code: 'terminal' });
});

test('an agent that dies before it reads anything is no hang of the town', async () => {
  await prepareWire(dir, { session: 's-1', cwd: dir, prompt: 'one' });
  agent = spawn('sh', ['-c', 'exit 3'], { stdio: 'ignore' });
  const wire = await open();
  expect(wire.conversation.state).toBe('starting');
  expect(errors).toHaveLength(1);
});
