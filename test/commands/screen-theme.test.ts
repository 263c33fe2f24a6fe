import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { screenTheme } from '../../source/commands/screen-theme.ts';
import { readConfig } from '../../source/town/config.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'gastown-theme-'));
  await writeFile(path.join(dir, 'mine.toml'), 'extends = "light"\n[tokens]\ngood = "208"\n');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const env = { TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'en_US.UTF-8' };
const chosen = async (toml: string, more: NodeJS.ProcessEnv = {}) => {
  await writeFile(path.join(dir, 'town.toml'), toml);
  const config = await readConfig(path.join(dir, 'town.toml'));
  return screenTheme({ config: config.screen, dir, env: { ...env, ...more } });
};

test('without a choice the terminal has its own colours', async () => {
  const { theme, complaint } = await chosen('name = "home"');
  expect([theme.good('x'), theme.glyph.on, theme.reader, complaint]).toEqual([
    '\u001B[32mx\u001B[39m',
    '●',
    false,
    undefined,
  ]);
});

test('the config names a look, ASCII and the reader; the environment overrides the look for one screen', async () => {
  const toml = '[screen]\ntheme = "light"\nascii = true\nreader = true';
  const { theme } = await chosen(toml);
  expect([theme.good('x'), theme.glyph.on, theme.reader]).toEqual(['\u001B[38;2;26;127;55mx\u001B[39m', '*', true]);
  expect((await chosen(toml, { GASTOWN_THEME: 'dark' })).theme.good('x')).toBe('\u001B[38;2;63;185;80mx\u001B[39m');
});

test("a file of the town's folder is a theme of one's own", async () => {
  const { theme, complaint } = await chosen('[screen]\ntheme = "mine.toml"');
  expect(complaint).toBeUndefined();
  expect(theme.good('x')).toBe('\u001B[38;5;208mx\u001B[39m');
  expect(theme.bad('x')).toBe('\u001B[38;2;193;28;42mx\u001B[39m');
});

test.each([
  ['mauve', '"mauve" is no theme. Themes are auto, terminal, dark, light, contrast, or a file that ends in .toml.'],
  ['none.toml', 'none.toml does not exist.'],
])('with %s the screen opens all the same and says what is wrong', async (name, words) => {
  const { theme, complaint } = await chosen(`[screen]\ntheme = "${name}"`);
  expect(theme.good('x')).toBe('\u001B[32mx\u001B[39m');
  expect(complaint).toContain('The theme is not used: ');
  expect(complaint).toContain(words);
});

test('a key that is none is refused', async () => {
  await expect(chosen('[screen]\ncolour = "red"')).rejects.toThrow('screen');
});

test('where none is chosen, or auto, colours follow what the terminal says of its background; without colours nothing is asked', async () => {
  for (const toml of ['name = "home"', '[screen]\ntheme = "auto"']) {
    const { theme, themeFor } = await chosen(toml);
    expect(themeFor?.('light').good('x')).toBe('\u001B[38;2;26;127;55mx\u001B[39m');
    expect(themeFor?.('dark').good('x')).toBe(theme.good('x'));
    expect((await chosen(toml, { NO_COLOR: '1' })).themeFor).toBeUndefined();
  }
  expect((await chosen('[screen]\ntheme = "dark"')).themeFor).toBeUndefined();
  expect((await chosen('[screen]\nreader = true')).themeFor).toBeUndefined();
  expect((await chosen('[screen]\ntheme = "nope"')).themeFor).toBeUndefined();
});
