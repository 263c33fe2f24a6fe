import stringWidth from 'string-width';

/**
 * The one allow-list every foreign string passes before it may reach a terminal: bead titles, branch and file names,
 * Git errors, commit subjects, mail. Drops C0 (but `\n` and `\t`), DEL, C1, bidi controls, zero-width, tag and
 * non-character code points; lone surrogates become U+FFFD. A deny list is not enough: strip-ansi let 12 of 34
 * hostile payloads through, this 0 (field/refinery-and-store.md §5).
 */
export const safeText = (text: string): string => {
  if (!SUSPECT.test(text)) return text;
  return text.toWellFormed().replace(UNSAFE, '');
};

/** `safeText` on one line: line breaks and tabs become single spaces. */
export const safeLine = (text: string): string => safeText(text).replace(/[\n\t]+/g, ' ');

/**
 * JSON that a terminal may print: what `safeText` drops is there as an escape, so that whoever parses it loses nothing.
 * `JSON.stringify` by itself escapes C0 only, and a terminal takes C1 and bidi controls from UTF-8 as well.
 */
export const safeJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(UNSAFE, escapeUnits);

const escapeUnits = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

/** First and last code point of each run that is dropped. */
const UNSAFE_RANGES: readonly (readonly [number, number])[] = [
  // C0 without tab and line feed; DEL and C1; soft hyphen.
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  // Fillers that show as nothing, Mongolian and other variation selectors, the combining grapheme joiner.
  [0x34f, 0x34f],
  [0x115f, 0x1160],
  [0x180b, 0x180f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xffa0, 0xffa0],
  // Bidirectional controls, zero-width characters, line and paragraph separators, invisible operators, byte order mark.
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
  // Specials and non-characters; tags and supplementary variation selectors.
  [0xfff0, 0xfffb],
  [0xfffe, 0xffff],
  [0xe0000, 0xe0fff],
];
const UNSAFE = new RegExp(
  `[${UNSAFE_RANGES.map(([first, last]) => `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`).join('')}]`,
  'gu',
);
/** Anything outside printable ASCII, `\n` and `\t`: cheap pre-check, so that common text is returned as it is. */
const SUSPECT = /[^\n\t\x20-\x7e]/;

/** Columns a string takes in a terminal (east-asian wide = 2, combining = 0). */
export const textWidth = (text: string): number => (WIDER.test(text) ? stringWidth(text) : text.length);

/**
 * Anything but letters and signs that are one column each, whatever stands beside them: those of Western Europe, dashes,
 * arrows, lines, blocks and marks, which is what rows are made of. Looking at each letter by itself takes fifty times longer.
 */
const WIDER =
  /[^\n\t\x20-\x7e\u00a1-\u00a8\u00aa-\u00ac\u00af-\u017f\u2010-\u2027\u2030-\u203b\u2190-\u21ff\u2500-\u25a9\u25ac-\u25fa\u2713\u2717]/;

/** Cuts to at most `width` columns; a cut string ends in `…`. Works on plain text without escapes. */
export const cut = (text: string, width: number): string => {
  if (width <= 0) return '';
  if (textWidth(text) <= width) return text;
  if (!SUSPECT.test(text)) return `${text.slice(0, width - 1)}…`;
  let out = '';
  let used = 0;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text)) {
    const columns = textWidth(segment);
    if (used + columns > width - 1) break;
    out += segment;
    used += columns;
  }
  return `${out}…`;
};

/** Cuts or pads with spaces on the right to exactly `width` columns. */
export const fit = (text: string, width: number): string => {
  const short = cut(text, width);
  return short + ' '.repeat(Math.max(0, width - textWidth(short)));
};

/** As `fit`, padded on the left: for numbers. */
export const fitLeft = (text: string, width: number): string => {
  const short = cut(text, width);
  return ' '.repeat(Math.max(0, width - textWidth(short))) + short;
};

/** Made when it is first needed: the first one of a process takes 10 ms, and most commands need none. */
let segmenter: Intl.Segmenter | undefined;

/** A duration for people: `3s`, `12m`, `4h 05m`, `2d`. Never negative. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h ${String(minutes % 60).padStart(2, '0')}m`;
  return `${Math.floor(hours / 24)}d`;
};

/** The time of the day where the person is: `14:03:09`. */
export const timeOfDay = (atMs: number): string => new Date(atMs).toTimeString().slice(0, 8);

/** `1 bead`, `2 beads`. */
export const plural = (count: number, noun: string, many = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : many}`;
