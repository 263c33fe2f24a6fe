import { readFileSync } from 'node:fs';
import { vi } from 'vitest';

/** Under load. */
const LISTENS_MS = 30_000;

interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize?: number;
  readonly backingStorageSize?: number;
}

/**
 * Bytes that live in another Node process, its buffers included, after it has collected all garbage: asked of its inspector,
 * which SIGUSR1 opens on the loopback. The process says where in its error output, which must go to a file.
 */
export const liveHeapBytes = async ({ pid, errorFile }: { pid: number; errorFile: string }): Promise<number> => {
  process.kill(pid, 'SIGUSR1');
  const url = await vi.waitUntil(() => /^Debugger listening on (ws:\S+)$/m.exec(readFileSync(errorFile, 'utf8'))?.[1], {
    timeout: LISTENS_MS,
  });
  const ask = await connect(url);
  try {
    // What was only kept by what one collection took away is taken away by the next.
    for (let times = 0; times < 2; times++) await ask('HeapProfiler.collectGarbage');
    const {
      usedSize,
      embedderHeapUsedSize = 0,
      backingStorageSize = 0,
    } = (await ask('Runtime.getHeapUsage')) as HeapUsage;
    return usedSize + embedderHeapUsedSize + backingStorageSize;
  } finally {
    ask.close();
  }
};

type Ask = ((method: string) => Promise<unknown>) & { close(): void };

const connect = async (url: string): Promise<Ask> => {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let calls = 0;
  const ask = (method: string): Promise<unknown> => {
    const id = ++calls;
    return new Promise((resolve, reject) => {
      const hear = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: { message: string } };
        if (answer.id !== id) return;
        socket.removeEventListener('message', hear);
        if (answer.error) reject(new Error(`${method}: ${answer.error.message}`));
        else resolve(answer.result);
      };
      socket.addEventListener('message', hear);
      socket.addEventListener('close', () => reject(new Error(`${method}: the process is gone`)));
      socket.send(JSON.stringify({ id, method }));
    });
  };
  return Object.assign(ask, { close: () => socket.close() });
};
