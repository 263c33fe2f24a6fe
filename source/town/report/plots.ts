import { cut } from '../../common/text.ts';
import { html, type Markup } from './html.ts';

/** One bar. Without a value nobody knows it, which is drawn as a question mark, never as nothing. */
export interface Bar {
  readonly label: string;
  readonly value?: number;
  /** The value in words, for whoever points at it. */
  readonly words: string;
  /** At least so much: drawn hatched. */
  readonly isLeast?: boolean;
}

/** One row of parts that lie one behind the other. */
export interface Row {
  readonly label: string;
  readonly parts: readonly {
    readonly value: number;
    readonly look: 'good' | 'bad' | 'plain';
    readonly words: string;
  }[];
}

export interface PlotText {
  /** Unique in its page. */
  readonly id: string;
  readonly title: string;
  /** What can be seen in it, in a sentence: for whoever does not see it. */
  readonly description: string;
}

const WIDTH = 720;
const HEIGHT = 220;
const LEFT = 56;
const TOP = 14;
const BOTTOM = 28;
/** Labels under bars are a date or a span of time, some 70 units wide. */
const LABEL_WIDTH = 74;
/** Of a bar's place; the rest is the gap to the next. */
const BAR_SHARE = 0.72;
const BAR_WIDTH_MAX = 56;

/** Bars side by side over a scale that begins at 0: of counts, unless it has words of its own. */
export const barPlot = (text: PlotText, bars: readonly Bar[], scale?: (value: number) => string): Markup => {
  const most = Math.max(0, ...bars.map(({ value }) => value ?? 0));
  const ticks = ticksTo(most, scale ? 0 : 1);
  const top = ticks.at(-1)!;
  const base = HEIGHT - BOTTOM;
  const y = (value: number): number => round(base - (value / top) * (base - TOP));
  const place = (WIDTH - LEFT) / Math.max(1, bars.length);
  const width = round(Math.min(BAR_WIDTH_MAX, place * BAR_SHARE));
  const everyNth = Math.max(1, Math.ceil(LABEL_WIDTH / place));
  return svg(
    text,
    HEIGHT,
    html`${ticks.map(
      tick =>
        html`<line class="rule" x1="${LEFT}" x2="${WIDTH}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${(scale ?? String)(tick)}</text>`,
    )}${bars.map((bar, index) => {
      const middle = round(LEFT + (index + 0.5) * place);
      const label =
        index % everyNth === 0
          ? html`<text x="${middle}" y="${HEIGHT - 8}" text-anchor="middle">${bar.label}</text>`
          : html``;
      const box = { x: round(middle - width / 2), width, y: y(bar.value ?? 0), base };
      return html`<g><title>${bar.label}: ${bar.words}</title>${drawn(text.id, bar, box)}</g>${label}`;
    })}`,
  );
};

const drawn = (id: string, bar: Bar, box: { x: number; y: number; width: number; base: number }): Markup => {
  if (bar.value === undefined)
    return html`<text class="unknown" x="${box.x + box.width / 2}" y="${box.base - 6}" text-anchor="middle">?</text>`;
  const height = round(box.base - box.y);
  const rect = (look: string): Markup =>
    html`<rect class="${look}" x="${box.x}" y="${box.y}" width="${box.width}" height="${height}"/>`;
  return bar.isLeast
    ? html`${rect('faint')}<rect fill="url(#${id}-hatch)" x="${box.x}" y="${box.y}" width="${box.width}" height="${height}"/>`
    : rect('plain');
};

const ROW_HEIGHT = 30;
const ROW_LEFT = 200;
/** Room for the number behind a row. */
const ROW_RIGHT = 44;
const ROW_LABEL_CHARS = 26;

/** Rows below each other, each with its sum behind it. */
export const rowPlot = (text: PlotText, rows: readonly Row[]): Markup => {
  const sums = rows.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const most = Math.max(1, ...sums);
  const width = (value: number): number => round((value / most) * (WIDTH - ROW_LEFT - ROW_RIGHT));
  return svg(
    text,
    rows.length * ROW_HEIGHT + 6,
    html`${rows.map(({ label, parts }, index) => {
      const y = index * ROW_HEIGHT + 4;
      let x = ROW_LEFT;
      const drawnParts = parts.map(({ value, look, words }) => {
        const part = html`<rect class="${look}" x="${x}" y="${y}" width="${width(value)}" height="${ROW_HEIGHT - 10}"><title>${label}: ${words}</title></rect>`;
        x = round(x + width(value));
        return part;
      });
      const middle = y + ROW_HEIGHT / 2 - 1;
      return html`<text x="${ROW_LEFT - 10}" y="${middle}" text-anchor="end">${cut(label, ROW_LABEL_CHARS)}</text>${drawnParts}<text x="${x + 6}" y="${middle}">${sums[index]!}</text>`;
    })}`,
  );
};

const svg = ({ id, title, description }: PlotText, height: number, content: Markup): Markup =>
  html`<svg role="img" viewBox="0 0 ${WIDTH} ${height}" aria-labelledby="${id}-title ${id}-description"><title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc><defs><pattern id="${id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="plain" width="3" height="6"/></pattern></defs>${content}</svg>`;

const STEPS = [1, 2, 2.5, 5, 10];
const TICKS_MAX = 5;

/** Round numbers from 0 to the first one that nothing is above; whole ones where a step is 1 at least. */
export const ticksTo = (most: number, stepMin: 0 | 1 = 0): number[] => {
  if (most <= 0) return [0, 1];
  const rough = Math.max(stepMin, most / (TICKS_MAX - 1));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.map(factor => factor * power)
    .filter(found => stepMin === 0 || Number.isInteger(found))
    .find(found => found >= rough - rough * 1e-9)!;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
};

const round = (value: number): number => Math.round(value * 10) / 10;
