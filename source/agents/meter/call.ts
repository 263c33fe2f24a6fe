import type { IncomingHttpHeaders } from 'node:http';
import { cut, safeLine } from '../../common/text.ts';
import type { Usage } from '../../ledger/schema.ts';
import type { ModelApi } from '../cli.ts';
import { limitOf } from './limits.ts';
import type { CallLine } from './log.ts';
import { createUsageReader, type UsageReader, type Wording } from './reader.ts';

/** Of an error's body: enough for its message and its details. */
const ERROR_BYTES = 65_536;
/** Characters of its message kept. */
const ERROR_CHARS = 300;

/** One call as it passes. Each of its lines is written as soon as it is known, and none twice. */
export interface Call {
  readonly session: string;
  readonly startedAt: number;
  readonly heardAt: number;
  answered(status: number, headers: IncomingHttpHeaders): void;
  heard(piece: Buffer): void;
  whole(): void;
  /** It ends here; nothing happens where its last line is written. */
  cut(): void;
}

export const createCall = (options: {
  id: string;
  session: string;
  api: ModelApi;
  /** Absent: it uses no tokens, and is written down only where the service turns it away. */
  wording: Wording | undefined;
  model: string;
  write(line: CallLine): void;
  now(): number;
}): Call => {
  const { wording, write, now } = options;
  const startedAt = now();
  let heardAt = startedAt;
  let status = 0;
  let headers: IncomingHttpHeaders = {};
  let reader: UsageReader | undefined;
  let error = Buffer.alloc(0);
  let told: Usage | undefined;
  let isOver = false;

  const line = (end: CallLine['end']): void => {
    const usage = reader?.seen.usage;
    const limit = end === 'begun' ? undefined : limitOf({ status, headers, body: error.toString('utf8'), now: now() });
    if (!wording && !limit) return;
    const message = status >= 400 ? messageOf(error.toString('utf8')) : '';
    write({
      at: now(),
      call: options.id,
      session: options.session,
      api: options.api,
      model: safeLine(reader?.seen.model ?? options.model),
      ...(usage && { usage }),
      ...(told && { before: told }),
      status,
      ms: now() - startedAt,
      end,
      ...(limit && { limit }),
      ...(message && { error: message }),
    });
    told = usage;
  };

  const finish = (end: 'whole' | 'cut'): void => {
    if (isOver) return;
    isOver = true;
    line(end);
  };

  return {
    session: options.session,
    startedAt,
    get heardAt() {
      return heardAt;
    },
    answered(code, given) {
      status = code;
      headers = given;
      heardAt = now();
      if (wording && code < 400) reader = createUsageReader(wording, given['content-type'] ?? '');
    },
    heard(piece) {
      heardAt = now();
      if (status >= 400) error = Buffer.concat([error, piece]).subarray(0, ERROR_BYTES);
      reader?.push(piece);
      if (reader?.seen.isFinal) finish('whole');
      else if (reader?.seen.usage && !told) line('begun');
    },
    whole() {
      if (!isOver) reader?.end();
      finish('whole');
    },
    cut: () => finish('cut'),
  };
};

/** Every service puts it at `error.message`. */
const messageOf = (body: string): string => {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return cut(safeLine(body), ERROR_CHARS);
  }
  const first = Array.isArray(value) ? value[0] : value;
  const message = (first as { error?: { message?: unknown } } | null)?.error?.message;
  return cut(safeLine(typeof message === 'string' ? message : body), ERROR_CHARS);
};
