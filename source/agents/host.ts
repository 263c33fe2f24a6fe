import fs from 'node:fs';
import type net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Boot } from './boot.ts';
import { HostConnection } from './host-connection.ts';
import { sessionRegistry } from './host-registry.ts';
import { type HostSocket, takePlace } from './host-socket.ts';
import { processStartTime } from './process.ts';
import { HOST_HELLO, HOST_PROTOCOL, type HostHello } from './protocol.ts';
import { privateDirectory } from './run-directory.ts';
import { SessionTable } from './session-table.ts';

/** Without a running session and without a client for this long, the host ends by itself. */
const IDLE_MS = 30_000;
/** Changes are told at most ten times a second. */
const CHANGE_INTERVAL_MS = 100;
/** Faults written to host.log, so that one that repeats does not fill the disk. */
const LOGGED_FAULTS = 100;
/** Between two looks whether the socket's file is still there, while sessions run. */
const SOCKET_CHECK_MS = 5_000;
/** On shutdown: from TERM to KILL. */
const SHUTDOWN_GRACE_MS = 2_000;

/**
 * The terminal host: a small detached process of one town that owns the agents' terminals, so that they outlive the
 * screen. It starts, feeds, sizes, ends and reports; it never decides, and it starts nothing but ptys and a town that
 * vanished while they worked.
 */
class TerminalHost {
  readonly #runDir: string;
  readonly #idleMs: number;
  readonly #connections = new Set<HostConnection>();
  readonly #changed = new Set<string>();
  readonly #hello: HostHello = {
    hello: HOST_HELLO,
    protocol: HOST_PROTOCOL,
    pid: process.pid,
    startTime: processStartTime(process.pid) ?? 0,
    since: Date.now(),
  };
  readonly #sessions: SessionTable;
  readonly #boot: Boot;
  #socket: HostSocket | undefined;
  #idle: NodeJS.Timeout | undefined;
  #telling: NodeJS.Timeout | undefined;
  #checking: NodeJS.Timeout | undefined;
  #toldAt = -CHANGE_INTERVAL_MS;
  #ending = false;

  constructor(runDir: string, idleMs: number) {
    this.#runDir = runDir;
    this.#idleMs = idleMs;
    this.#sessions = new SessionTable({
      onChange: id => this.#change(id),
      onEnd: id => {
        for (const connection of this.#connections) connection.ended(id, 'The agent ended.');
      },
    });
    this.#boot = new Boot({
      isAnyAtWork: () => this.#sessions.running.length > 0,
      onSettled: () => this.#watchIdle(),
    });
  }

  /** Ends the process at once when the run directory has a host already. */
  async run(): Promise<void> {
    this.#socket = await takePlace(this.#runDir, socket => this.#accept(socket));
    if (!this.#socket) return;
    // Only who holds the place may take over what an earlier host left.
    this.#sessions.open(sessionRegistry(this.#runDir));
    const { pid, startTime, protocol, since } = this.#hello;
    fs.writeFileSync(this.#hostFile, JSON.stringify({ pid, startTime, protocol, since }), { mode: 0o600 });
    await this.#socket.listen();
    this.#watchIdle();
  }

  /** TERM to every session, KILL to those that stay, then the process ends. */
  async shutdown(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#sessions.signalAll('SIGTERM');
    const until = Date.now() + SHUTDOWN_GRACE_MS;
    while (this.#sessions.running.length > 0 && Date.now() < until) await sleep(20);
    this.#sessions.signalAll('SIGKILL');
    while (this.#sessions.running.length > 0 && Date.now() < until + SHUTDOWN_GRACE_MS) await sleep(20);
    this.#leave();
  }

  get #hostFile(): string {
    return path.join(this.#runDir, 'host.json');
  }

  #accept(socket: net.Socket): void {
    const connection = new HostConnection(socket, {
      hello: this.#hello,
      sessions: this.#sessions,
      boot: this.#boot,
      onShutdown: () => void this.shutdown(),
    });
    this.#connections.add(connection);
    this.#watchIdle();
    socket.on('close', () => {
      this.#connections.delete(connection);
      this.#boot.left(connection);
      this.#watchIdle();
    });
  }

  #change(id: string): void {
    this.#changed.add(id);
    this.#telling ??= setTimeout(
      () => this.#tell(),
      Math.max(0, this.#toldAt + CHANGE_INTERVAL_MS - performance.now()),
    );
  }

  #tell(): void {
    this.#telling = undefined;
    this.#toldAt = performance.now();
    const ids = [...this.#changed];
    this.#changed.clear();
    for (const connection of this.#connections) connection.notify(ids);
    this.#watchIdle();
  }

  #watchIdle(): void {
    const running = this.#sessions.running.length > 0;
    if (running) this.#checking ??= setTimeout(() => void this.#check(), SOCKET_CHECK_MS);
    if (running || this.#connections.size > 0 || this.#boot.isWaiting) {
      clearTimeout(this.#idle);
      this.#idle = undefined;
    } else {
      this.#idle ??= setTimeout(() => this.#leave(), this.#idleMs);
    }
  }

  async #check(): Promise<void> {
    await this.#socket?.ensure();
    this.#checking = undefined;
    this.#watchIdle();
  }

  #leave(): never {
    this.#sessions.close();
    fs.rmSync(this.#hostFile, { force: true });
    this.#socket?.close();
    process.exit(0);
  }
}

const [runDir, idleMs] = process.argv.slice(2);
if (!runDir) {
  console.error('usage: host <run directory> [idle ms]');
  process.exit(2);
}
// The screen's terminal may hang up; the agents' terminals must not.
process.on('SIGHUP', () => {});
// A fault in one session must not end thirty others: it is written to host.log, and the host goes on.
let faults = 0;
process.on('uncaughtException', error => {
  faults += 1;
  if (faults <= LOGGED_FAULTS) console.error(new Date().toISOString(), error);
});
const host = new TerminalHost(privateDirectory(path.resolve(runDir)), idleMs ? Number(idleMs) : IDLE_MS);
process.on('SIGTERM', () => void host.shutdown());
try {
  await host.run();
} catch (error) {
  console.error(error);
  process.exit(1);
}
