import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Body, Wire } from './answer.ts';
import { anthropic } from './anthropic.ts';
import { chat } from './chat.ts';
import { gemini } from './gemini.ts';
import { responses } from './responses.ts';
import { callOf, type Heard, type Step, stepOf } from './script.ts';

/** A scripted model on loopback, for agents that are real: see `script.ts` for what is written into their prompts. */
export interface ScriptedModel {
  /** `http://127.0.0.1:<port>`; each service at its own paths below it. */
  readonly url: string;
  /** Requests that were answered or refused, oldest first. */
  readonly requests: readonly SeenRequest[];
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly path: string;
  readonly model: string;
  /** As the agent showed it; a real one never gets here. */
  readonly key: string;
  readonly tools: readonly string[];
  readonly heard: readonly Heard[];
  readonly status: number;
}

/** `delayMs` before each answer: as long as a model thinks. */
export const startModel = async ({ delayMs = 0 }: { delayMs?: number } = {}): Promise<ScriptedModel> => {
  const refused = new Map<string, number>();
  const requests: SeenRequest[] = [];
  const server = http.createServer((request, response) => {
    answer(request, response, { refused, requests, delayMs }).catch(error => {
      response.destroy(error);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

interface Memory {
  readonly refused: Map<string, number>;
  readonly requests: SeenRequest[];
  readonly delayMs: number;
}

const answer = async (
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { refused, requests, delayMs }: Memory,
): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://model');
  const body = await readBody(request);
  const route = routeOf(url, body);
  if (!route) return json(response, 200, asked(url));
  const { wire, model, streams } = route;
  const { heard, tools } = wire.read(body);
  // Titles, summaries and the like come without tools and are none of the script's.
  const step = tools.length > 0 ? stepOf(heard) : stepOf([]);
  const note = (status: number) => {
    const key = String(
      request.headers['x-api-key'] ?? request.headers['x-goog-api-key'] ?? request.headers.authorization ?? '',
    );
    requests.push({ path: url.pathname, model, key, tools: tools.map(({ name }) => name), heard, status });
  };
  await sleep(step.waitMs + delayMs);
  if (step.hangs) return note(0);
  if (step.fails && (refused.get(step.fails.key) ?? 0) < step.fails.times) {
    refused.set(step.fails.key, (refused.get(step.fails.key) ?? 0) + 1);
    note(step.fails.status);
    return json(response, step.fails.status, wire.refusal(step.fails.status));
  }
  note(200);
  const made = { model, step, call: tools.length > 0 ? callOf(step, tools) : undefined };
  if (!streams) return json(response, 200, wire.whole(made));
  stream(response, wire.events(made), step);
};

const routeOf = (url: URL, body: Body): { wire: Wire; model: string; streams: boolean } | undefined => {
  const named = { model: String(body.model ?? ''), streams: body.stream === true };
  if (/\/messages$/.test(url.pathname)) return { wire: anthropic, ...named };
  if (/\/responses$/.test(url.pathname)) return { wire: responses, ...named };
  if (/\/chat\/completions$/.test(url.pathname)) return { wire: chat, ...named };
  const [, model, method] = /\/models\/([^/:]+):(streamGenerateContent|generateContent)$/.exec(url.pathname) ?? [];
  return model === undefined ? undefined : { wire: gemini, model, streams: method === 'streamGenerateContent' };
};

/** Counts of tokens and lists of models, which some CLIs ask for. */
const asked = ({ pathname }: URL): unknown => {
  if (/count_?tokens/i.test(pathname)) return { input_tokens: 100, totalTokens: 100 };
  return { object: 'list', data: [], models: [], has_more: false };
};

const readBody = async (request: http.IncomingMessage): Promise<Body> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  try {
    return JSON.parse(text || '{}') as Body;
  } catch {
    return {};
  }
};

const json = (response: http.ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

const stream = (response: http.ServerResponse, events: ReturnType<Wire['events']>, { cuts }: Step): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const [index, { event, data }] of events.entries()) {
    if (cuts && index === events.length >> 1) return void response.destroy();
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    response.write(`${event ? `event: ${event}\n` : ''}data: ${text}\n\n`);
  }
  response.end();
};
