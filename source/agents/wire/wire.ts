import { setTimeout as sleep } from 'node:timers/promises';
import { GastownError } from '../../common/errors.ts';
import { writeFileAtomic } from '../../common/files.ts';
import { advance, type Conversation, newConversation, type Wire } from './conversation.ts';
import { type LineWriter, makeFifo, openFifo } from './fifo.ts';
import { type JournalEntry, openJournal, readJournal, readStart, wireFiles } from './journal.ts';
import { followLines } from './lines.ts';
import type { Act, Protocol, Step, TranscriptLine, UsageReport, WireStart } from './protocol.ts';
import { openTranscript } from './transcript.ts';

/** Notices of text among the lines that a transcript keeps: a CLI that prints banners for ever tells nothing. */
const NOISE_MAX = 200;
const NOISE_CHARS = 500;
/** From the start of its process until the agent has its input open: an sh and a sandbox on a busy machine. */
const INPUT_LIMIT_MS = 10_000;
const INPUT_LOOK_MS = 15;

export interface WireOptions {
  /** The session's folder, where `prepareWire` made its files. */
  readonly dir: string;
  readonly protocol: Protocol;
  readonly transcriptFile: string;
  /** Whether its process runs, as far as is known: one that has ended is only read. */
  isAlive(): boolean;
  now(): number;
  /** The conversation changed. */
  onChange(): void;
  /** Tokens used, each report once; `index` counts them from 0 over the whole session. */
  onUsage(reports: readonly UsageReport[], index: number): void;
  /** Something that needs no answer but must be read: a file that cannot be read, a pipe that broke. */
  onError(error: unknown): void;
}

/** Makes the files of a structured session before its process starts. */
export const prepareWire = async (dir: string, start: WireStart): Promise<void> => {
  const files = wireFiles(dir);
  await makeFifo(files.input);
  await writeFileAtomic(files.start, JSON.stringify(start));
};

/**
 * The sh script that gives a command a FIFO as its standard input and a file as its standard output, and replaces itself
 * by it. The FIFO is opened for both ways, so that a town that comes and goes is never the end of the input.
 */
export const wireScript = (dir: string, argv: readonly string[]): string => {
  const { input, output } = wireFiles(dir);
  return `exec 3<>${quote(input)}\nexec ${argv.map(quote).join(' ')} <&3 3<&- >>${quote(output)}\n`;
};

/**
 * Opens the conversation of a session whose process runs: folds what was said so far, says what is still to be said, and
 * goes on. Rejects with `not_found` when the session's files are gone.
 */
export const openWire = async (options: WireOptions): Promise<Wire> => {
  const { dir, protocol, now, onChange, onUsage, onError } = options;
  const files = wireFiles(dir);
  const start = await readStart(files.start);
  if (!start) throw new GastownError('not_found', 'The files of this conversation are gone.');
  const past = pastOf(await readJournal(files.journal));
  const journal = openJournal(files.journal);
  const transcript = openTranscript(options.transcriptFile);
  let conversation: Conversation = newConversation(now());
  let memory: unknown;
  let lines = 0;
  let sends = 0;
  let sent = past.sent;
  let used = 0;
  let passedOn = past.used;
  let noise = 0;
  let pipe: LineWriter | undefined;
  let closed = false;

  const say = (value: unknown): void => {
    sends += 1;
    if (sends <= sent) return;
    if (!pipe) throw new GastownError('terminal', 'The agent has ended: nothing reads what is said to it.');
    journal.append({ kind: 'sent', count: sends });
    sent = sends;
    pipe.send(value);
  };

  const apply = (step: Step<unknown>, at: number): void => {
    memory = step.memory;
    const before = conversation;
    conversation = advance(conversation, step.now, at);
    if (conversation.state !== before.state && lines > past.lines) journal.append({ kind: 'state', line: lines, at });
    if (step.transcript) transcript.add(step.transcript);
    if (step.usage?.length) {
      const fresh = step.usage.slice(Math.max(0, passedOn - used));
      used += step.usage.length;
      if (fresh.length > 0) {
        onUsage(fresh, used - fresh.length);
        passedOn = used;
        journal.append({ kind: 'usage', count: used });
      }
    }
    for (const value of step.send ?? []) say(value);
  };

  /** A protocol that throws on a line is a bug of ours; the conversation goes on without that line. */
  const guarded = (make: () => Step<unknown>, at: number): void => {
    try {
      apply(make(), at);
    } catch (error) {
      onError(error);
    }
  };

  const replayActs = (): void => {
    for (const { act, at } of past.acts.get(lines) ?? []) guarded(() => protocol.act(memory, act), at);
  };

  const heard = (value: unknown): void => {
    lines += 1;
    const at = lines <= past.lines ? (past.stamps.get(lines) ?? conversation.heardAt) : now();
    conversation = { ...conversation, heardAt: at, heardLines: lines };
    guarded(() => protocol.receive(memory, value), at);
    replayActs();
    if (lines > past.lines) onChange();
  };

  const heardNoise = (text: string): void => {
    noise += 1;
    if (noise > NOISE_MAX) return;
    const cut: TranscriptLine = { kind: 'notice', text: text.slice(0, NOISE_CHARS) };
    transcript.add([cut]);
  };

  if (options.isAlive()) pipe = await openInput(files.input, options);
  guarded(() => protocol.open(start), now());
  replayActs();
  const reader = followLines({ file: files.output, onLine: heard, onNoise: heardNoise, onError });
  await reader.caughtUp();

  return {
    get conversation() {
      return conversation;
    },
    async act(act: Act) {
      if (closed) throw new GastownError('terminal', 'This conversation is closed.');
      const step = protocol.act(memory, act);
      if (step.refusal !== undefined) throw new GastownError('conflict', step.refusal);
      const at = now();
      journal.append({ kind: 'act', after: lines, at, act });
      apply(step, at);
      onChange();
    },
    transcript: count => transcript.last(count),
    async close() {
      if (closed) return;
      closed = true;
      await reader.close();
      pipe?.close();
      journal.close();
      transcript.close();
    },
  };
};

/** Undefined when the process ended, or nothing opened the FIFO in time. */
const openInput = async (file: string, { isAlive, onError }: WireOptions): Promise<LineWriter | undefined> => {
  for (const until = Date.now() + INPUT_LIMIT_MS; Date.now() < until && isAlive(); await sleep(INPUT_LOOK_MS)) {
    const writer = openFifo(file, onError);
    if (writer) return writer;
  }
  return undefined;
};

interface Past {
  /** Lines that the town had read for certain. */
  readonly lines: number;
  readonly sent: number;
  readonly used: number;
  readonly acts: ReadonlyMap<number, readonly { act: Act; at: number }[]>;
  readonly stamps: ReadonlyMap<number, number>;
}

const pastOf = (entries: readonly JournalEntry[]): Past => {
  const acts = new Map<number, { act: Act; at: number }[]>();
  const stamps = new Map<number, number>();
  let [lines, sent, used] = [0, 0, 0];
  for (const entry of entries) {
    switch (entry.kind) {
      case 'act':
        acts.set(entry.after, [...(acts.get(entry.after) ?? []), entry]);
        lines = Math.max(lines, entry.after);
        break;
      case 'sent':
        sent = entry.count;
        break;
      case 'usage':
        used = entry.count;
        break;
      case 'state':
        stamps.set(entry.line, entry.at);
        lines = Math.max(lines, entry.line);
    }
  }
  return { lines, sent, used, acts, stamps };
};

/** One word for sh, whatever it holds. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
