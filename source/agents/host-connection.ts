import type net from 'node:net';
import { GastownError, toGastownError } from '../common/errors.ts';
import type { Boot } from './boot.ts';
import {
  type ClientFrame,
  encodeFrame,
  FRAME_BYTES,
  frameReader,
  HOST_HELLO,
  HOST_PROTOCOL,
  type HostCall,
  type HostCalls,
  type HostFrame,
  type HostHello,
  type WireError,
} from './protocol.ts';
import type { SessionTable } from './session-table.ts';

/** Output that a viewer has not read yet. Past this it gets a fresh screen when it reads again: a slow or sleeping screen never holds an agent up. */
const VIEWER_BACKLOG_BYTES = 1_048_576;
/** Answers that a client asked for and never reads: it is hung up on. */
const CLIENT_BACKLOG_BYTES = 4 * FRAME_BYTES;
/** A client that does not introduce itself is hung up on. */
const HELLO_WITHIN_MS = 5_000;
/** Rows a `tail` may ask for. */
const TAIL_ROWS = 2_000;

export interface ConnectionContext {
  readonly hello: HostHello;
  readonly sessions: SessionTable;
  readonly boot: Boot;
  readonly onShutdown: () => void;
}

interface Viewer {
  readonly session: string;
  /** Output is being skipped until the socket drains. */
  behind: boolean;
}

/** Serves one client for the life of its socket. */
export class HostConnection {
  readonly #socket: net.Socket;
  readonly #context: ConnectionContext;
  readonly #viewers = new Map<number, Viewer>();
  #welcome = false;
  #watching = false;

  constructor(socket: net.Socket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    const impatient = setTimeout(() => this.#refuse('no hello came'), HELLO_WITHIN_MS);
    socket.on(
      'data',
      frameReader(
        frame => {
          clearTimeout(impatient);
          this.#take(frame as ClientFrame);
        },
        message => this.#refuse(message),
      ),
    );
    socket.on('drain', () => void this.#catchUp());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(impatient);
      for (const [key, viewer] of this.#viewers) this.#detach(key, viewer);
    });
  }

  /** Tells a watching client which sessions changed. One that lags hears of it with the next change. */
  notify(sessions: readonly string[]): void {
    if (this.#watching && !this.#lags) this.#send({ event: 'change', sessions });
  }

  /** Tells viewers of an ended session. */
  ended(session: string, reason: string): void {
    for (const [attachment, viewer] of this.#viewers) {
      if (viewer.session !== session) continue;
      this.#viewers.delete(attachment);
      this.#send({ event: 'end', attachment, reason });
    }
  }

  get #lags(): boolean {
    return this.#socket.writableLength > VIEWER_BACKLOG_BYTES;
  }

  #take(frame: ClientFrame): void {
    if (this.#welcome && 'call' in frame) {
      void this.#serve(frame);
      return;
    }
    const version = 'hello' in frame && frame.hello === HOST_HELLO ? frame.protocol : undefined;
    if (version === undefined) {
      this.#refuse('the first frame is not a hello');
    } else if (version !== HOST_PROTOCOL) {
      this.#refuse(
        `this terminal host speaks version ${HOST_PROTOCOL} of its protocol and the program version ${version}`,
        'Let its agents finish, or end it, then start again; or use the version of gastown that started it.',
      );
    } else {
      this.#welcome = true;
      this.#send(this.#context.hello);
    }
  }

  #refuse(message: string, hint?: string): void {
    this.#send({ refused: { code: 'protocol', message: `Refused: ${message}.`, ...(hint && { hint }) } });
    this.#socket.end();
  }

  async #serve(frame: Extract<ClientFrame, { call: number }>): Promise<void> {
    const { call } = frame;
    try {
      const handler = this.#handlers[frame.op] as ((args: unknown) => unknown) | undefined;
      if (!handler) throw new GastownError('protocol', `The terminal host knows no ${String(frame.op)}.`);
      const result = (await handler(frame.args)) ?? null;
      if (this.#send({ call, result })) return;
      throw new GastownError('invalid', 'The answer is too large.', { hint: 'Ask for fewer lines.' });
    } catch (error) {
      this.#send({ call, error: wireError(error) });
    }
  }

  readonly #handlers: { [C in HostCall]: (args: HostCalls[C]['args']) => unknown } = {
    start: args => {
      const { pid, startTime } = this.#context.sessions.start(args);
      return { pid, startTime };
    },
    list: () => this.#context.sessions.list(),
    write: ({ id, data }) => this.#session(id).write(data),
    resize: ({ id, columns, rows }) => this.#session(id).resize({ columns, rows }),
    signal: ({ id, signal }) => this.#context.sessions.signal(id, signal),
    screen: ({ id }) => this.#session(id).screen(),
    serialize: ({ id, scrollback }) => this.#session(id).serialize(scrollback),
    tail: ({ id, lines }) => this.#context.sessions.tail(id, Math.min(lines, TAIL_ROWS)),
    attach: args => this.#attach(args),
    detach: ({ attachment }) => {
      const viewer = this.#viewers.get(attachment);
      if (viewer) this.#detach(attachment, viewer);
    },
    forget: ({ id }) => this.#context.sessions.forget(id),
    watch: () => {
      this.#watching = true;
    },
    guard: ({ start }) => this.#context.boot.guard(this, start),
    shutdown: () => this.#context.onShutdown(),
  };

  #session(id: string) {
    return this.#context.sessions.get(id);
  }

  async #attach({ id, attachment, columns, rows }: HostCalls['attach']['args']): Promise<{ replay: string }> {
    const viewer: Viewer = { session: id, behind: false };
    this.#viewers.set(attachment, viewer);
    try {
      const session = this.#session(id);
      const onData = (data: string): void => this.#mirror(attachment, viewer, data);
      const replay = await session.attach({ key: viewer, columns, rows, onData });
      if (!this.#viewers.has(attachment) || this.#socket.destroyed) session.detach(viewer);
      return { replay: AUTO_WRAP + replay };
    } catch (error) {
      this.#viewers.delete(attachment);
      throw error;
    }
  }

  #mirror(attachment: number, viewer: Viewer, data: string): void {
    if (viewer.behind) return;
    if (this.#lags) viewer.behind = true;
    else this.#send({ event: 'output', attachment, data });
  }

  async #catchUp(): Promise<void> {
    for (const [attachment, viewer] of this.#viewers) {
      if (!viewer.behind) continue;
      const screen = await this.#context.sessions.find(viewer.session)?.serialize(0);
      if (screen === undefined) continue;
      viewer.behind = false;
      this.#send({ event: 'output', attachment, data: CLEAR + AUTO_WRAP + screen });
    }
  }

  #detach(attachment: number, viewer: Viewer): void {
    this.#viewers.delete(attachment);
    this.#context.sessions.find(viewer.session)?.detach(viewer);
  }

  #send(frame: HostFrame): boolean {
    const bytes = encodeFrame(frame);
    if (!bytes) return false;
    if (this.#socket.writableLength > CLIENT_BACKLOG_BYTES) this.#socket.destroy();
    else if (this.#socket.writable) this.#socket.write(bytes);
    return true;
  }
}

/** The agent may have turned wrapping off; a replay is written with it on. */
const AUTO_WRAP = '\x1b[?7h';
/** Resets attributes, modes and margins, clears the screen and goes home. */
const CLEAR = '\x1b[!p\x1b[2J\x1b[H';

const wireError = (error: unknown): WireError => {
  const { code, message, hint } = toGastownError(error);
  return { code, message, ...(hint && { hint }) };
};
