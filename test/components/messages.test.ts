import { describe, expect, test } from 'vitest';
import { flashRow } from '../../components/chrome.ts';
import { viewerContent } from '../../components/dialogs/viewer.ts';
import { situationOf } from '../../components/situation.ts';
import type { ViewerDialog } from '../../components/state.ts';
import { play } from './play.ts';
import { KEYS, PLAIN } from './rows/look.ts';
import { NOON, smallView } from './small-view.ts';

const LONG = `The config is wrong: ${'one thing and another, '.repeat(8)}and the last of it`;

const shown = (game: ReturnType<typeof play>, width = 76) =>
  viewerContent(game.dialog as ViewerDialog, {
    width,
    height: 19,
    theme: PLAIN,
    situation: situationOf(game.state, game.context()),
  });

describe('what was done and said', () => {
  test('is there in full, the newest first, with its time', () => {
    const game = play().at('plan', 'gt-1').press('s').wait(2_000);
    game.send({ type: 'outcome', ok: true, message: 'gt-1 is slung.' }).wait(1_000);
    game.send({ type: 'outcome', ok: false, message: LONG }).wait(1_000).press('@');
    const { title, rows } = shown(game);
    const text = rows.map(row => row.trimEnd()).filter(Boolean);
    expect(title).toBe('What was done and said here');
    expect(text[0]).toMatch(/^\d\d:\d\d:\d\d {2}refused or failed: The config is wrong: one thing/);
    expect(text[1]).toMatch(/^ {10}\S/);
    expect(text.join(' ')).toContain('and the last of it');
    expect(text.at(-2)).toMatch(/ {2}gt-1 is slung\.$/);
    expect(text.at(-1)).toMatch(/ {2}Slinging gt-1…$/);
    for (const row of rows) expect(row).toHaveLength(76);
    expect(game.press('esc').dialog).toBeUndefined();
  });

  test('is kept when another line takes its place at once, and within bounds', () => {
    const game = play();
    game.send({ type: 'outcome', ok: false, message: 'first' }).send({ type: 'outcome', ok: true, message: 'second' });
    expect(game.state.said.map(({ text }) => text)).toEqual(['first', 'second']);
    for (let index = 0; index < 500; index++) game.send({ type: 'outcome', ok: true, message: `line ${index}` });
    expect([game.state.said.length, game.state.said.at(-1)?.text]).toEqual([200, 'line 499']);
  });

  test('of a line that is too long the key is said that shows it', () => {
    const row = (text: string, width: number) =>
      flashRow({
        view: smallView(),
        state: play().send({ type: 'outcome', ok: false, message: text }).state,
        width,
        theme: PLAIN,
        keys: KEYS,
      });
    expect(row(LONG, 80)).toMatch(/^The config is wrong: .*… \(@ all\)$/);
    expect(row(LONG, 80)).toHaveLength(80);
    expect(row('short', 80).trimEnd()).toBe('short');
  });

  test('of nothing is said to be nothing', () => {
    const game = play().press('@');
    expect([game.dialog, game.flash]).toEqual([undefined, 'Nothing was said here yet.']);
    expect(game.state.said[0]?.at).toBe(NOON);
  });
});
