import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXIT } from '../../../source/common/errors.ts';
import { ROOT } from '../../support/process.ts';
import { type Journey, journey, LANDING_MS, ONE_ASKS, pause, READING_MS, type } from './journey.ts';

const TUI = path.join(ROOT, 'test/agents/screens/tui.mjs');

let person: Journey;
beforeEach(() => {
  person = journey('screens');
});
afterEach(() => person.cleanUp());

/** A town whose Claude Code works on a screen of its own, with one bead that makes it ask. */
const onScreen = async (env: string, work = 'Please run make all'): Promise<string> => {
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true', '--agent', 'claude');
  const agent = `[agents.claude]\ncommand = ${JSON.stringify(TUI)}\nterminal = true\nenv = { ${env || 'LAND = "1"'} }\n`;
  appendFileSync(path.join(person.town, 'town.toml'), `\n${agent}`);
  const { code, stderr } = await person.command('create', 'Ask first', '-d', work, '--sling');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return shop;
};

test('what an agent asks on its own screen is answered without attaching; "this is wrong" keeps what was seen of it', async () => {
  const shop = await onScreen('');
  const screen = person.screen([], { cwd: shop, columns: 160 });
  await screen.until(ONE_ASKS, LANDING_MS);
  screen.send('20');
  await screen.until(/agent +◌ waiting +for \w+, by its own report to the terminal/);
  screen.send('2!');
  const said = await screen.until(/Kept in .*\.json/);
  const file = /Kept in (\S+\.json)/.exec(said)![1]!;
  expect(file.startsWith(person.town)).toBe(true);
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  expect(kept).toMatchObject({
    cli: 'claude',
    status: { state: 'blocked', kind: 'permission', message: 'approve: make all' },
    shown: { agent: { state: 'waiting', source: 'osc', confidence: 'sure' } },
  });
  expect(kept.screen.join('\n')).toContain('Do you want to proceed?');
  expect(kept.output.join('\n')).toContain('make all');

  screen.send(' ');
  await screen.until(/Allow: make all[\s\S]*Do you want to proceed\?[\s\S]*y {2}Yes[\s\S]*n {2}No/);
  const [asked] = await person.records('attention');
  await pause(READING_MS);
  screen.send('n');
  await screen.until('and its screen went on');
  const late = await person.command('answer', String(asked!.key), 'yes');
  expect(late.code).not.toBe(EXIT.done);
  screen.send('1');
  await screen.until(/✓ landed .*Ask first/, LANDING_MS);
  expect(readFileSync(path.join(shop, 'told.txt'), 'utf8')).toContain('answer refused');
});

test('o tells an agent on its own screen something through its composer; what is not taken is said and kept', async () => {
  const shop = await onScreen('NOTES = "told.txt", DROP = "2"', 'Look around');
  const screen = person.screen([], { cwd: shop, columns: 160 });
  await screen.until('a attach', LANDING_MS);
  screen.send('20');
  await screen.until(/agent +○ idle/, LANDING_MS);
  screen.send('2o');
  await screen.until('Words for its session');
  await type(screen, 'look here');
  screen.send('\u0004');
  await screen.until('The agent did not take the prompt', LANDING_MS);
  screen.send('o');
  await screen.until('look here');
  screen.send('\u001B');
  await screen.until(shown => !shown.includes('Words for its session'));
  // The composer holds it; the third Enter is taken.
  screen.send('o');
  await screen.until('Words for its session');
  screen.send('\u0015');
  await type(screen, ' and there');
  screen.send('\u0004');
  await screen.until('its composer took it', LANDING_MS);
});
