import { StringDecoder } from 'node:string_decoder';
import { createMasker, maskSecrets } from '../common/secrets.ts';
import { safeText } from '../common/text.ts';
import { LIMITS } from '../ledger/schema.ts';
import { stripEscapes } from './escapes.ts';
import { failureLines, findFailures } from './failures.ts';

/** Bytes kept from the start of a gate's output: which tool ran, and how it was called. */
const HEAD_BYTES = 131_072;
/** Bytes kept from its end, where failures are reported. A flood costs this much memory and no more. */
const TAIL_BYTES = 1_048_576;
/** Characters of one line: a minified bundle in a stack trace is one line. */
const LINE_CHARS = 500;
/** Lines shown around one that tells of a failure. */
const BEFORE_LINES = 1;
const AFTER_LINES = 4;
/** At most this share of the evidence is failing lines, so that the end of the output always shows too. */
const FAILING_SHARE = 0.6;

/** First bytes and last bytes of a stream, in constant memory. */
export interface OutputRing {
  push(chunk: Buffer): void;
  /** What is kept, as text, with a line saying how much was left out between. */
  text(): string;
  readonly bytes: number;
}

export const createRing = (): OutputRing => {
  let head = Buffer.alloc(0);
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    push(chunk) {
      bytes += chunk.length;
      const room = HEAD_BYTES - head.length;
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)]);
      if (chunk.length <= room) return;
      const rest = Buffer.from(chunk.subarray(Math.max(0, room)));
      tail.push(rest);
      tailBytes += rest.length;
      while (tail.length > 1 && tailBytes - tail[0]!.length >= TAIL_BYTES) tailBytes -= tail.shift()!.length;
      // Many tiny chunks would cost more in bookkeeping than in bytes.
      if (tail.length > MAX_CHUNKS) tail = [Buffer.concat(tail)];
    },
    text() {
      const end = Buffer.concat(tail).subarray(-TAIL_BYTES);
      const left = bytes - head.length - end.length;
      const between = left > 0 ? `\n… ${left} bytes left out …\n` : '';
      return head.toString('utf8') + between + end.toString('utf8');
    },
  };
};

const MAX_CHUNKS = 1_024;

/** Output as it may be shown: no escapes or control characters; of a line that was redrawn, the last drawing. */
export const cleanOutput = (text: string): string =>
  safeText(
    text
      .split('\n')
      .map(line => stripEscapes(lastDrawing(line)))
      .join('\n'),
  );

const lastDrawing = (line: string): string => {
  // A carriage return at the end belongs to the line break.
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
};

/** Turns chunks into clean text line by line, so that no character or escape is cut in two, with secrets masked. */
export const createCleaner = (show: (text: string) => void): { push(chunk: Buffer): void; end(): void } => {
  const mask = createMasker();
  const emit = (text: string): void => show(mask(text));
  const decoder = new StringDecoder('utf8');
  let partial = '';
  return {
    push(chunk) {
      partial += decoder.write(chunk);
      const end = partial.lastIndexOf('\n') + 1;
      if (end > 0) emit(cleanOutput(partial.slice(0, end)));
      partial = partial.slice(end);
      if (partial.length <= PARTIAL_CHARS) return;
      emit(`${cleanOutput(partial)}\n`);
      partial = '';
    },
    end() {
      partial += decoder.end();
      if (partial) emit(`${cleanOutput(partial)}\n`);
      partial = '';
    },
  };
};

/** A "line" longer than this is shown in pieces. */
const PARTIAL_CHARS = 16_384;

/** What a worker needs to see of a failed gate, with secrets masked: lines that tell of failures, with their surroundings, then the end. */
export const evidenceOf = (text: string, maxChars: number = LIMITS.evidenceChars): string => {
  const lines = maskSecrets(cleanOutput(text))
    .split('\n')
    .map(line => (line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS)}…` : line).trimEnd());
  const tail = tailWithin(lines, maxChars);
  if (tail.from === 0) return lines.join('\n').trim();
  const failing = failingLines(lines, Math.floor(maxChars * FAILING_SHARE));
  if (failing.length === 0)
    return `${LEFT_OUT}\n${tailWithin(lines, maxChars - LEFT_OUT.length - 1).lines.join('\n')}`.trim();
  const shown = failing.map(line => line.text).join('\n');
  const end = tailWithin(lines, maxChars - shown.length - LEFT_OUT.length - 2);
  const extra = failing.filter(line => line.at < end.from);
  if (extra.length === 0) return `${LEFT_OUT}\n${end.lines.join('\n')}`.trim();
  return `${extra.map(line => line.text).join('\n')}\n${LEFT_OUT}\n${end.lines.join('\n')}`.trim();
};

/** The same for a gate that failed, with a digest of what failed before it where the output is long. */
export const failureEvidence = (text: string, maxChars: number = LIMITS.evidenceChars): string => {
  const whole = evidenceOf(text, maxChars);
  if (whole.split('\n').length < DIGEST_FROM_LINES) return whole;
  const lines: string[] = [];
  let chars = 0;
  for (const line of failureLines(findFailures(cleanOutput(text))).map(line => safeText(line))) {
    if (chars + line.length > maxChars * DIGEST_SHARE) break;
    lines.push(line);
    chars += line.length + 1;
  }
  if (lines.length === 0) return whole;
  const digest = `What failed:\n${lines.join('\n')}\n\n`;
  return digest + evidenceOf(text, maxChars - digest.length);
};

/** Shorter output is read at a glance. */
const DIGEST_FROM_LINES = 30;
const DIGEST_SHARE = 0.3;

const LEFT_OUT = '…';
/** Lines of the end that are shown: beyond, it is a progress log. */
const TAIL_LINES = 150;

/**
 * Vitest, Jest, Mocha, TAP, Go, Rust, pytest, JUnit, tsc, ESLint, Biome, make. `0 failed` and `no errors` are good news.
 */
const FAILURE =
  /\b(FAIL(ED|URE)?|ERR(OR)?!?|panicked at|Traceback|AssertionError|Exception|Segmentation fault|not ok|undefined reference)\b|^\s*(✗|✖|×|✘|●|E {2,})|\berror(\[\w+\]| TS\d+)?:|^make(\[\d+\])?: \*\*\*|^\s*--- FAIL/;
const GOOD_NEWS = /\b(0|no) (failed|failures?|errors?|failing)\b/i;

const failingLines = (lines: readonly string[], maxChars: number): { at: number; text: string }[] => {
  const picked: { at: number; text: string }[] = [];
  let chars = 0;
  let next = 0;
  for (let at = 0; at < lines.length; at++) {
    if (at < next - AFTER_LINES || !FAILURE.test(lines[at]!) || GOOD_NEWS.test(lines[at]!)) continue;
    for (let near = Math.max(next, at - BEFORE_LINES); near <= Math.min(lines.length - 1, at + AFTER_LINES); near++) {
      const text = lines[near]!;
      chars += text.length + 1;
      if (chars > maxChars) return picked;
      picked.push({ at: near, text });
      next = near + 1;
    }
  }
  return picked;
};

/** The last whole lines that fit. */
const tailWithin = (lines: readonly string[], maxChars: number): { lines: readonly string[]; from: number } => {
  let chars = 0;
  let from = lines.length;
  while (from > 0 && lines.length - from < TAIL_LINES && chars + lines[from - 1]!.length + 1 <= maxChars + 1)
    chars += lines[--from]!.length + 1;
  return { lines: lines.slice(from), from };
};
