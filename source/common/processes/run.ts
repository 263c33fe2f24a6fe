import type { ProcessEnd, ProcessOrder } from './directly.ts';
import { startProcess } from './start.ts';

export interface ProcessLimits {
  /** Past this the command is ended, with its whole group. */
  readonly timeoutMs: number;
  /** Of either output; past this it is cut, and the command is ended. */
  readonly maxOutputBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ProcessResult extends ProcessEnd {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** An output passed its limit; how the command ended says nothing then. */
  readonly truncated: boolean;
  /** Why we ended it, when we did. */
  readonly ended?: 'timeout' | 'stopped';
}

/** Runs a command to its end, within limits. Never rejects: how it ended is the answer. */
export const runProcess = (order: ProcessOrder, limits: ProcessLimits): Promise<ProcessResult> =>
  new Promise(resolve => {
    const stdout = createOutput(limits.maxOutputBytes, () => end());
    const stderr = createOutput(limits.maxOutputBytes, () => end());
    let ended: ProcessResult['ended'];
    let killer: NodeJS.Timeout | undefined;
    const running = startProcess(order, {
      onStdout: stdout.push,
      onStderr: stderr.push,
      onEnd(how) {
        clearTimeout(timer);
        clearTimeout(killer);
        limits.signal?.removeEventListener('abort', onAbort);
        const truncated = stdout.isCut() || stderr.isCut();
        resolve({ ...how, stdout: stdout.bytes(), stderr: stderr.bytes(), truncated, ...(ended && { ended }) });
      },
    });
    const end = (why?: ProcessResult['ended']): void => {
      ended ??= why;
      running.signal('SIGTERM');
      killer ??= setTimeout(() => running.abandon(), TERM_GRACE_MS);
    };
    const onAbort = (): void => end('stopped');
    const timer = setTimeout(() => end('timeout'), limits.timeoutMs);
    if (limits.signal?.aborted) onAbort();
    limits.signal?.addEventListener('abort', onAbort, { once: true });
  });

/** Git removes its lock files on TERM. */
const TERM_GRACE_MS = 2_000;

const createOutput = (maxBytes: number, onCut: () => void) => {
  const chunks: Buffer[] = [];
  let left = maxBytes;
  let isCut = false;
  return {
    push(chunk: Buffer): void {
      if (isCut) return;
      chunks.push(chunk.subarray(0, left));
      left -= chunk.length;
      if (left >= 0) return;
      isCut = true;
      onCut();
    },
    isCut: () => isCut,
    bytes: (): Buffer => Buffer.concat(chunks),
  };
};
