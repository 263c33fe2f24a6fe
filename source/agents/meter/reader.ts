import type { Usage } from '../../ledger/schema.ts';
import { createEventSplitter } from './events.ts';
import { anthropicUsage, chatUsage, geminiUsage, responsesUsage } from './usage.ts';

/** How a call is spoken: the paths of the three services that answer with tokens used. */
export type Wording = 'messages' | 'responses' | 'chat' | 'gemini';

/** What an answer told so far. */
export interface Seen {
  readonly model?: string;
  /** All tokens of this call, as last said. Undefined until something was said. */
  readonly usage?: Usage;
  /** The answer is over and said its last word on usage. */
  readonly isFinal: boolean;
}

export interface UsageReader {
  readonly seen: Seen;
  push(piece: Uint8Array): void;
  /** The body ended in good order. */
  end(): void;
}

/** A JSON body of more than this is passed on unread: answers are some 100 KB. */
const BODY_MAX_BYTES = 64 * 1024 * 1024;

const NOTHING: Seen = { isFinal: false };

/** Reads one answer as it passes, in pieces cut anywhere. It never throws: what is not understood is no usage. */
export const createUsageReader = (wording: Wording, contentType: string): UsageReader =>
  /^\s*text\/event-stream/i.test(contentType) ? streamReader(wording) : bodyReader(wording);

const streamReader = (wording: Wording): UsageReader => {
  const splitter = createEventSplitter();
  let seen = NOTHING;
  const see = (events: readonly string[]): void => {
    for (const event of events) seen = seeEvent(wording, seen, event);
  };
  return {
    get seen() {
      return seen;
    },
    push: piece => see(splitter.push(piece)),
    end() {
      see(splitter.end());
      seen = { ...seen, isFinal: true };
    },
  };
};

const bodyReader = (wording: Wording): UsageReader => {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let seen = NOTHING;
  return {
    get seen() {
      return seen;
    },
    push(piece) {
      bytes += piece.byteLength;
      if (bytes > BODY_MAX_BYTES) pieces.length = 0;
      else pieces.push(piece);
    },
    end() {
      const value = bytes > BODY_MAX_BYTES ? undefined : parse(Buffer.concat(pieces).toString('utf8'));
      // Gemini's stream without `alt=sse` is one JSON array of the same chunks.
      for (const chunk of Array.isArray(value) ? value : [value]) seen = seeValue(wording, seen, chunk);
      seen = { ...seen, isFinal: true };
    },
  };
};

const seeEvent = (wording: Wording, seen: Seen, event: string): Seen => {
  if (event.trim() === '[DONE]') return { ...seen, isFinal: true };
  // Most events are pieces of text; parsing each would cost more than passing it on.
  if (!MENTIONS[wording].test(event)) return seen;
  const value = parse(event);
  return value === undefined ? seen : seeValue(wording, seen, value);
};

const MENTIONS: Readonly<Record<Wording, RegExp>> = {
  messages: /"message_(?:start|delta|stop)"/,
  responses: /"response\.(?:created|completed|incomplete|failed|done)"/,
  chat: /"usage"|"model"/,
  gemini: /"usageMetadata"|"modelVersion"/,
};

/** A whole answer, or one event of a stream. */
const seeValue = (wording: Wording, seen: Seen, value: unknown): Seen => SEE[wording](seen, value);

const SEE: Readonly<Record<Wording, (seen: Seen, value: unknown) => Seen>> = {
  messages(seen, value) {
    const type = at(value, 'type');
    if (type === 'message_stop') return { ...seen, isFinal: true };
    const message = type === 'message_start' ? at(value, 'message') : value;
    return told(
      seen,
      at(message, 'model'),
      ifObject(at(message, 'usage'), usage => anthropicUsage(usage, seen.usage)),
    );
  },
  responses(seen, value) {
    const type = at(value, 'type');
    const response = typeof type === 'string' ? at(value, 'response') : value;
    const after = told(seen, at(response, 'model'), ifObject(at(response, 'usage'), responsesUsage));
    return typeof type === 'string' && type !== 'response.created' ? { ...after, isFinal: true } : after;
  },
  chat(seen, value) {
    return told(seen, at(value, 'model'), ifObject(at(value, 'usage'), chatUsage));
  },
  gemini(seen, value) {
    // Code Assist, which a login uses, wraps each answer.
    const answer = at(value, 'response') ?? value;
    return told(seen, at(answer, 'modelVersion'), ifObject(at(answer, 'usageMetadata'), geminiUsage));
  },
};

const told = (seen: Seen, model: unknown, usage: Usage | undefined): Seen => ({
  ...seen,
  ...(typeof model === 'string' && model !== '' && { model: model.slice(0, MODEL_CHARS) }),
  ...(usage && { usage }),
});

const ifObject = (value: unknown, read: (value: object) => Usage): Usage | undefined =>
  typeof value === 'object' && value !== null ? read(value) : undefined;

/** Of a model's name: what is longer is no name. */
const MODEL_CHARS = 200;

const at = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
