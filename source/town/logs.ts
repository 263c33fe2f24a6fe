import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { safeText } from '../common/text.ts';
import { stripEscapes } from '../gates/escapes.ts';
import type { TownContext } from './context.ts';
import type { FeedRow, LogSource } from './view.ts';

/** Most lines one read returns. */
export const LOG_LINES_MAX = 2_000;
/** Bytes looked at from the end of a file: about `LOG_LINES_MAX` long lines. */
const TAIL_BYTES = 524_288;
/** Followers are called at most this often. */
const FOLLOW_MS = 100;

/** The last lines of a log, safe to print. A live session's come from its terminal, an ended one's from its file. */
export const readLog = async (
  context: Pick<TownContext, 'paths' | 'hostIfConnected' | 'world'>,
  source: LogSource,
  options: { lines: number; feed: readonly FeedRow[] },
): Promise<readonly string[]> => {
  const lines = Math.min(options.lines, LOG_LINES_MAX);
  switch (source.kind) {
    case 'feed':
      return options.feed.slice(-lines).map(feedLine);
    case 'gate':
      return tailFile(context.paths.gateLog(source.rig), lines);
    case 'session': {
      const host = context.hostIfConnected();
      if (host && context.world.sessions.has(source.session)) {
        return (await host.tail(source.session, lines)).map(line => safeText(line).trimEnd());
      }
      return tailFile(context.paths.sessionLog(source.session), lines);
    }
  }
};

/** Calls back when the log may have grown. Returns the way to stop. */
export const followLog = (
  context: Pick<TownContext, 'paths' | 'hostIfConnected' | 'ledger'>,
  source: LogSource,
  listener: () => void,
): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      listener();
    }, FOLLOW_MS);
  };
  const stops: (() => void)[] = [() => clearTimeout(timer)];
  if (source.kind === 'feed') stops.push(context.ledger.subscribe(soon));
  if (source.kind === 'session') {
    const host = context.hostIfConnected();
    if (host) stops.push(host.onChange(changed => changed.includes(source.session) && soon()));
  }
  if (source.kind === 'gate') stops.push(watchFile(context.paths.gateLog(source.rig), soon));
  return () => {
    for (const stop of stops) stop();
  };
};

export const feedLine = (row: FeedRow): string =>
  `${new Date(row.at).toISOString().slice(11, 19)}  ${row.actor}  ${row.what} ${row.subject}${row.because ? `  ${row.because}` : ''}`;

const tailFile = async (file: string, lines: number): Promise<string[]> => {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ['Nothing has been written to this log yet.'];
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    // A bare carriage return starts the line over: what a progress bar last showed is what is read.
    const text = buffer.toString('utf8').replaceAll('\r\n', '\n');
    const all = text.split('\n').map(line => safeText(stripEscapes(line.slice(line.lastIndexOf('\r') + 1))));
    if (size > length) all.shift();
    if (all.at(-1) === '') all.pop();
    return all.slice(-lines);
  } finally {
    await handle.close();
  }
};

/** `fs.watch` needs the file to be there; until it is, its folder is watched. */
const watchFile = (file: string, changed: () => void): (() => void) => {
  fs.mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true, mode: 0o700 });
  const watcher = fs.watch(file.slice(0, file.lastIndexOf('/')), (_event, name) => {
    if (name === null || file.endsWith(`/${name}`)) changed();
  });
  watcher.on('error', changed);
  return () => watcher.close();
};
