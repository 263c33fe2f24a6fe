import fs from 'node:fs/promises';
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { mcpSocket } from '../agents/run-directory.ts';
import type { McpAccess } from '../agents/wire/protocol.ts';
import { GastownError, toGastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import type { TownContext } from './context.ts';
import { sessionOfToken } from './reports.ts';
import type { RequestHandler } from './server.ts';

/** The town's MCP server: `gt` for models that call tools. One for all sessions, each known by its token. */
export interface TownMcp {
  /** Where a session finds it, and as whom. Starts to listen at the first call. */
  access(token: string): Promise<McpAccess>;
  /** Listens at once where it did in the town's last life: agents that went on meanwhile know that address. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** A plan of a hundred beads is some hundred kilobytes. */
const BODY_BYTES = 8 * 1024 * 1024;
const PATH = '/mcp';

/**
 * Nothing is opened before it is asked for. It is stateless: every request stands for itself, so that a town that is
 * started again answers agents that never noticed. On 127.0.0.1, and on a socket for agents in a sandbox without a network.
 */
export const createMcp = (
  context: Pick<TownContext, 'ledger' | 'log' | 'paths' | 'runDir'>,
  handle: RequestHandler,
): TownMcp => {
  const file = path.join(context.paths.dir, 'run', 'mcp.json');
  let listening: Promise<{ url: string; close(): Promise<void> }> | undefined;

  const listen = async (): Promise<{ url: string; close(): Promise<void> }> => {
    // Loaded here: it brings a whole HTTP client, a fifth of the start of every command.
    const { createServer } = await import('node:http');
    const answer = (request: http.IncomingMessage, response: http.ServerResponse) => {
      respond(context, { request, response, handle }).catch(error => {
        context.log.warn({ err: error }, 'a call of the MCP server');
        if (!response.headersSent) refuse(response, 500, 'The town could not answer.');
      });
    };
    const loopback = createServer(answer);
    const inside = createServer(answer);
    const known = portSchema.safeParse(parseJson(await readFileIfPresent(file)));
    await listenAt(loopback, known.success ? known.data.port : 0);
    const { port } = loopback.address() as AddressInfo;
    if (!known.success || known.data.port !== port) await writeFileAtomic(file, JSON.stringify({ port }));
    const socket = mcpSocket(context.runDir);
    await fs.rm(socket, { force: true });
    await new Promise<void>((resolve, reject) => inside.once('error', reject).listen(socket, resolve));
    await fs.chmod(socket, 0o600);
    return {
      url: `http://127.0.0.1:${port}${PATH}`,
      close: async () => void (await Promise.all([shut(loopback), shut(inside)])),
    };
  };

  const start = (): Promise<{ url: string; close(): Promise<void> }> => {
    listening ??= listen();
    return listening;
  };

  return {
    access: async token => ({ url: (await start()).url, token }),
    async resume() {
      if ((await readFileIfPresent(file)) !== undefined) await start();
    },
    close: async () => (await listening)?.close(),
  };
};

const portSchema = z.object({ port: z.number().int().min(1).max(65_535) });

const parseJson = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? '');
  } catch {
    // Torn or foreign: another port is as good.
    return undefined;
  }
};

/** The port of the town's last life, or any where another program has it now. */
const listenAt = async (server: http.Server, port: number): Promise<void> => {
  const attempt = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  try {
    await attempt(port);
  } catch (error) {
    if (port === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await attempt(0);
  }
};

const shut = (server: http.Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly handle: RequestHandler;
}

const respond = async (
  context: Pick<TownContext, 'ledger'>,
  { request, response, handle }: Exchange,
): Promise<void> => {
  // A page in a person's browser may reach loopback, and says where it comes from; agents' CLIs have no origin.
  if (request.headers.origin !== undefined) return refuse(response, 403, 'No web page may call this.');
  if (request.url?.split('?')[0] !== PATH) return refuse(response, 404, `There is only ${PATH}.`);
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined || !isLive(context, token)) {
    return refuse(response, 401, 'This session is not known to the town, or it is over.');
  }
  if (request.method !== 'POST') return refuse(response, 405, 'Only POST: nothing is told unasked.');
  const body = parseJson(await readBody(request));
  if (body === undefined) return refuse(response, 400, 'The request is not JSON.');
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const { answerMcp } = await import('./mcp-answer.ts');
  await answerMcp({ request, response, body, call: (verb, args) => handle({ token, verb, args }, gone.signal) });
};

const isLive = (context: Pick<TownContext, 'ledger'>, token: string): boolean => {
  try {
    return sessionOfToken(context, token).status !== 'ended';
  } catch (error) {
    if (toGastownError(error).code !== 'forbidden') throw error;
    return false;
  }
};

const readBody = async (request: http.IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) throw new GastownError('protocol', `A request of over ${BODY_BYTES} bytes is refused.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const refuse = (response: http.ServerResponse, status: number, message: string): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } }));
};
