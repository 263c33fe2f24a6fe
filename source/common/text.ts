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

const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\u{e0000}-\u{e0fff}]/gu;
/** Anything outside printable ASCII, `\n` and `\t`: cheap pre-check, so that common text is returned as it is. */
const SUSPECT = /[^\n\t\x20-\x7e]/;

/** Columns a string takes in a terminal (east-asian wide = 2, combining = 0). */
export const textWidth = (text: string): number => (SUSPECT.test(text) ? stringWidth(text) : text.length);

/** Cuts to at most `width` columns; a cut string ends in `…`. Works on plain text without escapes. */
export const cut = (text: string, width: number): string => {
  if (width <= 0) return '';
  if (textWidth(text) <= width) return text;
  if (!SUSPECT.test(text)) return `${text.slice(0, width - 1)}…`;
  let out = '';
  let used = 0;
  for (const { segment } of SEGMENTER.segment(text)) {
    const columns = stringWidth(segment);
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

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

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

/** `1 bead`, `2 beads`. */
export const plural = (count: number, noun: string, many = `${noun}s`): string => `${count} ${count === 1 ? noun : many}`;
