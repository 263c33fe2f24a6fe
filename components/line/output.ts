import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import type { TerminalOutput } from '../attach.ts';

/**
 * The terminal as what is written to without ever waiting for it. Node writes to a terminal synchronously, so that a line
 * that stops taking bytes (a stopped `ssh`, a laptop asleep, a held scroll bar) would stop the whole town in `write`.
 */
export interface ScreenOutput extends TerminalOutput {
  readonly isTTY: boolean;
  /** Bytes that the terminal has not taken yet. */
  readonly pendingBytes: number;
  /** Bytes that it took so far. */
  readonly takenBytes: number;
  /** Calls back when it has taken everything again; `lost`: something was thrown away, so what it shows is unknown. */
  onDrain(listener: (lost: boolean) => void): () => void;
  /** Forgets what was not begun yet: what comes next matters more than a frame that is out of date. */
  discard(): void;
  /** Resolves once all is written, or after the limit. */
  flushed(limitMs: number): Promise<void>;
  close(): void;
}

/** Where the bytes go: as many as are taken at once; throws `EAGAIN` when none are. */
export interface Device {
  write(bytes: Buffer): number;
  close(): void;
}

/** Bytes kept for a terminal that takes none: some whole frames of a large screen. Beyond that all is drawn anew later. */
export const PENDING_MAX_BYTES = 262_144;
/** Ms until a full terminal is tried again: soon, as most are only busy, then ever less often. */
const RETRY_FIRST_MS = 2;
const RETRY_LAST_MS = 50;

interface Chunk {
  bytes: Buffer;
  readonly written: (() => void)[];
}

export const createScreenOutput = (
  terminal: TerminalOutput & { readonly isTTY?: boolean; readonly fd?: number },
  device: Device = openDevice(terminal),
): ScreenOutput => {
  const events = new EventEmitter();
  let queue: Chunk[] = [];
  let pendingBytes = 0;
  let takenBytes = 0;
  let lost = false;
  let retryMs = RETRY_FIRST_MS;
  let retry: NodeJS.Timeout | undefined;
  let isGone = false;

  const onResize = (): void => void events.emit('resize');
  const onError = (error: Error): void => void events.emit('error', error);
  terminal.on('resize', onResize);
  terminal.on('error', onError);

  /** Drops chunks from the given place on; who waits for them need not wait any longer. */
  const forget = (from: number): void => {
    const dropped = queue.slice(from);
    queue = queue.slice(0, from);
    for (const { bytes, written } of dropped) {
      pendingBytes -= bytes.length;
      for (const call of written) call();
    }
  };

  const drain = (): void => {
    retry = undefined;
    const wasPending = pendingBytes > 0;
    while (queue.length > 0) {
      const chunk = queue[0]!;
      const taken = chunk.bytes.length === 0 ? 0 : tryWrite(chunk.bytes);
      if (taken === undefined) return;
      pendingBytes -= taken;
      takenBytes += taken;
      if (taken < chunk.bytes.length) {
        chunk.bytes = chunk.bytes.subarray(taken);
        begun = true;
        continue;
      }
      begun = false;
      queue.shift();
      for (const call of chunk.written) call();
    }
    if (!wasPending && !lost) return;
    const wasLost = lost;
    lost = false;
    events.emit('drain', wasLost);
  };
  let begun = false;

  /** Undefined when the terminal takes nothing now: it is tried again later. */
  const tryWrite = (bytes: Buffer): number | undefined => {
    try {
      const taken = device.write(bytes);
      retryMs = RETRY_FIRST_MS;
      return taken;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
        retry ??= setTimeout(drain, retryMs).unref();
        retryMs = Math.min(RETRY_LAST_MS, retryMs * 2);
        return undefined;
      }
      isGone = true;
      forget(0);
      onError(error as Error);
      return undefined;
    }
  };

  /** What is written in part must be ended: half an escape sequence would swallow what follows. */
  const discard = (): void => forget(begun ? 1 : 0);

  const write = (data: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    const done = rest.find(arg => typeof arg === 'function') as (() => void) | undefined;
    const bytes = Buffer.from(data as string);
    if (isGone || (lost && bytes.length > 0)) {
      done?.();
      return false;
    }
    queue.push({ bytes, written: done ? [done] : [] });
    pendingBytes += bytes.length;
    if (retry === undefined) drain();
    if (pendingBytes > PENDING_MAX_BYTES) {
      lost = true;
      discard();
    }
    return pendingBytes === 0;
  };

  const output = Object.assign(events, {
    isTTY: terminal.isTTY === true,
    writable: true,
    write,
    discard() {
      discard();
      lost = false;
    },
    onDrain(listener: (lost: boolean) => void) {
      events.on('drain', listener);
      return () => events.off('drain', listener);
    },
    async flushed(limitMs: number) {
      if (pendingBytes === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timeout = setTimeout(resolve, limitMs).unref();
      write('', resolve);
      await promise;
      clearTimeout(timeout);
    },
    close() {
      clearTimeout(retry);
      retry = undefined;
      terminal.off('resize', onResize);
      isGone = true;
      forget(0);
      device.close();
    },
  });
  return Object.defineProperties(output, {
    columns: { get: () => terminal.columns },
    rows: { get: () => terminal.rows },
    pendingBytes: { get: () => pendingBytes },
    takenBytes: { get: () => takenBytes },
  }) as unknown as ScreenOutput;
};

/**
 * A descriptor of our own on the same terminal: it alone does not block, while whoever shares standard output (the shell,
 * another program of the pipeline) finds that as it was. On Linux `/proc` opens it anew; elsewhere the terminal that
 * controls the process is the one that it talks to. Where neither can be had, writing blocks as it always does in Node.
 */
const openDevice = (terminal: TerminalOutput & { readonly isTTY?: boolean; readonly fd?: number }): Device => {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = fs.constants;
  if (terminal.isTTY && typeof terminal.fd === 'number')
    for (const path of process.platform === 'linux' ? [`/proc/self/fd/${terminal.fd}`] : ['/dev/tty'])
      try {
        const fd = fs.openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
        return { write: bytes => fs.writeSync(fd, bytes), close: () => fs.closeSync(fd) };
      } catch {
        // No such file system, or the terminal belongs to another user (after `su`): it is written to as it is.
      }
  return {
    write(bytes) {
      terminal.write(bytes.toString());
      return bytes.length;
    },
    close() {},
  };
};
