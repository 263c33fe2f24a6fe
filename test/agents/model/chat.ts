import { type Body, flat, type Made, nextId, pieces, type StreamEvent, type Wire } from './answer.ts';
import type { Heard } from './script.ts';

/** OpenAI Chat Completions. */
export const chat: Wire = {
  read: body => ({
    heard: (body.messages ?? []).flatMap(({ role, content }: Body): Heard[] => {
      if (role === 'tool') return [{ type: 'result', text: flat(content) }];
      return role === 'user' ? [{ type: 'user', text: flat(content) }] : [];
    }),
    tools: (body.tools ?? []).map((tool: Body) => ({ name: tool.function?.name, schema: tool.function?.parameters })),
  }),
  whole: made => ({
    ...base(made),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: made.call ? null : made.step.value, ...calls(made) },
        finish_reason: reason(made),
      },
    ],
    usage: usage(made),
  }),
  events: made => {
    const common = { ...base(made), object: 'chat.completion.chunk' };
    const chunk = (delta: object, finish: string | null = null): StreamEvent => ({
      data: { ...common, choices: [{ index: 0, delta, finish_reason: finish }] },
    });
    const [call] = calls(made).tool_calls ?? [];
    return [
      chunk({ role: 'assistant', content: '' }),
      ...(call
        ? [chunk({ tool_calls: [{ index: 0, ...call }] })]
        : pieces(made.step.value).map(content => chunk({ content }))),
      chunk({}, reason(made)),
      { data: { ...common, choices: [], usage: usage(made) } },
      { data: '[DONE]' },
    ];
  },
  refusal: status => ({ error: { message: `scripted ${status}`, type: 'server_error' } }),
};

const base = ({ model }: Made) => ({ id: nextId('chatcmpl'), created: Math.floor(Date.now() / 1000), model });

const reason = ({ call }: Made): string => (call ? 'tool_calls' : 'stop');

const calls = ({ call }: Made) =>
  call
    ? {
        tool_calls: [
          { id: nextId('call'), type: 'function', function: { name: call.name, arguments: JSON.stringify(call.args) } },
        ],
      }
    : {};

const usage = ({ step: { usage: used } }: Made) => ({
  prompt_tokens: used.in + used.cr,
  completion_tokens: used.out,
  total_tokens: used.in + used.cr + used.out,
  prompt_tokens_details: { cached_tokens: used.cr },
  completion_tokens_details: { reasoning_tokens: used.think },
});
