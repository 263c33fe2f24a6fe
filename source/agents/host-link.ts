import type net from 'node:net';
import { GastownError } from '../common/errors.ts';
import {
  encodeFrame,
  frameReader,
  HOST_HELLO,
  HOST_PROTOCOL,
  type HostCall,
  type HostCalls,
  type HostFrame,
  type WireError,
} from './protocol.ts';

/** A host that does not answer for this long is treated as gone. */
const CALL_TIMEOUT_MS = 10_000;

/** A person's terminal on a live session. */
export interface HostAttachment {
  /** Screen so far as escape sequences: write it to a cleared terminal of the size given to `attach`. */
  readonly replay: string;
  /** Output that came before the first listener is kept for it. */
  onData(listener: (data: string) => void): () => void;
  onEnd(listener: (reason: string) => void): () => void;
  /** Input that the agent has no room for is answered by a bell. */
  write(data: string): void;
  resize(columns: number, rows: number): void;
  detach(): void;
}

/** One connection to the host: numbers the calls, matches the answers, deals out the events. */
export class HostLink {
  readonly #socket: net.Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #sinks = new Map<number, AttachmentSink>();
  readonly #changeListeners = new Set<(sessions: readonly string[]) => void>();
  readonly #closeListeners = new Set<() => void>();
  #last = 0;
  #closed = false;
  #welcome: { onHello: (pid: number) => void; onRefused: (error: GastownError) => void } | undefined;

  constructor(
    socket: net.Socket,
    welcome: { onHello: (pid: number) => void; onRefused: (error: GastownError) => void },
  ) {
    this.#socket = socket;
    this.#welcome = welcome;
    socket.on(
      'data',
      frameReader(
        frame => this.#take(frame as HostFrame),
        () => socket.destroy(),
      ),
    );
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#lost());
    this.#write({ hello: HOST_HELLO, protocol: HOST_PROTOCOL });
    setTimeout(() => {
      if (this.#welcome) socket.destroy();
    }, CALL_TIMEOUT_MS).unref();
  }

  call<C extends HostCall>(op: C, args: HostCalls[C]['args']): Promise<HostCalls[C]['result']> {
    if (this.#closed) return Promise.reject(unreachableHost('The connection to the terminal host is gone.'));
    const call = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(call);
        reject(unreachableHost(`The terminal host did not answer within ${CALL_TIMEOUT_MS / 1000} s.`));
      }, CALL_TIMEOUT_MS);
      this.#waiting.set(call, { resolve: resolve as (result: never) => void, reject, timer });
      if (this.#write({ call, op, args } as Parameters<typeof encodeFrame>[0])) return;
      this.#settle(call)?.reject(new GastownError('invalid', 'That is too much to hand to the terminal host at once.'));
    });
  }

  async attach(id: string, size: { columns: number; rows: number }): Promise<HostAttachment> {
    const attachment = ++this.#last;
    const held: string[] = [];
    const dataListeners = new Set<(data: string) => void>();
    const endListeners = new Set<(reason: string) => void>();
    let ended: string | undefined;
    this.#sinks.set(attachment, {
      data: data => {
        if (dataListeners.size === 0) held.push(data);
        for (const listener of dataListeners) listener(data);
      },
      end: reason => {
        ended = reason;
        this.#sinks.delete(attachment);
        for (const listener of endListeners) listener(reason);
      },
    });
    const ignoreLoss = (error: unknown): void => {
      // The end of the session or of the connection is told by `onEnd`.
      if (!(error instanceof GastownError)) throw error;
    };
    try {
      const { replay } = await this.call('attach', { id, attachment, ...size });
      return {
        replay,
        onData: listener => {
          dataListeners.add(listener);
          for (const data of held.splice(0)) listener(data);
          return () => dataListeners.delete(listener);
        },
        onEnd: listener => {
          endListeners.add(listener);
          if (ended !== undefined) listener(ended);
          return () => endListeners.delete(listener);
        },
        write: data => {
          this.call('write', { id, data }).catch(error => {
            ignoreLoss(error);
            this.#sinks.get(attachment)?.data(BELL);
          });
        },
        resize: (columns, rows) => void this.call('resize', { id, columns, rows }).catch(ignoreLoss),
        detach: () => {
          if (this.#sinks.delete(attachment)) void this.call('detach', { attachment }).catch(ignoreLoss);
        },
      };
    } catch (error) {
      this.#sinks.delete(attachment);
      throw error;
    }
  }

  onChange(listener: (sessions: readonly string[]) => void): () => void {
    if (this.#changeListeners.size === 0) {
      this.call('watch', {}).catch(error => {
        // A lost connection is told by `onClose`.
        if (!(error instanceof GastownError)) throw error;
      });
    }
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  onClose(listener: () => void): () => void {
    this.#closeListeners.add(listener);
    return () => this.#closeListeners.delete(listener);
  }

  close(): void {
    this.#socket.destroy();
    this.#lost();
  }

  /** Resolves when the host has ended. */
  async shutdown(): Promise<void> {
    if (this.#closed) throw unreachableHost('The connection to the terminal host is gone.');
    const gone = new Promise<void>(resolve => this.onClose(resolve));
    // The host may be gone before its answer is on its way.
    await this.call('shutdown', {}).catch(error => {
      if (!this.#closed) throw error;
    });
    await gone;
  }

  #take(frame: HostFrame): void {
    if ('hello' in frame) {
      this.#greeted(frame);
    } else if ('refused' in frame) {
      this.#welcome?.onRefused(fromWire(frame.refused));
      this.#welcome = undefined;
      this.#socket.destroy();
    } else if ('call' in frame) {
      const waiting = this.#settle(frame.call);
      if ('error' in frame) waiting?.reject(fromWire(frame.error));
      else waiting?.resolve(frame.result as never);
    } else if (frame.event === 'change') {
      for (const listener of this.#changeListeners) listener(frame.sessions);
    } else if (frame.event === 'output') {
      this.#sinks.get(frame.attachment)?.data(frame.data);
    } else {
      this.#sinks.get(frame.attachment)?.end(frame.reason);
    }
  }

  #greeted(frame: Extract<HostFrame, { hello: string }>): void {
    if (frame.hello === HOST_HELLO && frame.protocol === HOST_PROTOCOL) {
      this.#welcome?.onHello(frame.pid);
    } else {
      this.#welcome?.onRefused(
        new GastownError(
          'protocol',
          `The terminal host speaks version ${frame.protocol}; this program speaks ${HOST_PROTOCOL}.`,
          {
            hint: 'Let its agents finish with the gastown that started it, then start again.',
          },
        ),
      );
      this.#socket.destroy();
    }
    this.#welcome = undefined;
  }

  #settle(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  #write(frame: Parameters<typeof encodeFrame>[0]): boolean {
    const bytes = encodeFrame(frame);
    if (bytes && this.#socket.writable) this.#socket.write(bytes);
    return bytes !== undefined;
  }

  #lost(): void {
    if (this.#closed) return;
    this.#closed = true;
    const error = unreachableHost('The connection to the terminal host is gone.');
    this.#welcome?.onRefused(error);
    for (const call of [...this.#waiting.keys()]) this.#settle(call)?.reject(error);
    for (const sink of [...this.#sinks.values()]) sink.end('The terminal host is gone.');
    for (const listener of this.#closeListeners) listener();
  }
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

interface AttachmentSink {
  data(data: string): void;
  end(reason: string): void;
}

const BELL = '\x07';

const fromWire = ({ code, message, hint }: WireError): GastownError =>
  new GastownError(code, message, hint ? { hint } : {});

/** The host is gone, or does not answer. */
export const unreachableHost = (message: string, cause?: unknown): GastownError =>
  new GastownError('host_unreachable', message, {
    hint: 'Agents may still run: start gastown again to find them.',
    ...(cause !== undefined && { cause }),
  });
