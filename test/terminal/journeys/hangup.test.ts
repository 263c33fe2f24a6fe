import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { EXIT } from '../../../source/common/errors.ts';
import { CLI, cleanEnv, endChild, gastown } from '../../support/process.ts';
import {
  agentPid,
  eventually,
  isAlive,
  type Journey,
  journey,
  LANDING_MS,
  NODE,
  ONE_WORKS,
  pause,
  WAITS,
} from './journey.ts';

/** Within this after a lost line the town is headless and can be taken over. */
const HEADLESS_MS = 1_000;

let person: Journey;
afterEach(() => person.cleanUp());

const startWork = async (): Promise<string> => {
  person = journey('hangup');
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
  await person.command('create', 'Mind the shop', '-d', WAITS, '--sling');
  return shop;
};

test('a SIGHUP alone, with the terminal still there, sends it headless; the next gastown takes over', async () => {
  const shop = await startWork();
  const first = person.screen([], { cwd: shop });
  await first.until(ONE_WORKS, LANDING_MS);
  const agent = await agentPid(person);
  first.signal('SIGHUP');
  await pause(HEADLESS_MS);
  expect(person.holder()).toMatchObject({ pid: first.pid });
  expect(isAlive(agent)).toBe(true);
  const second = person.screen([], { cwd: shop });
  await second.until(ONE_WORKS, LANDING_MS);
  expect(person.holder()).toMatchObject({ pid: second.pid });
  expect((await first.exited()).exitCode).toBe(0);
  expect(isAlive(agent)).toBe(true);
});

test('an input that ends, without a signal, is a line that is gone: what may land then is what the policy says', async () => {
  const shop = await startWork();
  appendFileSync(path.join(person.town, 'town.toml'), '\n[unattended]\nland = "none"\n');
  // In a session of its own the program has no controlling terminal: nobody sends it a SIGHUP.
  const first = person.program('setsid', ['--wait', NODE, CLI], { cwd: shop });
  await first.until(ONE_WORKS, LANDING_MS);
  const { pid } = person.holder()!;
  const agent = await agentPid(person);
  first.close();
  await eventually('nobody is at the screen', async () =>
    (await person.command('status')).stdout.includes('Nobody is at the screen'),
  );
  expect(person.holder()).toMatchObject({ pid });
  await person.command('create', 'Another', '-d', '```sh\necho more > more.txt\n```', '--sling');
  await eventually(
    'its work waits for the person',
    async () => (await person.command('merges')).stdout.includes('nobody is at the screen: nothing lands'),
    LANDING_MS,
  );
  expect(isAlive(agent)).toBe(true);
  const second = person.screen([], { cwd: shop });
  await second.until(ONE_WORKS, LANDING_MS);
  await eventually(
    'it lands',
    async () => (await person.records('merges')).some(merge => merge.state === 'landed'),
    LANDING_MS,
  );
  expect(isAlive(agent)).toBe(true);
  expect(person.holder()).toMatchObject({ pid: second.pid });
});

test('a headless town survives that nobody reads what it says any more, and a SIGHUP', async () => {
  await startWork();
  const town = spawn(NODE, [CLI, 'run', '--headless', '--town', person.town], {
    env: cleanEnv(person.home),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    await eventually('the town runs', () => person.holder()?.pid === town.pid);
    town.stdout.destroy();
    town.stderr.destroy();
    town.kill('SIGHUP');
    const agent = await agentPid(person);
    // What it says of this reaches nobody.
    expect((await person.command('create', 'Another', '-d', '```sh\necho more > more.txt\n```', '--sling')).code).toBe(
      0,
    );
    await eventually(
      'the other work lands',
      async () => (await person.records('merges')).some(merge => merge.state === 'landed'),
      LANDING_MS,
    );
    expect(isAlive(town.pid!)).toBe(true);
    expect(isAlive(agent)).toBe(true);
  } finally {
    await endChild(town);
  }
});

test('a headless town whose folder is moved away says so and ends, and goes on where that is now', async () => {
  person = journey('moved');
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
  const headless = ['run', '--headless', '--town', person.town];
  const town = spawn(NODE, [CLI, ...headless], { env: cleanEnv(person.home), stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    // Its first words say that it runs.
    await once(town.stdout, 'data');
    const ended = once(town, 'exit');
    const said = text(town.stderr);
    const moved = person.watch(path.join(person.home, 'moved'));
    renameSync(person.town, moved);
    expect(await ended).toEqual([EXIT.failed, null]);
    expect(await said).toContain(`The folder of the town at ${person.town} is gone, and so this town ends.`);
    const { code, stdout } = await gastown(['rig', 'list', '--town', moved], { home: person.home });
    expect(code).toBe(0);
    expect(stdout).toContain('shop');
  } finally {
    await endChild(town);
  }
});
