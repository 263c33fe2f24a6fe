import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectCleanTerminal, type Journey, journey, LANDING_MS } from './journey.ts';

const DETACH = '\u001D';
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

  screen.send('a');
  await screen.until('hello Ada');
  screen.send('that is all\r');
  await screen.until(/✓ landed .*Ask who is there/, LANDING_MS);
  expect(readFileSync(path.join(shop, 'guest.txt'), 'utf8')).toBe('Ada\n');

  screen.send('qq');
  expect((await screen.exited()).exitCode).toBe(0);
  expectCleanTerminal(screen);
});
