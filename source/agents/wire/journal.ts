import fs from 'node:fs';
import path from 'node:path';
import { readFileIfPresent } from '../../common/files.ts';
import type { Act, WireStart } from './protocol.ts';

/**
 * What the town itself did in a conversation, so that a later one can fold it again: which act came after which line, how
 * many lines it sent and how many usage reports it passed on, and when the state changed. Written before the act has its
 * effect: after a crash nothing is said twice; what was lost with it the Witness asks for again.
 *
 * Page cache is enough here: it outlives the process, and after a power cut the agent is gone with it.
 */
export type JournalEntry =
  | { readonly kind: 'act'; readonly after: number; readonly at: number; readonly act: Act }
  | { readonly kind: 'sent'; readonly count: number }
  | { readonly kind: 'usage'; readonly count: number }
  | { readonly kind: 'state'; readonly line: number; readonly at: number };

/** The files of a structured session. */
export interface WireFiles {
  /** FIFO: the agent's standard input. */
  readonly input: string;
  /** Its standard output, appended. */
  readonly output: string;
  readonly journal: string;
  readonly start: string;
}

export const wireFiles = (dir: string): WireFiles => ({
  input: path.join(dir, 'in'),
  output: path.join(dir, 'out.jsonl'),
  journal: path.join(dir, 'acts.jsonl'),
  start: path.join(dir, 'start.json'),
});

export const readStart = async (file: string): Promise<WireStart | undefined> => {
  const text = await readFileIfPresent(file);
  return text === undefined ? undefined : (JSON.parse(text) as WireStart);
};

/** All entries; a last line that a crash cut short is left out. */
export const readJournal = async (file: string): Promise<JournalEntry[]> => {
  const text = (await readFileIfPresent(file)) ?? '';
  const lines = text.split('\n');
  lines.pop();
  return lines.map(line => JSON.parse(line) as JournalEntry);
};

export interface Journal {
  append(entry: JournalEntry): void;
  close(): void;
}

/** Appends synchronously: entries are some bytes each, and the order against what is sent matters. */
export const openJournal = (file: string): Journal => {
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) fs.truncateSync(file, Buffer.byteLength(whole));
  const fd = fs.openSync(file, 'a', 0o600);
  return {
    append: entry => void fs.writeSync(fd, `${JSON.stringify(entry)}\n`),
    close: () => fs.closeSync(fd),
  };
};
