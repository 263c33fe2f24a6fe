/** Signs of one column each, in every terminal. */
export interface Glyphs {
  readonly on: string;
  readonly off: string;
  readonly ok: string;
  readonly fail: string;
  readonly pointer: string;
  readonly open: string;
  readonly folded: string;
  readonly waiting: string;
  readonly marked: string;
  readonly up: string;
  readonly down: string;
  readonly bar: string;
  readonly barEmpty: string;
  readonly rule: string;
  readonly side: string;
}

export const UNICODE: Glyphs = {
  on: '●',
  off: '○',
  ok: '✓',
  fail: '✗',
  pointer: '▸',
  open: '▾',
  folded: '▸',
  waiting: '◌',
  marked: '◆',
  up: '↑',
  down: '↓',
  bar: '█',
  barEmpty: '░',
  rule: '─',
  side: '│',
};

export const ASCII: Glyphs = {
  on: '*',
  off: 'o',
  ok: '+',
  fail: 'x',
  pointer: '>',
  open: 'v',
  folded: '>',
  waiting: '?',
  marked: '#',
  up: '^',
  down: 'v',
  bar: '#',
  barEmpty: '.',
  rule: '-',
  side: '|',
};
