import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { ModelApi } from '../cli.ts';
import type { Wording } from './reader.ts';

export interface Route {
  readonly token: string;
  /** From the slash behind the token on, with its query. */
  readonly rest: string;
}

/** `/s/<token>/v1/messages?beta=true`; undefined for any other path. */
export const routeOf = (url: string): Route | undefined => {
  const match = /^\/s\/([A-Za-z0-9_-]{16,128})(\/.*)$/s.exec(url);
  return match ? { token: match[1]!, rest: match[2]! } : undefined;
};

/** How a call is spoken, by its path; undefined for calls that use no tokens (lists of models, counts). */
export const wordingOf = (rest: string): Wording | undefined => {
  const path = rest.split('?')[0]!;
  if (/\/messages$/.test(path)) return 'messages';
  if (/\/responses(?:\/compact)?$/.test(path)) return 'responses';
  if (/\/(?:chat\/completions|completions|embeddings)$/.test(path)) return 'chat';
  if (/:(?:stream)?generateContent$/i.test(path)) return 'gemini';
  return undefined;
};

/**
 * Whether a request asks a model, or about models. With the person's key one may do much else (read files and batches,
 * make keys, close an account): an agent gets none of that.
 */
export const isModelCall = (method: string, rest: string): boolean => {
  if (method !== 'POST' && method !== 'GET' && method !== 'HEAD') return false;
  const path = rest.split('?')[0]!;
  // What a server might read as another path than this one does.
  return !/%2f|%5c|%2e|\\|\/\.{1,2}(?:\/|$)|\/\//i.test(path) && MODEL_PATH.test(path);
};

const MODEL_PATH =
  /^(?:\/v1(?:alpha|beta)?)?\/(?:messages(?:\/count_tokens)?|responses(?:\/[\w-]+)*|chat\/completions|completions|embeddings|models(?:[/:].*)?|cachedContents(?:\/[\w-]+)?)$/;

/** Where the path names the model, as Gemini's does. */
export const modelOfPath = (rest: string): string | undefined => /\/models\/([^/:?]+):/.exec(rest)?.[1];

export interface Target {
  readonly isTls: boolean;
  readonly hostname: string;
  readonly port: number | undefined;
  readonly path: string;
  readonly host: string;
}

/** Where a call goes: always to the session's own upstream, whatever stands in the path. */
export const targetOf = (upstream: string, rest: string): Target => {
  const url = new URL(upstream);
  const [path, ...query] = rest.split('?');
  const params = new URLSearchParams(query.join('?'));
  // Gemini takes a key in the query as well; the agent's is a dummy.
  params.delete('key');
  const search = params.size > 0 ? `?${params}` : '';
  return {
    isTls: url.protocol === 'https:',
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : Number(url.port),
    path: `${url.pathname.replace(/\/$/, '')}${path}${search}`,
    host: url.host,
  };
};

/** Of one connection only (RFC 9110), or the meter's own business. */
const NOT_PASSED_ON = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'proxy-connection'],
  ...['proxy-authorization', 'proxy-authenticate', 'expect'],
]);
const NOT_ASKED = new Set(['host', 'authorization', 'x-api-key', 'x-goog-api-key', 'accept-encoding', 'cookie']);

/** The agent's headers with the real key instead of its own, and without compression, so that the answer can be read as it passes. */
export const requestHeaders = (
  headers: IncomingHttpHeaders,
  options: { api: ModelApi; key: { value: string; bearer: boolean }; host: string },
): OutgoingHttpHeaders => {
  const { api, key, host } = options;
  return {
    ...passedOn(headers, name => NOT_ASKED.has(name)),
    host,
    'accept-encoding': 'identity',
    ...keyHeader(api, key),
  };
};

export const responseHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => passedOn(headers, () => false);

const keyHeader = (api: ModelApi, { value, bearer }: { value: string; bearer: boolean }): OutgoingHttpHeaders => {
  if (api === 'openai' || bearer) return { authorization: `Bearer ${value}` };
  return api === 'gemini' ? { 'x-goog-api-key': value } : { 'x-api-key': value };
};

const passedOn = (headers: IncomingHttpHeaders, isLeftOut: (name: string) => boolean): OutgoingHttpHeaders => {
  const named = new Set(
    String(headers.connection ?? '')
      .split(',')
      .map(name => name.trim().toLowerCase()),
  );
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) => value !== undefined && !NOT_PASSED_ON.has(name) && !named.has(name) && !isLeftOut(name),
    ),
  );
};

/** An error in the words of the service, so that the CLI shows it as it shows its own. */
export const errorBody = (
  api: ModelApi,
  error: {
    status: number;
    type: 'authentication_error' | 'permission_error' | 'billing_error' | 'api_error';
    message: string;
  },
): string => {
  const { status, type, message } = error;
  if (api === 'anthropic') return JSON.stringify({ type: 'error', error: { type, message } });
  if (api === 'gemini') return JSON.stringify({ error: { code: status, message, status: GOOGLE_STATUS[type] } });
  const code = type === 'billing_error' ? 'insufficient_quota' : type;
  return JSON.stringify({ error: { message, type: code, param: null, code } });
};

const GOOGLE_STATUS = {
  authentication_error: 'UNAUTHENTICATED',
  permission_error: 'PERMISSION_DENIED',
  billing_error: 'RESOURCE_EXHAUSTED',
  api_error: 'UNAVAILABLE',
} as const;

/** The service whose words fit a path, where no session tells. */
export const apiOfPath = (rest: string): ModelApi => {
  const wording = wordingOf(rest);
  if (wording === 'messages' || /\/messages\//.test(rest)) return 'anthropic';
  return wording === 'gemini' || rest.startsWith('/v1beta') ? 'gemini' : 'openai';
};

/** Plain HTTP may carry a key on the machine itself only. Undefined where it may go there, else why not. */
export const upstreamRefusal = (upstream: string): string | undefined => {
  let url: URL;
  try {
    url = new URL(upstream);
  } catch {
    return `${JSON.stringify(upstream)} is no URL.`;
  }
  if (url.username !== '' || url.password !== '') return `${url.host} is named with a password in its address.`;
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return `${url.protocol}// is not spoken here.`;
  const isLoopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  return isLoopback ? undefined : `${url.host} is asked without encryption: a key would be sent in the clear.`;
};
