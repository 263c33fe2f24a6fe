import fs from 'node:fs';

/** What node-pty's Unix terminal reads through. */
export interface PtyReader {
  readonly fd: number;
  readonly _socket: { destroy(error?: Error): unknown; read(): string | null };
}

/** Read at once, and at most in all: what a pty holds back is a few kilobytes, but a left-over child may go on writing. */
const READ_BYTES = 65_536;
const LAST_READS_MAX = 16;

/**
 * TRAP: node-pty closes a terminal 200 ms after its process has ended, whether or not its output was read. On a busy
 * machine, or while output is held back, an agent's last words would be lost. `onData` gets what is left before the
 * descriptor is closed.
 */
export const readLastWords = ({ fd, _socket: socket }: PtyReader, onData: (data: string) => void): void => {
  const destroy = socket.destroy.bind(socket);
  let isOver = false;
  socket.destroy = error => {
    if (!isOver) {
      isOver = true;
      // Reading gives it to whoever listens.
      while (socket.read() !== null);
      const rest = readWaiting(fd);
      if (rest.length > 0) onData(rest.toString('utf8'));
    }
    return destroy(error);
  };
};

const readWaiting = (fd: number): Buffer => {
  const chunks: Buffer[] = [];
  for (let reads = 0; reads < LAST_READS_MAX; reads++) {
    const chunk = Buffer.allocUnsafe(READ_BYTES);
    const bytes = readSome(fd, chunk);
    if (bytes === 0) break;
    chunks.push(chunk.subarray(0, bytes));
  }
  return Buffer.concat(chunks);
};

/** 0 when nothing waits. The descriptor does not block. */
const readSome = (fd: number, into: Buffer): number => {
  try {
    return fs.readSync(fd, into);
  } catch (error) {
    // EIO is how Linux says that the other end of a terminal is gone.
    if (['EAGAIN', 'EIO', 'EBADF', 'EINTR'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
};
