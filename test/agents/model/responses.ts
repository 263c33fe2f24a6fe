import { type Body, flat, type Made, nextId, pieces, type StreamEvent, type Wire } from './answer.ts';
import type { Heard, OfferedTool } from './script.ts';

/** OpenAI Responses. */
export const responses: Wire = {
  read: body => {
    const input: Body[] = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input ?? []);
    return { heard: input.flatMap(itemHeard), tools: (body.tools ?? []).flatMap(offered) };
  },
  whole: made => final(made, item(made)),
  events: made => {
    const one = item(made);
    const done = final(made, one);
    const open = { ...done, status: 'in_progress', output: [], usage: null };
    const list: ({ type: string } & Record<string, unknown>)[] = [
      { type: 'response.created', response: open },
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { ...one, status: 'in_progress', ...(made.call ? { arguments: '' } : { content: [] }) },
      },
      ...(made.call ? argumentEvents(one) : textEvents(one, made.step.value)),
      { type: 'response.output_item.done', output_index: 0, item: one },
      { type: 'response.completed', response: done },
    ];
    return list.map((data, index): StreamEvent => ({ event: data.type, data: { sequence_number: index, ...data } }));
  },
  refusal: status => ({ error: { message: `scripted ${status}`, type: 'server_error', code: null } }),
};

const itemHeard = (item: Body): Heard[] => {
  if (String(item.type ?? '').endsWith('_output')) return [{ type: 'result', text: flat(item.output) }];
  return item.role === 'user' ? [{ type: 'user', text: flat(item.content) }] : [];
};

const offered = (tool: Body): OfferedTool[] => {
  if (tool.type === 'namespace')
    return (tool.tools ?? []).flatMap(offered).map((one: OfferedTool) => ({ ...one, namespace: tool.name }));
  return [{ name: tool.name ?? tool.type, schema: tool.parameters, kind: tool.type }];
};

const item = ({ call, step }: Made): Body => {
  if (!call) {
    const content = [{ type: 'output_text', text: step.value, annotations: [] }];
    return { type: 'message', id: nextId('msg'), role: 'assistant', status: 'completed', content };
  }
  const ids = { call_id: nextId('call'), name: call.name, status: 'completed' };
  if (call.tool?.kind === 'custom')
    return { type: 'custom_tool_call', id: nextId('ctc'), ...ids, input: call.args.input ?? JSON.stringify(call.args) };
  const namespace = call.tool?.namespace;
  const words = JSON.stringify(call.args);
  return { type: 'function_call', id: nextId('fc'), ...ids, ...(namespace && { namespace }), arguments: words };
};

const final = ({ model, step: { usage } }: Made, one: Body) => ({
  id: nextId('resp'),
  object: 'response',
  created_at: Math.floor(Date.now() / 1000),
  model,
  status: 'completed',
  parallel_tool_calls: false,
  tools: [],
  output: [one],
  usage: {
    input_tokens: usage.in + usage.cr,
    input_tokens_details: { cached_tokens: usage.cr },
    output_tokens: usage.out,
    output_tokens_details: { reasoning_tokens: usage.think },
    total_tokens: usage.in + usage.cr + usage.out,
  },
});

const argumentEvents = (one: Body) =>
  one.type === 'function_call'
    ? [
        { type: 'response.function_call_arguments.delta', item_id: one.id, output_index: 0, delta: one.arguments },
        { type: 'response.function_call_arguments.done', item_id: one.id, output_index: 0, arguments: one.arguments },
      ]
    : [];

const textEvents = (one: Body, text: string) => {
  const at = { item_id: one.id, output_index: 0, content_index: 0 };
  return [
    { type: 'response.content_part.added', ...at, part: { type: 'output_text', text: '', annotations: [] } },
    ...pieces(text).map(delta => ({ type: 'response.output_text.delta', ...at, delta })),
    { type: 'response.output_text.done', ...at, text },
    { type: 'response.content_part.done', ...at, part: one.content[0] },
  ];
};
