import type { Attachment, Outcome, TownHandle } from '../source/town/view.ts';
import { createDetachMatcher, HOLD_MS, PASTE_IDLE_MS } from './detach.ts';
import { keyLabel } from './key-names.ts';
import { createScrollBack, isPageUp, type ScrollBack } from './scroll-back.ts';

/** A terminal as input: `process.stdin`, or what stands for it in a test. */
export type TerminalInput = NodeJS.ReadableStream & {
  setRawMode?(mode: boolean): unknown;
  ref?(): unknown;
  unref?(): unknown;
};
/** A terminal as output, with its size. */
export type TerminalOutput = NodeJS.WritableStream & {
  columns?: number;
  rows?: number;
  /** Bytes that it has not taken yet, where writing to it does not wait; see `line/output.ts`. */
  readonly pendingBytes?: number;
  onDrain?(listener: (lost: boolean) => void): () => void;
  flushed?(limitMs: number): Promise<void>;
};

export interface AttachOptions {
  readonly handle: TownHandle;
  readonly session: string;
  /** Whose session it is, for the banner and the terminal's title. */
  readonly name: string;
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  /** Gives the terminal away for as long as the callback runs: Ink's `suspendTerminal`. */
  readonly suspend: (callback: () => Promise<void>) => Promise<unknown>;
  /** Say once, before the agent's screen appears, how to come back. */
  readonly banner: boolean;
  /** The keys that come back; see `createDetachMatcher`. */
  readonly detachKeys: readonly string[];
  /** Ends it from outside: the terminal's line went away. */
  readonly signal?: AbortSignal;
}

/** Bytes that a slow line may be behind: beyond that it is shown the screen as it is by then, not all that led to it. */
const BEHIND_MAX_BYTES = 65_536;
/** Ms that the banner stands: long enough to read six words. Any key ends it. */
const BANNER_MS = 900;

/**
 * Gives the person's terminal to a live session until they press a detach key, the session ends, or the terminal goes away.
 * Resolves with what to say afterwards; the screen is Ink's again by then. Never rejects for a session that is gone.
 */
export const attachTerminal = async (options: AttachOptions): Promise<Outcome> => {
  const { handle, session, stdout, name } = options;
  const attached = await handle.attach(session, sizeOf(stdout));
  if ('ok' in attached) return attached;
  let ended: string | undefined;
  const release = holdRaw(options.stdin);
  try {
    await options.suspend(async () => {
      ended = await passThrough(attached, options);
    });
  } finally {
    release();
  }
  return { ok: true, message: ended === undefined ? `Detached from ${name}; it goes on.` : `${name}: ${ended}` };
};

/**
 * Keeps the terminal raw while it changes hands: Ink turns raw mode off before it lets go, and what a quick person types
 * until the session has it would be echoed onto their screen. Releasing does what was asked for last.
 */
const holdRaw = (stdin: TerminalInput): (() => void) => {
  const setRawMode = stdin.setRawMode;
  if (!setRawMode) return () => {};
  let wanted = true;
  setRawMode.call(stdin, true);
  stdin.setRawMode = mode => {
    wanted = mode;
    return stdin;
  };
  return () => {
    stdin.setRawMode = setRawMode;
    setRawMode.call(stdin, wanted);
  };
};

/** Wires session and terminal together. Resolves undefined on detach, else with why it ended. */
const passThrough = async (
  attachment: Attachment,
  { name, stdin, stdout, banner, detachKeys, signal }: AttachOptions,
): Promise<string | undefined> => {
  const done = Promise.withResolvers<string | undefined>();
  const early: string[] = [];
  let show = (data: string): void => {
    early.push(data);
  };
  const stopData = attachment.onData(data => show(data));
  const stopEnd = attachment.onEnd(reason => done.resolve(reason));
  const abort = (): void => done.resolve('the terminal went away');
  signal?.addEventListener('abort', abort);
  const past = createScrollBack({
    attachment,
    write: data => {
      stdout.write(data);
    },
    size: () => sizeOf(stdout),
  });
  const resize = (): void => {
    const { columns, rows } = sizeOf(stdout);
    attachment.resize(columns, rows);
    past.redraw();
  };
  const wayOut = keyLabel(detachKeys[0] ?? '');
  // The agent's output must land on a screen of our own, never in the person's scrollback; the title says the way out.
  stdout.write(`\u001B[?1049h\u001B[2J\u001B[H\u001B[22;0t\u001B]0;${name} (${wayOut} detaches)\u0007`);
  const input = forwardInput(attachment, {
    stdin,
    past,
    detachKeys,
    detach: () => done.resolve(undefined),
    hangUp: abort,
  });
  if (banner) {
    stdout.write(`\u001B[7m Attached to ${name}. ${wayOut} comes back to the town, PgUp scrolls back. \u001B[0m`);
    await Promise.race([input.first, done.promise, new Promise(resolve => setTimeout(resolve, BANNER_MS).unref())]);
    stdout.write('\u001B[2J\u001B[H');
  }
  stdout.write(`\u001B[?7h${attachment.replay}${early.join('')}`);
  const mirror = createMirror(attachment, { stdout, past });
  show = mirror.show;
  stdout.on('resize', resize);
  try {
    return await done.promise;
  } finally {
    stdout.off('resize', resize);
    mirror.stop();
    signal?.removeEventListener('abort', abort);
    input.stop();
    stopData();
    stopEnd();
    attachment.detach();
    stdout.write(MODES_OFF);
  }
};

/** Shows what the session prints. What a line that stands still did not get is made good by the whole screen. */
const createMirror = (
  attachment: Attachment,
  { stdout, past }: { stdout: TerminalOutput; past: ScrollBack },
): { show: (data: string) => void; stop: () => void } => {
  let isBehind = false;
  let isOver = false;
  const catchUp = async (): Promise<void> => {
    const screen = await attachment.repaint?.();
    isBehind = false;
    if (!isOver && !past.isOpen) stdout.write(`\u001B[0m\u001B[2J\u001B[H\u001B[?7h${screen ?? ''}`);
  };
  const stopDrain = stdout.onDrain?.(lost => {
    if (!isBehind && !lost) return;
    isBehind = true;
    void catchUp();
  });
  return {
    show(data) {
      isBehind ||= (stdout.pendingBytes ?? 0) > BEHIND_MAX_BYTES;
      if (!past.isOpen && !isBehind) stdout.write(data);
    },
    stop() {
      isOver = true;
      stopDrain?.();
    },
  };
};

interface InputWiring {
  readonly detach: () => void;
  readonly hangUp: () => void;
  readonly stdin: TerminalInput;
  readonly past: ScrollBack;
  readonly detachKeys: readonly string[];
}

/**
 * Reads raw keys for the session. TRAP: 'data' and `pause()` would leave Ink's own 'readable' listener deaf for good
 * after the screen resumes (field/terminal.md §3.2), hence 'readable' with `read()` and never a pause.
 */
const forwardInput = (
  attachment: Attachment,
  { stdin, past, detachKeys, detach, hangUp }: InputWiring,
): { first: Promise<void>; stop: () => void } => {
  const matcher = createDetachMatcher(detachKeys);
  const first = Promise.withResolvers<void>();
  let hold: NodeJS.Timeout | undefined;
  let idle: NodeJS.Timeout | undefined;
  let left = false;
  const take = (chunk: string): void => {
    first.resolve();
    clearTimeout(hold);
    clearTimeout(idle);
    const { forward, detach: wanted } = matcher.push(chunk);
    if (isPageUp(forward) && !past.isOpen) void openPast(forward);
    else if (forward !== '') send(forward);
    if (!wanted) return;
    left = true;
    detach();
  };
  const send = (keys: string): void => (past.isOpen ? past.press(keys) : attachment.write(keys));
  let opening = false;
  const openPast = async (keys: string): Promise<void> => {
    if (opening) return;
    opening = true;
    const isShown = await past.open().catch(() => false);
    opening = false;
    if (!isShown && !left) attachment.write(keys);
  };
  const onReadable = (): void => {
    // Read until there is nothing more, also after the detach key: a stream that was not read to its end never says
    // 'readable' again, and Ink's screen would come back deaf.
    for (let chunk = stdin.read(); chunk !== null; chunk = stdin.read()) if (!left) take(String(chunk));
    if (left) return;
    if (matcher.holding) hold = setTimeout(() => send(matcher.flush()), HOLD_MS);
    idle = setTimeout(() => matcher.idle(), PASTE_IDLE_MS);
  };
  stdin.ref?.();
  stdin.on('readable', onReadable);
  stdin.on('end', hangUp);
  stdin.on('close', hangUp);
  return {
    first: first.promise,
    stop() {
      clearTimeout(hold);
      clearTimeout(idle);
      stdin.off('readable', onReadable);
      stdin.off('end', hangUp);
      stdin.off('close', hangUp);
    },
  };
};

/** Columns and rows where a terminal does not tell. */
const FALLBACK = { columns: 80, rows: 24 };

const sizeOf = ({ columns, rows }: TerminalOutput): { columns: number; rows: number } => ({
  columns: columns || FALLBACK.columns,
  rows: rows || FALLBACK.rows,
});

/**
 * Undoes every mode that a full-screen program may have left on: synchronized output, colours, character set, margins,
 * origin, wrap, application cursor and keypad, insert, hidden cursor and its shape, mouse in all its forms, focus
 * reports, bracketed paste, colour-scheme reports, modifyOtherKeys, kitty keyboard, title, alternate screen.
 */
const MODES_OFF =
  '\u001B[?2026l\u001B[0m\u001B(B\u001B[r\u001B[?6l\u001B[?7h\u001B[?1l\u001B>\u001B[4l\u001B[?25h\u001B[0 q' +
  '\u001B[?1000l\u001B[?1002l\u001B[?1003l\u001B[?1005l\u001B[?1006l\u001B[?1015l\u001B[?1004l\u001B[?2004l\u001B[?2031l' +
  '\u001B[>4;0m\u001B[=0u\u001B[23;0t\u001B[?1049l';
