import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { deliverPrompt } from '../../source/agents/deliver.ts';
import { testHost, until } from './support.ts';

/** An application that keeps every read it made, in a raw terminal; with `paste` it asks for marked pastes. */
const READER = `
process.stdin.setRawMode(true).setEncoding('utf8');
if (process.env.PASTE) process.stdout.write('\\x1b[?2004h');
process.stdout.write('ready');
const reads = [];
process.stdin.on('data', data => {
  reads.push(data);
  if (process.env.ECHO) process.stdout.write('.');
  require('fs').writeFileSync('reads.json.tmp', JSON.stringify(reads));
  require('fs').renameSync('reads.json.tmp', 'reads.json');
});`;

const reader = async (env: Record<string, string>) => {
  const host = await testHost();
  const request = host.request('a', [process.execPath, '-e', READER]);
  await host.client.start({ ...request, env: { ...request.env, ...env } });
  await until(async () => (await host.seen('a')).lastLine === 'ready');
  const reads = (): string[] => {
    const file = path.join(host.dir, 'reads.json');
    return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : [];
  };
  return { host, reads };
};

test('marks a prompt as a paste where the application asked for that, with Enter in a read of its own', async () => {
  const { host, reads } = await reader({ PASTE: '1', ECHO: '1' });
  expect(await deliverPrompt(host.client, 'a', 'line one\nline two\n')).toEqual({ echoed: true });
  await until(() => reads().at(-1) === '\r');
  expect(reads().join('')).toBe('\x1b[200~line one\rline two\x1b[201~\r');
});

test('types a prompt plainly where pastes are not marked, and sends Enter though nothing is echoed', async () => {
  const { host, reads } = await reader({});
  expect(await deliverPrompt(host.client, 'a', 'hello')).toEqual({ echoed: false });
  await until(() => reads().at(-1) === '\r');
  expect(reads()).toEqual(['hello', '\r']);
});

test('drops control characters, so that no prompt can end its own paste and press keys', async () => {
  const { host, reads } = await reader({ PASTE: '1', ECHO: '1' });
  await deliverPrompt(host.client, 'a', 'a\x1b[201~\x03\x00b');
  await until(() => reads().at(-1) === '\r');
  expect(reads().join('')).toBe('\x1b[200~a[201~b\x1b[201~\r');
});

test('delivers a long prompt whole', async () => {
  const { host, reads } = await reader({ PASTE: '1', ECHO: '1' });
  const text = Array.from({ length: 2_000 }, (_, index) => `line ${index} äöü🚂🚂`).join('\n');
  await deliverPrompt(host.client, 'a', text);
  await until(() => reads().at(-1) === '\r');
  expect(reads().join('')).toBe(`\x1b[200~${text.replaceAll('\n', '\r')}\x1b[201~\r`);
});

test('refuses a session that ended, one that is not known and a prompt that is too long', async () => {
  const host = await testHost();
  await host.start('a', 'true');
  await host.ended('a');
  await expect(deliverPrompt(host.client, 'a', 'x')).rejects.toMatchObject({ code: 'invalid' });
  await expect(deliverPrompt(host.client, 'b', 'x')).rejects.toMatchObject({ code: 'not_found' });
  await expect(deliverPrompt(host.client, 'a', 'x'.repeat(300_000))).rejects.toMatchObject({ code: 'invalid' });
});

test.each([
  ['reports that it is blocked', {}],
  ['only shows it', { MUTE: '1' }],
])('types nothing into a question of an agent that %s: the Enter would answer it', async (_, env) => {
  const host = await testHost();
  const tui = path.join(import.meta.dirname, 'screens/tui.mjs');
  const request = host.request('a', [process.execPath, tui, '--', 'Please run make all']);
  await host.client.start({ ...request, env: { ...request.env, ...env } });
  await until(async () => (await host.client.screen('a')).join('\n').includes('Esc to cancel'));
  await expect(deliverPrompt(host.client, 'a', 'mail for you')).rejects.toMatchObject({ code: 'conflict' });
  expect(fs.readFileSync(path.join(host.dir, 'told.txt'), 'utf8')).toBe('"Please run make all"\n');
});
