import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ANY_ASKS,
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

/** What the worker is told goes with what it does; the brackets keep its own script from matching. */
const SCRIPT = 'gt prime | grep "be nice[r]" > note.txt || true\necho "attempt $GASTOWN_ATTEMPT" > door.txt';

let person: Journey;
beforeEach(() => {
  person = journey('approvals');
});
afterEach(() => person.cleanUp());

test('without gates the work waits: a y typed ahead is not taken, a y after reading approves, and it lands', async () => {
  const shop = person.repository();
  const screen = person.screen([], { cwd: shop });
  await setUp(screen);
  await writeBead(screen, 'Paint the door', 'echo red > door.txt');
  screen.send('s');
  await screen.until(ONE_ASKS, LANDING_MS);

  screen.send(' y');
  await screen.until('That key came before this could be read');
  const question = await screen.until('Land "Paint the door" on main?');
  expect(question).toContain('DECIDE');
  expect(question).toContain('waits for your approval');
  expect(question).toMatch(/head [0-9a-f]{10}/);
  expect(gitIn(shop, ['log', '--format=%s', 'main'])).toBe('Open the shop');

  await pause(READING_MS);
  screen.send('y');
  await screen.until(/✓ landed .*Paint the door/, LANDING_MS);
  expect(readFileSync(path.join(shop, 'door.txt'), 'utf8')).toBe('red\n');
  expect(screen.screen()).not.toMatch(ANY_ASKS);
});

test('rejected with a note, the work comes back with it and is done again; why says so, and only the second try lands', async () => {
  const shop = person.repository();
  const screen = person.screen([], { cwd: shop });
  await setUp(screen);
  await writeBead(screen, 'Paint the door', SCRIPT);
  screen.send('s');
  await screen.until(ONE_ASKS, LANDING_MS);
  const [first] = await person.records('merges');

  screen.send(' ');
  await screen.until('Land "Paint the door" on main?');
  await pause(READING_MS);
  screen.send('n');
  await screen.until('Send it back with a note: why?');
  await type(screen, 'Green would be nicer');
  screen.send('\r');
  await screen.until('goes back to its polecat with your note');

  const why = await person.command('why', String(first!.bead));
  expect(why.stdout).toContain('Green would be nicer');
  screen.send('i');
  await screen.until(/Why shop-[\s\S]*Green would be nicer/);
  screen.send('\u001B');
  await screen.until(shown => !shown.includes('Why shop-') && ONE_ASKS.test(shown), LANDING_MS);

  screen.send(' ');
  await screen.until('Land "Paint the door" on main?');
  await pause(READING_MS);
  screen.send('y');
  await screen.until(/✓ landed .*Paint the door/, LANDING_MS);
  expect(readFileSync(path.join(shop, 'door.txt'), 'utf8')).toBe('attempt 2\n');
  expect(gitIn(shop, ['show', 'main:note.txt'])).toContain('Green would be nicer');
  const merges = await person.records('merges');
  expect(merges.find(merge => merge.id === first!.id)).toMatchObject({
    state: 'rejected',
    cause: { kind: 'rejected', summary: 'Green would be nicer' },
  });
});
