import { type Dialect, type Heard, type JsonSchema, type ModelAnswer, nextId, pieces, textOf } from './request.ts';

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly content?: unknown;
}
interface Body {
  readonly model: string;
  readonly stream?: boolean;
  readonly tools?: readonly { readonly name: string; readonly input_schema?: JsonSchema }[];
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
}

/** Anthropic's Messages API. */
export const anthropic: Dialect = {
  path: /\/messages$/,
  read: (body: Body) => ({
    api: 'anthropic',
    model: body.model,
    isStream: body.stream === true,
    tools: (body.tools ?? []).map(({ name, input_schema }) => ({ name, schema: input_schema ?? {} })),
    heard: body.messages.flatMap(heardIn),
  }),
  whole: answer => ({
    ...message(answer),
    content: [block(answer)],
    stop_reason: stopReason(answer),
    usage: { ...begunUsage(answer), output_tokens: answer.usage.out },
  }),
  events: answer => {
    const made = block(answer);
    const isCall = 'input' in made;
    const deltas = isCall
      ? [{ type: 'input_json_delta', partial_json: JSON.stringify(made.input) }]
      : pieces(made.text).map(text => ({ type: 'text_delta', text }));
    const events = [
      { type: 'message_start', message: message(answer) },
      { type: 'content_block_start', index: 0, content_block: isCall ? { ...made, input: {} } : { ...made, text: '' } },
      ...deltas.map(delta => ({ type: 'content_block_delta', index: 0, delta })),
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: stopReason(answer), stop_sequence: null },
        usage: { output_tokens: answer.usage.out },
      },
      { type: 'message_stop' },
    ];
    return events.map(data => ({ event: data.type, data }));
  },
  refusal: status => ({ type: 'error', error: { type: KINDS[status] ?? 'api_error', message: `scripted ${status}` } }),
};

const KINDS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

const heardIn = ({ role, content }: Body['messages'][number]): Heard[] => {
  if (role !== 'user') return [];
  if (typeof content === 'string') return [{ type: 'user', text: content }];
  return content.map(({ type, text, content: inner }) =>
    type === 'tool_result' ? { type: 'result', text: textOf(inner) } : { type: 'user', text: text ?? '' },
  );
};

/** A stream says at its start what was read, and at its end what was written. */
const begunUsage = ({ usage }: ModelAnswer) => ({
  input_tokens: usage.in,
  cache_read_input_tokens: usage.cacheRead,
  cache_creation_input_tokens: usage.cacheWrite,
  cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite, ephemeral_1h_input_tokens: 0 },
  output_tokens: 1,
});

const message = (answer: ModelAnswer) => ({
  ...{ id: nextId('msg'), type: 'message', role: 'assistant', model: answer.model, content: [] },
  ...{ stop_reason: null, stop_sequence: null, usage: begunUsage(answer) },
});

const block = ({ said }: ModelAnswer) =>
  'text' in said
    ? { type: 'text', text: said.text }
    : { type: 'tool_use', id: nextId('toolu'), name: said.tool.name, input: said.input };

const stopReason = ({ said }: ModelAnswer): string => ('text' in said ? 'end_turn' : 'tool_use');
