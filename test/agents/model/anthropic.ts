import { type Body, flat, type Made, nextId, pieces, type StreamEvent, type Wire } from './answer.ts';
import type { Heard } from './script.ts';

/** Anthropic Messages. */
export const anthropic: Wire = {
  read: body => ({
    heard: (body.messages ?? []).flatMap(messageHeard),
    tools: (body.tools ?? []).map((tool: Body) => ({ name: tool.name, schema: tool.input_schema })),
  }),
  whole: made => ({
    ...message(made),
    content: [block(made)],
    stop_reason: stopReason(made),
    usage: usage(made, made.step.usage.out),
  }),
  events: made => {
    const empty = made.call ? { ...block(made), input: {} } : { type: 'text', text: '' };
    const deltas = made.call
      ? [{ type: 'input_json_delta', partial_json: JSON.stringify(made.call.args) }]
      : pieces(made.step.value).map(text => ({ type: 'text_delta', text }));
    return [
      named({
        type: 'message_start',
        message: { ...message(made), content: [], stop_reason: null, usage: usage(made, 1) },
      }),
      named({ type: 'content_block_start', index: 0, content_block: empty }),
      ...deltas.map(delta => named({ type: 'content_block_delta', index: 0, delta })),
      named({ type: 'content_block_stop', index: 0 }),
      named({
        type: 'message_delta',
        delta: { stop_reason: stopReason(made), stop_sequence: null },
        usage: { output_tokens: made.step.usage.out },
      }),
      named({ type: 'message_stop' }),
    ];
  },
  refusal: status => ({
    type: 'error',
    error: { type: ERRORS[status] ?? 'api_error', message: `scripted ${status}` },
  }),
};

const ERRORS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

const messageHeard = ({ role, content }: Body): Heard[] => {
  if (role !== 'user') return [];
  const parts: Body[] = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  return parts.flatMap((part): Heard[] => {
    if (part.type === 'tool_result') return [{ type: 'result', text: flat(part.content) }];
    return part.type === 'text' ? [{ type: 'user', text: part.text }] : [];
  });
};

const message = ({ model }: Made) => ({
  id: nextId('msg'),
  type: 'message',
  role: 'assistant',
  model,
  stop_sequence: null,
});

const block = ({ call, step }: Made) =>
  call
    ? { type: 'tool_use', id: nextId('toolu'), name: call.name, input: call.args }
    : { type: 'text', text: step.value };

const stopReason = ({ call }: Made): string => (call ? 'tool_use' : 'end_turn');

const usage = ({ step }: Made, out: number) => ({
  input_tokens: step.usage.in,
  cache_read_input_tokens: step.usage.cr,
  cache_creation_input_tokens: step.usage.cw,
  cache_creation: { ephemeral_5m_input_tokens: step.usage.cw, ephemeral_1h_input_tokens: 0 },
  output_tokens: out,
  service_tier: 'standard',
});

const named = (data: { type: string } & Record<string, unknown>): StreamEvent => ({ event: data.type, data });
