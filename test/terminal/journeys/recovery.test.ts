import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  agentPid,
  agentSays,
  eventually,
  isAlive,
  type Journey,
  journey,
  LANDING_MS,
  ONE_ASKS,
  ONE_WORKS,
  pause,
  READING_MS,
  WAITS,
} from './journey.ts';

const TALKS = [
  '```sh',
  'for n in $(seq 1 300); do echo "shelf $n"; done',
  'read go',
  'echo "$go" > go.txt',
  '```',
].join('\n');

let person: Journey;
beforeEach(() => {
  person = journey('recovery');
});
afterEach(() => person.cleanUp());

const startWork = async (title: string, description: string): Promise<string> => {
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
  await person.command('create', title, '-d', description, '--sling');
  return shop;
};

test('after kill -9 of the screen the next one shows the session with all it said, and the work lands', async () => {
  const shop = await startWork('Count the shelves', TALKS);
  const first = person.screen([], { cwd: shop });
  await first.until(ONE_WORKS, LANDING_MS);
  await agentSays(person, /shelf 300/);
  first.send('2l');
  await first.until('shelf 300');
  first.signal('SIGKILL');
  await first.exited();

  const second = person.screen([], { cwd: shop });
  await second.until('a attach');
  second.send('2l');
  await second.until('shelf 300');
  second.send('g');
  await second.until(/shelf 1\b/);
  second.send('2a');
  await second.until(shown => shown.includes('shelf 300') && !shown.includes('COMMAND'));
  second.send('go on\r');
  await second.until('COMMAND');
  second.send('1');
  await second.until(/✓ landed .*Count the shelves/, LANDING_MS);
  expect(readFileSync(path.join(shop, 'go.txt'), 'utf8')).toBe('go on\n');
  expect(await person.records('merges')).toHaveLength(1);
});

test('when its terminal is closed the same process goes on headless, and the next gastown takes over with the agent alive', async () => {
  const shop = await startWork('Mind the shop', WAITS);
  const first = person.screen([], { cwd: shop });
  await first.until(ONE_WORKS, LANDING_MS);
  const agent = await agentPid(person);
  first.close();
  await eventually('the town still answers', async () => (await person.records('status'))[0]!.running === true);
  await pause(READING_MS);
  expect(isAlive(first.pid)).toBe(true);
  expect(person.holder()).toMatchObject({ pid: first.pid });
  expect(isAlive(agent)).toBe(true);

  const second = person.screen([], { cwd: shop });
  await second.until(ONE_WORKS);
  await eventually('the first process ends', () => !isAlive(first.pid));
  expect(person.holder()).toMatchObject({ pid: second.pid });
  expect(isAlive(agent)).toBe(true);
  await second.until('a attach');
  // Pressed before the terminal is seen again, it is gone to as soon as it is.
  second.send('a');
  await second.until(shown => shown.includes('waits') && !shown.includes('COMMAND'));
  second.send('on\r');
  await second.until(/✓ landed .*Mind the shop/, LANDING_MS);
});

test('after kill -9 of the screen the town is back without one, tells of it, and its work lands', async () => {
  const shop = await startWork('Mind the shop', WAITS);
  appendFileSync(path.join(person.town, 'town.toml'), '\n[settings.dogs]\nbootMs = 500\n');
  const first = person.screen([], { cwd: shop });
  await first.until(ONE_WORKS, LANDING_MS);
  const agent = await agentPid(person);
  first.signal('SIGKILL');
  await first.exited();
  await eventually('the town is back', () => person.holder()?.purpose === 'run --headless');
  expect(isAlive(agent)).toBe(true);
  expect((await person.command('attention')).stdout).toContain('The town fell and was started again');

  const second = person.screen([], { cwd: shop });
  await second.until(ONE_ASKS);
  await second.until('a attach');
  second.send('a');
  await second.until(shown => shown.includes('waits') && !shown.includes('COMMAND'));
  second.send('on\r');
  await second.until(/✓ landed .*Mind the shop/, LANDING_MS);
});
