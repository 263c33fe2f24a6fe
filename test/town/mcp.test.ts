import http from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mcpSocket } from '../../source/agents/run-directory.ts';
import { type Bench, beadOf, bench, cleanUpAll, landed, script, sessionsOf, until } from './harness.ts';

let town: Bench;
beforeAll(async () => {
  town = await bench('mcp');
});
afterAll(cleanUpAll);

/** A session that shows its token, waits for a word, and ends well with its work done. */
const sessionWithToken = async (name: string): Promise<{ bead: string; token: string; end: () => void }> => {
  const bead = await town.sling(
    name,
    script(
      `printf %s "$GASTOWN_TOKEN" > '${town.notes}/${name}.part'; mv '${town.notes}/${name}.part' '${town.notes}/${name}'`,
      `while [ ! -e '${town.notes}/${name}-end' ]; do sleep 0.05; done`,
      `echo ${name} > ${name}.txt`,
    ),
  );
  await until(town, `${name} shows its token`, () => town.hasNote(name));
  return { bead, token: town.note(name), end: () => town.leave(`${name}-end`) };
};

const mcpUrl = async () => new URL((await town.running.town.context.mcp.access('-')).url);

const connect = async (token: string): Promise<Client> => {
  const client = new Client({ name: 'test', version: '1' });
  const requestInit = { headers: { Authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(await mcpUrl(), { requestInit }));
  return client;
};

const call = async (client: Client, name: string, args: Record<string, unknown> = {}) => {
  const { content, isError } = await client.callTool({ name, arguments: args });
  return { text: (content as { text: string }[]).map(({ text }) => text), isError: isError === true };
};

describe('the tools of the town', () => {
  test('are the verbs of gt with their shapes, do what gt does, and tell what waits for the session', async () => {
    const { bead, token, end } = await sessionWithToken('worker');
    const client = await connect(token);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['done', 'handoff', 'escalate', 'ask', 'mail_send']),
    );
    expect(tools.map(({ name }) => name)).not.toContain('guard');
    expect(tools.find(({ name }) => name === 'failed')!.inputSchema).toMatchObject({
      type: 'object',
      required: ['summary'],
    });
    expect((await call(client, 'hook')).text[0]).toContain(bead);
    const session = sessionsOf(town, bead)[0]!;
    await town.running.town.context.post.nudge(session.id, { text: 'Mind the tests', from: 'operator' });
    expect((await call(client, 'note', { text: 'Seen by a tool' })).text).toEqual([
      `Noted on ${bead}: every later session of it is told.`,
      '[nudge from operator] Mind the tests',
    ]);
    expect(beadOf(town, bead).notes).toContain('Seen by a tool');
    expect(await call(client, 'failed')).toMatchObject({ isError: true, text: [expect.stringContaining('summary')] });
    expect(await call(client, 'fly')).toMatchObject({
      isError: true,
      text: [expect.stringContaining('no tool "fly"')],
    });
    const done = await call(client, 'done', { summary: 'by a tool' });
    expect(done.text[0]).toMatch(new RegExp(`^Recorded for ${bead} as done, change \\d+\\.`));
    expect(sessionsOf(town, bead)[0]!.reported).toMatchObject({ kind: 'done', summary: 'by a tool' });
    end();
    await landed(town, bead);
    await expect(client.listTools()).rejects.toThrow(/401|not known/);
  });

  test('are there again at the same address, for a session that goes on, after the town was started anew', async () => {
    const { bead, token, end } = await sessionWithToken('survivor');
    const client = await connect(token);
    const before = await mcpUrl();
    await town.stop();
    await town.start();
    expect(await mcpUrl()).toEqual(before);
    expect((await call(client, 'hook')).text[0]).toContain(bead);
    end();
    await landed(town, bead);
  });

  test('are refused to strangers and to web pages, and answer on a socket for agents without a network', async () => {
    const { bead, token, end } = await sessionWithToken('inside');
    await expect(connect('wrong')).rejects.toThrow(/401|not known/);
    const post = (headers: Record<string, string>, target: http.RequestOptions) =>
      new Promise<number>((resolve, reject) => {
        const request = http.request(
          {
            ...target,
            path: '/mcp',
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
          },
          response => {
            response.resume();
            response.on('end', () => resolve(response.statusCode!));
          },
        );
        request.on('error', reject);
        request.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }));
      });
    const { port } = await mcpUrl();
    const loopback = { host: '127.0.0.1', port };
    const authorization = `Bearer ${token}`;
    expect(await post({}, loopback)).toBe(401);
    expect(await post({ authorization, origin: 'http://evil.example' }, loopback)).toBe(403);
    expect(await post({ authorization }, loopback)).toBe(200);
    expect(await post({ authorization }, { socketPath: mcpSocket(town.running.town.context.runDir) })).toBe(200);
    end();
    await landed(town, bead);
  });
});
