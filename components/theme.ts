import { asciiRow } from './theme/ascii.ts';
import { ASCII, type Glyphs, UNICODE } from './theme/glyphs.ts';
import { COLOURLESS, LOOKS, type Look, TOKENS, type Token } from './theme/looks.ts';
import { type Depth, styleEscapes } from './theme/style.ts';

export type Style = (text: string) => string;

/**
 * Semantic colours: rows name the meaning, a look (`theme/looks.ts`) says how it is shown. Every token also works as
 * plain text (NO_COLOR).
 */
export interface Theme extends Readonly<Record<Token, Style>> {
  /** Glyphs are single-column in every terminal; ASCII where nothing else is shown. */
  readonly glyph: Glyphs;
  /** Makes a finished row one that this terminal can show: the last thing before it is printed. */
  readonly print: (row: string) => string;
  /** The screen is read out: plain lines one after the other, and what is chosen is told by a sign. */
  readonly reader: boolean;
}

export interface ThemeOptions {
  /** False under NO_COLOR: no colour, but bold and inverse stay. */
  readonly colour: boolean;
  readonly unicode: boolean;
  /** The terminal's own 16 colours without it, so that light and dark backgrounds both work. */
  readonly look?: Look;
  /** A person's own signs. */
  readonly glyphs?: Partial<Glyphs>;
  readonly depth?: Depth;
  readonly reader?: boolean;
}

/** Puts a look into escapes once, for all rows to come. */
export const createTheme = ({
  colour,
  unicode,
  look = LOOKS.terminal,
  glyphs = {},
  depth = 'any',
  reader = false,
}: ThemeOptions): Theme => {
  const shown = colour && depth !== 0 ? look : COLOURLESS;
  const tokens = Object.fromEntries(TOKENS.map(token => [token, styleOf(shown[token], depth)]));
  return {
    ...(tokens as Record<Token, Style>),
    glyph: { ...(unicode ? UNICODE : ASCII), ...(unicode ? glyphs : {}) },
    print: unicode ? same : asciiRow,
    reader,
  };
};

/** What a person chose beside what the environment says. */
export interface ThemeChoice {
  readonly look?: Look;
  readonly glyphs?: Partial<Glyphs>;
  readonly ascii?: boolean;
  readonly reader?: boolean;
}

/** Reads NO_COLOR, TERM, COLORTERM and the locale. `env` is passed in so that tests need no real environment. */
export const themeFromEnvironment = (env: NodeJS.ProcessEnv, choice: ThemeChoice = {}): Theme => {
  const depth = depthOf(env);
  return createTheme({
    colour: depth !== 0,
    unicode: !choice.ascii && showsUnicode(env),
    look: choice.look ?? (hasLightBackground(env) ? LOOKS.light : LOOKS.terminal),
    ...(choice.glyphs && { glyphs: choice.glyphs }),
    depth,
    reader: choice.reader ?? env.INK_SCREEN_READER === 'true',
  });
};

/** COLORTERM is what terminals tell of themselves; TERM names a description that may be too modest, never too bold. */
export const depthOf = (env: NodeJS.ProcessEnv): Depth => {
  if (env.NO_COLOR || env.TERM === 'dumb') return 0;
  if (/^(truecolor|24bit)$/i.test(env.COLORTERM ?? '') || /-direct$/.test(env.TERM ?? '')) return 'any';
  return /256/.test(env.TERM ?? '') ? 256 : 16;
};

/** The console of Linux takes UTF-8 but its fonts lack most of our signs. */
const showsUnicode = (env: NodeJS.ProcessEnv): boolean =>
  env.TERM !== 'linux' && /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');

/** rxvt, Konsole, iTerm2 and others say `foreground;background` of the 16: 7 and 15 are the light ones. */
const hasLightBackground = (env: NodeJS.ProcessEnv): boolean => /;(7|15)$/.test(env.COLORFGBG ?? '');

const styleOf = (words: string, depth: Depth): Style => {
  const { open, close } = styleEscapes(words, depth);
  return open === '' ? same : text => `${open}${text}${close}`;
};

const same: Style = text => text;
