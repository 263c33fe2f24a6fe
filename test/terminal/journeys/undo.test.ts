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
  type Screen,
  setUp,
  type,
  writeBead,
} from './journey.ts';

let person: Journey;
beforeEach(() => {
  person = journey('undo');
});
afterEach(() => person.cleanUp());

/** A command by its name, as the palette takes it. */
const run = async (screen: Screen, name: string): Promise<void> => {
  screen.send(':');
  await screen.until('Run a command');
  await type(screen, name);
  screen.send('\r');
};

/** Presses the key, reads the question and says yes to it. */
const takeBack = async (screen: Screen, { key = 'z', asks, says }: { key?: string; asks: string; says: string }) => {
  screen.send(key);
  await screen.until(asks);
  await pause(READING_MS);
  screen.send('\r');
  await screen.until(says);
};

const cancel = async (screen: Screen, gone: string): Promise<void> => {
  screen.send('\u001B');
  await screen.until(shown => !shown.includes(gone));
};

test('z takes back a sling, an edit and an emergency stop, one after the other, and Ctrl-r does it again', async () => {
  const screen = person.screen([], { cwd: person.repository() });
  await setUp(screen);
  await writeBead(screen, 'Paint the door', 'echo red > door.txt');
  await run(screen, 'estop');
  await screen.until('Stop the whole town?');
  await pause(READING_MS);
  screen.send('y');
  await screen.until('STOPPED');

  screen.send('e');
  await screen.until('Edit shop-');
  screen.send('\u0015');
  await type(screen, 'Paint the gate');
  screen.send('\u0004');
  await screen.until(/ready .*Paint the gate/);
  screen.send('s');
  await screen.until(/queued .*Paint the gate/);
  const bead = /shop-\w+/.exec(screen.screen())![0];

  screen.send('z');
  await screen.until(`Take back: slung ${bead}`);
  await cancel(screen, 'Take back: slung');
  expect(screen.screen()).toMatch(/queued .*Paint the gate/);
  await takeBack(screen, { asks: `Take back: slung ${bead}`, says: `Taken back: slung ${bead}.` });
  await screen.until(/ready .*Paint the gate/);

  screen.send('z');
  expect(await screen.until('Take back: changed')).toContain(
    `${bead}: title back from Paint the gate to Paint the door`,
  );
  await pause(READING_MS);
  screen.send('y');
  await screen.until(/ready .*Paint the door/);

  await takeBack(screen, { asks: 'Take back: stopped', says: 'Taken back: stopped' });
  await screen.until(shown => !shown.includes('STOPPED'));
  await takeBack(screen, { key: '\u0012', asks: 'Do again: stopped', says: 'Done again: stopped' });
  await screen.until('STOPPED');
  expect(await person.records('status')).toMatchObject([{ estop: true }]);

  const changes = await person.records('history', bead);
  expect(changes.map(({ command }) => command)).toEqual([
    'bead.create',
    'bead.update',
    'bead.sling',
    'history.undo',
    'history.undo',
  ]);
  expect(changes.at(-1)).toMatchObject({
    by: 'operator',
    changes: [{ field: 'title', before: 'Paint the gate', after: 'Paint the door' }],
  });
});

test('z takes an approval back before the work lands, and says why not once it has', async () => {
  const shop = person.repository();
  const screen = person.screen([], { cwd: shop });
  await setUp(screen);
  await writeBead(screen, 'Paint the door', 'echo red > door.txt');
  await run(screen, 'pause-merges');
  await screen.until('The merge queue is paused');
  screen.send('s');
  await screen.until(ONE_ASKS, LANDING_MS);
  const approve = async () => {
    screen.send(' ');
    await screen.until('Land "Paint the door" on main?');
    await pause(READING_MS);
    screen.send('y');
    await screen.until(shown => !ANY_ASKS.test(shown) && !shown.includes('DECIDE'));
  };

  await approve();
  await takeBack(screen, { asks: 'Take back: approved', says: 'Taken back: approved' });
  await screen.until(ONE_ASKS);
  expect(await person.records('attention')).toMatchObject([{ kind: 'approval' }]);
  expect(gitIn(shop, ['log', '--format=%s', 'main'])).toBe('Open the shop');

  screen.send('z');
  const worked = await screen.until('cannot be taken back');
  expect(worked).toContain('slung');
  await pause(READING_MS);
  await takeBack(screen, { asks: 'Take back: paused merging', says: 'Taken back: paused merging' });
  await approve();
  await screen.until(/✓ landed .*Paint the door/, LANDING_MS);
  screen.send('z');
  const refusal = await screen.until('cannot be taken back');
  expect(refusal).toContain('approved');
  expect(refusal).toContain('has landed as');
  expect(refusal).toContain('gastown undo --list');
  screen.send('\r');
  await screen.until(shown => !shown.includes('cannot be taken back'));
  expect(gitIn(shop, ['log', '--format=%s', 'main'])).not.toBe('Open the shop');
});

test('[ walks the board back, where nothing can be changed, and Esc comes back to a town that went on', async () => {
  const shop = person.repository();
  await person.townOf(shop);
  const screen = person.screen([], { cwd: shop });
  await screen.until('Nothing is planned yet');
  await writeBead(screen, 'Paint the door', 'echo red > door.txt');
  screen.send('e');
  await screen.until('Edit shop-');
  screen.send('\u0015');
  await type(screen, 'Paint the gate');
  screen.send('\u0004');
  // The form lies over the row while it is open, and has the same words.
  await screen.until(shown => /ready .*Paint the gate/.test(shown) && !shown.includes('Edit shop-'));

  screen.send('[');
  const past = await screen.until(/ready .*Paint the door/);
  expect(past.split('\n')[0]).toMatch(/^ PAST \d\d:\d\d:\d\d · 1 back of \d+ · .*Esc now/);
  expect(past).toMatch(/created shop-\S+ by operator/);
  screen.send('s');
  await screen.until('You look at the past; Esc comes back to now.');
  screen.send('[[[[[[');
  await screen.until(/^ PAST \S+ · oldest of/);
  screen.send('[');
  await screen.until('This is the beginning of the town');
  expect(screen.screen()).not.toContain('Paint the');
  screen.send('z');
  await screen.until('You look at the past; Esc comes back to now.');

  expect((await person.command('create', 'Sweep the floor')).code).toBe(0);
  screen.send(']');
  await screen.until(/^ PAST/);
  expect(screen.screen()).not.toContain('Sweep the floor');
  screen.send('\u001B');
  const now = await screen.until('Sweep the floor');
  expect(now).toMatch(/ready .*Paint the gate/);
  expect(now).not.toContain('PAST');
  const changes = await person.records('history', /shop-\w+/.exec(past)![0]);
  expect(changes.map(({ command }) => command)).toEqual(['bead.create', 'bead.update']);
});
