import { afterEach, beforeEach, expect, test } from 'vitest';
import { runDirectory, townSocket } from '../../../source/agents/run-directory.ts';
import { acquireTownLock } from '../../../source/ledger/lock.ts';
import { serveTown } from '../../../source/town/server.ts';
import { CLI } from '../../support/process.ts';
import {
  agentPid,
  eventually,
  expectCleanTerminal,
  isAlive,
  type Journey,
  journey,
  LANDING_MS,
  NODE,
  ONE_WORKS,
  pause,
  READING_MS,
  type Screen,
  unwrapped,
  WAITS,
} from './journey.ts';

/** A takeover takes a fraction of this; on a busy machine, more. */
const TAKEOVER_MS = 10_000;

let person: Journey;
let shop: string;
beforeEach(async () => {
  person = journey('leaving');
  shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
  await person.command('create', 'Mind the shop', '-d', WAITS, '--sling');
});
afterEach(() => person.cleanUp());

const openOnWork = async (): Promise<Screen> => {
  const screen = person.screen([], { cwd: shop });
  await screen.until(ONE_WORKS, LANDING_MS);
  return screen;
};

test('left with q, the town goes on headless; the next gastown takes it over; stop ends agent and town', async () => {
  const first = await openOnWork();
  const agent = await agentPid(person);
  first.send('q');
  await first.until(/keep/i);
  first.send('\r');
  expect((await first.exited()).exitCode).toBe(0);
  expect(unwrapped(first.screen())).toContain('goes on without a screen');
  expectCleanTerminal(first);

  await eventually('the town runs without a screen', () => person.holder()?.purpose === 'run --headless');
  const headless = person.holder()!;
  expect(headless.pid).not.toBe(first.pid);
  expect((await person.records('status'))[0]).toMatchObject({ running: true, counts: { working: 1 } });
  expect(isAlive(agent)).toBe(true);

  const before = performance.now();
  const second = await openOnWork();
  expect(performance.now() - before).toBeLessThan(TAKEOVER_MS);
  expect(person.holder()).toMatchObject({ pid: second.pid, purpose: 'screen' });
  await eventually('the one that ran headless ends', () => !isAlive(headless.pid));
  expect(isAlive(agent)).toBe(true);

  second.send('q');
  await second.until(/stop/i);
  second.send('j');
  await pause(READING_MS);
  second.send('\r');
  expect((await second.exited()).exitCode).toBe(0);
  await eventually('the agent is ended', () => !isAlive(agent));
  expect((await person.records('status'))[0]).toMatchObject({ running: false });
});

test('a town that is just starting without a screen is taken over as soon as it listens', async () => {
  const lock = await acquireTownLock(person.town, { purpose: 'run --headless' });
  const screen = person.screen(['--town', person.town], { cwd: shop });
  // It is refused, and nobody hears what it asks for.
  await pause(1_500);
  const server = await serveTown(townSocket(runDirectory(person.town)), async ({ verb }) => {
    expect(verb).toBe('yield');
    setImmediate(() => void lock.release());
    return { yielded: true };
  });
  await screen.until(ONE_WORKS, LANDING_MS);
  await server.close();
});

test('a second screen on the same town says who has it and exits with 1; the first is not disturbed', async () => {
  const first = await openOnWork();
  const second = person.screen([], { cwd: shop });
  expect((await second.exited()).exitCode).toBe(1);
  expect(second.screen()).toContain(String(first.pid));
  expectCleanTerminal(second);
  first.send('2');
  await first.until('acorn');
  expect(person.holder()).toMatchObject({ pid: first.pid });
});

test('Ctrl-C asks instead of ending anything: after Esc agent and screen go on', async () => {
  const screen = await openOnWork();
  const agent = await agentPid(person);
  screen.send('\u0003');
  await screen.until(/keep/i);
  screen.send('\u001B');
  await screen.until(shown => !/keep running/i.test(shown));
  screen.send('2');
  await screen.until('acorn');
  expect(isAlive(agent)).toBe(true);
  expect(person.holder()).toMatchObject({ pid: screen.pid });
});

test('Ctrl-Z goes to the shell with a clean terminal, and fg comes back with the whole screen', async () => {
  const shell = person.program('bash', ['--norc', '--noprofile', '-i'], { cwd: shop, env: { PS1: 'shell> ' } });
  await shell.until('shell> ');
  shell.send(`${NODE} ${CLI}\r`);
  await shell.until(ONE_WORKS, LANDING_MS);
  const { pid } = person.holder()!;
  shell.send('\u001A');
  await shell.until('Stopped');
  // The shell itself turns bracketed paste on.
  expect(shell.terminal.buffer.active.type).toBe('normal');
  expect(shell.terminal.modes.wraparoundMode).toBe(true);
  shell.send('echo "a shell $((20 + 22))"\r');
  await shell.until('a shell 42');
  shell.send('fg\r');
  const back = await shell.until(shown => ONE_WORKS.test(shown) && shown.includes('Mind the shop'));
  expect(back).not.toContain('a shell 42');
  shell.send('qq');
  await shell.until(shown => unwrapped(shown).includes('goes on without a screen'));
  await eventually('the screen ends', () => !isAlive(pid));
});
