import { writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { townPaths } from '../../../source/town/paths.ts';
import { eventually, type Journey, journey, LANDING_MS } from './journey.ts';

const HOURS_MS = 3 * 3_600_000;

let person: Journey;
afterEach(() => person.cleanUp());

test('who comes back is told in a line what happened, and by bell and notification what waits anew', async () => {
  person = journey('coming-back');
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true', '--policy', 'auto');
  await person.command('create', 'Open', '-d', '```sh\necho open > open.txt\n```', '--sling');
  await person.command('run', '--until', 'idle');
  writeFileSync(townPaths(person.town).lastSeen, `${Date.now() - HOURS_MS}\n`);

  const screen = person.screen([], { cwd: shop, columns: 120, env: { TERM_PROGRAM: 'WezTerm' } });
  let bells = 0;
  const told: string[] = [];
  screen.terminal.onBell(() => void bells++);
  screen.terminal.parser.registerOscHandler(9, text => {
    told.push(text);
    return true;
  });
  await screen.until(/Since you left 3h \d\dm ago: 1 landed; nothing waits for you/, LANDING_MS);
  expect([bells, told]).toEqual([0, []]);

  await person.command('create', 'Close', '-d', '```sh\nexit 3\n```', '--sling');
  await eventually('a notification comes', () => told.length > 0, LANDING_MS);
  expect(told[0]).toMatch(/^Gas Town: .*Close/);
  expect(bells).toBeGreaterThan(0);
});
