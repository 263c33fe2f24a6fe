import type http from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { toGastownError } from '../common/errors.ts';
import { listedTools, toolNamed } from './mcp-tools.ts';

interface Answered {
  readonly text: string;
  readonly nudges?: readonly string[];
}

/** Answers one request of an agent's MCP client. Loaded with the first of them: a town without such agents never pays for it. */
export const answerMcp = async (exchange: {
  request: http.IncomingMessage;
  response: http.ServerResponse;
  body: unknown;
  /** Carries out a verb of `gt` for the caller's session. */
  call: (verb: string, args: unknown) => Promise<unknown>;
}): Promise<void> => {
  const { request, response, body, call } = exchange;
  const server = new Server({ name: 'gastown', version: VERSION }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listedTools() }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    try {
      const { text, nudges = [] } = (await call(toolNamed(params.name).verb, params.arguments ?? {})) as Answered;
      return { content: [text, ...nudges].map(line => ({ type: 'text' as const, text: line })) };
    } catch (error) {
      const { message, hint } = toGastownError(error);
      return { isError: true, content: [{ type: 'text' as const, text: [message, hint].filter(Boolean).join('\n') }] };
    }
  });
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.on('close', () => {
    void transport.close();
    void server.close();
  });
  await server.connect(transport);
  await transport.handleRequest(request, response, body);
};

/** Of the tools, not of the program. */
const VERSION = '1';
