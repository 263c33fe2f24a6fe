import net from 'node:net';
import path from 'node:path';
import { GastownError } from '../../common/errors.ts';
import { ownProgram } from '../../common/own-files.ts';
import { startDetached } from '../detached.ts';
import { frameReader } from '../protocol.ts';
import { privateDirectory } from '../run-directory.ts';
import {
  METER_CONTROL_SOCKET,
  METER_PROTOCOL,
  type MeterHello,
  type MeterRequest,
  type MeterState,
  type OpenCall,
} from './state.ts';

/** A meter that does not answer for this long is treated as gone. */
const CALL_TIMEOUT_MS = 10_000;
/** The person's way out of their network: the meter asks the services, not the agents. */
const NETWORK_ENVIRONMENT = [
  ...['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

export interface ConnectMeterOptions {
  /** Short private folder for sockets: see `runDirectory`. */
  readonly runDir: string;
  /** Folder of its files. */
  readonly dir: string;
  readonly startIfMissing: boolean;
  readonly idleMs?: number;
}

type Ask = MeterRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

/** The town's side of its meter. Every call rejects with `host_unreachable` once the connection is gone. */
export interface MeterClient {
  readonly pid: number;
  readonly startTime: number;
  readonly port: number;
  put(state: MeterState): Promise<void>;
  /** Real keys, by name: they stay in the meter's memory. */
  keys(keys: Extract<MeterRequest, { op: 'keys' }>['keys']): Promise<void>;
  /** Calls under way, of every session. */
  open(): Promise<readonly OpenCall[]>;
  /** Begins a new log when all of the old one has been read; answers the name of the log there is then. */
  rotate(offset: number): Promise<string>;
  onClose(listener: () => void): void;
  close(): void;
  shutdown(): Promise<void>;
}

/** Connects to the town's meter, and starts one if asked to. Undefined when there is none. Throws `host_unreachable` when it does not start. */
export const connectMeter = async (options: ConnectMeterOptions): Promise<MeterClient | undefined> => {
  const runDir = privateDirectory(path.resolve(options.runDir));
  const connect = (): Promise<MeterClient | undefined> => open(path.join(runDir, METER_CONTROL_SOCKET));
  const running = await connect();
  if (running || !options.startIfMissing) return running;
  return startDetached({
    title: 'meter',
    file: ownProgram('agents/meter/meter'),
    args: [runDir, options.dir, ...(options.idleMs === undefined ? [] : [String(options.idleMs)])],
    errorFile: path.join(runDir, 'meter.log'),
    env: NETWORK_ENVIRONMENT,
    connect,
  });
};

const gone = (why: string, cause?: unknown): GastownError =>
  new GastownError('host_unreachable', why, {
    hint: 'It is started again by itself; if this goes on, read meter.log in the folder of the sockets.',
    ...(cause !== undefined && { cause }),
  });

/** Undefined when nobody listens, or when a meter of another version was there and was told to end. */
const open = (file: string): Promise<MeterClient | undefined> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(file);
    const link = createLink(socket);
    let greeted = false;
    socket.on(
      'data',
      frameReader(
        frame => {
          if (greeted) return link.take(frame as Answer);
          greeted = true;
          const hello = frame as MeterHello;
          if (hello.hello === 'gastown-meter' && hello.protocol === METER_PROTOCOL)
            return resolve(clientOf(link, hello));
          // Its sessions go on with the next one, on the same port.
          link.ask({ op: 'shutdown' }).catch(() => {});
          resolve(undefined);
        },
        () => socket.destroy(),
      ),
    );
    socket.once('close', () => resolve(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') resolve(undefined);
      else reject(gone('The meter cannot be reached.', error));
    });
  });

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Link {
  ask(request: Ask): Promise<unknown>;
  take(answer: Answer): void;
  onClose(listener: () => void): void;
  close(): void;
}

const createLink = (socket: net.Socket): Link => {
  const waiting = new Map<
    number,
    { resolve(value: unknown): void; reject(error: Error): void; timer: NodeJS.Timeout }
  >();
  const listeners: (() => void)[] = [];
  let last = 0;
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(gone('The connection to the meter is gone.'));
    }
    waiting.clear();
    for (const listener of listeners) listener();
  });
  return {
    ask(request) {
      if (socket.destroyed) return Promise.reject(gone('The connection to the meter is gone.'));
      const id = ++last;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(gone(`The meter did not answer within ${CALL_TIMEOUT_MS / 1000} s.`));
        }, CALL_TIMEOUT_MS);
        waiting.set(id, { resolve, reject, timer });
        socket.write(`${JSON.stringify({ id, ...request })}\n`);
      });
    },
    take({ id, result, error }) {
      const asked = waiting.get(id);
      if (!asked) return;
      waiting.delete(id);
      clearTimeout(asked.timer);
      if (error === undefined) asked.resolve(result);
      else asked.reject(new GastownError('protocol', `The meter refused: ${error}`));
    },
    onClose: listener => void listeners.push(listener),
    close: () => socket.destroy(),
  };
};

const clientOf = (link: Link, hello: MeterHello): MeterClient => ({
  pid: hello.pid,
  startTime: hello.startTime,
  port: hello.port,
  put: async state => void (await link.ask({ op: 'state', state })),
  keys: async keys => void (await link.ask({ op: 'keys', keys })),
  open: async () => (await link.ask({ op: 'open' })) as OpenCall[],
  rotate: async offset => (await link.ask({ op: 'rotate', offset })) as string,
  onClose: link.onClose,
  close: link.close,
  shutdown: async () => void (await link.ask({ op: 'shutdown' })),
});
