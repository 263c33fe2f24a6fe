import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectMeter } from '../../../source/agents/meter/client.ts';
import { priceNanosSince } from '../../../source/agents/meter/prices.ts';
import { METER_SOCKET, meterFiles } from '../../../source/agents/meter/state.ts';
import { isGone, killRecorded, until } from '../support.ts';
import {
  ANTHROPIC_END,
  ANTHROPIC_NANOS,
  ANTHROPIC_START,
  sessionAt,
  sse,
  startUpstream,
  TOKEN,
  testMeter,
} from './support.ts';

const SSE = { 'content-type': 'text/event-stream' };
const post = (url: string, more: RequestInit = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: '{}',
    ...more,
    headers: { 'content-type': 'application/json', 'x-api-key': 'dummy', ...(more.headers as object) },
  });

/** 50 MB: far more than all buffers between the service and a client that does not read. */
const PIECES = 200;
const PIECE_BYTES = 262_144;
/** Without a further piece for this long, the service waits for the client. */
const STANDS_MS = 300;

describe('the meter', () => {
  it('passes a call on with the real key, asks for no compression, and writes down what it used', async () => {
    const seen: { url: string | undefined; headers: http.IncomingHttpHeaders; body: string }[] = [];
    const { url } = await startUpstream((request, response, body) => {
      seen.push({ url: request.url, headers: request.headers, body });
      response.writeHead(200, { ...SSE, 'request-id': 'r1' }).end(sse(ANTHROPIC_START, ...ANTHROPIC_END));
    });
    const meter = await testMeter();
    await meter.put({ sessions: [sessionAt(`${url}/gateway`)] });
    const answer = await post(`${meter.url()}/v1/messages?beta=true`, {
      body: '{"model":"x"}',
      headers: { authorization: 'Bearer dummy', 'accept-encoding': 'gzip, br', 'anthropic-version': '2023-06-01' },
    });
    expect(answer.headers.get('request-id')).toBe('r1');
    expect(await answer.text()).toContain('message_stop');
    expect(seen).toMatchObject([
      {
        url: '/gateway/v1/messages?beta=true',
        body: '{"model":"x"}',
        headers: { 'x-api-key': 'real-key', 'accept-encoding': 'identity', 'anthropic-version': '2023-06-01' },
      },
    ]);
    expect(seen[0]!.headers.authorization).toBeUndefined();
    const lines = meter.lines();
    expect(lines.at(-1)).toMatchObject({
      session: 's1',
      model: 'claude-sonnet-4-5',
      status: 200,
      end: 'whole',
      usage: { uncachedIn: 1200, cacheRead: 900, cacheWrite: 100, out: 50 },
    });
    const nanos = lines.map(line => priceNanosSince(line.model, { all: line.usage!, before: line.before }) ?? 0);
    expect(nanos.reduce((sum, one) => sum + one, 0)).toBe(ANTHROPIC_NANOS);
  });

  it('sends each service its key as that service wants it', async () => {
    const seen: http.IncomingHttpHeaders[] = [];
    const urls: (string | undefined)[] = [];
    const { url } = await startUpstream((request, response) => {
      seen.push(request.headers);
      urls.push(request.url);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    const meter = await testMeter();
    await meter.client.keys({ bearer: { value: 'login-token', bearer: true } });
    for (const [api, key, rest] of [
      ['openai', 'k', '/v1/responses'],
      ['gemini', 'k', '/v1beta/models/g:generateContent?key=dummy&alt=sse'],
      ['anthropic', 'bearer', '/v1/messages'],
    ] as const) {
      await meter.put({ sessions: [sessionAt(url, { api, key })] });
      await (await post(`${meter.url()}${rest}`)).text();
    }
    expect(seen[0]).toMatchObject({ authorization: 'Bearer real-key' });
    expect(seen[1]).toMatchObject({ 'x-goog-api-key': 'real-key' });
    expect(urls[1]).toBe('/v1beta/models/g:generateContent?alt=sse');
    expect(seen[2]).toMatchObject({ authorization: 'Bearer login-token' });
    for (const headers of seen) expect(JSON.stringify(headers)).not.toContain('dummy');
  });

  it('hands over the first event before the service ends its answer', async () => {
    let finish = (): void => {};
    const { url } = await startUpstream((_, response) => {
      response.writeHead(200, SSE).write(sse(ANTHROPIC_START));
      finish = () => response.end(sse(...ANTHROPIC_END));
    });
    const meter = await testMeter();
    await meter.put({ sessions: [sessionAt(url)] });
    const answer = await post(`${meter.url()}/v1/messages`);
    const reader = answer.body!.getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toContain('message_start');
    expect(meter.lines()).toMatchObject([{ end: 'begun', usage: { uncachedIn: 1200, out: 1 } }]);
    expect(await meter.client.open()).toMatchObject([{ session: 's1' }]);
    finish();
    while (!(await reader.read()).done);
    expect(meter.lines().map(line => line.end)).toEqual(['begun', 'whole']);
    await until(
      () => meter.client.open(),
      open => open.length === 0,
    );
  });

  it('takes no more from the service than the client takes from it', async () => {
    let sent = 0;
    const { url } = await startUpstream((_, response) => {
      response.writeHead(200, SSE);
      const more = (): void => {
        for (; sent < PIECES; sent += 1) {
          if (!response.write(Buffer.alloc(PIECE_BYTES, 120))) {
            response.once('drain', more);
            sent += 1;
            return;
          }
        }
        response.end();
      };
      more();
    });
    const meter = await testMeter();
    await meter.put({ sessions: [sessionAt(url)] });
    let held: http.IncomingMessage | undefined;
    const request = http.request(`${meter.url()}/v1/messages`, { method: 'POST' }, answer => {
      held = answer;
      answer.pause();
    });
    request.end('{}');
    await until(() => held);
    let seen = { sent: -1, since: Date.now() };
    await until(() => {
      if (seen.sent !== sent) seen = { sent, since: Date.now() };
      return Date.now() - seen.since > STANDS_MS;
    });
    expect(sent).toBeLessThan(PIECES / 2);
    held!.resume();
    await until(
      () => sent,
      count => count === PIECES,
    );
  });

  it('breaks the call off at the service when the client goes, and counts what was seen', async () => {
    let isGoneThere = false;
    const { url } = await startUpstream((_, response) => {
      response.on('close', () => {
        isGoneThere = true;
      });
      response.writeHead(200, SSE).write(sse(ANTHROPIC_START));
    });
    const meter = await testMeter();
    await meter.put({ sessions: [sessionAt(url)] });
    const client = new AbortController();
    const answer = await post(`${meter.url()}/v1/messages`, { signal: client.signal });
    await answer.body!.getReader().read();
    client.abort();
    await until(() => isGoneThere);
    const lines = await until(meter.lines, lines => lines.length === 2);
    expect(lines[1]).toMatchObject({ end: 'cut', usage: { uncachedIn: 1200 }, before: { uncachedIn: 1200 } });
  });

  it('passes errors through, with what they say of limits', async () => {
    const error = { type: 'error', error: { type: 'rate_limit_error', message: 'Too many.' } };
    const { url } = await startUpstream((_, response) => {
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '30' }).end(JSON.stringify(error));
    });
    const meter = await testMeter();
    await meter.put({ sessions: [sessionAt(url)] });
    const answer = await post(`${meter.url()}/v1/messages`);
    expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toEqual([429, '30', error]);
    const [line] = meter.lines();
    expect(line).toMatchObject({ status: 429, error: 'Too many.', limit: { said: { 'retry-after': '30' } } });
    expect(line!.limit!.until! - line!.at).toBeGreaterThan(29_000);
    expect(line!.usage).toBeUndefined();
  });

  it('lets the client see that an answer broke off', async () => {
    const { url } = await startUpstream((_, response) => {
      response.writeHead(200, SSE).write(sse(ANTHROPIC_START));
      setImmediate(() => response.destroy());
    });
    const meter = await testMeter();
    await meter.put({ sessions: [sessionAt(url)] });
    const answer = await post(`${meter.url()}/v1/messages`);
    await expect(answer.text()).rejects.toThrow();
    expect(meter.lines().at(-1)).toMatchObject({ end: 'cut' });
  });

  it('refuses unknown tokens, missing keys and services that cannot be reached, in the words of the service', async () => {
    const meter = await testMeter({ keys: false });
    await meter.put({ sessions: [sessionAt('http://127.0.0.1:9')] });
    const unknown = await post(`${meter.url('no-such-token-0000000')}/v1beta/models/g:generateContent`);
    expect([unknown.status, await unknown.json()]).toMatchObject([401, { error: { status: 'UNAUTHENTICATED' } }]);
    expect((await post(`http://127.0.0.1:${meter.client.port}/v1/messages`)).status).toBe(401);
    const other = await post(`${meter.url()}/v1/files`);
    expect([other.status, await other.json()]).toMatchObject([403, { error: { type: 'permission_error' } }]);
    const keyless = await post(`${meter.url()}/v1/messages`);
    expect([keyless.status, keyless.headers.get('retry-after')]).toEqual([503, '2']);
    await meter.client.keys({ k: { value: 'real-key', bearer: false } });
    const unreachable = await post(`${meter.url()}/v1/messages`);
    expect([unreachable.status, await unreachable.json()]).toMatchObject([502, { type: 'error' }]);
  });

  it('refuses calls once a budget is spent, also after a kill -9 and without a town', async () => {
    const { url } = await startUpstream((_, response) => {
      response.writeHead(200, SSE).end(sse(ANTHROPIC_START, ...ANTHROPIC_END));
    });
    const meter = await testMeter();
    const log = fs.readFileSync(meterFiles(meter.dir).log, 'utf8');
    const groups = [{ name: 'bead gt-1', sessions: ['s0', 's1'], leftNanos: ANTHROPIC_NANOS + 1 }];
    const stops = { log: (JSON.parse(log) as { log: string }).log, offset: log.length, groups };
    await meter.put({ sessions: [sessionAt(url)], stops });
    const call = async (): Promise<number> => {
      const answer = await post(`${meter.url()}/v1/messages`);
      await answer.text();
      return answer.status;
    };
    expect([await call(), await call(), await call()]).toEqual([200, 200, 402]);
    await meter.killAndStart();
    const refused = await post(`${meter.url()}/v1/messages`);
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({ type: 'error', error: { type: 'billing_error' } });
  });

  it('starts again on the same port for the same tokens, and loses no call that was answered', async () => {
    const { url } = await startUpstream((_, response) => {
      response.writeHead(200, SSE).end(sse(ANTHROPIC_START, ...ANTHROPIC_END));
    });
    const meter = await testMeter();
    await meter.put({ sessions: [sessionAt(url)] });
    const before = meter.url();
    const answered = await (await post(`${before}/v1/messages`)).text();
    expect(answered).toContain('message_stop');
    await meter.killAndStart();
    expect(meter.url()).toBe(before);
    expect((await post(`${before}/v1/messages`)).status).toBe(503);
    await meter.client.keys({ k: { value: 'real-key', bearer: false } });
    expect(await (await post(`${before}/v1/messages`)).text()).toContain('message_stop');
    expect(meter.lines().filter(line => line.end === 'whole')).toHaveLength(2);
  });

  it('answers at its socket too, and keeps no key on disk, in its arguments or in its environment', async () => {
    const { url } = await startUpstream((_, response) => void response.writeHead(200).end('{}'));
    const meter = await testMeter();
    await meter.put({ sessions: [sessionAt(url)] });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const socketPath = path.join(meter.runDir, METER_SOCKET);
      http
        .request({ socketPath, path: `/s/${TOKEN}/v1/messages`, method: 'POST' }, answer => {
          answer.resume();
          resolve(answer.statusCode);
        })
        .on('error', reject)
        .end('{}');
    });
    expect(status).toBe(200);
    const texts = [`/proc/${meter.client.pid}/cmdline`, `/proc/${meter.client.pid}/environ`].map(file =>
      fs.existsSync(file) ? fs.readFileSync(file, 'latin1') : '',
    );
    for (const name of fs.readdirSync(meter.runDir, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(meter.runDir, name);
      if (fs.statSync(file).isFile()) texts.push(fs.readFileSync(file, 'utf8'));
    }
    for (const text of texts) expect(text).not.toContain('real-key');
    expect(fs.statSync(path.join(meter.runDir, METER_SOCKET)).mode & 0o077).toBe(0);
    for (const name of ['usage.jsonl', 'port.json']) {
      expect(fs.statSync(path.join(meter.dir, name)).mode & 0o077).toBe(0);
    }
  });

  it('is one for a town, ends by itself when nobody needs it, and stays while the terminal host lives', async () => {
    const meter = await testMeter({ idleMs: 100 });
    const other = await connectMeter({ runDir: meter.runDir, dir: meter.dir, startIfMissing: true });
    expect(other!.pid).toBe(meter.client.pid);
    other!.close();
    const host = { pid: process.pid, startTime: Number(statField(process.pid)) };
    fs.writeFileSync(path.join(meter.runDir, 'host.json'), JSON.stringify(host));
    meter.client.close();
    await new Promise(resolve => setTimeout(resolve, 400));
    expect(isGone(meter.client)).toBe(false);
    fs.rmSync(path.join(meter.runDir, 'host.json'));
    await until(() => isGone(meter.client));
    expect(fs.existsSync(path.join(meter.runDir, METER_SOCKET))).toBe(false);
    killRecorded(meter.client);
  });

  it('begins a new log only when all of the old one was read', async () => {
    const { url } = await startUpstream((_, response) => {
      response.writeHead(200, SSE).end(sse(ANTHROPIC_START, ...ANTHROPIC_END));
    });
    const meter = await testMeter();
    await meter.put({ sessions: [sessionAt(url)] });
    const before = await meter.client.rotate(0);
    await (await post(`${meter.url()}/v1/messages`)).text();
    expect(await meter.client.rotate(10)).toBe(before);
    const size = fs.statSync(meterFiles(meter.dir).log).size;
    await until(
      () => meter.client.open(),
      open => open.length === 0,
    );
    expect(await meter.client.rotate(size)).not.toBe(before);
    expect(meter.lines()).toEqual([]);
  });
});

const statField = (pid: number): string | undefined => {
  const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
};
