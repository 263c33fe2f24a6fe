import { randomUUID } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { ModelApi } from '../cli.ts';
import { type Call, createCall } from './call.ts';
import type { CallLine } from './log.ts';
import {
  apiOfPath,
  errorBody,
  isModelCall,
  modelOfPath,
  requestHeaders,
  responseHeaders,
  routeOf,
  targetOf,
  wordingOf,
} from './routes.ts';
import { type MeteredSession, type OpenCall, tokenHashOf } from './state.ts';

/** `bearer`: sent as `Authorization: Bearer`, whatever the service's own header is. */
interface Key {
  readonly value: string;
  readonly bearer: boolean;
}

export interface ProxyOptions {
  find(tokenHash: string): MeteredSession | undefined;
  key(name: string): Key | undefined;
  /** Why calls of this session are refused. */
  stopOf(session: string): string | undefined;
  write(line: CallLine): void;
  now(): number;
}

export interface MeterProxy {
  handle(request: IncomingMessage, response: ServerResponse): void;
  open(): OpenCall[];
  /** Breaks off what is under way, with its line in the log. */
  close(): void;
}

/** How long an agent whose key is not here yet (the meter began anew, the town has yet to hand it over) waits before its next try. */
const KEY_RETRY_S = 2;

/** Connections are not kept: a call takes seconds, and one sent into a connection that the service just closed would be lost. */
const AGENTS = { plain: new http.Agent(), tls: new https.Agent({ proxyEnv: process.env }) };

/** Passes model calls on to each session's own service, with the real key, and writes down what each used. */
export const createProxy = (options: ProxyOptions): MeterProxy => {
  const open = new Map<Call, () => void>();

  /** Whom a call belongs to and with which key it goes on, or how it is refused. */
  const admit = (session: MeteredSession | undefined): Refusal | { session: MeteredSession; key: Key } => {
    if (!session) return { status: 401, type: 'authentication_error', message: 'The town knows no such session.' };
    const stop = options.stopOf(session.session);
    if (stop !== undefined) return { status: 402, type: 'billing_error', message: stop };
    const key = options.key(session.key);
    if (key) return { session, key };
    return {
      status: 503,
      type: 'api_error',
      message: 'The meter has no key yet: the town hands it over when it runs.',
    };
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const route = routeOf(request.url ?? '');
    const rest = route?.rest ?? request.url ?? '';
    const session = route && options.find(tokenHashOf(route.token));
    const isAsked = isModelCall(request.method ?? '', rest);
    const admitted = session && !isAsked ? OTHER : admit(session);
    if ('session' in admitted) pass({ ...admitted, rest, request, response });
    else {
      request.resume();
      refuse(response, session?.api ?? apiOfPath(rest), admitted);
    }
  };

  const pass = (from: {
    session: MeteredSession;
    key: Key;
    rest: string;
    request: IncomingMessage;
    response: ServerResponse;
  }): void => {
    const { session, key, rest, request, response } = from;
    const target = targetOf(session.upstream, rest);
    const call = createCall({
      id: randomUUID(),
      session: session.session,
      api: session.api,
      wording: wordingOf(rest),
      model: modelOfPath(rest) ?? '',
      write: options.write,
      now: options.now,
    });
    const upstream = (target.isTls ? https : http).request({
      agent: target.isTls ? AGENTS.tls : AGENTS.plain,
      hostname: target.hostname,
      ...(target.port !== undefined && { port: target.port }),
      path: target.path,
      method: request.method ?? 'POST',
      headers: requestHeaders(request.headers, { api: session.api, key, host: target.host }),
    });
    const end = (): void => {
      open.delete(call);
      call.cut();
      upstream.destroy();
    };
    open.set(call, () => {
      end();
      response.destroy();
    });
    response.on('close', end);
    upstream.on('response', answer => void relay(call, answer, response));
    upstream.on('error', error => {
      if (response.headersSent) response.destroy();
      else if (!response.destroyed) {
        const message = `The model's service cannot be reached: ${error.message}`;
        refuse(response, session.api, { status: 502, type: 'api_error', message });
      }
    });
    request.on('error', () => upstream.destroy());
    request.pipe(upstream);
  };

  return {
    handle,
    open: () => [...open.keys()].map(({ session, startedAt, heardAt }) => ({ session, startedAt, heardAt })),
    close: () => {
      for (const end of open.values()) end();
    },
  };
};

const OTHER: Refusal = {
  status: 403,
  type: 'permission_error',
  message: 'Only calls to models pass here.',
};

type Refusal = Parameters<typeof errorBody>[1];

const refuse = (response: ServerResponse, api: ModelApi, refusal: Refusal): void => {
  const retry = refusal.status === 503 ? { 'retry-after': String(KEY_RETRY_S) } : {};
  const head = { 'content-type': 'application/json', connection: 'close', ...retry };
  response.writeHead(refusal.status, head).end(errorBody(api, refusal));
};

/** Each piece goes on as it came, as fast as the client takes it; the line is in the log before the client can know that the answer is whole. */
const relay = async (call: Call, answer: IncomingMessage, response: ServerResponse): Promise<void> => {
  call.answered(answer.statusCode ?? 0, answer.headers);
  try {
    response.writeHead(answer.statusCode ?? 502, responseHeaders(answer.headers));
    response.flushHeaders();
    for await (const piece of answer as AsyncIterable<Buffer>) {
      call.heard(piece);
      if (!response.write(piece)) await drained(response);
    }
    call.whole();
    response.end();
  } catch {
    // Either side broke off: the other one has to see that the answer is not whole.
    call.cut();
    response.destroy();
  }
};

/** Resolves also when the client is gone: the next write then says so. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    if (response.destroyed) return resolve();
    response.on('drain', done);
    response.on('close', done);
  });
