import type { ErrorCode } from '../common/errors.ts';
import type { ProgramStatus, ProgramTitle } from './program-status.ts';

/** Version of the conversation between a town and its terminal host. Either side refuses any other: a host may outlive an upgrade of the program. */
export const HOST_PROTOCOL = 1;
export const HOST_HELLO = 'gastown-terminal-host';

/** Most bytes of one frame: a serialised screen with its scrollback is about 115 KB, escaped up to six times that. */
export const FRAME_BYTES = 8 * 1024 * 1024;

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;
export type SessionSignal = (typeof SIGNALS)[number];

/** What to run in a pty. `argv[0]` is looked up in `env.PATH`. The environment is passed on as it is: see environment.ts. */
export interface StartRequest {
  readonly id: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
  /** Raw output is appended here, cut at `LOG_BYTES` with one older file kept beside it. */
  readonly logFile: string;
}

/** How a town is started in the place of one that vanished. Held in memory only: the environment may name keys. */
export interface TownStart {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Gone for this long. */
  readonly afterMs: number;
}

/** What the host knows of one session. Times are ms since the epoch. */
export interface HostSession {
  readonly id: string;
  readonly pid: number;
  /** Clock ticks after boot at which the process began: with the pid, its identity. 0 where the system does not tell. */
  readonly startTime: number;
  readonly alive: boolean;
  /** Absent while it runs, and when it was ended by a death of the host itself. */
  readonly exitCode?: number;
  /** Signal number; absent is none. */
  readonly signal?: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly bytesOut: number;
  readonly lastOutputAt?: number;
  /** Latest of output, input taken and CPU used by its processes. */
  readonly lastProgressAt: number;
  /** What its processes held in memory at the last look; what they share is counted for each. */
  readonly residentBytes?: number;
  /** Last line of its screen that is not blank, safe to print. */
  readonly lastLine: string;
  readonly columns: number;
  readonly rows: number;
  /** Input bytes that the agent has not taken yet. */
  readonly inputPending: number;
  /** The application asked for pastes to be marked. */
  readonly bracketedPaste: boolean;
  readonly attached: number;
  /** The application draws on the alternate screen, which has no scrollback. */
  readonly alternateScreen?: boolean;
  /** What the program said of itself by OSC 7501; absent: nothing. */
  readonly status?: ProgramStatus;
  readonly title?: ProgramTitle;
  readonly logFile: string;
  /** Why its log file stopped growing. */
  readonly logError?: string;
}

export interface HostHello {
  readonly hello: typeof HOST_HELLO;
  readonly protocol: number;
  readonly pid: number;
  readonly startTime: number;
  readonly since: number;
}

/** Every call a client may make: arguments and answer. */
export interface HostCalls {
  start: { args: StartRequest; result: { pid: number; startTime: number } };
  list: { args: Record<never, never>; result: HostSession[] };
  write: { args: { id: string; data: string }; result: null };
  resize: { args: { id: string; columns: number; rows: number }; result: null };
  signal: { args: { id: string; signal: SessionSignal }; result: null };
  screen: { args: { id: string }; result: string[] };
  serialize: { args: { id: string; scrollback: number }; result: string };
  tail: { args: { id: string; lines: number }; result: string[] };
  attach: {
    args: { id: string; attachment: number; columns: number; rows: number };
    result: { replay: string };
  };
  detach: { args: { attachment: number }; result: null };
  forget: { args: { id: string }; result: null };
  watch: { args: Record<never, never>; result: null };
  guard: { args: { start?: TownStart }; result: null };
  shutdown: { args: Record<never, never>; result: null };
}
export type HostCall = keyof HostCalls;

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** Frames from a client. The first one is its hello. */
export type ClientFrame =
  | { readonly hello: string; readonly protocol: number }
  | { [C in HostCall]: { readonly call: number; readonly op: C; readonly args: HostCalls[C]['args'] } }[HostCall];

/** Frames from the host. The first one is its hello, or a refusal after which it hangs up. */
export type HostFrame =
  | HostHello
  | { readonly refused: WireError }
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly error: WireError }
  | { readonly event: 'change'; readonly sessions: readonly string[] }
  | { readonly event: 'output'; readonly attachment: number; readonly data: string }
  | { readonly event: 'end'; readonly attachment: number; readonly reason: string };

/**
 * Cuts a byte stream into frames, one JSON value a line. `onFrame` gets each value; `onError` is called once, after
 * which nothing more is read, when a line passes `FRAME_BYTES` or is not JSON.
 */
export const frameReader = (
  onFrame: (frame: unknown) => void,
  onError: (message: string) => void,
): ((chunk: Buffer) => void) => {
  let parts: Buffer[] = [];
  let held = 0;
  let broken = false;
  const fail = (message: string): void => {
    broken = true;
    parts = [];
    onError(message);
  };
  const finish = (line: Buffer): void => {
    let frame: unknown;
    try {
      frame = JSON.parse(line.toString('utf8'));
    } catch {
      fail('a frame is not JSON');
      return;
    }
    onFrame(frame);
  };
  return chunk => {
    let rest = chunk;
    while (!broken) {
      const end = rest.indexOf(NEWLINE);
      held += end < 0 ? rest.length : end;
      if (held > FRAME_BYTES) {
        fail(`a frame is larger than ${FRAME_BYTES} bytes`);
        return;
      }
      if (end < 0) {
        if (rest.length > 0) parts.push(rest);
        return;
      }
      parts.push(rest.subarray(0, end));
      const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      parts = [];
      held = 0;
      rest = rest.subarray(end + 1);
      finish(line);
    }
  };
};

/** One frame as bytes on the wire, or undefined when it would be larger than `FRAME_BYTES`. */
export const encodeFrame = (frame: ClientFrame | HostFrame): Buffer | undefined => {
  const bytes = Buffer.from(`${JSON.stringify(frame)}\n`);
  return bytes.length > FRAME_BYTES ? undefined : bytes;
};

const NEWLINE = 10;
