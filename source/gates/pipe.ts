import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { runProcess } from '../common/processes/run.ts';

/**
 * A true pipe for a child's output. Node's own `pipe` is a socket, on which `echo … > /dev/stderr` fails with `No such
 * device or address`, and gate scripts do that. Undefined where named pipes cannot be made. The caller closes `writeFd`
 * once the child has it.
 */
export const openPipe = async (): Promise<{ readable: Readable; writeFd: number } | undefined> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'gastown-pipe-'));
  try {
    const file = path.join(folder, 'output');
    const made = await runProcess(
      { file: 'mkfifo', args: ['-m', '600', file], cwd: folder, env: { PATH: process.env.PATH ?? '' } },
      { timeoutMs: MAKE_TIMEOUT_MS, maxOutputBytes: 1_000 },
    );
    if (made.code !== 0) return undefined;
    // Non-blocking, so that opening does not wait for the other end and reading takes no thread of the pool.
    const readFd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const writeFd = openSync(file, constants.O_WRONLY);
      return { readable: new net.Socket({ fd: readFd, readable: true, writable: false }), writeFd };
    } catch (error) {
      closeSync(readFd);
      throw error;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Making one takes a millisecond. */
const MAKE_TIMEOUT_MS = 10_000;
