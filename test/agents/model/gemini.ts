import { type Body, flat, type Made, nextId, pieces, type Wire } from './answer.ts';
import type { Heard } from './script.ts';

/** Gemini `generateContent`. */
export const gemini: Wire = {
  read: body => ({
    heard: (body.contents ?? [])
      .filter(({ role }: Body) => role !== 'model')
      .flatMap(({ parts }: Body) => parts ?? [])
      .flatMap((part: Body): Heard[] => {
        if (part.functionResponse) return [{ type: 'result', text: flat(part.functionResponse.response) }];
        return typeof part.text === 'string' ? [{ type: 'user', text: part.text }] : [];
      }),
    tools: (body.tools ?? [])
      .flatMap((tool: Body) => tool.functionDeclarations ?? [])
      .map((one: Body) => ({ name: one.name, schema: one.parametersJsonSchema ?? one.parameters })),
  }),
  whole: made => chunk(made, [part(made)], 'STOP'),
  events: made =>
    made.call
      ? [{ data: chunk(made, [part(made)], 'STOP') }]
      : [
          ...pieces(made.step.value).map(text => ({ data: chunk(made, [{ text }]) })),
          { data: chunk(made, [{ text: '' }], 'STOP') },
        ],
  refusal: status => ({
    error: {
      code: status,
      message: `scripted ${status}`,
      status: status === 429 ? 'RESOURCE_EXHAUSTED' : 'UNAVAILABLE',
    },
  }),
};

const part = ({ call, step }: Made) =>
  call ? { functionCall: { id: nextId('fc'), name: call.name, args: call.args } } : { text: step.value };

const chunk = ({ model, step: { usage } }: Made, parts: readonly object[], finishReason?: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason && { finishReason }) }],
  modelVersion: model,
  responseId: nextId('r'),
  usageMetadata: {
    promptTokenCount: usage.in + usage.cr,
    cachedContentTokenCount: usage.cr,
    candidatesTokenCount: usage.out,
    thoughtsTokenCount: usage.think,
    totalTokenCount: usage.in + usage.cr + usage.out + usage.think,
  },
});
