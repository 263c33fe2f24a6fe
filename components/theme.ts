/** Semantic colours: panes name the meaning, a theme gives it a look. Every token also works as plain text (NO_COLOR). */
export interface Theme {
  readonly good: Style;
  readonly warn: Style;
  readonly bad: Style;
  readonly info: Style;
  readonly dim: Style;
  readonly strong: Style;
  readonly title: Style;
  readonly titleFocused: Style;
  readonly selected: Style;
  readonly key: Style;
  /** The bar over a board of the past: nobody may take it for the present, with colours or without. */
  readonly past: Style;
  /** Glyphs are single-column in every terminal; ASCII where the locale is not UTF-8. */
  readonly glyph: Glyphs;
}

export type Style = (text: string) => string;

export interface Glyphs {
  readonly on: string;
  readonly off: string;
  readonly ok: string;
  readonly fail: string;
  readonly pointer: string;
  readonly open: string;
  readonly folded: string;
  readonly waiting: string;
  readonly bar: string;
  readonly barEmpty: string;
  readonly rule: string;
}

const UNICODE: Glyphs = {
  on: '●',
  off: '○',
  ok: '✓',
  fail: '✗',
  pointer: '▸',
  open: '▾',
  folded: '▸',
  waiting: '◌',
  bar: '█',
  barEmpty: '░',
  rule: '─',
};
const ASCII: Glyphs = {
  on: '*',
  off: 'o',
  ok: '+',
  fail: 'x',
  pointer: '>',
  open: 'v',
  folded: '>',
  waiting: '?',
  bar: '#',
  barEmpty: '.',
  rule: '-',
};

export interface ThemeOptions {
  /** False under NO_COLOR: no colour, but bold and inverse stay. */
  readonly colour: boolean;
  readonly unicode: boolean;
}

/** The one built-in look: the terminal's own 16 colours, so light and dark backgrounds both work. */
export const createTheme = ({ colour, unicode }: ThemeOptions): Theme => {
  const sgr =
    (open: string, close: string): Style =>
    text =>
      `\u001B[${open}m${text}\u001B[${close}m`;
  const paint = (code: number): Style => (colour ? sgr(String(code), '39') : text => text);
  const bold = sgr('1', '22');
  return {
    good: paint(32),
    warn: paint(33),
    bad: paint(31),
    info: paint(36),
    dim: sgr('2', '22'),
    strong: bold,
    title: bold,
    titleFocused: colour ? sgr('1;36', '22;39') : sgr('1;4', '22;24'),
    selected: sgr('7', '27'),
    key: colour ? sgr('1;36', '22;39') : bold,
    past: colour ? sgr('1;7;35', '22;27;39') : sgr('1;7', '22;27'),
    glyph: unicode ? UNICODE : ASCII,
  };
};

/** Reads NO_COLOR, TERM and the locale. `env` is passed in so that tests need no real environment. */
export const themeFromEnvironment = (env: NodeJS.ProcessEnv): Theme =>
  createTheme({
    colour: !env.NO_COLOR && env.TERM !== 'dumb',
    unicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
  });
