import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  gitIn,
  type Journey,
  journey,
  LANDING_MS,
  ONE_ASKS,
  pause,
  READING_MS,
  setUp,
  type,
  writeBead,
} from './journey.ts';

/** The second attempt reads what was said of the lines of the first, and keeps it beside its work. */
const SCRIPT = [
  'gt prime | grep -A2 "door.txt:[2]" > note.txt || true',
  'printf "hinge\\nred $GASTOWN_ATTEMPT\\nlock\\n" > door.txt',
].join('\n');

let person: Journey;
beforeEach(() => {
  person = journey('review');
});
afterEach(() => person.cleanUp());

test('a request is read, a line commented on, sent back, done again, approved, and lands: all on one screen', async () => {
  const shop = person.repository();
  const screen = person.screen([], { cwd: shop });
  await setUp(screen);
  await writeBead(screen, 'Paint the door', SCRIPT);
  screen.send('s');
  await screen.until(ONE_ASKS, LANDING_MS);

  screen.send('3\r');
  const about = await screen.until(/Review mr-[\s\S]*What was asked for/);
  expect(about).toContain('DECIDE');
  expect(about).toContain('Paint the door');
  expect(about).toContain('no gates');
  screen.send('J');
  const read = await screen.until('+red 1');
  expect(read).toMatch(/ 1 \+hinge/);
  expect(read).toContain('file 1 of 2');

  // Down to the second line of the door: head of the file, that it is new, its place, the first line.
  screen.send('jjjj');
  await pause(50);
  screen.send('c');
  await screen.until('Comment on door.txt:2');
  await type(screen, 'Green, please');
  screen.send('\u0004');
  await screen.until('" operator: Green, please');
  expect(await person.records('merges')).toMatchObject([
    { comments: [{ path: 'door.txt', line: 2, quote: 'red 1', text: 'Green, please' }] },
  ]);

  screen.send('n');
  await screen.until('Send it back with a note: why?');
  await type(screen, 'See the line');
  screen.send('\r');
  await screen.until('with your note and 1 comment');

  await screen.until(shown => ONE_ASKS.test(shown) && !shown.includes('Review mr-'), LANDING_MS);
  screen.send(' ');
  await screen.until('Land "Paint the door" on main?');
  screen.send('d');
  await screen.until(/Review mr-[\s\S]*Came back before[\s\S]*See the line/);
  screen.send('\u001B[200~y\u001B[201~');
  await screen.until('A paste is ignored here');
  expect(gitIn(shop, ['log', '--format=%s', 'main'])).toBe('Open the shop');

  await pause(READING_MS);
  screen.send('y');
  await screen.until(/✓ landed .*Paint the door/, LANDING_MS);
  expect(screen.screen()).not.toContain('Review mr-');
  expect(readFileSync(path.join(shop, 'door.txt'), 'utf8')).toBe('hinge\nred 2\nlock\n');
  expect(gitIn(shop, ['show', 'main:note.txt'])).toBe('door.txt:2\n> red 1\nGreen, please');
});
