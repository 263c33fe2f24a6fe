/** What a colour is for. Rows name the meaning; a look says how it is shown. */
export const TOKENS = [
  'good',
  'warn',
  'bad',
  'info',
  'dim',
  'strong',
  'title',
  'titleFocused',
  'selected',
  'marked',
  'key',
  'past',
] as const;
export type Token = (typeof TOKENS)[number];

/** A style for each token, in the words of `styleEscapes`. */
export type Look = Readonly<Record<Token, string>>;

/**
 * The looks that are built in. `terminal` leaves it to the terminal's own 16 colours, so that it fits what the person
 * chose there; the others bring their own, each for one kind of background.
 */
export const LOOKS = {
  terminal: {
    good: 'green',
    warn: 'yellow',
    bad: 'red',
    info: 'cyan',
    dim: 'dim',
    strong: 'bold',
    title: 'bold',
    titleFocused: 'bold cyan',
    selected: 'inverse',
    marked: 'bold magenta',
    key: 'bold cyan',
    past: 'bold inverse magenta',
  },
  dark: {
    good: '#3fb950',
    warn: '#d29922',
    bad: '#ff7b72',
    info: '#79c0ff',
    dim: '#8b949e',
    strong: 'bold',
    title: 'bold',
    titleFocused: 'bold #79c0ff',
    selected: '#ffffff on #1158c7',
    marked: 'bold #f0a0ff',
    key: 'bold #79c0ff',
    past: 'bold #ffffff on #a3266e',
  },
  light: {
    good: '#1a7f37',
    warn: '#8a5a00',
    bad: '#c11c2a',
    info: '#0550ae',
    dim: '#57606a',
    strong: 'bold',
    title: 'bold',
    titleFocused: 'bold #0550ae',
    selected: '#ffffff on #0550ae',
    marked: 'bold #86198f',
    key: 'bold #0550ae',
    past: 'bold #ffffff on #a3266e',
  },
  contrast: {
    good: 'bold #00ff5f',
    warn: 'bold #ffff00',
    bad: 'bold #ff9090',
    info: 'bold #00ffff',
    // Nothing is faint here: what is only worth less attention is not bold.
    dim: '',
    strong: 'bold',
    title: 'bold underline',
    titleFocused: 'bold inverse',
    selected: 'bold #000000 on #ffff00',
    marked: 'bold #ff87ff',
    key: 'bold underline',
    past: 'bold #000000 on #ff87ff',
  },
} as const satisfies Readonly<Record<string, Look>>;

export type LookName = keyof typeof LOOKS;

export const isLookName = (name: string): name is LookName => Object.hasOwn(LOOKS, name);

/** What is left where there are no colours: never is one alone the difference. */
export const COLOURLESS: Look = {
  good: '',
  warn: '',
  bad: '',
  info: '',
  dim: 'dim',
  strong: 'bold',
  title: 'bold',
  titleFocused: 'bold underline',
  selected: 'inverse',
  marked: 'bold',
  key: 'bold',
  past: 'bold inverse',
};
