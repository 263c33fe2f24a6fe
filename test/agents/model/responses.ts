import {
  type Dialect,
  type Heard,
  type JsonSchema,
  type ModelAnswer,
  type ModelTool,
  nextId,
  pieces,
  textOf,
} from './request.ts';

interface Item {
  readonly type?: string;
  readonly role?: string;
  readonly content?: unknown;
  readonly output?: unknown;
}
interface Tool {
  readonly type: string;
  readonly name?: string;
  readonly parameters?: JsonSchema;
  readonly tools?: readonly Tool[];
}
interface Body {
  readonly model: string;
  readonly stream?: boolean;
  readonly input: string | readonly Item[];
  readonly tools?: readonly Tool[];
}

/** OpenAI's Responses API. */
export const responses: Dialect = {
  path: /\/responses$/,
  read: (body: Body) => ({
    api: 'responses',
    model: body.model,
    isStream: body.stream === true,
    tools: (body.tools ?? []).flatMap(tool => toolsOf(tool)),
    heard: typeof body.input === 'string' ? [{ type: 'user', text: body.input }] : body.input.flatMap(heardIn),
  }),
  whole: answer => ({ ...base(answer), status: 'completed', output: [item(answer)], usage: used(answer) }),
  events: answer => {
    const made = item(answer);
    const begun = base(answer);
    const { first, empty, inner } = between(made);
    const events = [
      { type: 'response.created', response: { ...begun, status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item: { ...made, ...empty, status: 'in_progress' } },
      ...first,
      ...inner,
      { type: 'response.output_item.done', output_index: 0, item: made },
      { type: 'response.completed', response: { ...begun, status: 'completed', output: [made], usage: used(answer) } },
    ];
    return events.map((data, index) => ({ event: data.type, data: { ...data, sequence_number: index } }));
  },
  refusal: status => ({ error: { message: `scripted ${status}`, type: 'server_error', code: null } }),
};

const toolsOf = (tool: Tool, namespace?: string): ModelTool[] =>
  tool.tools
    ? tool.tools.flatMap(inner => toolsOf(inner, tool.name))
    : [
        {
          name: tool.name ?? tool.type,
          schema: tool.parameters ?? {},
          ...(namespace !== undefined && { namespace }),
          ...(tool.type === 'custom' && { isFreeform: true }),
        },
      ];

const heardIn = ({ type, role, content, output }: Item): Heard[] => {
  if (type?.endsWith('_output')) return [{ type: 'result', text: textOf(output) }];
  return role === 'user' ? [{ type: 'user', text: textOf(content) }] : [];
};

const base = ({ model }: ModelAnswer) => ({ id: nextId('resp'), object: 'response', created_at: 0, model, tools: [] });

/** What came from the cache counts as read here. */
const used = ({ usage }: ModelAnswer) => {
  const input = usage.in + usage.cacheRead;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead },
    output_tokens: usage.out,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + usage.out,
  };
};

interface MadeItem {
  readonly type: string;
  readonly id: string;
  readonly content?: readonly { readonly type: string; readonly text: string }[];
  readonly arguments?: string;
}

const item = ({ said }: ModelAnswer): MadeItem => {
  if ('text' in said) {
    const content = [{ type: 'output_text', text: said.text, annotations: [] }];
    return { type: 'message', id: nextId('msg'), ...{ role: 'assistant', status: 'completed', content } };
  }
  const { name, namespace, isFreeform } = said.tool;
  const ids = { id: nextId('fc'), call_id: nextId('call'), name, ...(namespace && { namespace }), status: 'completed' };
  return isFreeform
    ? { type: 'custom_tool_call', ...ids, ...{ input: String(said.input.input ?? JSON.stringify(said.input)) } }
    : { type: 'function_call', ...ids, arguments: JSON.stringify(said.input) };
};

/** What a stream says between the beginning of an item and its end. */
const between = ({ id, content, arguments: words }: MadeItem) => {
  const where = { item_id: id, output_index: 0 };
  const part = content?.[0];
  if (part) {
    const inPart = { ...where, content_index: 0 };
    return {
      first: [{ type: 'response.content_part.added', ...inPart, part: { ...part, text: '' } }],
      empty: { content: [] },
      inner: [
        ...pieces(part.text).map(delta => ({ type: 'response.output_text.delta', ...inPart, delta })),
        { type: 'response.output_text.done', ...inPart, text: part.text },
        { type: 'response.content_part.done', ...inPart, part },
      ],
    };
  }
  if (words === undefined) return { first: [], empty: { input: '' }, inner: [] };
  return {
    first: [],
    empty: { arguments: '' },
    inner: [{ type: 'response.function_call_arguments.done', ...where, arguments: words }],
  };
};
