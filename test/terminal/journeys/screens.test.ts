import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXIT } from '../../../source/common/errors.ts';
import { ROOT } from '../../support/process.ts';
import { eventually, type Journey, journey, LANDING_MS, pause, READING_MS } from './journey.ts';

const TUI = path.join(ROOT, 'test/agents/screens/tui.mjs');

let person: Journey;
beforeEach(() => {
  person = journey('screens');
});
afterEach(() => person.cleanUp());

/** A town whose Claude Code works on a screen of its own, with one bead that makes it ask. */
const onScreen = async (env: string): Promise<string> => {
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true', '--agent', 'claude');
  const agent = `[agents.claude]\ncommand = ${JSON.stringify(TUI)}\nterminal = true\nenv = { LAND = "1"${env} }\n`;
  appendFileSync(path.join(person.town, 'town.toml'), `\n${agent}`);
  const { code, stderr } = await person.command('create', 'Ask first', '-d', 'Please run make all', '--sling');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return shop;
};

test.each([
  ['its own report and its screen', '', 'its own report to the terminal'],
  ['its screen alone', ', MUTE = "1"', 'what its screen shows (likely)'],
])(
  'what an agent asks on its own screen, known by %s, is answered by one key without attaching',
  async (_, env, source) => {
    const shop = await onScreen(env);
    const screen = person.screen([], { cwd: shop });
    await screen.until('1 needs you', LANDING_MS);
    screen.send('20');
    await screen.until(shown => shown.includes('known from') && shown.includes(source) && shown.includes('waiting'));
    screen.send(' ');
    const question = await screen.until('Allow: make all');
    expect(question).toMatch(/y {2}Yes[\s\S]*n {2}No/);
    expect(question).toContain('Do you want to proceed?');
    await pause(READING_MS);
    screen.send('y');
    await screen.until('and its screen went on');
    screen.send('1');
    await screen.until(/✓ landed .*Ask first/, LANDING_MS);
    expect(readFileSync(path.join(shop, 'told.txt'), 'utf8')).toContain('answer allowed');
  },
);

test('from the command line too; "this is wrong" keeps what was seen, in the town and nowhere else', async () => {
  const shop = await onScreen('');
  const screen = person.screen([], { cwd: shop, columns: 160 });
  await screen.until('1 needs you', LANDING_MS);
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

  const [asked] = await person.records('attention');
  const name = String(asked!.key).split(':').at(-1)!;
  expect((await person.command('answer', name, 'no')).code).toBe(EXIT.done);
  expect((await person.command('answer', name, 'yes')).code).not.toBe(EXIT.done);
  await eventually('it was refused', async () => (await person.records('attention')).length === 0);
  screen.send('1');
  await screen.until(/✓ landed .*Ask first/, LANDING_MS);
  expect(readFileSync(path.join(shop, 'told.txt'), 'utf8')).toContain('answer refused');
});
