import { type Dialect, type Heard, type JsonSchema, type ModelAnswer, nextId, pieces } from './request.ts';

interface Body {
  readonly tools?: readonly {
    readonly functionDeclarations?: readonly {
      readonly name: string;
      readonly parameters?: JsonSchema;
      readonly parametersJsonSchema?: JsonSchema;
    }[];
  }[];
  readonly contents?: readonly {
    readonly role?: string;
    readonly parts?: readonly { readonly text?: string; readonly functionResponse?: { readonly response?: unknown } }[];
  }[];
  readonly generationConfig?: {
    readonly responseMimeType?: string;
    readonly responseSchema?: JsonSchema;
    readonly responseJsonSchema?: JsonSchema;
  };
}

/** Google's generateContent. */
export const gemini: Dialect = {
  path: /\/models\/[^/]+:(generateContent|streamGenerateContent)$/,
  read: (body: Body, path) => {
    const config = body.generationConfig;
    const isJson = config?.responseMimeType === 'application/json';
    return {
      api: 'gemini',
      model: /\/models\/([^/:]+):/.exec(path)?.[1] ?? '',
      isStream: path.endsWith(':streamGenerateContent'),
      tools: (body.tools ?? [])
        .flatMap(({ functionDeclarations = [] }) => functionDeclarations)
        .map(({ name, parameters, parametersJsonSchema }) => ({
          name,
          schema: parametersJsonSchema ?? lowerCase(parameters ?? {}),
        })),
      heard: (body.contents ?? []).flatMap(({ role, parts = [] }): Heard[] =>
        role === 'model'
          ? []
          : parts.map(({ text, functionResponse }) =>
              functionResponse
                ? { type: 'result', text: JSON.stringify(functionResponse.response ?? '') }
                : { type: 'user', text: text ?? '' },
            ),
      ),
      ...(isJson && { wantsJson: lowerCase(config.responseJsonSchema ?? config.responseSchema ?? {}) }),
    };
  },
  whole: answer => chunk(answer, [part(answer)], 'STOP'),
  events: answer => {
    const { said } = answer;
    if (!('text' in said)) return [{ data: chunk(answer, [part(answer)], 'STOP') }];
    const texts = pieces(said.text);
    return texts.map((text, at) => ({ data: chunk(answer, [{ text }], at === texts.length - 1 ? 'STOP' : undefined) }));
  },
  refusal: status => ({
    error: {
      code: status,
      message: `scripted ${status}`,
      status: status === 429 ? 'RESOURCE_EXHAUSTED' : 'UNAVAILABLE',
    },
  }),
};

/** Its own schemas write types in capitals. */
const lowerCase = (schema: JsonSchema): JsonSchema =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === 'type' && typeof value === 'string' ? value.toLowerCase() : value,
  ) as JsonSchema;

const part = ({ said }: ModelAnswer) =>
  'text' in said ? { text: said.text } : { functionCall: { id: nextId('fc'), name: said.tool.name, args: said.input } };

const chunk = ({ usage, model }: ModelAnswer, parts: readonly object[], finishReason: string | undefined) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason && { finishReason }) }],
  usageMetadata: {
    promptTokenCount: usage.in + usage.cacheRead,
    cachedContentTokenCount: usage.cacheRead,
    candidatesTokenCount: usage.out,
    thoughtsTokenCount: usage.reasoning,
    totalTokenCount: usage.in + usage.cacheRead + usage.out + usage.reasoning,
  },
  modelVersion: model,
  responseId: nextId('resp'),
});
