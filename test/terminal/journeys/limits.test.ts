import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Journey, journey, LANDING_MS, type } from './journey.ts';

const PASTE_BEGIN = '\u001B[200~';
const PASTE_END = '\u001B[201~';
/** Every key of it would do something, as commands. */
const COMMANDS_AS_TEXT = 'D\rysq\r2jGn:estop\r';
const MEGABYTE = COMMANDS_AS_TEXT.repeat(Math.ceil(1_000_000 / COMMANDS_AS_TEXT.length));
/** From the end of a megabyte to a key's effect. */
const RESPONSIVE_MS = 10_000;
const HOSTILE = '\u001B]0;owned\u0007\u001B[31mred\u001B[2J\u0000\u009B31m tail';

let person: Journey;
let shop: string;
beforeEach(async () => {
  person = journey('limits');
  shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
});
afterEach(() => person.cleanUp());

/** The pane itself: header and strip tell of clocks and roles. */
const planOf = (shown: string): string => shown.split('\n').slice(2, -2).join('\n');

test('in 40×10 one line says that it is too small, and growing to 80×24 brings the screen', async () => {
  const screen = person.screen([], { cwd: shop, columns: 40, rows: 10 });
  const small = await screen.until(/too small/i);
  expect(small.split('\n').filter(line => line.trim() !== '').length).toBeLessThanOrEqual(2);
  screen.resize(80, 24);
  await screen.until('Nothing is planned yet');
  screen.resize(40, 10);
  await screen.until(/too small/i);
  screen.send('qq');
  expect((await screen.exited()).exitCode).toBe(0);
});

for (const [kind, begin, end] of [
  ['that the terminal brackets', PASTE_BEGIN, PASTE_END],
  ['that it does not bracket', '', ''],
] as const) {
  test(`a pasted megabyte ${kind} runs nothing where keys are commands, and the next key works`, async () => {
    for (const title of ['First', 'Second', 'Third']) await person.command('create', title);
    const screen = person.screen([], { cwd: shop });
    const before = planOf(await screen.until('1 of 3'));
    screen.send(`${begin}${MEGABYTE}${end}`);
    await screen.until('A paste is ignored here', RESPONSIVE_MS);
    const pasted = performance.now();
    expect(planOf(screen.screen())).toBe(before);
    while (!screen.screen().includes('2 of 3')) {
      // An unbracketed paste has no end: a key that comes within its tail belongs to it.
      screen.send('j');
      await screen.until(/[123] of 3/);
      await new Promise(resolve => setTimeout(resolve, 150));
      expect(performance.now() - pasted).toBeLessThan(RESPONSIVE_MS);
    }
    const [status] = await person.records('status');
    expect(status).toMatchObject({ estop: false, counts: { ready: 3, working: 0 } });
  });
}

test('a megabyte pasted into a form is cut with a word about it, and the form goes on taking keys', async () => {
  const screen = person.screen([], { cwd: shop });
  await screen.until('Nothing is planned yet');
  screen.send('n');
  await screen.until('New bead');
  await type(screen, 'Long story');
  screen.send('\t');
  screen.send(`${PASTE_BEGIN}${'word '.repeat(200_000)}${PASTE_END}`);
  await screen.until('The text was cut: a field holds 256,000 characters.', RESPONSIVE_MS);
  screen.send('\u0004');
  await screen.until('created. s slings it.', RESPONSIVE_MS);
  screen.send('n');
  await screen.until('New bead');
  await type(screen, 'Short story');
  screen.send('\u0004');
  await screen.until(/Short story[\s\S]*created. s slings it\./, LANDING_MS);
});

test('NUL and escape codes in a title never reach the terminal, neither pasted nor from elsewhere', async () => {
  await person.command('create', HOSTILE.replaceAll('\u0000', ''));
  const screen = person.screen([], { cwd: shop });
  await screen.until(/ready .*red/);
  screen.send('n');
  await screen.until('New bead');
  screen.send(`${PASTE_BEGIN}mine ${HOSTILE}${PASTE_END}`);
  await screen.until(/mine .*tail/);
  screen.send('\u0004');
  await screen.until('created. s slings it.');
  screen.send('i');
  await screen.until('Why shop-');
  const written = screen
    .cast()
    .split('\n')
    .slice(1)
    .map(line => (JSON.parse(line) as [number, string, string])[2])
    .join('');
  expect(written).toContain('red');
  expect(written).not.toContain('\u001B]0;owned');
  expect(written).not.toContain('\u001B[31mred');
  expect(written).not.toContain('\u0000');
  expect(written).not.toContain('\u009B');
});
