import fs from 'node:fs/promises';
import headless from '@xterm/headless';
import { safeLine } from '../common/text.ts';

/** Rows above the screen that are kept: 2.5 MB a session at 120×40 (field/terminal.md §3.3). */
export const SCROLLBACK_ROWS = 1_000;
/** Characters of one plain row: hostile output can pile any number of combining marks on one cell. */
const ROW_CHARS = 2_000;
/** End of a log file that is replayed to see the last rows of a session whose emulator is gone. */
const REPLAY_BYTES = 262_144;

export type Emulator = InstanceType<typeof headless.Terminal>;

/** A terminal without a screen: it knows what a person would see. */
export const emulator = ({ columns, rows }: { columns: number; rows: number }): Emulator =>
  new headless.Terminal({ cols: columns, rows, scrollback: SCROLLBACK_ROWS, allowProposedApi: true });

/** One row of scrollback and screen as plain text, safe to print. */
export const plainRow = (terminal: Emulator, y: number): string => {
  const line = terminal.buffer.active.getLine(y)?.translateToString(true) ?? '';
  return safeLine(line.slice(0, ROW_CHARS)).trimEnd();
};

export const plainRows = (terminal: Emulator, from: number, to: number): string[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => plainRow(terminal, from + index));

/** Last rows of scrollback and screen, without blank ones at the end. */
export const lastRows = (terminal: Emulator, rows: number): string[] => {
  let end = terminal.buffer.active.length;
  while (end > 0 && plainRow(terminal, end - 1) === '') end -= 1;
  return plainRows(terminal, Math.max(0, end - rows), end);
};

/** The same from the end of a raw log file. Nothing when there is no such file. */
export const lastRowsOfLog = async (
  file: string,
  options: { columns: number; rows: number; lines: number },
): Promise<string[]> => {
  let output: Buffer;
  try {
    output = await readEnd(file, REPLAY_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const terminal = emulator(options);
  try {
    await new Promise<void>(resolve => terminal.write(output, resolve));
    return lastRows(terminal, options.lines);
  } finally {
    terminal.dispose();
  }
};

const readEnd = async (file: string, bytes: number): Promise<Buffer> => {
  const handle = await fs.open(file, 'r');
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, bytes);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};
