import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { expectCleanTerminal, type Journey, journey } from './journey.ts';

/** Eleven beads with a hang, a death, two conflicts and a leak among them. */
const BEADS = 11;
const DEMO_MS = 55_000;

let person: Journey;
afterEach(async () => {
  for (const left of readdirSync(path.join(person.home, 'tmp')))
    person.watch(path.join(person.home, 'tmp', left, 'town'));
  await person.cleanUp();
});

const startDemo = (name: string, size: { columns: number; rows: number }) => {
  person = journey(name);
  const TMPDIR = path.join(person.home, 'tmp');
  mkdirSync(TMPDIR);
  return person.screen(['demo'], { ...size, cwd: person.home, env: { TMPDIR } });
};

test('the demo in 200×50 shows all five panes at once, and in the end every bead as landed', async () => {
  const screen = startDemo('demo-wide', { columns: 200, rows: 50 });
  const begun = await screen.until(/[1-9]\d* working/);
  for (const title of ['1 Plan', '2 Polecats', '3 Refinery', '4 Health', '5 Log']) expect(begun).toContain(title);
  expect(begun.split('\n')[0]).toMatch(/demo +COMMAND .*working .*waiting .*stalled .*queue \d/);
  const done = await screen.until(`${BEADS}/${BEADS} landed`, DEMO_MS);
  const plan = done
    .slice(0, done.indexOf('3 Refinery'))
    .split('\n')
    .map(line => line.slice(0, 99));
  expect(plan.filter(line => / ✓ landed +P\d hb-/.test(line))).toHaveLength(BEADS);
  await screen.until(/0 working .*queue 0/);
  screen.send('qq');
  expect((await screen.exited()).exitCode).toBe(0);
  expectCleanTerminal(screen);
  expect(readdirSync(path.join(person.home, 'tmp'))).toEqual([]);
});

test('the demo in 80×24 shows one pane a key, logs, help and a diff, and leaves nothing behind', async () => {
  const screen = startDemo('demo-small', { columns: 80, rows: 24 });
  await screen.until(/[1-9]\d* working/);
  for (const [key, title] of [
    ['2', /^2 Polecats/m],
    ['3', /^3 Refinery/m],
    ['4', /^4 Health/m],
    ['5', /^5 Log/m],
    ['1', /^1 Plan/m],
  ] as const) {
    screen.send(key);
    await screen.until(title);
  }
  screen.send('2');
  await screen.until('l log');
  // A worker's log begins with its first session.
  await screen.until(/(working|stalled|waiting|done|idle) +acorn/);
  screen.send('l');
  await screen.until(/^5 Log +[a-z]+ +following/m);
  screen.send('3');
  await screen.until(/^3 Refinery \(merge queue\) {2}1 of/m);
  screen.send('d');
  await screen.until(/Review mr-[\s\S]*What was asked for/);
  screen.send('\u001B');
  await screen.until(/^3 Refinery/m);
  screen.send('5?');
  await screen.until(/F +Follow the log/);
  screen.send('\u001B');
  await screen.until(shown => !/F +Follow the log/.test(shown));
  screen.send('qq');
  expect((await screen.exited()).exitCode).toBe(0);
  expectCleanTerminal(screen);
  expect(readdirSync(path.join(person.home, 'tmp'))).toEqual([]);
});
