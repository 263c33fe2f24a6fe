import fs from 'node:fs';
import { GastownError } from '../common/errors.ts';
import { lastRowsOfLog } from './emulator.ts';
import type { SessionRegistry } from './host-registry.ts';
import { LiveSession } from './host-session.ts';
import { processesOfSessions } from './process.ts';
import type { HostSession, SessionSignal, StartRequest } from './protocol.ts';

/** Between two looks at the CPU time of the agents' processes: an agent that computes silently is not stalled. */
const SWEEP_MS = 2_000;
/** A sweep takes at most one part in this of the time, however many processes the machine runs. */
const SWEEP_SHARE = 50;
/** Ended sessions whose screen stays in memory (2.5 MB each); older ones keep their exit status only, the log file has the rest. */
const ENDED_SCREENS = 16;

export interface TableEvents {
  onChange(id: string): void;
  onEnd(id: string): void;
}

/** All sessions of the host: those that run, and those that ended and are not forgotten yet. */
export class SessionTable {
  readonly #live = new Map<string, LiveSession>();
  readonly #past = new Map<string, HostSession>();
  readonly #events: TableEvents;
  #registry: SessionRegistry | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(events: TableEvents) {
    this.#events = events;
  }

  /** Takes over what an earlier host left, and remembers from now on. */
  open(registry: SessionRegistry): void {
    this.#registry = registry;
    for (const session of registry.takeOver()) this.#past.set(session.id, session);
    if (this.#past.size > 0) this.#save();
  }

  /** Sessions whose process runs. */
  get running(): LiveSession[] {
    return [...this.#live.values()].filter(session => session.alive);
  }

  list(): HostSession[] {
    return [...this.#past.values(), ...[...this.#live.values()].map(session => session.describe())];
  }

  /** Starts a process. Throws `already_exists`, `not_found` (no such folder), `invalid` or `terminal`. */
  start(request: StartRequest): LiveSession {
    if (this.#live.has(request.id) || this.#past.has(request.id)) {
      throw new GastownError('already_exists', `There is a session ${request.id} already.`, {
        hint: 'Forget it once its end is recorded.',
        ids: { session: request.id },
      });
    }
    if (request.argv.length === 0) throw new GastownError('invalid', 'There is no command to run.');
    if (!fs.statSync(request.cwd, { throwIfNoEntry: false })?.isDirectory()) {
      throw new GastownError('not_found', `The folder ${request.cwd} does not exist.`);
    }
    const session = this.#spawn(request);
    this.#live.set(session.id, session);
    this.#save();
    this.#events.onChange(session.id);
    this.#scheduleSweep(SWEEP_MS);
    return session;
  }

  /** A session that has a screen, if there is one. */
  find(id: string): LiveSession | undefined {
    return this.#live.get(id);
  }

  /** The same; throws `not_found`. */
  get(id: string): LiveSession {
    const session = this.find(id);
    if (session) return session;
    throw new GastownError(
      'not_found',
      this.#past.has(id) ? `Session ${id} has no screen any more.` : `There is no session ${id}.`,
      {
        ...(this.#past.has(id) && { hint: 'Read its log file.' }),
        ids: { session: id },
      },
    );
  }

  /** Last rows of a session, from its log file when its screen is not in memory any more. */
  async tail(id: string, lines: number): Promise<string[]> {
    const past = this.#past.get(id);
    if (!past) return this.get(id).tail(lines);
    return lastRowsOfLog(past.logFile, { columns: past.columns, rows: past.rows, lines });
  }

  /** Drops an ended session. One that runs is refused; one that is not known is forgotten already. */
  forget(id: string): void {
    const session = this.#live.get(id);
    if (session?.alive) throw new GastownError('conflict', `Session ${id} still runs.`, { hint: 'End it first.' });
    const known = this.#live.delete(id) || this.#past.delete(id);
    void session?.dispose();
    if (!known) return;
    this.#save();
    this.#events.onChange(id);
  }

  /** Signals a session's processes. One that has ended is where the signal was to bring it. */
  signal(id: string, signal: SessionSignal): void {
    if (!this.#past.has(id)) this.get(id).signal(signal);
  }

  signalAll(signal: SessionSignal): void {
    for (const session of this.running) session.signal(signal);
  }

  close(): void {
    clearTimeout(this.#sweep);
    this.#sweep = undefined;
    this.#save();
  }

  #spawn(request: StartRequest): LiveSession {
    try {
      return new LiveSession(request, {
        onOutput: session => this.#events.onChange(session.id),
        onExit: session => this.#ended(session),
      });
    } catch (error) {
      if (error instanceof GastownError) throw error;
      throw new GastownError('terminal', `The terminal could not be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #ended(session: LiveSession): void {
    const ended = [...this.#live.values()].filter(other => !other.alive);
    for (const old of ended.slice(0, Math.max(0, ended.length - ENDED_SCREENS))) {
      this.#past.set(old.id, old.describe());
      this.#live.delete(old.id);
      void old.dispose();
    }
    this.#save();
    this.#events.onEnd(session.id);
    this.#events.onChange(session.id);
  }

  #save(): void {
    try {
      this.#registry?.save(this.list());
    } catch (error) {
      // Memory of a later host only: a full disk must not end the agents of this one.
      console.error('sessions.json could not be written:', error);
    }
  }

  #scheduleSweep(delayMs: number): void {
    this.#sweep ??= setTimeout(() => void this.#sweepCpu(), delayMs);
  }

  async #sweepCpu(): Promise<void> {
    const running = this.running;
    const used = new Map(running.map(session => [session.pid, { cpuTicks: 0, residentBytes: 0 }]));
    const started = performance.now();
    for (const found of await processesOfSessions(new Set(used.keys()))) {
      const sum = used.get(found.session)!;
      sum.cpuTicks += found.cpuTicks;
      sum.residentBytes += found.residentBytes;
    }
    for (const session of running) session.observeUse(used.get(session.pid)!);
    const tookMs = performance.now() - started;
    if (this.#sweep === undefined) return;
    this.#sweep = undefined;
    if (this.running.length > 0) this.#scheduleSweep(Math.max(SWEEP_MS, tookMs * SWEEP_SHARE));
  }
}
