import fs from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import path from 'node:path';
import { type HostSocket, takePlace } from '../host-socket.ts';
import { isSameProcess, processStartTime } from '../process.ts';
import { frameReader } from '../protocol.ts';
import { agentSockets, privateDirectory } from '../run-directory.ts';
import { type LineLog, openLineLog } from './log.ts';
import { createProxy, type MeterProxy } from './proxy.ts';
import { createSpending, type Spending } from './spending.ts';
import {
  EMPTY_STATE,
  METER_CONTROL_SOCKET,
  METER_PROTOCOL,
  METER_SOCKET,
  type MeterHello,
  type MeterRequest,
  type MeterState,
  meterFiles,
  meterStateSchema,
} from './state.ts';

/** Without a town, a terminal host and a call for this long, the meter ends by itself. */
const IDLE_MS = 30_000;
/** Between two looks whether anybody needs it, and whether its sockets' files are still there. */
const CHECK_MS = 5_000;
/** Faults written to meter.log, so that one that repeats does not fill the disk. */
const LOGGED_FAULTS = 100;
/** Of a prompt with its pictures; a client that sends its headers slower than this is none of ours. */
const HEADERS_TIMEOUT_MS = 60_000;

/**
 * The metering proxy: a small detached process of one town, through which agents' model calls go, so that they go on
 * when the town dies. It holds the real keys in memory only and writes down what each call used. It starts nothing.
 */
class Meter {
  readonly #runDir: string;
  readonly #files: ReturnType<typeof meterFiles>;
  readonly #idleMs: number;
  readonly #towns = new Set<net.Socket>();
  readonly #keys = new Map<string, { value: string; bearer: boolean }>();
  readonly #proxy: MeterProxy;
  #state: MeterState = EMPTY_STATE;
  #byToken = new Map<string, MeterState['sessions'][number]>();
  #log!: LineLog;
  #spending!: Spending;
  #place: HostSocket | undefined;
  #socket: http.Server | undefined;
  #port = 0;
  #neededAt = Date.now();

  constructor(runDir: string, dir: string, idleMs: number) {
    this.#runDir = runDir;
    this.#files = meterFiles(dir);
    this.#idleMs = idleMs;
    this.#proxy = createProxy({
      find: hash => this.#byToken.get(hash),
      key: name => this.#keys.get(name),
      stopOf: session => this.#spending.stopOf(session),
      write: line => {
        this.#log.append(line);
        this.#spending.spent(line, this.#log.bytes);
      },
      now: () => Date.now(),
    });
  }

  /** Ends the process at once when the town has a meter already. */
  async run(): Promise<void> {
    this.#place = await takePlace(this.#runDir, socket => this.#accept(socket), {
      name: 'gastown-meter',
      socket: METER_CONTROL_SOCKET,
    });
    if (!this.#place) return;
    this.#openLog();
    this.#put(readState(this.#files.state));
    const server = this.#server();
    this.#port = await listen(server, readPort(this.#files.port));
    const { pid } = process;
    const self = { port: this.#port, pid, startTime: processStartTime(pid) ?? 0 };
    fs.writeFileSync(this.#files.port, JSON.stringify(self), { mode: 0o600 });
    await this.#openSocket();
    await this.#place.listen();
    setInterval(() => void this.#check(), Math.min(CHECK_MS, this.#idleMs));
  }

  /** Calls under way are broken off, each with its line in the log. */
  leave(): never {
    this.#proxy.close();
    fs.rmSync(path.join(this.#runDir, METER_SOCKET), { force: true });
    this.#place?.close();
    process.exit(0);
  }

  #openLog(): void {
    this.#log = openLineLog(this.#files.log);
    this.#spending = createSpending({ file: this.#files.log, name: this.#log.name }, this.#state);
  }

  #put(state: MeterState): void {
    this.#state = state;
    this.#byToken = new Map(state.sessions.map(session => [session.tokenHash, session]));
    this.#spending.put(state);
  }

  #server(): http.Server {
    const server = http.createServer((request, response) => this.#proxy.handle(request, response));
    // A model may think for as long as it likes before it says its first word.
    server.requestTimeout = 0;
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    return server;
  }

  async #openSocket(): Promise<void> {
    privateDirectory(agentSockets(this.#runDir));
    const file = path.join(this.#runDir, METER_SOCKET);
    fs.rmSync(file, { force: true });
    this.#socket?.close();
    this.#socket = this.#server();
    const before = process.umask(0o177);
    try {
      await listen(this.#socket, file);
    } finally {
      process.umask(before);
    }
  }

  #accept(socket: net.Socket): void {
    this.#towns.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#towns.delete(socket);
      this.#neededAt = Date.now();
    });
    const hello: MeterHello = {
      hello: 'gastown-meter',
      protocol: METER_PROTOCOL,
      pid: process.pid,
      startTime: processStartTime(process.pid) ?? 0,
      port: this.#port,
      log: this.#log.name,
    };
    socket.write(`${JSON.stringify(hello)}\n`);
    socket.on(
      'data',
      frameReader(
        frame => this.#answer(socket, frame as MeterRequest),
        () => socket.destroy(),
      ),
    );
  }

  #answer(socket: net.Socket, request: MeterRequest): void {
    const answer = (result: unknown): void => void socket.write(`${JSON.stringify({ id: request.id, result })}\n`);
    try {
      answer(this.#do(request) ?? null);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      socket.write(`${JSON.stringify({ id: request.id, error: message })}\n`);
    }
    if (request.op === 'shutdown') setImmediate(() => this.leave());
  }

  #do(request: MeterRequest): unknown {
    switch (request.op) {
      case 'state':
        return this.#put(meterStateSchema.parse(request.state));
      case 'keys':
        for (const [name, key] of Object.entries(request.keys)) this.#keys.set(name, key);
        return undefined;
      case 'open':
        return this.#proxy.open();
      case 'rotate':
        return this.#rotate(request.offset);
      case 'shutdown':
        return undefined;
    }
  }

  /** Only when the town has read all of it and no call may still refer to a line in it. */
  #rotate(offset: number): string {
    if (this.#log.bytes <= offset && this.#proxy.open().length === 0) {
      this.#log.close();
      fs.renameSync(this.#files.log, `${this.#files.log}.old`);
      this.#openLog();
    }
    return this.#log.name;
  }

  async #check(): Promise<void> {
    const isNeeded = this.#towns.size > 0 || this.#proxy.open().length > 0 || isHostAlive(this.#runDir);
    if (isNeeded) {
      this.#neededAt = Date.now();
      await this.#place?.ensure();
      if (!fs.existsSync(path.join(this.#runDir, METER_SOCKET)) && fs.existsSync(this.#runDir))
        await this.#openSocket();
    } else if (Date.now() - this.#neededAt >= this.#idleMs) this.leave();
  }
}

/** The terminal host stays while sessions run: their next call may come after minutes of tests. */
const isHostAlive = (runDir: string): boolean => {
  const { pid, startTime } = (readJson(path.join(runDir, 'host.json')) ?? {}) as { pid?: number; startTime?: number };
  return typeof pid === 'number' && typeof startTime === 'number' && isSameProcess(pid, startTime);
};

const readState = (file: string): MeterState => {
  const parsed = meterStateSchema.safeParse(readJson(file));
  return parsed.success ? parsed.data : EMPTY_STATE;
};

const readPort = (file: string): number => {
  const port = (readJson(file) as { port?: unknown } | undefined)?.port;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
};

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

/** On the wanted port, or on any where that one is taken; or on a socket's file. */
const listen = (server: http.Server, where: number | string): Promise<number> =>
  new Promise((resolve, reject) => {
    const listening = (): void => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    };
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (where === 0 || typeof where === 'string' || error.code !== 'EADDRINUSE') return reject(error);
      server.listen(0, '127.0.0.1', listening);
    });
    if (typeof where === 'string') server.listen(where, listening);
    else server.listen(where, '127.0.0.1', listening);
  });

const [runDir, dir, idleMs] = process.argv.slice(2);
if (!runDir || !dir) {
  console.error('usage: meter <run directory> <folder of its files> [idle ms]');
  process.exit(2);
}
process.on('SIGHUP', () => {});
// A fault in one call must not cut thirty others: it is written to meter.log, and the meter goes on.
let faults = 0;
process.on('uncaughtException', error => {
  faults += 1;
  if (faults <= LOGGED_FAULTS) console.error(new Date().toISOString(), error);
});
const meter = new Meter(privateDirectory(path.resolve(runDir)), path.resolve(dir), idleMs ? Number(idleMs) : IDLE_MS);
process.on('SIGTERM', () => meter.leave());
try {
  await meter.run();
} catch (error) {
  console.error(error);
  process.exit(1);
}
