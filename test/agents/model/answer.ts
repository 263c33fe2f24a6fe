import type { Heard, OfferedTool, Step, ToolCall } from './script.ts';

/** One wire protocol of a model's service. */
export interface Wire {
  /** What a request tells, and the tools that it offers. */
  read(body: Body): { heard: readonly Heard[]; tools: readonly OfferedTool[] };
  /** As one JSON value. */
  whole(made: Made): unknown;
  /** As events of a stream. */
  events(made: Made): readonly StreamEvent[];
  /** An error in the service's own shape. */
  refusal(status: number): unknown;
}

export interface StreamEvent {
  /** Absent: only data. */
  readonly event?: string;
  readonly data: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of four services, as they come
export type Body = Record<string, any>;

export interface Made {
  readonly model: string;
  readonly step: Step;
  readonly call: ToolCall | undefined;
}

let last = 0;
/** Unique in this process. */
export const nextId = (kind: string): string => `${kind}_${process.pid.toString(36)}${(++last).toString(36)}`;

/** In pieces, as a model says them. */
export const pieces = (text: string): string[] => text.match(/\S+\s*/g) ?? [text];

/** A content that is a text, or a list of parts with texts. */
export const flat = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content === undefined ? '' : JSON.stringify(content);
  return content.map(part => (typeof part === 'string' ? part : (part?.text ?? ''))).join('\n');
};
