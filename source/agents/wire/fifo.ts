import fs from 'node:fs';
import { Socket } from 'node:net';
import { GastownError } from '../../common/errors.ts';

/** Bytes that an agent has not read yet; past this it is taken to be deaf. */
const PENDING_BYTES = 64 * 1024 * 1024;

export interface LineWriter {
  /** Queues one JSON value as a line. Throws `terminal` when nobody reads any more. */
  send(value: unknown): void;
  /** What is queued is lost: the session is over. */
  close(): void;
}

/** Makes the FIFO that is to be an agent's standard input. One that is there already is left alone. */
export const makeFifo = async (file: string): Promise<void> => {
  if (fs.statSync(file, { throwIfNoEntry: false })?.isFIFO()) return;
  const { execa } = await import('execa');
  await execa('mkfifo', ['-m', '600', file]);
};

/**
 * Writes lines into a FIFO without ever waiting for its reader. Undefined when nobody has it open: the agent has ended,
 * or has not begun.
 */
export const openFifo = (file: string, onError: (error: unknown) => void): LineWriter | undefined => {
  let fd: number;
  try {
    // Without O_NONBLOCK an open for writing waits for a reader, and with it the whole town.
    fd = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  } catch (error) {
    if (['ENXIO', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  const pipe = new Socket({ fd, readable: false, writable: true });
  let broken: string | undefined;
  pipe.on('error', error => {
    broken = error.message;
    onError(error);
  });
  return {
    send(value) {
      if (broken !== undefined) throw new GastownError('terminal', `The agent reads nothing any more: ${broken}.`);
      if (pipe.writableLength > PENDING_BYTES) {
        throw new GastownError('terminal', 'The agent has not read its input for too long.', {
          hint: 'Interrupt it, or stop it.',
        });
      }
      pipe.write(`${JSON.stringify(value)}\n`);
    },
    close() {
      pipe.destroy();
    },
  };
};
