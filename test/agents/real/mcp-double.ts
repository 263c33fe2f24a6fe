import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** An MCP server over HTTP with one tool, `done`, that notes who called it. It goes with the test. */
export interface McpDouble {
  readonly url: string;
  readonly calls: readonly { name: string; arguments: unknown; authorization: string | undefined }[];
}

export const startMcpDouble = async (): Promise<McpDouble> => {
  const calls: { name: string; arguments: unknown; authorization: string | undefined }[] = [];
  const server = http.createServer((request, response) => {
    void read(request).then(({ id, method, params }) => {
      if (request.method !== 'POST') return response.writeHead(405).end();
      if (id === undefined) return response.writeHead(202).end();
      const { authorization } = request.headers;
      if (method === 'tools/call') calls.push({ name: params.name!, arguments: params.arguments, authorization });
      const result = method === 'initialize' ? hello(params) : method === 'tools/list' ? { tools: [TOOL] } : NOTED;
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, calls };
};

interface Call {
  readonly id?: number;
  readonly method?: string;
  readonly params: { name?: string; arguments?: unknown; protocolVersion?: string };
}

const read = async (request: http.IncomingMessage): Promise<Call> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return { params: {}, ...(JSON.parse(text || '{}') as object) };
};

const TOOL = {
  name: 'done',
  description: 'Reports the work as done.',
  inputSchema: { type: 'object', properties: { summary: { type: 'string' } } },
};

const NOTED = { content: [{ type: 'text', text: 'Noted.' }] };

const hello = ({ protocolVersion }: Call['params']) => ({
  protocolVersion,
  capabilities: { tools: {} },
  serverInfo: { name: 'gastown', version: '1' },
});
