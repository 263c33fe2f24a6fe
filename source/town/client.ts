import net from 'node:net';
import { type ErrorCode, GastownError } from '../common/errors.ts';

/** Version of the town's socket protocol; another one is refused, so that an old `gt` never half-works. */
export const PROTOCOL_VERSION = 1;
/** Bytes of one request or answer: a file of some 50,000 issues that `bd import` brings or `bd export` takes. */
export const MAX_MESSAGE_BYTES = 67_108_864;
/** A town answers from memory and one disk sync; past this it hangs. */
const REPLY_TIMEOUT_MS = 15_000;

export interface TownRequest {
  readonly token: string;
  readonly verb: string;
  readonly args?: unknown;
}

/**
 * One question to a running town over its socket; this is all that `gt` loads. Rejects with `host_unreachable` when no
 * town listens there, and with the town's own error when it refuses.
 */
export const callTown = (socketPath: string, request: TownRequest, timeoutMs = REPLY_TIMEOUT_MS): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(socketPath);
    let received = '';
    const fail = (message: string, cause?: unknown) => {
      socket.destroy();
      reject(
        new GastownError('host_unreachable', message, {
          hint: 'Start the town with `gastown run --headless` or open its screen with `gastown`.',
          cause,
        }),
      );
    };
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => fail(`The town at ${socketPath} did not answer within ${timeoutMs / 1000} s.`));
    socket.on('connect', () => socket.write(`${JSON.stringify({ version: PROTOCOL_VERSION, ...request })}\n`));
    socket.on('error', error =>
      fail(`No town listens at ${socketPath} (${(error as NodeJS.ErrnoException).code}).`, error),
    );
    socket.on('data', (chunk: string) => {
      received += chunk;
      const end = received.indexOf('\n');
      if (end < 0) return;
      socket.destroy();
      const answer = JSON.parse(received.slice(0, end)) as Answer;
      if ('error' in answer) {
        const { code, message, hint, ids } = answer.error;
        reject(new GastownError(code, message, { ...(hint && { hint }), ...(ids && { ids }) }));
      } else resolve(answer.result);
    });
    socket.on('close', () => fail(`The town at ${socketPath} hung up.`));
  });

type Answer =
  | { result: unknown }
  | { error: { code: ErrorCode; message: string; hint?: string; ids?: Record<string, string> } };
