import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXIT } from '../../../source/common/errors.ts';
import { ROOT } from '../../support/process.ts';
import { eventually, type Journey, journey, LANDING_MS, ONE_ASKS, pause, READING_MS, type } from './journey.ts';

const AGENT = path.join(ROOT, 'test/terminal/fixtures/asking-agent.mjs');

let person: Journey;
beforeEach(() => {
  person = journey('asks');
});
afterEach(() => person.cleanUp());

/** A town whose Claude Code is a stand-in that asks, with one bead for it. */
const asking = async (): Promise<string> => {
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true', '--agent', 'claude');
  appendFileSync(path.join(person.town, 'town.toml'), `\n[agents.claude]\ncommand = ${JSON.stringify(AGENT)}\n`);
  const { code, stderr } = await person.command('create', 'Ask first', '-d', 'Do it.', '--sling');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return shop;
};

test('what an agent asks stands in the queue with its whole text, one key answers it, and it goes on', async () => {
  const shop = await asking();
  const screen = person.screen([], { cwd: shop });
  await screen.until(ONE_ASKS, LANDING_MS);
  screen.send(' ');
  await screen.until(
    /Run: git push origin main[\s\S]*Asked by shop\/\w+ \(claude\)[\s\S]*y {2}Allow[\s\S]*n {2}Refuse/,
  );
  await pause(READING_MS);
  screen.send('o');
  await screen.until('Refuse: what it should know');
  await type(screen, 'on a branch');
  screen.send('\r');
  await eventually('it asks the next thing', async () =>
    (await person.records('attention')).some(({ title }) => title === 'Which library?'),
  );
  await screen.until(ONE_ASKS);
  screen.send(' ');
  await screen.until(
    /Which library\?[\s\S]*1 {2}Left[\s\S]*2 {2}Right[\s\S]*3 {2}Answer in your own words/,
    LANDING_MS,
  );
  await pause(READING_MS);
  screen.send('2');
  await screen.until(/✓ landed .*Ask first/, LANDING_MS);
  screen.send('2l');
  const said = await screen.until('It is done.');
  expect(said).toContain('Log  acorn  following');
  expect(said).toMatch(/> Run: git push origin main … — Refuse: on a branch/);
  screen.send('t');
  await screen.until('Log  acorn (terminal)  following');
  await screen.until(shown => !shown.includes('It is done.'));
  expect(readFileSync(path.join(shop, 'answers.txt'), 'utf8')).toBe('deny on a branch\nRight\n');
});

test('without a screen: attention lists it, answer gives it, and one that has gone is refused', async () => {
  const shop = await asking();
  const town = person.screen(['run', '--town', person.town], { cwd: shop });
  await town.until('Ctrl-C ends it', LANDING_MS);
  let listed = '';
  await eventually(
    'it asks',
    async () => {
      listed = (await person.command('attention')).stdout;
      return listed.includes('git push');
    },
    LANDING_MS,
  );
  expect(listed).toContain('allow: Allow');
  expect(listed).not.toContain('\u001B');
  expect(listed).toContain('gastown answer leave <choice or words>');

  expect((await person.command('answer', 'leave', 'perhaps')).stderr).toContain('allow (Allow)');
  expect((await person.command('answer', 'leave', 'allow')).code).toBe(EXIT.done);
  const again = await person.command('answer', 'leave', 'allow');
  expect(again.code).not.toBe(EXIT.done);
  expect(again.stderr).toContain('Nothing named leave waits for an answer.');

  expect((await person.command('answer', 'library/0', 'neither', 'of', 'them')).stdout).toContain('said to');
  await town.until(/landed/, LANDING_MS);
  expect(readFileSync(path.join(shop, 'answers.txt'), 'utf8')).toBe('allow\nneither of them\n');
});
