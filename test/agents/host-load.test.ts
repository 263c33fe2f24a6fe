import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readProcessStat } from '../../source/agents/process.ts';
import { testHost, until } from './support.ts';

const residentBytes = (pid: number): number => {
  const [, kilobytes] = /VmRSS:\s*(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) * 1024;
};

test('a flood of 20 MB neither grows memory without bound nor holds other sessions up', async () => {
  const host = await testHost();
  await host.start('other', 'while read line; do echo "got $line"; done');
  await until(async () => (await host.client.list()).length === 1);
  const before = residentBytes(host.client.pid);
  await host.start('flood', 'yes "0123456789 hostile \\033[31m output" | head -c 20000000; echo; echo END');
  const waits: number[] = [];
  for (let round = 0; (await host.seen('flood')).alive; round += 1) {
    const from = performance.now();
    await host.client.write('other', `${round}\r`);
    await until(async () => (await host.client.tail('other', 1))[0] === `got ${round}`);
    waits.push(performance.now() - from);
  }
  expect(waits.length).toBeGreaterThan(0);
  expect(Math.max(...waits)).toBeLessThan(3_000);
  expect((await host.seen('flood')).bytesOut).toBeGreaterThan(20_000_000);
  expect(await host.client.tail('flood', 1)).toEqual(['END']);
  // One full scrollback is a few MB; 20 MB of output must not be held anywhere.
  expect(residentBytes(host.client.pid) - before).toBeLessThan(100 * 1024 * 1024);
});

test('caps the log file of a flooding agent and keeps its end', async () => {
  const host = await testHost();
  await host.start('flood', 'yes 0123456789 | head -c 12000000; echo; echo END');
  await host.ended('flood');
  const log = path.join(host.dir, 'flood.log');
  await until(() => fs.readFileSync(log, 'utf8').endsWith('END\r\n'));
  const sizes = [log, `${log}.1`].map(file => fs.statSync(file).size);
  expect(Math.max(...sizes)).toBeLessThan(8 * 1024 * 1024);
  // Two logs, each with the times of its lines beside it.
  expect(fs.readdirSync(host.dir).filter(name => /^flood\.log(\.1)?$/.test(name))).toHaveLength(2);
  expect(fs.readdirSync(host.dir).filter(name => /^flood\.log(\.1)?\.times$/.test(name))).toHaveLength(2);
});

test('input that nobody reads costs no core, is refused when it is too much, and is all there once it is read', async () => {
  const host = await testHost();
  await host.start(
    'deaf',
    'stty raw -echo; echo ready; while [ ! -e go ]; do sleep 0.05; done; head -c 200000 | wc -c > count',
  );
  await until(async () => (await host.seen('deaf')).lastLine === 'ready');
  await host.client.write('deaf', 'x'.repeat(200_000));
  expect((await host.seen('deaf')).inputPending).toBeGreaterThan(100_000);
  const from = { at: performance.now(), ticks: readProcessStat(host.client.pid)!.cpuTicks };
  await sleep(1_000);
  const share = ((readProcessStat(host.client.pid)!.cpuTicks - from.ticks) * 10) / (performance.now() - from.at);
  expect(share).toBeLessThan(0.15);
  await expect(host.client.write('deaf', 'x'.repeat(1_000_000))).rejects.toMatchObject({ code: 'invalid' });
  fs.writeFileSync(path.join(host.dir, 'go'), '');
  await host.ended('deaf');
  expect(fs.readFileSync(path.join(host.dir, 'count'), 'utf8').trim()).toBe('200000');
});

test('counts silent computing as progress, and silent waiting not', async () => {
  const host = await testHost();
  await host.start('busy', 'while :; do :; done');
  await host.start('waiting', 'sleep 60');
  const seen = await until(
    async () => ({ busy: await host.seen('busy'), waiting: await host.seen('waiting') }),
    ({ busy }) => busy.lastProgressAt - busy.startedAt > 1_000,
  );
  expect(seen.busy.bytesOut).toBe(0);
  expect(seen.waiting.lastProgressAt).toBe(seen.waiting.startedAt);
});

test('gives every descriptor back when sessions end', async () => {
  const host = await testHost();
  const descriptors = (): number => fs.readdirSync(`/proc/${host.client.pid}/fd`).length;
  await host.start('first', 'true');
  await host.ended('first');
  await host.client.forget('first');
  const before = descriptors();
  for (let round = 0; round < 20; round += 1) await host.start(`s${round}`, `echo ${round}`);
  for (let round = 0; round < 20; round += 1) {
    expect((await host.ended(`s${round}`)).exitCode).toBe(0);
    // Also those whose screen was dropped for newer ones answer with their last lines.
    expect(await host.client.tail(`s${round}`, 5)).toEqual([`${round}`]);
    await host.client.forget(`s${round}`);
  }
  expect(await until(descriptors, count => count <= before)).toBeLessThanOrEqual(before);
  expect(await host.client.list()).toEqual([]);
});

test('the host without sessions uses no processor time', async () => {
  const host = await testHost();
  await host.start('a', 'true');
  await host.ended('a');
  await sleep(2_500);
  const before = readProcessStat(host.client.pid)!.cpuTicks;
  await sleep(1_000);
  expect(readProcessStat(host.client.pid)!.cpuTicks - before).toBeLessThanOrEqual(1);
});
