import serializeAddon from '@xterm/addon-serialize';
import nodePty, { type IPty } from 'node-pty';
import { GastownError } from '../common/errors.ts';
import { type Emulator, emulator, lastRows, plainRow, plainRows } from './emulator.ts';
import { endRemains, isSameProcess, processStartTime, signalProcess } from './process.ts';
import { listenToProgram } from './program-status.ts';
import type { HostSession, SessionSignal, StartRequest } from './protocol.ts';
import { type PtyInput, ptyInput } from './pty-input.ts';
import { type PtyReader, readLastWords } from './pty-output.ts';
import { type SessionLog, sessionLog } from './session-log.ts';
import { createSteadyTime } from './steady-time.ts';
import { closeOtherDescriptors } from './trampoline.ts';

/** Output that has not been parsed or written to the log yet; past this the agent is held back. The emulator itself drops output beyond 50 MB. */
const PENDING_HIGH_BYTES = 1_048_576;
const PENDING_LOW_BYTES = 262_144;
/** Unread input past which the emulator's answers to queries are dropped: a child that asks without reading must not fill its own queue. */
const REPLY_QUEUE_BYTES = 4_096;
/** A terminal of more cells than a wall of screens shows is a mistake, and memory grows with it. */
const SIZE_LIMITS = { columns: 500, rows: 300 };
/** CPU ticks (10 ms each) between two looks that count as progress: less is a process that only polls. */
const PROGRESS_TICKS = 5;

export interface SessionEvents {
  onOutput(session: LiveSession): void;
  onExit(session: LiveSession): void;
}

/** What node-pty's Unix terminal has beyond its types. */
type UnixPty = IPty & PtyReader & { readonly _socket: { readonly destroyed: boolean }; destroy(): void };

/** One agent's terminal: the pty, the emulator that knows its screen, the log and whoever watches. */
export class LiveSession {
  readonly id: string;
  readonly pid: number;
  readonly startTime: number;
  readonly #time = createSteadyTime();
  readonly #startedMark = this.#time.mark();
  readonly #pty: UnixPty;
  readonly #terminal: Emulator;
  readonly #serializer = new serializeAddon.SerializeAddon();
  readonly #input: PtyInput;
  readonly #program: ReturnType<typeof listenToProgram>;
  readonly #logFile: string;
  readonly #log: SessionLog;
  readonly #viewers = new Map<object, (data: string) => void>();
  #bytesOut = 0;
  #outputMark: number | undefined;
  #progressMark = this.#startedMark;
  #parsing = 0;
  #paused = false;
  #cpuTicks = 0;
  #residentBytes = 0;
  #ended: { at: number; exitCode: number; signal?: number } | undefined;

  /** Starts the process. Throws what the pty or the file system says. */
  constructor(request: StartRequest, events: SessionEvents) {
    const { columns, rows } = checkedSize(request);
    this.id = request.id;
    this.#logFile = request.logFile;
    this.#log = sessionLog(request.logFile);
    this.#log.onDrained(() => this.#balance());
    this.#terminal = emulator({ columns, rows });
    this.#terminal.loadAddon(this.#serializer);
    const [file, ...args] = closeOtherDescriptors(request.argv, request.env);
    this.#pty = nodePty.spawn(file!, args, {
      name: request.env.TERM ?? 'xterm-256color',
      cols: columns,
      rows,
      cwd: request.cwd,
      env: request.env,
    }) as UnixPty;
    this.pid = this.#pty.pid;
    this.startTime = processStartTime(this.pid) ?? 0;
    this.#input = ptyInput({
      fd: this.#pty.fd,
      isOpen: () => this.#open,
      onTaken: () => this.#progress(),
    });
    this.#pty.onData(data => this.#receive(data, events));
    readLastWords(this.#pty, data => this.#receive(data, events));
    this.#pty.onExit(({ exitCode, signal }) => this.#exited({ exitCode, signal, events }));
    this.#terminal.onData(reply => this.#answer(reply));
    // Also while a person is attached: few real terminals know this question, and a program asks it once, at its start.
    this.#program = listenToProgram(this.#terminal, reply => this.#reply(reply));
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** The master descriptor is still ours: after the socket closed, its number may name another session's terminal. */
  get #open(): boolean {
    return this.#ended === undefined && !this.#pty._socket.destroyed;
  }

  describe(): HostSession {
    return {
      id: this.id,
      pid: this.pid,
      startTime: this.startTime,
      alive: this.alive,
      ...(this.#ended && { exitCode: this.#ended.exitCode, endedAt: this.#ended.at }),
      ...(this.#ended?.signal && { signal: this.#ended.signal }),
      startedAt: this.#time.wallOf(this.#startedMark),
      bytesOut: this.#bytesOut,
      ...(this.#outputMark !== undefined && { lastOutputAt: this.#time.wallOf(this.#outputMark) }),
      lastProgressAt: this.#time.wallOf(this.#progressMark),
      ...(this.alive && this.#residentBytes > 0 && { residentBytes: this.#residentBytes }),
      lastLine: this.#lastLine(),
      columns: this.#terminal.cols,
      rows: this.#terminal.rows,
      inputPending: this.#input.pendingBytes,
      bracketedPaste: this.#terminal.modes.bracketedPasteMode,
      attached: this.#viewers.size,
      ...(this.#terminal.buffer.active.type === 'alternate' && { alternateScreen: true }),
      ...(this.#program.status && { status: this.#program.status }),
      ...(this.#program.title && { title: this.#program.title }),
      logFile: this.#logFile,
      ...(this.#log.error !== undefined && { logError: this.#log.error }),
    };
  }

  /** Queues input. Throws `invalid` when it has ended or has not read too much of it. */
  write(data: string): void {
    this.#mustLive();
    this.#input.push(data);
  }

  resize(size: { columns: number; rows: number }): void {
    this.#mustLive();
    const { columns, rows } = checkedSize(size);
    if (columns === this.#terminal.cols && rows === this.#terminal.rows) return;
    if (this.#open) this.#pty.resize(columns, rows);
    this.#terminal.resize(columns, rows);
  }

  /** Signals the process group, only while the recorded process is the one that runs: an ended one is left alone. KILL also reaches other groups of its terminal. */
  signal(signal: SessionSignal): void {
    if (!this.alive || !isSameProcess(this.pid, this.startTime)) return;
    signalProcess(-this.pid, signal);
    if (signal === 'SIGKILL') this.#killRemains();
  }

  /** The screen as plain rows, safe to print. */
  async screen(): Promise<string[]> {
    await this.#parsed();
    const { baseY } = this.#terminal.buffer.active;
    return plainRows(this.#terminal, baseY, baseY + this.#terminal.rows);
  }

  /** Last lines of scrollback and screen as plain rows, without blank rows at the end. */
  async tail(lines: number): Promise<string[]> {
    await this.#parsed();
    return lastRows(this.#terminal, lines);
  }

  /** Screen as escape sequences, to be written to a cleared terminal of the same size. */
  async serialize(scrollback: number): Promise<string> {
    await this.#parsed();
    return this.#serializer.serialize({ scrollback });
  }

  /** As `serialize`, and from the very next byte on `viewer` gets all output. While anyone views, the emulator does not answer queries: the real terminal does. */
  async attach(viewer: {
    key: object;
    columns: number;
    rows: number;
    onData: (data: string) => void;
  }): Promise<string> {
    this.resize(viewer);
    await this.#parsed();
    this.#mustLive();
    this.#viewers.set(viewer.key, viewer.onData);
    return this.#serializer.serialize({ scrollback: 0 });
  }

  detach(key: object): void {
    this.#viewers.delete(key);
  }

  /** Tells it the CPU ticks that its processes have used so far, of which a rise of some is progress, and what they hold in memory. */
  observeUse({ cpuTicks: ticks, residentBytes }: { cpuTicks: number; residentBytes: number }): void {
    this.#residentBytes = residentBytes;
    if (ticks - this.#cpuTicks >= PROGRESS_TICKS) this.#progress();
    // A process that went away without being waited for takes its ticks along: then count from there.
    if (ticks - this.#cpuTicks >= PROGRESS_TICKS || ticks < this.#cpuTicks) this.#cpuTicks = ticks;
  }

  /** Frees the emulator. Only after it has ended. */
  async dispose(): Promise<void> {
    await this.#log.close();
    this.#terminal.dispose();
  }

  #receive(data: string, events: SessionEvents): void {
    const bytes = Buffer.byteLength(data);
    this.#bytesOut += bytes;
    this.#outputMark = this.#time.mark();
    this.#progressMark = this.#outputMark;
    this.#log.append(data);
    this.#parsing += bytes;
    // Viewers get a chunk when the emulator has it, so that a replay plus what follows is each byte once.
    this.#terminal.write(data, () => {
      this.#parsing -= bytes;
      for (const view of this.#viewers.values()) view(data);
      this.#balance();
    });
    this.#balance();
    events.onOutput(this);
  }

  #balance(): void {
    const pending = Math.max(this.#parsing, this.#log.pendingBytes);
    if (!this.#paused && pending > PENDING_HIGH_BYTES) {
      this.#paused = true;
      this.#pty.pause();
    } else if (this.#paused && pending < PENDING_LOW_BYTES) {
      this.#paused = false;
      if (this.#open) this.#pty.resume();
    }
  }

  #answer(reply: string): void {
    if (this.#viewers.size === 0) this.#reply(reply);
  }

  #reply(reply: string): void {
    if (this.#open && this.#input.pendingBytes <= REPLY_QUEUE_BYTES) this.#input.push(reply);
  }

  #exited({ exitCode, signal, events }: { exitCode: number; signal: number | undefined; events: SessionEvents }): void {
    const ended = { at: Date.now(), exitCode, ...(signal && { signal }) };
    this.#input.close();
    this.#killRemains();
    this.#pty.destroy();
    void this.#log.close();
    // Ended once its last words are on its screen: whoever sees it ended may read them at once.
    this.#terminal.write('', () => {
      this.#ended = ended;
      events.onExit(this);
    });
  }

  /** Ends what the session left behind: a process that ignores the hang-up would go on writing in a checkout that is given to someone else. */
  #killRemains(): void {
    endRemains({ pid: this.pid, startTime: this.startTime });
  }

  #mustLive(): void {
    if (this.alive) return;
    throw new GastownError('invalid', `Session ${this.id} has ended.`, { ids: { session: this.id } });
  }

  #progress(): void {
    this.#progressMark = this.#time.mark();
  }

  #parsed(): Promise<void> {
    return new Promise(resolve => this.#terminal.write('', resolve));
  }

  #lastLine(): string {
    const buffer = this.#terminal.buffer.active;
    for (let y = buffer.baseY + this.#terminal.rows - 1; y >= buffer.baseY; y -= 1) {
      const row = plainRow(this.#terminal, y);
      if (row !== '') return row;
    }
    return '';
  }
}

const checkedSize = ({ columns, rows }: { columns: number; rows: number }): { columns: number; rows: number } => {
  const whole = (value: number): boolean => Number.isInteger(value) && value > 0;
  if (!whole(columns) || !whole(rows)) throw new GastownError('invalid', `A terminal of ${columns}×${rows} cannot be.`);
  return { columns: Math.min(columns, SIZE_LIMITS.columns), rows: Math.min(rows, SIZE_LIMITS.rows) };
};
