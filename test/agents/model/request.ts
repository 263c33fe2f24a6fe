import type { ScriptUsage } from './script.ts';

/** A request to a model, in whichever of the four languages it came. */
export interface ModelRequest {
  readonly api: 'anthropic' | 'responses' | 'chat' | 'gemini';
  readonly model: string;
  readonly isStream: boolean;
  /** None: a title, a summary, a classifier. */
  readonly tools: readonly ModelTool[];
  /** What the model is shown, oldest first: texts of the user's side and results of tools. */
  readonly heard: readonly Heard[];
  /** The answer has to be JSON of this schema. */
  readonly wantsJson?: JsonSchema;
}

export interface Heard {
  readonly type: 'user' | 'result';
  readonly text: string;
}

export interface ModelTool {
  readonly name: string;
  /** Of Codex, which keeps the tools of an MCP server together. */
  readonly namespace?: string;
  readonly schema: JsonSchema;
  /** Takes one text instead of JSON. */
  readonly isFreeform?: boolean;
}

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** What the model says: words, or a call. */
export interface ModelAnswer {
  readonly model: string;
  readonly said:
    | { readonly text: string }
    | { readonly tool: ModelTool; readonly input: Readonly<Record<string, unknown>> };
  readonly usage: ScriptUsage;
}

/** A server-sent event. */
export interface Sent {
  readonly event?: string;
  readonly data: unknown;
}

/** One language: how requests are read and answers written. Pure but for ids. */
export interface Dialect {
  /** Whether a POST to this path is one; what is read is then `read`. */
  readonly path: RegExp;
  read(body: never, path: string): ModelRequest;
  whole(answer: ModelAnswer): unknown;
  events(answer: ModelAnswer): readonly Sent[];
  refusal(status: number): unknown;
}

const counter = { last: 0 };
export const nextId = (kind: string): string => `${kind}_${(++counter.last).toString().padStart(6, '0')}`;

/** In pieces, as models write. */
export const pieces = (text: string): string[] => text.match(/\S+\s*|\s+/g) ?? [text];

export const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content === undefined || content === null ? '' : JSON.stringify(content);
  return content.map(part => (part as { text?: string }).text ?? '').join('\n');
};
