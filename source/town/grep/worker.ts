import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { parentPort, workerData } from 'node:worker_threads';
import { printedLine, spokenLines } from '../log-text.ts';
import type { FoundMessage, LookMessage, Match, SearchedFile, SearchWorkerData } from './messages.ts';

/**
 * The thread that matches a person's pattern against logs. A pattern may take for ever on a line (`(a+)+$`), and nothing in
 * JavaScript stops it from within: whoever started this thread ends it when it falls silent. A log is read piece by piece
 * from where the look before ended, so that only what is new is read again, and never a whole log at once.
 */

/** Bytes read at once: each piece is answered, so that silence means a pattern that hangs. */
const PIECE_BYTES = 65_536;
/** Characters of a line that are looked at: longer ones are data that nobody reads in a list of matches. */
const LINE_CHARS = 8_192;

interface Place {
  offset: number;
  rest: string;
  decoder: StringDecoder;
}

const { pattern, flags } = workerData as SearchWorkerData;
const wanted = new RegExp(pattern, flags);
const places = new Map<string, Place>();
const port = parentPort!;

const answer = (message: FoundMessage): void => port.postMessage(message);

const look = async ({ files, texts }: LookMessage): Promise<void> => {
  for (const { name, lines } of texts) answer({ matches: matching(name, lines) });
  for (const file of files) await lookAt(file);
  answer({ matches: [], done: true });
};

const lookAt = async ({ name, file, form }: SearchedFile): Promise<void> => {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    // Nothing was written yet, or it was put aside in this very moment.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return;
  try {
    const { size } = await handle.stat();
    let place = places.get(file);
    if (!place || size < place.offset) place = { offset: 0, rest: '', decoder: new StringDecoder('utf8') };
    places.set(file, place);
    const buffer = Buffer.alloc(PIECE_BYTES);
    while (place.offset < size) {
      const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, place.offset);
      if (bytesRead === 0) break;
      place.offset += bytesRead;
      answer({ matches: matching(name, linesOf(place, buffer.subarray(0, bytesRead), form)) });
    }
  } finally {
    await handle.close();
  }
};

/** Whole lines as they are read by people; what has no end yet is kept for the next piece. */
const linesOf = (place: Place, bytes: Buffer, form: SearchedFile['form']): readonly string[] => {
  const lines = (place.rest + place.decoder.write(bytes)).split('\n');
  place.rest = lines.pop()!;
  if (form === 'transcript') return lines.flatMap(spokenLines).map(line => line.slice(0, LINE_CHARS));
  if (place.rest.length > LINE_CHARS) {
    lines.push(place.rest);
    place.rest = '';
  }
  return lines.map(line => printedLine(line.slice(-LINE_CHARS)));
};

const matching = (name: string, lines: readonly string[]): Match[] =>
  lines.filter(line => wanted.test(line)).map(line => ({ name, line }));

let looking: Promise<void> = Promise.resolve();
port.on('message', (message: LookMessage) => {
  looking = looking.then(() => look(message));
});
answer({ matches: [] });
