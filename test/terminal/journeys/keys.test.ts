import { appendFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { ERROR_SEEN_MS } from '../../../components/actions/step.ts';
import { townPaths } from '../../../source/town/paths.ts';
import { CLI } from '../../support/process.ts';
import { type Journey, journey, LANDING_MS, NODE, pause } from './journey.ts';

let person: Journey;
afterEach(() => person.cleanUp());

test('a person gives a command another key, is told of one that cannot be, and finds commands by name', async () => {
  person = journey('keys');
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
  await person.command('create', 'Sweep the floor', '-d', '```sh\necho clean > floor.txt\n```');
  appendFileSync(townPaths(person.town).config, '\n[keys]\nsling = "b"\nundo = "q"\n');

  const checked = await person.command('keys', '--check');
  expect(checked).toMatchObject({ code: 1 });
  expect(checked.stdout).toContain('q is both undo and quit everywhere.');

  const screen = person.screen([], { cwd: shop });
  await screen.until('Sweep the floor');
  await screen.until('q is both undo and quit everywhere.');
  // An error goes with a key, but not with one that was pressed before it could be read.
  await pause(ERROR_SEEN_MS);
  screen.send('s');
  await screen.until(text => !text.includes('q is both'));
  screen.send('?');
  await screen.until(/▸ b +Sling/);
  screen.send('\u001B');
  await screen.until(text => !text.includes('Keys that work here'));
  screen.send('b');
  await screen.until(/(queued|working|merging|landed) .*Sweep the floor/, LANDING_MS);

  screen.send(':');
  await screen.until('Run a command');
  screen.send('log-of ga');
  await screen.until(': log-of ga');
  screen.send('\r');
  await screen.until('Log  gates of shop');
  screen.send(':');
  await screen.until('Run a command');
  screen.send('\u0010');
  await screen.until(': log-of ga');
  screen.send('\u001B');
  await screen.until(text => !text.includes('Run a command'));
  screen.send('q');
  await screen.until('Leave Gas Town?');
  screen.send('q');
  expect((await screen.exited()).exitCode).toBe(0);
});

/** What a terminal sends for the keys that the doctor asks for. */
const SENT: Readonly<Record<string, string>> = {
  Tab: '\t',
  'Shift-Tab': '\u001B[Z',
  '↑': '\u001B[A',
  '↓': '\u001B[B',
  '→': '\u001B[C',
  '←': '\u001B[D',
  Home: '\u001B[H',
  End: '\u001B[F',
  PgUp: '\u001B[5~',
  PgDn: '\u001B[6~',
  Esc: '\u001B',
};
const bytesOf = (key: string): string => SENT[key] ?? (key.startsWith('Ctrl-') ? control(key.slice(5)) : key);
const control = (letter: string): string => String.fromCharCode(letter.toUpperCase().charCodeAt(0) - 64);

test('the key doctor hears keys as the screen does, and proposes lines for those that its terminal keeps', async () => {
  person = journey('doctor');
  const screen = person.program(NODE, [CLI, 'keys', 'doctor'], { cwd: person.home });
  const pressed: string[] = [];
  for (;;) {
    const shown = await screen.until(text => {
      const asked = /Press {2}(\S+)/.exec(text)?.[1];
      return text.includes('[keys]') || (asked !== undefined && asked !== pressed.at(-1));
    });
    const asked = /Press {2}(\S+)/.exec(shown)?.[1];
    if (asked === undefined || shown.includes('[keys]')) break;
    pressed.push(asked);
    screen.send(asked === 'Ctrl-l' ? '\r' : bytesOf(asked));
  }
  expect(pressed).toEqual(expect.arrayContaining(['Esc', 'PgUp', 'Ctrl-z', 'Ctrl-]', 'Ctrl-c']));
  const shown = await screen.until(/\nredraw = \["."\]/);
  expect(shown).toContain('Ctrl-l: nothing arrives.');
  expect(shown.split('\n').filter(line => line.includes('arrives'))).toHaveLength(1);
  expect((await screen.exited()).exitCode).toBe(1);
});
