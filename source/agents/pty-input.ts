import fs from 'node:fs';
import { GastownError } from '../common/errors.ts';

/** Bytes handed to the kernel at once: what a terminal's input buffer takes (N_TTY_BUF_SIZE). */
export const INPUT_PIECE_BYTES = 4_096;
/** Input that waits for an agent which does not read. Past this a prompt belongs in a file. */
export const INPUT_QUEUE_BYTES = 1_048_576;
/** First and longest pause before input is offered again to an agent that did not take it: an agent that never reads costs four tries a second. */
const RETRY_FIRST_MS = 4;
const RETRY_LONGEST_MS = 250;

export interface PtyInput {
  /** Queues input in order. Throws `invalid` when the queue would pass `INPUT_QUEUE_BYTES`; nothing is queued then. */
  push(data: string): void;
  readonly pendingBytes: number;
  close(): void;
}

/**
 * Feeds a pty in pieces and waits between them while the agent does not read. node-pty's own `write` must not be used:
 * a write that the terminal does not take at once spins until it does, which holds a core and the whole process (here
 * measured with 200 KB and a child that never reads). The descriptor does not block; `isOpen` tells whether it is still ours.
 */
export const ptyInput = (options: { fd: number; isOpen: () => boolean; onTaken: () => void }): PtyInput => {
  let queue: Buffer[] = [];
  let pendingBytes = 0;
  let retryMs = RETRY_FIRST_MS;
  let timer: NodeJS.Timeout | undefined;

  const clear = (): void => {
    queue = [];
    pendingBytes = 0;
  };

  const feed = (): void => {
    timer = undefined;
    for (let pieces = 0; pieces < PIECES_A_TURN; pieces += 1) {
      const head = queue[0];
      if (!head) return;
      const written = options.isOpen() ? writeSome(options.fd, head) : 'closed';
      if (written === 'closed') {
        clear();
        return;
      }
      if (written === 0) {
        timer = setTimeout(feed, retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_LONGEST_MS);
        return;
      }
      retryMs = RETRY_FIRST_MS;
      pendingBytes -= written;
      if (written === head.length) queue.shift();
      else queue[0] = head.subarray(written);
      options.onTaken();
    }
    timer = setTimeout(feed, 0);
  };

  return {
    push(data) {
      const bytes = Buffer.from(data, 'utf8');
      if (pendingBytes + bytes.length > INPUT_QUEUE_BYTES) {
        throw new GastownError('invalid', `The agent has not read ${pendingBytes} bytes of earlier input.`, {
          hint: 'Wait until it reads, or hand over long text as a file.',
        });
      }
      if (bytes.length === 0) return;
      queue.push(bytes);
      pendingBytes += bytes.length;
      if (timer === undefined) feed();
    },
    get pendingBytes() {
      return pendingBytes;
    },
    close() {
      clearTimeout(timer);
      clear();
    },
  };
};

/** Pieces written in one turn of the event loop, so that one long input does not delay other sessions. */
const PIECES_A_TURN = 16;

const writeSome = (fd: number, data: Buffer): number | 'closed' => {
  try {
    return fs.writeSync(fd, data, 0, Math.min(data.length, INPUT_PIECE_BYTES));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return 0;
    // The other end of the terminal is gone; its exit is reported by the pty itself.
    if (code === 'EIO' || code === 'EBADF') return 'closed';
    throw error;
  }
};
