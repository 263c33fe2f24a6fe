import fs from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createTimeMarks, marksFile } from '../../common/time-marks.ts';
import type { TranscriptLine } from './protocol.ts';

/** Lines kept in memory for whoever looks: the file has all of them. */
const KEPT_LINES = 2_000;
/** Characters of one line: a command's whole output belongs to the agent. */
const LINE_CHARS = 20_000;
/** Bytes of a transcript's file; a longer one ends with a line that says so. */
const FILE_BYTES = 16 * 1024 * 1024;

export interface Transcript {
  add(lines: readonly TranscriptLine[]): void;
  last(lines: number): readonly TranscriptLine[];
  close(): void;
}

/** What was said and done, in memory and in a file. Lines that the file holds already (a fold after a restart) are not written again. */
export const openTranscript = (file: string): Transcript => {
  const kept: TranscriptLine[] = [];
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  let written = text === '' ? 0 : text.split('\n').length - 1;
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) fs.truncateSync(file, Buffer.byteLength(whole));
  let bytes = Buffer.byteLength(whole);
  let count = 0;
  const marks = createTimeMarks();
  const fd = fs.openSync(file, 'a', 0o600);
  const write = (line: TranscriptLine): void => {
    if (bytes > FILE_BYTES) return;
    const frame = `${JSON.stringify(line)}\n`;
    const mark = marks.due(bytes);
    if (mark !== undefined) fs.appendFileSync(marksFile(file), mark, { mode: 0o600 });
    bytes += Buffer.byteLength(frame);
    fs.writeSync(fd, bytes > FILE_BYTES ? `${JSON.stringify(FULL)}\n` : frame);
    written += 1;
  };
  return {
    add(lines) {
      for (const { kind, text: said } of lines) {
        const line = { kind, text: said.length > LINE_CHARS ? `${said.slice(0, LINE_CHARS)} …` : said };
        kept.push(line);
        count += 1;
        if (count > written) write(line);
      }
      if (kept.length > KEPT_LINES) kept.splice(0, kept.length - KEPT_LINES);
    },
    last: lines => kept.slice(-lines),
    close: () => fs.closeSync(fd),
  };
};

/** The last lines of the transcript of a conversation that is over; empty when there is none. */
export const readTranscript = async (file: string, lines: number): Promise<readonly TranscriptLine[]> => {
  try {
    const { size } = fs.statSync(file);
    const from = Math.max(0, size - TAIL_BYTES);
    const text = from === 0 ? await readFile(file, 'utf8') : await readFrom(file, from, size - from);
    const whole = text.split('\n').slice(from === 0 ? 0 : 1, -1);
    return whole.slice(-lines).map(line => JSON.parse(line) as TranscriptLine);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

const FULL: TranscriptLine = { kind: 'notice', text: 'The transcript is full; what follows is in the agent’s own.' };
const TAIL_BYTES = 1_048_576;

const readFrom = async (file: string, from: number, length: number): Promise<string> => {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
};
