import { textWidth } from '../../source/common/text.ts';

/**
 * A finished row for a terminal that shows nothing but ASCII, as wide as before: accents go, signs become what stands
 * for them, and what has no likeness becomes question marks. Escapes stay.
 */
export const asciiRow = (row: string): string => (NOT_ASCII.test(row) ? row.replace(RUNS, asciiRun) : row);

const NOT_ASCII = /[^\u0000-\u007f]/;
const RUNS = /[^\u0000-\u007f]+/g;
const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const asciiRun = (run: string): string =>
  Array.from(SEGMENTER.segment(run), ({ segment }) => LIKENESS[segment] ?? likeness(segment)).join('');

const likeness = (segment: string): string => {
  const columns = textWidth(segment);
  const bare = segment.normalize('NFKD').replace(/[^\u0020-\u007e]/g, '');
  return bare.length === columns ? bare : '?'.repeat(columns);
};

/** Signs that this program prints itself, and those that are common in titles. Each is one column wide. */
const LIKENESS: Readonly<Record<string, string>> = {
  '…': '~',
  '·': '-',
  '›': '>',
  '×': 'x',
  '–': '-',
  '—': '-',
  '−': '-',
  '→': '>',
  '←': '<',
  '↑': '^',
  '↓': 'v',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  '─': '-',
  '│': '|',
  '▁': '.',
  '▂': '.',
  '▃': ':',
  '▄': ':',
  '▅': '|',
  '▆': '|',
  '▇': '#',
  '█': '#',
  ß: 's',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
};
