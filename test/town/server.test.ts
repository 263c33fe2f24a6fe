import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { callTown, MAX_MESSAGE_BYTES, PROTOCOL_VERSION } from '../../source/town/client.ts';
import { serveTown } from '../../source/town/server.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

const serve = async (): Promise<string> => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'gastown-server-'));
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  const socket = path.join(dir, 's');
  const server = await serveTown(socket, async ({ args }) => ({ length: JSON.stringify(args).length }));
  cleanups.push(() => server.close());
  return socket;
};

/** Writes raw text and answers everything that came back until the town hung up. */
const raw = (socketPath: string, chunks: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(socketPath);
    let received = '';
    socket.setEncoding('utf8').on('data', chunk => {
      received += chunk;
    });
    // The town hangs up while the rest is still being sent.
    socket.on('error', error => {
      if (!['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '')) reject(error);
    });
    socket.on('close', () => resolve(received));
    for (const chunk of chunks) socket.write(chunk);
  });

const request = (args: unknown): string =>
  `${JSON.stringify({ version: PROTOCOL_VERSION, token: 't', verb: 'v', args })}\n`;

test('a request may be as long as a file of issues, and several may come in one piece', async () => {
  const socket = await serve();
  const long = 'x'.repeat(20_000_000);
  expect(await callTown(socket, { token: 't', verb: 'v', args: long })).toEqual({ length: long.length + 2 });
  const both = new Promise<string>((resolve, reject) => {
    const client = net.connect(socket, () => client.write(request('a') + request('bb').slice(0, 9)));
    client.on('error', reject);
    let received = '';
    client.setEncoding('utf8').on('data', chunk => {
      if (received === '') client.write(request('bb').slice(9));
      received += chunk;
      if (received.split('\n').length < 3) return;
      client.destroy();
      resolve(received);
    });
  });
  expect(await both).toBe('{"result":{"length":3}}\n{"result":{"length":4}}\n');
});

test('a caller that never ends its request is refused and hung up on, and others are still answered', async () => {
  const socket = await serve();
  const piece = 'x'.repeat(1_048_576);
  const pieces = Array.from({ length: Math.ceil(MAX_MESSAGE_BYTES / piece.length) + 1 }, () => piece);
  expect(JSON.parse(await raw(socket, pieces))).toMatchObject({ error: { code: 'protocol' } });
  expect(await callTown(socket, { token: 't', verb: 'v', args: 'a' })).toEqual({ length: 3 });
});
