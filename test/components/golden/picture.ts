import stringWidth from 'string-width';
import { LOOKS, TOKENS } from '../../../components/theme/looks.ts';
import { createTheme } from '../../../components/theme.ts';

/**
 * A frame as a file that people can read and compare: its rows, then the same rows with a letter for the look of each
 * cell (`g` good, `w` warn, `b` bad, `i` info, `d` dim, `s` strong, `f` focused or a key, `#` selected, `m` marked,
 * `p` past), then what other letters stand for.
 */
export const pictureOf = (frame: string): string => {
  const rows = frame.split('\n').map(cellsOf);
  const letters = new Map(LETTERS);
  const others: string[] = [];
  const letterOf = (look: string): string => {
    const known = letters.get(look);
    if (known !== undefined) return known;
    const letter = String.fromCharCode(A + others.length);
    letters.set(look, letter);
    others.push(`${letter} = ${look}`);
    return letter;
  };
  const text = rows.map(cells =>
    cells
      .map(cell => cell.text)
      .join('')
      .trimEnd(),
  );
  const looks = rows.map(cells =>
    cells
      .map(({ look, columns }) => letterOf(look).repeat(columns))
      .join('')
      .trimEnd(),
  );
  return `${[...text, RULE, ...looks, ...(others.length > 0 ? [RULE, ...others] : [])].join('\n')}\n`;
};

const RULE = '='.repeat(20);
const A = 65;

interface Cell {
  readonly text: string;
  readonly columns: number;
  readonly look: string;
}

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Below it every character stands for itself, one column wide: no need to ask. */
const DEL = '\u007f';

const graphemes = (text: string): readonly string[] =>
  /^[\u0020-\u007e]*$/.test(text) ? [...text] : Array.from(SEGMENTER.segment(text), ({ segment }) => segment);

/** Every grapheme of a row with what was switched on where it stands. */
const cellsOf = (row: string): readonly Cell[] => {
  const on = new Map<string, string>();
  const cells: Cell[] = [];
  for (const part of row.split(/(\u001B\[[\d;]*m)/)) {
    const [, codes] = /^\u001B\[([\d;]*)m$/.exec(part) ?? [];
    if (codes !== undefined) {
      obey(on, codes);
      continue;
    }
    if (part.includes('\u001B')) throw new Error(`an escape that colours nothing: ${JSON.stringify(part)}`);
    const look = [...on.values()].sort().join(' ');
    for (const text of graphemes(part))
      cells.push({ text, columns: text.length === 1 && text < DEL ? 1 : stringWidth(text), look });
  }
  return cells;
};

const SWITCHES: Readonly<Record<string, readonly [group: string, look?: string]>> = {
  1: ['bold', 'bold'],
  2: ['dim', 'dim'],
  3: ['italic', 'italic'],
  4: ['underline', 'underline'],
  7: ['inverse', 'inverse'],
  23: ['italic'],
  24: ['underline'],
  27: ['inverse'],
  39: ['colour'],
  49: ['background'],
};

const obey = (on: Map<string, string>, codes: string): void => {
  const words = codes.split(';');
  while (words.length > 0) {
    const word = words.shift()!;
    const [group, look] = SWITCHES[word] ?? [];
    if (word === '0' || word === '') on.clear();
    else if (word === '22') for (const weight of ['bold', 'dim']) on.delete(weight);
    else if (group && look) on.set(group, look);
    else if (group) on.delete(group);
    else if (word === '38' || word === '48') {
      const long = words.splice(0, words[0] === '5' ? 2 : 4).join(';');
      on.set(word === '38' ? 'colour' : 'background', `${word === '38' ? 'fg' : 'bg'} ${long}`);
    } else if (/^(3|9)\d$/.test(word)) on.set('colour', `fg ${word}`);
    else if (/^(4|10)\d$/.test(word)) on.set('background', `bg ${word}`);
    else throw new Error(`an escape that nothing here sends: ${codes}`);
  }
};

const NAMES: Readonly<Record<(typeof TOKENS)[number], string>> = {
  good: 'g',
  warn: 'w',
  bad: 'b',
  info: 'i',
  dim: 'd',
  strong: 's',
  title: 's',
  titleFocused: 'f',
  selected: '#',
  marked: 'm',
  key: 'f',
  past: 'p',
};

/** Letters of the looks that the built-in themes give their tokens; of two tokens that look the same the first has it. */
const LETTERS: readonly (readonly [string, string])[] = [
  ...[...Object.values(LOOKS)].reverse().flatMap(look => {
    const theme = createTheme({ colour: true, unicode: true, look });
    return [...TOKENS].reverse().map(token => [cellsOf(theme[token]('x'))[0]!.look, NAMES[token]] as const);
  }),
  ['inverse', '#'],
  ['', ' '],
];
