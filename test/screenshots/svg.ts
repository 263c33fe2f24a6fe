import type { Terminal } from '@xterm/headless';

/** A cell's look, as far as a picture needs it. */
interface Look {
  readonly fg: string;
  readonly bg: string | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly underline: boolean;
}

interface Run extends Look {
  readonly x: number;
  readonly columns: number;
  readonly text: string;
}

const BACK = '#0d1117';
const TEXT = '#d6dde5';
/** Of a terminal on a dark background: black, red, green, yellow, blue, magenta, cyan, white, then the bright ones. */
const PALETTE = [
  ...['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4'],
  ...['#6e7681', '#ffa198', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#ffffff'],
];
const CELL = { width: 8, height: 17, fontSize: 13.3 };
const MARGIN = 12;
/** From the top of a cell to the line that letters stand on. */
const BASELINE = 13;

/** What a terminal shows, as a picture: every run of cells of one look is a text of just its width, whatever font there is. */
export const svgOf = (terminal: Terminal, title: string): string => {
  const { cols, rows } = terminal;
  const width = cols * CELL.width + 2 * MARGIN;
  const height = rows * CELL.height + 2 * MARGIN;
  const drawn = Array.from({ length: rows }, (_, y) =>
    runsOf(terminal, y)
      .map(run => runSvg(run, y))
      .join(''),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${BACK}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${CELL.fontSize}">`,
    ...drawn.filter(Boolean),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
};

const runsOf = (terminal: Terminal, y: number): Run[] => {
  const buffer = terminal.buffer.active;
  const line = buffer.getLine(buffer.baseY + y);
  const runs: Run[] = [];
  for (let x = 0; line && x < terminal.cols; x++) {
    const cell = line.getCell(x)!;
    const columns = cell.getWidth();
    if (columns === 0) continue;
    const text = cell.getChars() || ' ';
    const look = lookOf(cell);
    const last = runs.at(-1);
    if (last && last.x + last.columns === x && isSame(last, look))
      runs[runs.length - 1] = { ...last, columns: last.columns + columns, text: last.text + text };
    else runs.push({ ...look, x, columns, text });
  }
  return runs.map(withoutTail).filter(run => run.bg !== undefined || run.text !== '');
};

/** Blank cells after the last letter are nothing to draw. */
const withoutTail = (run: Run): Run => {
  const text = run.text.trimEnd();
  return run.bg === undefined ? { ...run, text, columns: run.columns - (run.text.length - text.length) } : run;
};

type Cell = NonNullable<ReturnType<NonNullable<ReturnType<Terminal['buffer']['active']['getLine']>>['getCell']>>;

const lookOf = (cell: Cell): Look => {
  const fg = colourOf(cell.isFgDefault() ? undefined : cell.getFgColor(), cell.isFgRGB()) ?? TEXT;
  const bg = colourOf(cell.isBgDefault() ? undefined : cell.getBgColor(), cell.isBgRGB());
  const inverse = cell.isInverse() !== 0;
  return {
    fg: inverse ? (bg ?? BACK) : fg,
    bg: inverse ? fg : bg,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    underline: cell.isUnderline() !== 0,
  };
};

const colourOf = (colour: number | undefined, isRgb: boolean): string | undefined => {
  if (colour === undefined) return undefined;
  if (isRgb) return `#${colour.toString(16).padStart(6, '0')}`;
  if (colour < 16) return PALETTE[colour]!;
  if (colour >= 232) return rgb(Array(3).fill(8 + (colour - 232) * 10) as number[]);
  const cube = colour - 16;
  return rgb(
    [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(step => (step === 0 ? 0 : 55 + step * 40)),
  );
};

const rgb = (parts: readonly number[]): string => `#${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`;

const isSame = (a: Look, b: Look): boolean =>
  a.fg === b.fg && a.bg === b.bg && a.bold === b.bold && a.dim === b.dim && a.underline === b.underline;

const runSvg = ({ x, columns, text, fg, bg, bold, dim, underline }: Run, y: number): string => {
  const left = MARGIN + x * CELL.width;
  const top = MARGIN + y * CELL.height;
  const width = columns * CELL.width;
  const back = bg ? `<rect x="${left}" y="${top}" width="${width}" height="${CELL.height}" fill="${bg}"/>` : '';
  if (text.trim() === '') return back;
  const look = [
    bold ? ' font-weight="bold"' : '',
    dim ? ' opacity="0.65"' : '',
    underline ? ' text-decoration="underline"' : '',
  ].join('');
  return `${back}<text x="${left}" y="${top + BASELINE}" textLength="${width}" xml:space="preserve" fill="${fg}"${look}>${escapeXml(text)}</text>`;
};

const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, character => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character]!);
