import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import type { TownContext } from './context.ts';
import { printedLine, spokenLines } from './log-text.ts';
import type { LogSource } from './view.ts';

/** Lines held until they are written: a whole log is never in memory. */
const BATCH_LINES = 1_000;

/**
 * Writes a whole log to a new file as safe plain text, and answers how many lines it has. What lies aside as `.1` comes
 * first. `shown` are the lines of a log that is in no file. A file that is there is refused.
 */
export const saveLog = async (
  { paths }: Pick<TownContext, 'paths'>,
  { source, file, shown }: { source: LogSource; file: string; shown: () => Promise<readonly string[]> },
): Promise<number> => {
  const target = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST')
      throw new GastownError('already_exists', `${file} is there already, and nothing is written over.`, {
        hint: 'Name another file.',
      });
    throw error;
  });
  let lines = 0;
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await target.appendFile(`${batch.join('\n')}\n`);
    batch = [];
  };
  const add = async (line: string): Promise<void> => {
    lines++;
    if (batch.push(line) >= BATCH_LINES) await flush();
  };
  try {
    const { files, read } = filesOf(paths, source);
    for (const each of files) for await (const line of linesOf(each)) for (const text of read(line)) await add(text);
    if (lines === 0) for (const line of await shown()) await add(line);
    await flush();
    return lines;
  } finally {
    await target.close();
  }
};

/** A path as a person types it: below their home, or below the folder where they started the program. */
export const typedPath = (typed: string): string => path.resolve(typed.replace(/^~(?=\/|$)/, os.homedir()));

interface LogFiles {
  readonly files: readonly string[];
  readonly read: (line: string) => readonly string[];
}

const filesOf = (paths: TownContext['paths'], source: LogSource): LogFiles => {
  if (source.kind === 'gate') return terminal(paths.gateLog(source.rig));
  if (source.kind !== 'session') return { files: [], read: printed };
  if (source.raw) return terminal(paths.sessionLog(source.session));
  return { files: [paths.transcript(source.session)], read: spokenLines };
};

const terminal = (file: string): LogFiles => ({ files: [`${file}.1`, file], read: printed });

const printed = (line: string): readonly string[] => [printedLine(line).trimEnd()];

async function* linesOf(file: string): AsyncGenerator<string> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return;
  // Not `readLines`: to it a carriage return ends a line, and a progress bar would become hundreds of them.
  let rest = '';
  for await (const piece of handle.createReadStream({ encoding: 'utf8' })) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}
