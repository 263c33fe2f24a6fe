import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  agentPid,
  eventually,
  expectCleanTerminal,
  isAlive,
  type Journey,
  journey,
  LANDING_MS,
  pause,
  READING_MS,
  type,
} from './journey.ts';

/** An agent that found one thing worth knowing and then talks without end. */
const BABBLES = [
  '```sh',
  'echo "the needle is under the stove"',
  'seq -f "and another thing, %g" 1 400',
  'echo "a second needle is in the drawer"',
  'seq -f "and one more, %g" 1 200',
  'while :; do echo "agent $$ waits for nobody and is still talking"; sleep 1; done',
  '```',
].join('\n');

let person: Journey;
beforeEach(() => {
  person = journey('runaway');
});
afterEach(() => person.cleanUp());

test('a needle is found in the log of an agent that talks without end, which is then stopped, and only when it is meant', async () => {
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
  await person.command('create', 'Look for the needle', '-d', BABBLES, '--sling');
  const screen = person.screen([], { cwd: shop });
  await screen.until(/1 work/, LANDING_MS);
  const agent = await agentPid(person);

  // Find it: the log of the worker, searched backwards from its end, where the reader stands.
  screen.send('2');
  await screen.until('l log');
  screen.send('l');
  await screen.until(/^5 Log +acorn +following[\s\S]*still talking/m, LANDING_MS);
  screen.send('/');
  await type(screen, 'needle');
  screen.send('\r');
  await screen.until('a second needle is in the drawer');
  screen.send('N');
  await screen.until('the needle is under the stove');
  screen.send('n');
  await screen.until('a second needle is in the drawer');
  screen.send('G');
  await screen.until(/^5 Log +acorn +following[\s\S]*still talking/m);

  // Stop it: the question names what happens, and its first answer is to do nothing.
  screen.send('2');
  await screen.until('l log');
  screen.send('D');
  await screen.until(/\[ Cancel \]/);
  await pause(READING_MS);
  screen.send('\r');
  await screen.until(shown => !shown.includes('[ Cancel ]'));
  expect(isAlive(agent)).toBe(true);
  screen.send('D');
  await screen.until(/\[ Cancel \]/);
  await pause(READING_MS);
  screen.send('y');
  await eventually('the agent has ended', () => !isAlive(agent));
  await screen.until(/0 work/);
  screen.send('1');
  await screen.until(/ready .*Look for the needle/);
  expect((await person.records('status'))[0]).toMatchObject({ counts: { working: 0, ready: 1 } });

  screen.send('qq');
  expect((await screen.exited()).exitCode).toBe(0);
  expectCleanTerminal(screen);
});
