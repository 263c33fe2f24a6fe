import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { anthropic } from './anthropic.ts';
import { chat, DONE } from './chat.ts';
import { gemini } from './gemini.ts';
import type { Dialect, ModelAnswer, ModelRequest, Sent } from './request.ts';
import { responses } from './responses.ts';
import { type Place, placeOf, type Script, type Trouble } from './script.ts';
import { saidBy, smallest } from './tools.ts';

/**
 * A model service on loopback that does what scripts say, in the four languages that agent CLIs speak: Anthropic Messages,
 * OpenAI Responses and Chat Completions, Gemini generateContent. It keeps no state of conversations, so that one serves any
 * number of agents at once.
 */
export interface ScriptedModel {
  readonly url: string;
  /** What was asked of it, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** All that the model was shown in the newest request of an agent: texts and results of tools. */
  shown(): string;
  /** Answers being waited for just now. */
  open(): number;
  /** Names a script for prompts that say `SCRIPT:<name>`. */
  script(name: string, script: Script): void;
  close(): Promise<void>;
}

export interface SeenRequest extends ModelRequest {
  /** Ms since the epoch. */
  readonly at: number;
  readonly path: string;
  /** What was shown as the key. */
  readonly key: string;
  /** A title, a summary, a classifier: of no script. */
  readonly isSide: boolean;
  /** 0: never answered. */
  status: number;
}

export interface ModelOptions {
  readonly scripts?: Readonly<Record<string, Script>>;
  /** For prompts that name no script. */
  readonly otherwise?: Script;
  /** Before each answer. */
  readonly delayMs?: number;
  /** Kept for `requests`; a service that runs long keeps none. */
  readonly keeps?: boolean;
}

/** Starts it on a port of its own. */
export const startModel = async (options: ModelOptions = {}): Promise<ScriptedModel> => {
  const service: Service = {
    scripts: new Map(Object.entries(options.scripts ?? {})),
    options,
    requests: [],
    happened: new Map(),
    gathered: new Set(),
    waiting: new Set(),
    open: 0,
  };
  const server = http.createServer((request, response) => {
    service.open += 1;
    response.on('close', () => {
      service.open -= 1;
    });
    void serve(service, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, JSON_TYPE);
      response.end(JSON.stringify({ error: { message: String(error) } }));
    });
  });
  // A client that keeps its connection open for long is no reason to end it between two calls.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: service.requests,
    shown: () => {
      const last = service.requests.findLast(({ isSide }) => !isSide);
      return (last?.heard ?? []).map(({ text }) => text).join('\n');
    },
    open: () => service.open,
    script: (name, script) => void service.scripts.set(name, script),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

interface Service {
  readonly scripts: Map<string, Script>;
  readonly options: ModelOptions;
  readonly requests: SeenRequest[];
  /** How often each trouble came already, by script and place. */
  readonly happened: Map<string, number>;
  /** Conversations that came to where they wait for others, and how those that wait are told of one more. */
  readonly gathered: Set<string>;
  readonly waiting: Set<() => void>;
  open: number;
}

const DIALECTS: readonly Dialect[] = [anthropic, responses, chat, gemini];
const JSON_TYPE = { 'content-type': 'application/json' };
const SIDE_USAGE = { in: 30, out: 5, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

const serve = async (service: Service, from: http.IncomingMessage, to: http.ServerResponse): Promise<void> => {
  const path = new URL(from.url ?? '/', 'http://127.0.0.1').pathname;
  const body = await bodyOf(from);
  const dialect = from.method === 'POST' ? DIALECTS.find(one => one.path.test(path)) : undefined;
  if (!dialect) return other(path, to);
  const request = dialect.read(body as never, path);
  const isSide = request.tools.length === 0;
  const seen: SeenRequest = { ...request, at: Date.now(), path, key: keyOf(from), isSide, status: 200 };
  if (service.options.keeps !== false) service.requests.push(seen);
  if (service.options.delayMs) await sleep(service.options.delayMs);
  if (isSide) return send(to, dialect, { request, answer: sideAnswer(request), cut: false });
  const place = placeOf(request, service.scripts, service.options.otherwise);
  const met = await meet(service, place);
  if (met === 'hang') {
    seen.status = 0;
    return;
  }
  if (typeof met === 'object') {
    seen.status = met.fail;
    const again = met.retryAfterS === undefined ? {} : { 'retry-after': String(met.retryAfterS) };
    to.writeHead(met.fail, { ...JSON_TYPE, ...again }).end(JSON.stringify(dialect.refusal(met.fail)));
    return;
  }
  const answer = { model: request.model, said: saidBy(place.move, request), usage: place.usage };
  await send(to, dialect, { request, answer, cut: met === 'cut' });
};

/** What comes before the answer: waits, and answers with what is in its place where something is. */
const meet = async (
  service: Service,
  { key, series, troubles }: Place,
): Promise<'hang' | 'cut' | Extract<Trouble, { fail: number }> | undefined> => {
  const { happened } = service;
  const isLeft = (name: string, times: number): boolean => {
    const before = happened.get(`${name} ${series}`) ?? 0;
    happened.set(`${name} ${series}`, before + 1);
    return before < times;
  };
  for (const { name, trouble } of troubles) {
    if ('delayMs' in trouble) await sleep(trouble.delayMs);
    else if ('gather' in trouble) await gather(service, key, trouble.gather);
    else if ('hang' in trouble) return 'hang';
    else if ('cut' in trouble && isLeft(name, trouble.cut)) return 'cut';
    else if ('fail' in trouble && isLeft(name, trouble.times ?? 1)) return trouble;
  }
  return undefined;
};

/** Resolves when so many have come. Whoever came once counts from then on. */
const gather = ({ gathered, waiting }: Service, key: string, count: number): Promise<void> => {
  gathered.add(key);
  for (const look of waiting) look();
  return new Promise(resolve => {
    const look = () => {
      if (gathered.size < count) return;
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
  });
};

const sideAnswer = ({ model, wantsJson }: ModelRequest): ModelAnswer => ({
  model,
  said: { text: wantsJson ? JSON.stringify(smallest({ type: 'object', ...wantsJson })) : 'Work in hand' },
  usage: SIDE_USAGE,
});

const send = async (
  to: http.ServerResponse,
  dialect: Dialect,
  { request, answer, cut }: { request: ModelRequest; answer: ModelAnswer; cut: boolean },
): Promise<void> => {
  if (!request.isStream) {
    const text = JSON.stringify(dialect.whole(answer));
    if (!cut) return void to.writeHead(200, JSON_TYPE).end(text);
    to.writeHead(200, { ...JSON_TYPE, 'content-length': text.length * 2 });
    return breakOff(to, text);
  }
  to.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'request-id': `req_${Date.now()}`,
  });
  const events = dialect.events(answer).map(lineOf);
  if (cut) return breakOff(to, events.slice(0, Math.ceil(events.length / 2)).join(''));
  for (const event of events) to.write(event);
  to.end();
};

/** Ends the connection once the beginning has gone out. */
const breakOff = (to: http.ServerResponse, begun: string): Promise<void> =>
  new Promise(resolve => {
    to.write(begun, () => {
      to.destroy();
      resolve();
    });
  });

const lineOf = ({ event, data }: Sent): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${data === DONE ? DONE : JSON.stringify(data)}\n\n`;

/** What CLIs ask beside: counts of tokens, lists of models. */
const other = (path: string, to: http.ServerResponse): void => {
  if (/count_?tokens$/i.test(path)) {
    to.writeHead(200, JSON_TYPE).end(JSON.stringify({ input_tokens: 100, totalTokens: 100 }));
  } else if (/\/models$/.test(path)) {
    to.writeHead(200, JSON_TYPE).end(JSON.stringify({ object: 'list', data: [], models: [], has_more: false }));
  } else {
    to.writeHead(404, JSON_TYPE).end(JSON.stringify({ error: { message: `There is nothing at ${path}.` } }));
  }
};

const bodyOf = async (request: http.IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return JSON.parse(text || '{}') as unknown;
};

const keyOf = ({ headers, url }: http.IncomingMessage): string => {
  const bearer = headers.authorization?.replace(/^Bearer /, '');
  const inPath = new URL(url ?? '/', 'http://127.0.0.1').searchParams.get('key');
  return String(headers['x-api-key'] ?? bearer ?? headers['x-goog-api-key'] ?? inPath ?? '');
};
