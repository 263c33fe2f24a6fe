import fs from 'node:fs/promises';
import net from 'node:net';
import { GastownError, toGastownError } from '../common/errors.ts';
import { MAX_MESSAGE_BYTES, PROTOCOL_VERSION, type TownRequest } from './client.ts';

/** Answers one request; whatever it throws becomes the caller's error. The signal is aborted when the caller hangs up. */
export type RequestHandler = (request: TownRequest, signal: AbortSignal) => Promise<unknown>;

/** Characters of all unfinished requests together: what callers that never finish can make this process hold. */
const MAX_PENDING_CHARS = 268_435_456;
/** Connections at once; 100 agents with a `gt` each, and room. */
const MAX_CONNECTIONS = 256;

/**
 * Listens at `socketPath` (mode 0600) for newline-framed JSON. A socket file left by a crash is replaced: the caller
 * holds the town's lock, so nobody can be listening there.
 */
export const serveTown = async (socketPath: string, handle: RequestHandler): Promise<{ close(): Promise<void> }> => {
  await fs.rm(socketPath, { force: true });
  const sockets = new Set<net.Socket>();
  const pending: Pending = { chars: 0 };
  const server = net.createServer(socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A caller that hangs up early (Ctrl-C in `gt`) is its own business; nothing is half done, the request goes on.
    socket.on('error', () => socket.destroy());
    serveConnection(socket, { handle, pending });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  await fs.chmod(socketPath, 0o600);
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        for (const socket of sockets) socket.end();
      }),
  };
};

/** Shared by all connections. */
interface Pending {
  chars: number;
}

const serveConnection = (
  socket: net.Socket,
  { handle, pending }: { handle: RequestHandler; pending: Pending },
): void => {
  let received = '';
  const gone = new AbortController();
  const keep = (text: string): void => {
    pending.chars += text.length - received.length;
    received = text;
  };
  socket.setEncoding('utf8');
  socket.on('close', () => {
    keep('');
    gone.abort();
  });
  socket.on('data', (chunk: string) => {
    if (socket.writableEnded) return;
    const [first, ...others] = chunk.split('\n');
    if (received.length + first!.length > MAX_MESSAGE_BYTES || pending.chars + chunk.length > MAX_PENDING_CHARS) {
      const message = `A request of over ${MAX_MESSAGE_BYTES} bytes is refused, or too many large ones came at once.`;
      answer(socket, { error: new GastownError('protocol', message).toJSON() });
      socket.end();
      keep('');
      return;
    }
    const last = others.pop();
    if (last === undefined) return keep(received + first!);
    for (const line of [received + first!, ...others])
      void respond(socket, line, request => handle(request, gone.signal));
    keep(last);
  });
};

const respond = async (
  socket: net.Socket,
  line: string,
  handle: (request: TownRequest) => Promise<unknown>,
): Promise<void> => {
  try {
    answer(socket, { result: (await handle(parseRequest(line))) ?? null });
  } catch (error) {
    answer(socket, { error: toGastownError(error).toJSON() });
  }
};

const parseRequest = (line: string): TownRequest => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new GastownError('protocol', 'The request is not JSON.', { cause: error });
  }
  const { version, token, verb, args } = (value ?? {}) as Record<string, unknown>;
  if (version !== PROTOCOL_VERSION) {
    throw new GastownError(
      'protocol',
      `This town speaks protocol ${PROTOCOL_VERSION}, the caller ${String(version)}.`,
      {
        hint: 'Restart the town and the session with the same version of gastown.',
      },
    );
  }
  if (typeof token !== 'string' || typeof verb !== 'string')
    throw new GastownError('protocol', 'The request lacks a token or a verb.');
  return { token, verb, args };
};

const answer = (socket: net.Socket, message: object): void => {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
};
