import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectCleanTerminal, gitIn, type Journey, journey, LANDING_MS, type, writeBead } from './journey.ts';

/** From the first key to landed work. */
const FIRST_LANDING_MS = 120_000;

let person: Journey;
beforeEach(() => {
  person = journey('first-run');
});
afterEach(() => person.cleanUp());

test('three times Enter, a bead and one s: the work of a newcomer lands on main, and the checked-out folder has it; :demo shows more, and q comes back', async () => {
  const shop = person.repository({
    'package.json': '{ "name": "shop", "type": "module", "scripts": { "test": "node --test" } }\n',
    'test/open.test.js': "import test from 'node:test';\n\ntest('the shop is open', () => {});\n",
  });
  const begun = performance.now();
  const screen = person.screen([], { cwd: shop });
  await screen.until('1. Set up a town');
  expect(screen.screen()).toContain('main');
  screen.send('\r');
  await screen.until('npm test');
  screen.send('\r');
  await screen.until('3. Who lets green work land?');
  screen.send('\r');
  const card = await screen.until('Nothing is planned yet');
  for (const key of ['n  write a bead: one piece of work', 's  sling it', 'Space  answer']) expect(card).toContain(key);

  await writeBead(screen, 'Greet whoever comes in', 'echo "Good morning" > greeting.txt');
  screen.send('s');
  await screen.until(/✓ landed .*Greet whoever comes in/, LANDING_MS);
  expect(performance.now() - begun).toBeLessThan(FIRST_LANDING_MS);

  expect(gitIn(shop, ['log', '--first-parent', '--format=%s', 'main'])).toMatch(
    /Greet whoever comes in[\s\S]*\nOpen the shop$/,
  );
  expect(gitIn(shop, ['show', 'main:greeting.txt'])).toBe('Good morning');
  expect(gitIn(shop, ['branch', '--show-current'])).toBe('main');
  expect(readFileSync(path.join(shop, 'greeting.txt'), 'utf8')).toBe('Good morning\n');
  expect(gitIn(shop, ['status', '--porcelain'])).toBe('');

  screen.send(':');
  await type(screen, 'demo');
  screen.send('\r');
  await screen.until(/^demo +COMMAND[\s\S]*[1-9]\d* working/, LANDING_MS);
  screen.send('qq');
  await screen.until(/^gastown +COMMAND[\s\S]*✓ landed .*Greet whoever comes in[\s\S]*Back in your town/, LANDING_MS);

  screen.send('qq');
  expect((await screen.exited()).exitCode).toBe(0);
  expectCleanTerminal(screen);
});

test('Esc at the first question leaves everything as it is', async () => {
  const shop = person.repository();
  const screen = person.screen([], { cwd: shop });
  await screen.until('1. Set up a town');
  screen.send('\u001B');
  expect((await screen.exited()).exitCode).toBe(0);
  expect(existsSync(person.town)).toBe(false);
  expect(gitIn(shop, ['status', '--porcelain'])).toBe('');
  expectCleanTerminal(screen);
});

test('whoever would rather see one first gets the demo, and is asked again the next time', async () => {
  const shop = person.repository();
  const TMPDIR = path.join(person.home, 'tmp');
  mkdirSync(TMPDIR);
  const screen = person.screen([], { cwd: shop, env: { TMPDIR } });
  await screen.until('1. Set up a town');
  screen.send('d\r');
  await screen.until(/^demo +COMMAND[\s\S]*[1-9]\d* working/, LANDING_MS);
  screen.send('qq');
  expect((await screen.exited()).exitCode).toBe(0);
  expectCleanTerminal(screen);
  expect(readdirSync(TMPDIR)).toEqual([]);
  expect(existsSync(person.town)).toBe(false);
});
