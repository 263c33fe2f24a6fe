import type { ConversationFacts } from '../wire/protocol.ts';
import { fieldOf, firstLine, listAt, numberAt, textAt } from './fields.ts';

/** How a turn that failed leaves the conversation. */
export interface TurnFailure {
  readonly state: Extract<ConversationFacts['state'], 'idle' | 'limited' | 'failed'>;
  /** One line. */
  readonly said: string;
  readonly until?: number;
}

/** Codex does not say how long a service that turned it away wants to be left alone: an ordinary limit by the minute. */
const COOL_MS = 60_000;
const SAID_CHARS = 200;

/** What a failed turn's `error` means. `at` is when it was said, `resetsAt` when the account's limit is over, where known. */
export const turnFailure = (error: unknown, { at, resetsAt }: { at: number; resetsAt: number }): TurnFailure => {
  const { name, status } = errorInfo(error);
  const said = saidBy(error);
  if (name === 'usageLimitExceeded') return { state: 'limited', said, ...(resetsAt > 0 && { until: resetsAt }) };
  if (isPassing(name, status)) return { state: 'limited', said, until: resetsAt > at ? resetsAt : at + COOL_MS };
  return { state: PASSED_OVER.has(name) ? 'idle' : 'failed', said };
};

/** Whether Codex tries again because the model's service turned it away, rather than because it refused its login. */
export const isTurnedAway = (error: unknown): boolean => {
  const { name, status } = errorInfo(error);
  return isPassing(name, status);
};

/** In one line; bodies of answers that are JSON say it in `error.message`. Without the address, which holds the session's token. */
export const saidBy = (error: unknown): string => {
  const message = textAt(error, 'message');
  const details = textAt(error, 'additionalDetails');
  const words = [messageIn(message), messageIn(details)].filter(text => text !== '').join(': ');
  return firstLine(words.replaceAll(ADDRESS, ''), SAID_CHARS) || 'it did not say why';
};

const ADDRESS = /,? url: \S+/g;

/** When the windows of the account that are used up begin anew, ms since the epoch; 0 when none is. */
export const limitResetsAt = (params: unknown): number => {
  const windows = ['primary', 'secondary'].map(name => fieldOf(params, 'rateLimits', name));
  const used = windows.filter(window => numberAt(window, 'usedPercent') >= 100);
  return Math.max(0, ...used.map(window => numberAt(window, 'resetsAt') * 1000));
};

/** Ends of a turn after which the next one may well go on. */
const PASSED_OVER = new Set(['sandboxError', 'tooManyDenials', 'activeTurnNotSteerable', 'threadRollbackFailed']);

const OVERLOADED = new Set([
  'rateLimitExceeded',
  'flexUnavailable',
  'serverOverloaded',
  'policyCapacityUnavailable',
  'internalServerError',
]);

const HTTP = new Set([
  'httpConnectionFailed',
  'responseStreamConnectionFailed',
  'responseStreamDisconnected',
  'responseTooManyFailedAttempts',
]);

const isPassing = (name: string, status: number): boolean =>
  OVERLOADED.has(name) || (HTTP.has(name) && (status === 0 || status === 408 || status === 429 || status >= 500));

/** A word, or an object with one field of that name. */
const errorInfo = (error: unknown): { name: string; status: number } => {
  const info = fieldOf(error, 'codexErrorInfo');
  if (typeof info === 'string') return { name: info, status: 0 };
  const name = typeof info === 'object' && info !== null ? (Object.keys(info)[0] ?? '') : '';
  return { name, status: numberAt(info, name, 'httpStatusCode') };
};

const messageIn = (text: string): string => {
  if (!text.trimStart().startsWith('{')) return text;
  try {
    const body: unknown = JSON.parse(text);
    return (
      textAt(body, 'error', 'message') ||
      textAt(body, 'message') ||
      textAt(listAt(body, 'errors')[0], 'message') ||
      text
    );
  } catch {
    return text;
  }
};
