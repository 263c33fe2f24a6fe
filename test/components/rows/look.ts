import fc from 'fast-check';
import stringWidth from 'string-width';
import { keyWords } from '../../../components/keymap.ts';
import { createTheme } from '../../../components/theme.ts';

export const COLOUR = createTheme({ colour: true, unicode: true });
export const PLAIN = createTheme({ colour: false, unicode: true });
/** The keys of the table as it is. */
export const KEYS = keyWords();

const SGR = /\u001B\[[0-9;]*m/g;

/** A row as a person reads it. */
export const plainRow = (row: string): string => row.replace(SGR, '');

/** What is wrong with a row of a terminal: too wide, or with characters that would do more than stand there. */
export const faultOf = (row: string, width: number): string | undefined => {
  const text = plainRow(row);
  if (stringWidth(text) > width) return `${stringWidth(text)} columns where ${width} are: ${JSON.stringify(text)}`;
  return /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(text)
    ? `control character: ${JSON.stringify(text)}`
    : undefined;
};

/** SGR codes that colour. */
export const colourCodes = (rows: readonly string[]): readonly string[] =>
  rows.flatMap(row =>
    [...row.matchAll(/\u001B\[([0-9;]*)m/g)]
      .flatMap(([, codes]) => codes!.split(';'))
      .filter(code => /^[349]\d$/.test(code)),
  );

/** Strings that agents, branches and Git could make up to break a screen. */
export const HOSTILE: readonly string[] = [
  '\u001B[2J\u001B[31mred',
  '\u001B]52;c;cm0gLXJm\u0007',
  'two\nlines\tand a tab\r',
  '東京都庁舎の展望室',
  '\u202Egnp.exe',
  'é\u0301\u0301\u0301a\u200Db\uFE0F',
  '👩‍👩‍👧‍👦 family 🇩🇪🇫🇷 👍🏽',
  '\uD800 lone',
  '\u009B31m c1',
  '',
];

const PIECES = ['a', 'state', ' ', '   ', '●', '│', '東', 'é', 'e\u0301', '😀', '…'];
const LOOKS = ['1', '2', '7', '31', '38;5;208', '38;2;1;2;3', '44', '1;33'];
const CLOSES: Readonly<Record<string, string>> = { '1': '22', '2': '22', '7': '27', '44': '49', '1;33': '22;39' };

/** Any row: letters of one column and of two, with looks that are closed again. */
export const styledRow = fc
  .array(fc.tuple(fc.constantFrom(...PIECES), fc.option(fc.constantFrom(...LOOKS))), { maxLength: 8 })
  .map(parts =>
    parts
      .map(([text, look]) => (look === null ? text : `\u001B[${look}m${text}\u001B[${CLOSES[look] ?? '39'}m`))
      .join(''),
  );
