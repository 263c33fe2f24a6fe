import { type Dialect, type Heard, type JsonSchema, type ModelAnswer, nextId, pieces, textOf } from './request.ts';

interface Body {
  readonly model: string;
  readonly stream?: boolean;
  readonly tools?: readonly { readonly function?: { readonly name: string; readonly parameters?: JsonSchema } }[];
  readonly messages: readonly { readonly role: string; readonly content?: unknown }[];
}

/** OpenAI's Chat Completions API. */
export const chat: Dialect = {
  path: /\/chat\/completions$/,
  read: (body: Body) => ({
    api: 'chat',
    model: body.model,
    isStream: body.stream === true,
    tools: (body.tools ?? []).flatMap(({ function: tool }) =>
      tool ? [{ name: tool.name, schema: tool.parameters ?? {} }] : [],
    ),
    heard: body.messages.flatMap(({ role, content }): Heard[] => {
      if (role === 'tool') return [{ type: 'result', text: textOf(content) }];
      return role === 'user' ? [{ type: 'user', text: textOf(content) }] : [];
    }),
  }),
  whole: answer => ({
    ...base(answer, 'chat.completion'),
    choices: [{ index: 0, message: { role: 'assistant', ...message(answer) }, finish_reason: finish(answer) }],
    usage: used(answer),
  }),
  events: answer => {
    const begun = base(answer, 'chat.completion.chunk');
    const { content, tool_calls } = message(answer);
    const deltas = [
      { role: 'assistant', content: '' },
      ...(content === null
        ? [{ tool_calls: tool_calls?.map((call, index) => ({ index, ...call })) }]
        : pieces(content).map(piece => ({ content: piece }))),
    ];
    return [
      ...deltas.map(delta => ({ ...begun, choices: [{ index: 0, delta, finish_reason: null }] })),
      { ...begun, choices: [{ index: 0, delta: {}, finish_reason: finish(answer) }] },
      { ...begun, choices: [], usage: used(answer) },
    ]
      .map((data): { data: unknown } => ({ data }))
      .concat({ data: DONE });
  },
  refusal: status => ({ error: { message: `scripted ${status}`, type: 'server_error', code: null } }),
};

/** Not JSON: how a stream ends here. */
export const DONE = '[DONE]';

const base = ({ model }: ModelAnswer, object: string) => ({ id: nextId('chatcmpl'), object, created: 0, model });

const message = ({ said }: ModelAnswer) =>
  'text' in said
    ? { content: said.text }
    : {
        content: null,
        tool_calls: [
          {
            id: nextId('call'),
            type: 'function',
            function: { name: said.tool.name, arguments: JSON.stringify(said.input) },
          },
        ],
      };

const finish = ({ said }: ModelAnswer): string => ('text' in said ? 'stop' : 'tool_calls');

const used = ({ usage }: ModelAnswer) => {
  const input = usage.in + usage.cacheRead;
  return {
    prompt_tokens: input,
    completion_tokens: usage.out,
    total_tokens: input + usage.out,
    prompt_tokens_details: { cached_tokens: usage.cacheRead },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
};
