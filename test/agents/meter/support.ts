import fs from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { connectMeter, type MeterClient } from '../../../source/agents/meter/client.ts';
import { type CallLine, isCallLine, readLineLog } from '../../../source/agents/meter/log.ts';
import {
  EMPTY_STATE,
  type MeteredSession,
  type MeterState,
  meterFiles,
  tokenHashOf,
} from '../../../source/agents/meter/state.ts';
import { isGone, killRecorded, temporary, until } from '../support.ts';

/** A local model service whose answers the test writes. */
export const startUpstream = async (
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<{ url: string }> => {
  const server = http.createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => answer(request, response, Buffer.concat(pieces).toString('utf8')));
    request.on('error', () => {});
  });
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

export const TOKEN = 'token-of-session-one-0001';

export const sessionAt = (upstream: string, more: Partial<MeteredSession> = {}): MeteredSession => ({
  session: 's1',
  tokenHash: tokenHashOf(TOKEN),
  api: 'anthropic',
  upstream,
  key: 'k',
  ...more,
});

export interface TestMeter {
  client: MeterClient;
  readonly runDir: string;
  readonly dir: string;
  url(token?: string): string;
  lines(): CallLine[];
  put(state: Partial<MeterState>): Promise<void>;
  /** `kill -9`, then connects to one that starts anew. */
  killAndStart(): Promise<void>;
}

/** A real meter process of its own folder, ended with the test. */
export const testMeter = async (options: { idleMs?: number; keys?: boolean } = {}): Promise<TestMeter> => {
  const runDir = temporary();
  const dir = path.join(runDir, 'meter');
  fs.mkdirSync(dir, { mode: 0o700 });
  const start = async (): Promise<MeterClient> => {
    const client = (await connectMeter({ runDir, dir, startIfMissing: true, idleMs: options.idleMs ?? 60_000 }))!;
    onTestFinished(async () => {
      client.close();
      killRecorded(client);
      await until(() => isGone(client));
    });
    return client;
  };
  const meter: TestMeter = {
    client: await start(),
    runDir,
    dir,
    url: (token = TOKEN) => `http://127.0.0.1:${meter.client.port}/s/${token}`,
    lines: () =>
      (readLineLog(meterFiles(dir).log, { name: '', offset: 0 })?.lines ?? [])
        .map(({ value }) => value)
        .filter(isCallLine),
    async put(state) {
      const all = { ...EMPTY_STATE, ...state };
      fs.writeFileSync(meterFiles(dir).state, JSON.stringify(all), { mode: 0o600 });
      await meter.client.put(all);
    },
    async killAndStart() {
      killRecorded(meter.client);
      await until(() => isGone(meter.client));
      meter.client = await start();
    },
  };
  if (options.keys !== false) await meter.client.keys({ k: { value: 'real-key', bearer: false } });
  return meter;
};

export const sse = (...values: readonly unknown[]): string =>
  values.map(value => `event: ${(value as { type: string }).type}\ndata: ${JSON.stringify(value)}\n\n`).join('');

export const ANTHROPIC_START = {
  type: 'message_start',
  message: {
    model: 'claude-sonnet-4-5',
    usage: { input_tokens: 1200, cache_creation_input_tokens: 100, cache_read_input_tokens: 900, output_tokens: 1 },
  },
};
export const ANTHROPIC_END = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 50 } },
  { type: 'message_stop' },
] as const;
/** What that call costs: see prices.test.ts. */
export const ANTHROPIC_NANOS = 4_995_000;
