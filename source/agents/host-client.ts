import net from 'node:net';
import path from 'node:path';
import { isGastownError } from '../common/errors.ts';
import { type HostAttachment, HostLink, unreachableHost } from './host-link.ts';
import { HOST_SOCKET } from './host-socket.ts';
import type { HostSession, SessionSignal, StartRequest, TownStart } from './protocol.ts';
import { privateDirectory } from './run-directory.ts';
import { startHost } from './start-host.ts';

export type { HostAttachment } from './host-link.ts';
export type { HostSession, SessionSignal, StartRequest, TownStart } from './protocol.ts';
export { runDirectory } from './run-directory.ts';

export interface ConnectOptions {
  /** See `runDirectory`. */
  readonly runDir: string;
  /** Node to run a missing host with. */
  readonly nodePath?: string;
  /** Start a host when there is none; otherwise a missing host is `host_unreachable`. */
  readonly startIfMissing?: boolean;
  /** How long a started host stays without sessions and clients. */
  readonly idleMs?: number;
}

/** The town's side of the terminal host. Every call rejects with `host_unreachable` once the connection is gone; connecting anew is the caller's business. */
export interface HostClient {
  readonly pid: number;
  start(request: StartRequest): Promise<{ pid: number; startTime: number }>;
  list(): Promise<HostSession[]>;
  /** Queues input; `inputPending` of the session tells what the agent has not taken yet. `invalid` when it would be too much. */
  write(id: string, data: string): Promise<void>;
  resize(id: string, size: { columns: number; rows: number }): Promise<void>;
  /** To the session's process group, after its pid and start time were checked; an ended session is left alone. KILL reaches everything of its terminal. */
  signal(id: string, signal: SessionSignal): Promise<void>;
  /** Screen as plain rows, safe to print. */
  screen(id: string): Promise<string[]>;
  /** Screen and some rows above it as escape sequences. */
  serialize(id: string, options?: { scrollback?: number }): Promise<string>;
  /** Last lines of scrollback and screen, plain and safe to print. */
  tail(id: string, lines: number): Promise<string[]>;
  attach(id: string, size: { columns: number; rows: number }): Promise<HostAttachment>;
  /** Drops an ended session with its exit status. */
  forget(id: string): Promise<void>;
  /** Which sessions printed, started or ended: at most ten times a second. Answers how to stop. */
  onChange(listener: (sessions: readonly string[]) => void): () => void;
  onClose(listener: () => void): () => void;
  /** Has a town started like this when this connection is lost; undefined: it is left on purpose. Throws `protocol` with a host that is older than that. */
  guard(start: TownStart | undefined): Promise<void>;
  close(): void;
  /** Ends every session, then the host. */
  shutdown(): Promise<void>;
}

/**
 * Connects to the terminal host of a run directory, and starts one if asked to and there is none. Throws
 * `host_unreachable` when there is none, `protocol` when it is of another version, `forbidden` when the folder is not
 * safely ours.
 */
export const connectHost = async (options: ConnectOptions): Promise<HostClient> => {
  const runDir = privateDirectory(path.resolve(options.runDir));
  const file = path.join(runDir, HOST_SOCKET);
  const client = await reach(file);
  if (client) return client;
  if (!options.startIfMissing) throw unreachableHost('There is no terminal host.');
  return startHost({ ...options, runDir, connect: () => reach(file) });
};

/** Undefined where none listens, and for one that hangs up at once: it is about to end, and another may take its place. */
const reach = async (file: string): Promise<HostClient | undefined> => {
  const socket = await open(file);
  if (!socket) return undefined;
  try {
    return await introduce(socket);
  } catch (error) {
    if (isGastownError(error, 'host_unreachable')) return undefined;
    throw error;
  }
};

const open = (file: string): Promise<net.Socket | undefined> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(file);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(unreachableHost('The terminal host cannot be reached.', error));
    });
  });

/** Exchanges hellos; hangs up on anything but a host of our version. */
const introduce = (socket: net.Socket): Promise<HostClient> =>
  new Promise((resolve, reject) => {
    const link = new HostLink(socket, {
      onHello: pid => resolve(clientOf(link, pid)),
      onRefused: reject,
    });
  });

const clientOf = (link: HostLink, pid: number): HostClient => {
  const done = async (call: Promise<null>): Promise<void> => void (await call);
  return {
    pid,
    start: request => link.call('start', request),
    list: () => link.call('list', {}),
    write: (id, data) => done(link.call('write', { id, data })),
    resize: (id, size) => done(link.call('resize', { id, ...size })),
    signal: (id, signal) => done(link.call('signal', { id, signal })),
    screen: id => link.call('screen', { id }),
    serialize: (id, options) => link.call('serialize', { id, scrollback: options?.scrollback ?? 0 }),
    tail: (id, lines) => link.call('tail', { id, lines }),
    attach: (id, size) => link.attach(id, size),
    forget: id => done(link.call('forget', { id })),
    onChange: listener => link.onChange(listener),
    onClose: listener => link.onClose(listener),
    guard: start => done(link.call('guard', start ? { start } : {})),
    close: () => link.close(),
    shutdown: () => link.shutdown(),
  };
};
