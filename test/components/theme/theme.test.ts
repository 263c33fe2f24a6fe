import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { asciiRow } from '../../../components/theme/ascii.ts';
import { ASCII, UNICODE } from '../../../components/theme/glyphs.ts';
import { COLOURLESS, LOOKS, type Look, type LookName, TOKENS } from '../../../components/theme/looks.ts';
import { fillsBlanks, parseStyle, type Rgb, rgbOf, styleEscapes } from '../../../components/theme/style.ts';
import { readThemeFile } from '../../../components/theme/theme-file.ts';
import { createTheme, depthOf, themeFromEnvironment } from '../../../components/theme.ts';
import { colourCodes, HOSTILE, plainRow } from '../rows/look.ts';

describe('a style in words', () => {
  test.each([
    ['green', 'any', '\u001B[32m', '\u001B[39m'],
    ['bold bright-cyan', 16, '\u001B[1;96m', '\u001B[22;39m'],
    ['#1f6feb', 'any', '\u001B[38;2;31;111;235m', '\u001B[39m'],
    ['#1f6feb', 256, '\u001B[38;5;26m', '\u001B[39m'],
    ['#ff7b72', 16, '\u001B[91m', '\u001B[39m'],
    ['#c11c2a', 16, '\u001B[31m', '\u001B[39m'],
    ['#57606a', 16, '\u001B[90m', '\u001B[39m'],
    ['#fff', 16, '\u001B[97m', '\u001B[39m'],
    ['208', 256, '\u001B[38;5;208m', '\u001B[39m'],
    ['#fff on #000', 'any', '\u001B[48;2;0;0;0;38;2;255;255;255m', '\u001B[39;49m'],
    ['bold inverse red', 16, '\u001B[7;1;31m', '\u001B[22;27;39m'],
    ['bold #fff on 208', 0, '\u001B[1m', '\u001B[22m'],
    ['red', 0, '', ''],
    ['', 'any', '', ''],
  ] as const)('%j with %s colours', (words, depth, open, close) => {
    expect(styleEscapes(words, depth)).toEqual({ open, close });
  });

  test('tells rows whose blanks are seen from all others', () => {
    const styled = (words: string) => `${styleEscapes(words, 'any').open}x`;
    expect(
      ['inverse', 'bold inverse', '#fff on #000', 'on 208', 'on red', 'on bright-red'].map(styled).every(fillsBlanks),
    ).toBe(true);
    expect(['underline', 'bold', '#072c48', '47', 'bright-red'].map(styled).filter(fillsBlanks)).toEqual([]);
  });

  test('a word that means nothing is named', () => {
    expect(() => parseStyle('bold chartreuse')).toThrow('"chartreuse" is neither a colour nor bold');
    expect(() => parseStyle('#12345')).toThrow('"#12345"');
    expect(() => parseStyle('256')).toThrow('"256"');
  });
});

/** How far apart two colours are to the eye, 1 to 21 (WCAG 2). */
const contrast = (a: Rgb, b: Rgb): number => {
  const light = (rgb: Rgb): number => {
    const [red, green, blue] = rgb.map(part => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [light(a), light(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
};

/** Backgrounds that each look is for, the usual ones of terminals. */
const BACKGROUNDS: readonly (readonly [LookName, Rgb, number])[] = [
  ['dark', [0, 0, 0], 4.5],
  ['dark', [40, 42, 54], 4],
  ['light', [255, 255, 255], 4.5],
  ['light', [253, 246, 227], 4.5],
  ['contrast', [0, 0, 0], 7],
];

describe.each(BACKGROUNDS)('the look %s on %j', (name, background, least) => {
  test.each(TOKENS)('%s can be read', token => {
    const style = parseStyle(LOOKS[name][token]);
    const behind = style.background ? rgbOf(style.background) : background;
    if (style.colour) expect(contrast(rgbOf(style.colour), behind)).toBeGreaterThanOrEqual(least);
  });
});

describe.each(Object.entries(LOOKS))('the look %s', (_, look) => {
  test('tells what differs apart, also where there are only 16 colours', () => {
    for (const depth of ['any', 256, 16] as const) {
      const seen = (['good', 'warn', 'bad', 'info', 'marked', 'selected', 'past'] as const).map(
        token => styleEscapes(look[token], depth).open,
      );
      expect(new Set(seen).size).toBe(seen.length);
      for (const token of ['selected', 'past', 'titleFocused'] as const)
        expect(styleEscapes(look[token], depth).open).not.toBe('');
    }
  });
});

test('without colours, what has the keys, what is chosen and what is past are still made out', () => {
  const theme = createTheme({ colour: false, unicode: true });
  expect(colourCodes(TOKENS.map(token => theme[token]('x')))).toEqual([]);
  expect(theme.titleFocused('x')).not.toBe(theme.title('x'));
  expect(new Set([theme.selected('x'), theme.past('x'), theme.strong('x'), 'x']).size).toBe(4);
  expect(createTheme({ colour: true, unicode: true, look: LOOKS.light, depth: 0 }).good('x')).toBe('x');
  expect(TOKENS.every(token => parseStyle((COLOURLESS as Look)[token]).colour === undefined)).toBe(true);
});

describe('the environment', () => {
  test.each([
    [{ NO_COLOR: '1', COLORTERM: 'truecolor' }, 0],
    [{ TERM: 'dumb' }, 0],
    [{ TERM: 'xterm' }, 16],
    [{ TERM: 'screen-256color' }, 256],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'any'],
    [{ TERM: 'xterm-direct' }, 'any'],
    [{}, 16],
  ] as const)('%j shows %s colours', (env, depth) => {
    expect(depthOf(env)).toBe(depth);
  });

  test.each([
    [{ LANG: 'en_US.UTF-8' }, {}, UNICODE.on],
    [{ LANG: 'C' }, {}, ASCII.on],
    [{}, {}, ASCII.on],
    [{ LANG: 'en_US.UTF-8', TERM: 'linux' }, {}, ASCII.on],
    [{ LANG: 'en_US.UTF-8' }, { ascii: true, glyphs: { on: '◉' } }, ASCII.on],
    [{ LANG: 'en_US.UTF-8' }, { glyphs: { on: '◉' } }, '◉'],
  ] as const)('%j with %j shows work as %s', (env, choice, sign) => {
    expect(themeFromEnvironment(env, choice).glyph.on).toBe(sign);
  });

  test('a background that is said to be light gets the light look, unless another was chosen', () => {
    const env = { COLORTERM: 'truecolor', COLORFGBG: '0;15' };
    expect(themeFromEnvironment(env).good('x')).toContain('38;2;26;127;55');
    expect(themeFromEnvironment(env, { look: LOOKS.terminal }).good('x')).toBe('\u001B[32mx\u001B[39m');
    expect(themeFromEnvironment({ ...env, COLORFGBG: '15;0' }).good('x')).toBe('\u001B[32mx\u001B[39m');
  });
});

describe('a theme file', () => {
  test('starts from a built-in look and changes what it names', () => {
    const { look, glyphs } = readThemeFile(
      'extends = "dark"\n[tokens]\ngood = "bold 208"\n[glyphs]\non = "◉"\n',
      'mine.toml',
    );
    expect(look).toEqual({ ...LOOKS.dark, good: 'bold 208' });
    expect(glyphs).toEqual({ on: '◉' });
    expect(readThemeFile('', 'mine.toml').look).toEqual(LOOKS.terminal);
  });

  test.each([
    ['[tokens]\ngood = "mauve"', 'mine.toml: tokens.good: "mauve" is neither'],
    ['[tokens]\nprimary = "red"', 'mine.toml: tokens'],
    ['extends = "solarized"', 'mine.toml: extends: one of terminal, dark, light, contrast'],
    ['[glyphs]\non = "東"', 'mine.toml: glyphs.on: a sign one column wide'],
    ['[glyphs]\non = "\\u001b"', 'mine.toml: glyphs.on'],
    ['[glyphs]\non = "ab"', 'mine.toml: glyphs.on'],
    ['tokens = [', 'mine.toml:1:'],
  ])('%j is refused by name', (text, message) => {
    expect(() => readThemeFile(text, 'mine.toml')).toThrow(message);
  });
});

describe('ASCII', () => {
  test.each([
    ['1–17 of 40 · Esc', '1-17 of 40 - Esc'],
    ['Löse das große 东京 problem…', 'Lose das grose ???? problem~'],
    ['80×24 “y” ↑', '80x24 "y" ^'],
    ['\u001B[32m✓ ok\u001B[39m', '\u001B[32m? ok\u001B[39m'],
    ['plain', 'plain'],
  ])('%j is printed %j', (row, printed) => {
    expect(asciiRow(row)).toBe(printed);
  });

  test('keeps the width of whatever comes', () => {
    const property = fc.property(
      fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'grapheme', maxLength: 40 })),
      text => {
        const row = plainRow(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
        expect(asciiRow(row)).toMatch(/^[\u0020-\u007e]*$/);
        expect(asciiRow(row).length).toBe(stringWidth(row));
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test('every sign has one that is', () => {
    expect(Object.values(ASCII).filter(sign => !/^[\u0021-\u007e]$/.test(sign))).toEqual([]);
    expect(Object.values(UNICODE).filter(sign => stringWidth(sign) !== 1)).toEqual([]);
  });
});
