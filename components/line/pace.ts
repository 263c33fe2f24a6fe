import type { Theme } from '../theme.ts';

/** What is known of the line between the screen and the person. */
export interface LineView {
  /** Median of the last measurements; absent where the terminal does not answer, or tmux would answer in its place. */
  readonly roundTripMs?: number;
  /** Bytes that the terminal took since the screen opened, and how many a second lately. */
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** It is slow by measurement. */
  readonly slow: boolean;
}

/** Whether the screen draws less often and with fewer signs: as the person says, or as the line is. */
export type LiteWish = 'auto' | 'on' | 'off';

/** From here on a line is slow, in ms: what is typed is seen late enough that nothing else should be in its way. */
export const SLOW_FROM_MS = 150;
/** A slow line counts as quick again below this, so that one near the border does not change all the time. */
const QUICK_BELOW_MS = 80;
/** Measurements of which the middle one counts. */
const MEASURED = 3;
/** Ms between two paints of what the town does, on a slow line. Keys are drawn at once on any. */
export const LITE_PACE_MS = 500;
/** Ms between repaints of ages there. */
export const LITE_AGES_MS = 5_000;

export const isLite = (wish: LiteWish, line: LineView | undefined): boolean =>
  wish === 'on' || (wish === 'auto' && line?.slow === true);

/** What the header says of a line that is worth a word; empty for a quick one. */
export const lineWords = (line: LineView | undefined): string =>
  line?.roundTripMs !== undefined && line.roundTripMs >= QUICK_BELOW_MS ? `line ${roundMs(line.roundTripMs)} ms` : '';

/** What the health of the line comes to: its round trip, and what went over it. */
export const lineFacts = (line: LineView | undefined): string => {
  const trip =
    line?.roundTripMs === undefined
      ? 'not measured: tmux, or a terminal that does not answer'
      : `round trip ${roundMs(line.roundTripMs)} ms`;
  if (line === undefined) return trip;
  return `${trip}, ${sizeWords(line.bytesPerSecond)} a second written lately, ${sizeWords(line.bytes)} since the screen opened`;
};

/** All that is known of the line, in a sentence. */
export const lineReport = (wish: LiteWish, line: LineView | undefined): string => {
  const lite = isLite(wish, line) ? 'on' : 'off';
  const chosen = wish === 'auto' ? `${lite} by measurement` : lite;
  if (line?.roundTripMs === undefined)
    return `The line is not measured: tmux, or a terminal that does not answer. Lite is ${chosen}.`;
  return `Round trip ${roundMs(line.roundTripMs)} ms · ${sizeWords(line.bytes)} since the screen opened, ${sizeWords(line.bytesPerSecond)} a second lately · lite is ${chosen}.`;
};

/** Two digits are all that a measurement is good for, and fewer of them change. */
const roundMs = (ms: number): number => (ms < 100 ? Math.round(ms) : Math.round(ms / 10) * 10);

const sizeWords = (bytes: number): string =>
  bytes < 1_000
    ? `${Math.round(bytes)} B`
    : bytes < 1_000_000
      ? `${(bytes / 1_000).toFixed(1)} kB`
      : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** A theme that draws no borders: they are most of what changes when a dialog opens, and say nothing. */
export const liteTheme = (theme: Theme): Theme => ({ ...theme, glyph: { ...theme.glyph, rule: ' ', side: ' ' } });

/** Makes one picture of measurements and counted bytes; bytes are counted also where nothing can be measured. */
export const createLineMeter = (takenBytes: () => number, now: () => number = () => performance.now()) => {
  const trips: number[] = [];
  let slow = false;
  let before = { at: now(), bytes: 0 };
  let bytesPerSecond = 0;
  return (ms?: number): LineView => {
    if (ms !== undefined) trips.push(ms);
    if (trips.length > MEASURED) trips.shift();
    const roundTripMs = [...trips].sort((a, b) => a - b)[Math.floor(trips.length / 2)];
    if (roundTripMs !== undefined && trips.length >= MEASURED)
      slow = slow ? roundTripMs >= QUICK_BELOW_MS : roundTripMs >= SLOW_FROM_MS;
    const at = now();
    const bytes = takenBytes();
    if (at - before.at >= 1_000) {
      bytesPerSecond = ((bytes - before.bytes) * 1_000) / (at - before.at);
      before = { at, bytes };
    }
    return { ...(roundTripMs !== undefined && { roundTripMs }), bytes, bytesPerSecond, slow };
  };
};
