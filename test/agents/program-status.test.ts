import { expect, test } from 'vitest';
import { parseStatus } from '../../source/agents/program-status.ts';
import { testHost, until } from './support.ts';

const say = (text: string): string => `printf '${text}'`;
const report = (fields: string): string => say(`\\033]7501;${fields}\\033\\\\`);
const b64 = (text: string): string => Buffer.from(text).toString('base64');

test('answers a program that asks whether its status is read, while a person is attached too', async () => {
  const host = await testHost();
  const program = `process.stdin.setRawMode(true);
    const ask = () => process.stdout.write('\\u001B]7501;?\\u001B\\\\');
    process.stdin.on('data', data => (data.toString() === 'a' ? ask() : console.log(JSON.stringify(data.toString()))));
    console.log('ready');`;
  await host.client.start(host.request('a', [process.execPath, '-e', program]));
  const lines = () => host.client.tail('a', 20);
  await until(async () => (await lines()).includes('ready'));
  const answered = async (times: number) =>
    (await lines()).filter(line => line === JSON.stringify('\u001B]7501;?\u001B\\')).length === times;
  await host.client.write('a', 'a');
  await until(() => answered(1));
  await host.client.attach('a', { columns: 80, rows: 24 });
  await host.client.write('a', 'a');
  await until(() => answered(2));
});

test('keeps what a program last said of itself, made safe, with the time it entered that state', async () => {
  const host = await testHost();
  const steps = [
    report('state=working:app=x'),
    'read go',
    report('state=working:app=x'),
    report(`state=blocked:kind=permission:msg=${b64('run \u001B[31mrm\u0007')}`),
    say('\\033]0;✋  Action\\007'),
    'read go',
  ];
  await host.start('a', steps.join('; '));
  const seen = async () => (await host.client.list()).find(({ id }) => id === 'a')!;
  await until(async () => (await seen()).status?.state === 'working');
  const { at } = (await seen()).status!;
  await host.client.write('a', '\r');
  await until(async () => (await seen()).title !== undefined);
  const { status, title } = await seen();
  expect(status).toMatchObject({ state: 'blocked', kind: 'permission', message: 'run [31mrm' });
  expect(status!.at).toBeGreaterThanOrEqual(at);
  expect(title!.text).toBe('✋  Action');
});

test('takes nothing for a report that is none', () => {
  expect(parseStatus('state=dreaming')).toBeUndefined();
  expect(parseStatus('?')).toBeUndefined();
  expect(parseStatus(`state=idle:msg=${'a'.repeat(9_000)}`)).toBeUndefined();
  expect(parseStatus('state=idle:msg=%%%:app')).toEqual({ state: 'idle' });
});
