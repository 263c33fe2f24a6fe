import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectCleanTerminal, type Journey, journey, LANDING_MS } from './journey.ts';

const DETACH = '\u001D';
const CTRL_Q = '\u0011';
const ASKS = [
  '```sh',
  'seq -f "earlier line %g" 1 70',
  'echo "Who is it?"',
  'read name',
  'echo "hello $name"',
  'read rest',
  'echo "$name" > guest.txt',
  '```',
];

let person: Journey;
beforeEach(() => {
  person = journey('sessions');
});
afterEach(() => person.cleanUp());

const createSlung = async (title: string, lines: readonly string[]): Promise<void> => {
  const { code, stderr } = await person.command('create', title, '-d', lines.join('\n'), '--sling');
  expect(stderr).toBe('');
  expect(code).toBe(0);
};

test('attached, one talks with the session; Ctrl-] comes back to the town, and the terminal is left clean', async () => {
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
  await createSlung('Ask who is there', ASKS);
  const screen = person.screen([], { cwd: shop });
  await screen.until('a attach', LANDING_MS);
  screen.send('a');
  await screen.until('Who is it?', LANDING_MS);
  expect(screen.screen()).not.toContain('earlier line 40');
  screen.send('\u001B[5~');
  await screen.until(/earlier line 40[\s\S]*of 7\d/);
  screen.send('q');
  await screen.until(shown => shown.includes('Who is it?') && !shown.includes('earlier line 40'));
  screen.send('Ada\r');
  const talk = await screen.until('hello Ada');
  expect(talk).not.toContain('1 Plan');
  screen.send(DETACH);
  const town = await screen.until('Detached from');
  expect(town).toContain('Ask who is there');
  expect(town).not.toContain('Who is it?');
  expect(town.split('\n')[0]).toMatch(/^gastown +COMMAND/);

  screen.send('qq');
  expect((await screen.exited()).exitCode).toBe(0);
  expectCleanTerminal(screen);

  // With a key of one's own Ctrl-] is the session's, as every other key is.
  appendFileSync(path.join(person.town, 'town.toml'), '\n[keys]\ndetach = "ctrl-q"\n');
  const again = person.screen([], { cwd: shop });
  await again.until('a attach', LANDING_MS);
  again.send('a');
  await again.until('hello Ada');
  again.send(DETACH);
  await again.until('^]');
  again.send(CTRL_Q);
  await again.until('Detached from');

  again.send('a');
  await again.until('^]');
  again.send('that is all\r');
  await again.until(/✓ landed .*Ask who is there/, LANDING_MS);
  expect(readFileSync(path.join(shop, 'guest.txt'), 'utf8')).toBe('Ada\n');
  again.send('qq');
  expect((await again.exited()).exitCode).toBe(0);
  expectCleanTerminal(again);
});
