import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import type { Usage } from '../../ledger/schema.ts';
import type { ModelApi } from '../cli.ts';

/** One line of the log: what was used since the last line of the same call. */
export interface CallLine {
  /** When it was written, ms since the epoch. */
  readonly at: number;
  readonly call: string;
  readonly session: string;
  readonly api: ModelApi;
  /** As the answer named it; empty where it named none. */
  readonly model: string;
  /** All tokens of the call so far, as far as they were seen. Absent where the answer told none. */
  readonly usage?: Usage;
  /** What an earlier line of this call said already. */
  readonly before?: Usage;
  /** Of the HTTP answer; 0 when there was none. */
  readonly status: number;
  readonly ms: number;
  /** `begun`: another line of this call follows, unless the meter dies. `cut`: the client or the service broke off. */
  readonly end: 'begun' | 'whole' | 'cut';
  /** The service turns calls away: until when, where it said so. */
  readonly limit?: { readonly until?: number; readonly said: Readonly<Record<string, string>> };
  /** What an error said, in one line. */
  readonly error?: string;
}

/** Told from a log's first line, which only names it. */
export const isCallLine = (value: unknown): value is CallLine =>
  typeof value === 'object' && value !== null && 'call' in value && 'session' in value && 'at' in value;

/** An append-only file of JSON lines whose first line names it, so that an offset into it means one place for good. */
export interface LineLog {
  readonly name: string;
  readonly bytes: number;
  /** Written when this returns, in one piece: a process that is killed right after loses nothing. */
  append(line: object): void;
  close(): void;
}

/** Opens the log and begins it when there is none. A line that a crash cut short is closed, so that it spoils no other. */
export const openLineLog = (file: string): LineLog => {
  const known = nameOf(file);
  const fd = fs.openSync(file, 'a', 0o600);
  let bytes = fs.fstatSync(fd).size;
  const write = (text: string): void => {
    bytes += fs.writeSync(fd, text);
  };
  const name = known ?? randomUUID();
  if (known === undefined) {
    if (bytes > 0) fs.ftruncateSync(fd, 0);
    bytes = 0;
    write(`${JSON.stringify({ log: name })}\n`);
  } else if (!endsLine(file, bytes)) {
    write('\n');
  }
  return {
    name,
    get bytes() {
      return bytes;
    },
    append: line => write(`${JSON.stringify(line)}\n`),
    close: () => fs.closeSync(fd),
  };
};

/** Complete lines of a log from an offset on, as they were written, and where the next one begins. */
export interface LogPiece {
  readonly name: string;
  readonly lines: readonly { readonly value: unknown; readonly end: number }[];
  readonly next: number;
}

/** One look takes at most this much; who reads on gets the rest. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** A line longer than a piece is none of ours. */
const NAME_BYTES = 200;

/**
 * Reads on in a log. `from` is an offset into the log of that name; in another log, or past its end, reading begins at
 * its start. Undefined when there is no log. Lines that are no JSON are passed over.
 */
export const readLineLog = (file: string, from: { name: string; offset: number }): LogPiece | undefined => {
  const name = nameOf(file);
  if (name === undefined) return undefined;
  const fd = fs.openSync(file, 'r');
  try {
    const size = fs.fstatSync(fd).size;
    const start = from.name === name && from.offset <= size ? from.offset : 0;
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - start));
    const read = fs.readSync(fd, piece, 0, piece.length, start);
    return { name, ...linesOf(piece.subarray(0, read), start) };
  } finally {
    fs.closeSync(fd);
  }
};

const linesOf = (piece: Buffer, start: number): { lines: LogPiece['lines']; next: number } => {
  const lines: { value: unknown; end: number }[] = [];
  let from = 0;
  for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, from)) {
    const value = parse(piece.toString('utf8', from, at));
    from = at + 1;
    if (value !== undefined) lines.push({ value, end: start + from });
  }
  if (from === 0 && piece.length === PIECE_BYTES) from = piece.length;
  return { lines, next: start + from };
};

/** A first line that says a name; undefined for a missing file and for a beginning that a crash cut short. */
const nameOf = (file: string): string | undefined => {
  const head = Buffer.alloc(NAME_BYTES);
  let read: number;
  try {
    const fd = fs.openSync(file, 'r');
    try {
      read = fs.readSync(fd, head, 0, NAME_BYTES, 0);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const end = head.subarray(0, read).indexOf(NEWLINE);
  const first = end === -1 ? undefined : parse(head.toString('utf8', 0, end));
  const name = (first as { log?: unknown } | undefined)?.log;
  return typeof name === 'string' ? name : undefined;
};

const endsLine = (file: string, bytes: number): boolean => {
  const fd = fs.openSync(file, 'r');
  try {
    const last = Buffer.alloc(1);
    fs.readSync(fd, last, 0, 1, bytes - 1);
    return last[0] === NEWLINE;
  } finally {
    fs.closeSync(fd);
  }
};

const NEWLINE = 10;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
