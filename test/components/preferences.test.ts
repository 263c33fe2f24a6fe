import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { measureFrame } from '../../components/frame.tsx';
import { HISTORY_LINES, NO_PREFERENCES, openPreferences, type Preferences } from '../../components/preferences.ts';
import { createTheme } from '../../components/theme.ts';
import { createScreenStore } from '../../components/view-store.ts';
import { createFakeTown } from './fake-town.ts';
import { play } from './play.ts';
import { smallView } from './small-view.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gt-preferences-'));
  file = path.join(dir, 'screen.json');
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const chosen: Preferences = {
  sort: { plan: { by: 'cost', reversed: true }, health: { by: 'name', reversed: false } },
  history: ['grep TypeError', 'lite on'],
  typed: { filter: ['!auth'], search: ['error'] },
};

const write = async (preferences: Preferences): Promise<void> => {
  const kept = await openPreferences(file);
  kept.keep(preferences);
  await kept.settled();
};
const read = async (): Promise<Preferences> => (await openPreferences(file)).initial;

describe('what a person chose and typed', () => {
  test('is there for the next screen, and for nobody else', async () => {
    await write(chosen);
    expect(await read()).toEqual(chosen);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(dir)).toEqual(['screen.json']);
  });

  test('is the last of several choices in a row', async () => {
    const kept = await openPreferences(file);
    for (let index = 0; index < 50; index++) kept.keep({ ...chosen, history: [`grep ${index}`] });
    await kept.settled();
    expect((await read()).history).toEqual(['grep 49']);
  });

  test('has bounds, and no line that may be a secret', async () => {
    const many = Array.from({ length: HISTORY_LINES + 20 }, (_, index) => `grep ${index}`);
    const search = ['x'.repeat(5_000), `ghp_${'a'.repeat(36)}`, 'DB_PASSWORD=hunter2secret', 'token'];
    await write({ ...chosen, history: many, typed: { filter: [], search } });
    const { history, typed } = await read();
    expect(history).toEqual(many.slice(-HISTORY_LINES));
    expect(typed.search).toEqual(['token']);
    expect(fs.readFileSync(file, 'utf8')).not.toMatch(/ghp_|hunter2/);
  });

  test.each([
    ['nothing', undefined],
    ['no JSON', '{"sort":'],
    ['a list', '[]'],
    ['other kinds', '{"sort":[],"history":"x","typed":7}'],
    [
      'sorts that there are not',
      '{"sort":{"plan":{"by":"colour","reversed":false},"log":{"by":"name","reversed":true}}}',
    ],
  ])('is nothing where the file holds %s', async (_, text) => {
    if (text !== undefined) fs.writeFileSync(file, text);
    expect(await read()).toEqual(NO_PREFERENCES);
  });

  test('counts as far as it can be used, and cannot write to the terminal', async () => {
    fs.writeFileSync(
      file,
      JSON.stringify({ sort: { plan: { by: 'age', reversed: true } }, history: 3, typed: { search: ['a\u001B[2Jb'] } }),
    );
    const { sort, history, typed } = await read();
    expect([sort, history]).toEqual([{ plan: { by: 'age', reversed: true } }, []]);
    expect(typed.search[0]).not.toContain('\u001B');
  });

  test('that cannot be kept is told at the end and keeps nobody from the screen', async () => {
    fs.mkdirSync(file);
    const kept = await openPreferences(file);
    expect(kept.initial).toEqual(NO_PREFERENCES);
    kept.keep(chosen);
    await expect(kept.settled()).rejects.toMatchObject({ code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST/) });
  });
});

test('a screen begins with them, and tells what of them is chosen anew', () => {
  const told: Preferences[] = [];
  const theme = createTheme({ colour: false, unicode: true });
  const store = createScreenStore({
    handle: createFakeTown(smallView()).handle,
    measure: (snapshot, size) => measureFrame(snapshot, size, { theme }),
    preferences: chosen,
    onPreferences: preferences => told.push(preferences),
  });
  try {
    const press = (...names: string[]) => store.send(...names.map(name => ({ type: 'key' as const, name })));
    expect(store.getSnapshot().state).toMatchObject(chosen);
    press('j', 'k', '2', '1');
    expect(told).toEqual([]);
    press('I');
    expect(told.at(-1)?.sort.plan).toEqual({ by: 'cost', reversed: false });
    press('/', 'x', 'enter');
    expect(told.at(-1)?.typed.filter).toEqual(['!auth', 'x']);
    press(':', 'ctrl-p', 'enter');
    expect(told.at(-1)?.history).toEqual(chosen.history);
    expect(told).toHaveLength(3);
  } finally {
    store.close();
  }
});

describe('what was filtered or searched by', () => {
  const typed = () => play().type('/one').press('enter').type('/two').press('enter');

  test('comes back with ↑ and ↓, and is applied at once', () => {
    const game = play().type('/auth').press('enter', '/', 'ctrl-u').type('token').press('enter', '/', 'up');
    expect(game.dialog).toMatchObject({ kind: 'line', editor: { text: 'token' } });
    expect(game.press('up').state.filter.plan).toBe('auth');
    expect(game.press('ctrl-p').state.filter.plan).toBe('auth');
    expect(game.press('down', 'down').state.filter.plan).toBe('');
    expect(game.press('up', 'enter').state.filter.plan).toBe('token');
  });

  test('is remembered once, and for searches apart from filters', () => {
    const game = typed().press('5').type('/boom').press('enter');
    expect(game.state.typed.search).toEqual(['boom']);
    expect(game.press('1', '/', 'up', 'enter').state.typed.search).toEqual(['boom']);
  });

  test('goes back to what it was with Esc, whatever was looked through', () => {
    const game = play().type('/auth').press('enter').type('/').press('up', 'esc');
    expect(game.state.filter.plan).toBe('auth');
    expect(play().press('/', 'enter').state.typed.filter).toEqual([]);
  });
});
