import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { EFFECT_WORDS } from '../../roles/effect-words.ts';
import { readTranscript } from '../agents/wire/transcript.ts';
import { safeLine, safeText, timeOfDay } from '../common/text.ts';
import { readTimeMarks } from '../common/time-marks.ts';
import type { TownContext } from './context.ts';
import { printedLine, spokenLines } from './log-text.ts';
import { transcriptLines } from './transcript-lines.ts';
import type { FeedRow, LogSource } from './view.ts';
import type { RecentAction } from './world.ts';

/** Most lines one read returns. */
export const LOG_LINES_MAX = 20_000;
/** Bytes looked at from the end of a file for each line that is wanted, and at least: long lines, and a screenful of any. */
const LINE_BYTES = 256;
const TAIL_BYTES = 524_288;
/** Followers are called at most this often. */
const FOLLOW_MS = 100;

/**
 * The last lines of a log, safe to print. A session that was talked to by a protocol has a transcript; else, or where `raw`
 * asks for it, they come from its terminal while it lives and from its file afterwards.
 */
export const readLog = async (
  context: Pick<TownContext, 'paths' | 'hostIfConnected' | 'world' | 'wire'>,
  source: LogSource,
  options: { lines: number; feed: readonly FeedRow[] },
): Promise<readonly string[]> => {
  const lines = Math.min(options.lines, LOG_LINES_MAX);
  switch (source.kind) {
    case 'feed':
      return options.feed.slice(-lines).map(feedLine);
    case 'role':
      return roleLines(source.role, context.world.recent, options.feed).slice(-lines);
    case 'grep':
      return ['This search is over; :grep begins another one.'];
    case 'gate':
      return (await tailFile(context.paths.gateLog(source.rig), { lines, times: source.times })) ?? NOTHING_YET;
    case 'session':
      return (
        (source.raw ? undefined : await transcriptOf(context, source, lines)) ?? terminalLog(context, source, lines)
      );
  }
};

/** Names under which a role gives commands: Dogs are many, and a polecat's are given by the town. */
const ACTORS: Readonly<Record<string, string>> = { dogs: 'dog', polecat: 'town' };

/** What a role did, the newest last: its commands, and what it had done that is no fact of the ledger. */
const roleLines = (role: string, recent: readonly RecentAction[], feed: readonly FeedRow[]): readonly string[] => {
  const actor = ACTORS[role] ?? role;
  const commands = feed.filter(row => row.actor === actor || row.actor.startsWith(`${actor}/`));
  const effects = recent
    .filter(action => action.role === role)
    .map(({ at, effect, subject, because }) => ({
      at,
      actor: role,
      what: EFFECT_WORDS[effect.type].did,
      subject: safeLine(subject),
      because: safeLine(because),
    }));
  const rows = [...commands, ...effects].sort((a, b) => a.at - b.at);
  return rows.length > 0 ? rows.map(feedLine) : [`The ${role} has done nothing yet since the town was opened.`];
};

/** Undefined where there is none. One in which nobody but the town spoke goes with the terminal: it may say why. */
const transcriptOf = async (
  context: Parameters<typeof readLog>[0],
  { session, times }: SessionSource,
  lines: number,
): Promise<readonly string[] | undefined> => {
  // When something was said, only the file knows.
  if (times) return tailFile(context.paths.transcript(session), { lines, times, read: spokenLines });
  const said =
    context.wire(session)?.transcript(lines) ?? (await readTranscript(context.paths.transcript(session), lines));
  if (said.length === 0) return undefined;
  const shown = transcriptLines(said);
  const alone = said.every(({ kind }) => kind === 'town');
  return [...shown, ...(alone ? await terminalLog(context, { session }, lines) : [])].slice(-lines);
};

const terminalLog = async (
  { paths, hostIfConnected, world }: Parameters<typeof readLog>[0],
  { session, times }: Pick<SessionSource, 'session' | 'times'>,
  lines: number,
): Promise<readonly string[]> => {
  const host = times ? undefined : hostIfConnected();
  if (host && world.sessions.has(session))
    return (await host.tail(session, lines)).map(line => safeText(line).trimEnd());
  return (await tailFile(paths.sessionLog(session), { lines, times })) ?? NOTHING_YET;
};

type SessionSource = Extract<LogSource, { kind: 'session' }>;

const NOTHING_YET: readonly string[] = ['Nothing has been written to this log yet.'];

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
  if (source.kind === 'feed' || source.kind === 'role') stops.push(context.ledger.subscribe(soon));
  if (source.kind === 'session') {
    const host = context.hostIfConnected();
    if (host) stops.push(host.onChange(changed => changed.includes(source.session) && soon()));
    if (!source.raw) stops.push(watchFile(context.paths.transcript(source.session), soon));
    if (source.times) stops.push(watchFile(context.paths.sessionLog(source.session), soon));
  }
  if (source.kind === 'gate') stops.push(watchFile(context.paths.gateLog(source.rig), soon));
  return () => {
    for (const stop of stops) stop();
  };
};

/** One line for a thing that happened. */
export const feedLine = (row: Omit<FeedRow, 'seq'>): string =>
  `${timeOfDay(row.at)}  ${row.actor}  ${row.what} ${row.subject}${row.because ? `  ${row.because}` : ''}`;

interface TailOptions {
  readonly lines: number;
  /** Begin each line with when it was written, as far as that is known. */
  readonly times?: boolean | undefined;
  readonly read?: (line: string) => readonly string[];
}

/** The last lines of a file; undefined where there is none. No more of it is read than they may take. */
const tailFile = async (
  file: string,
  { lines, times, read = line => [printedLine(line)] }: TailOptions,
): Promise<readonly string[] | undefined> => {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - Math.max(TAIL_BYTES, lines * LINE_BYTES));
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const writtenAt = times ? await readTimeMarks(file) : undefined;
    const all = linesIn(buffer.subarray(0, bytesRead))
      .slice(from > 0 ? 1 : 0)
      .slice(-lines);
    return all
      .flatMap(({ text, start }) => {
        const shown = read(text);
        if (!writtenAt) return shown;
        const at = writtenAt(from + start);
        return shown.map((line, index) => `${at === undefined || index > 0 ? NO_TIME : timeOfDay(at)}  ${line}`);
      })
      .slice(-lines);
  } finally {
    await handle.close();
  }
};

/** Lines with the byte at which each begins: only bytes say where in the file that is. */
const linesIn = (bytes: Buffer): readonly { readonly text: string; readonly start: number }[] => {
  const found: { text: string; start: number }[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    found.push({ text: bytes.toString('utf8', start, end < 0 ? bytes.length : end), start });
    start = end < 0 ? bytes.length : end + 1;
  }
  return found;
};

const NEWLINE = 0x0a;
const NO_TIME = ' '.repeat(8);

/** `fs.watch` needs the file to be there; until it is, its folder is watched. */
const watchFile = (file: string, changed: () => void): (() => void) => {
  fs.mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true, mode: 0o700 });
  const watcher = fs.watch(file.slice(0, file.lastIndexOf('/')), (_event, name) => {
    if (name === null || file.endsWith(`/${name}`)) changed();
  });
  watcher.on('error', changed);
  return () => watcher.close();
};
