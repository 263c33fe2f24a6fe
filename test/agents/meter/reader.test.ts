import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventSplitter } from '../../../source/agents/meter/events.ts';
import { createUsageReader, type Wording } from '../../../source/agents/meter/reader.ts';

const SSE = 'text/event-stream; charset=utf-8';

const events = (...values: readonly unknown[]): string =>
  values
    .map(value => {
      const type = (value as { type?: string }).type;
      const data = typeof value === 'string' ? value : JSON.stringify(value);
      return `${type ? `event: ${type}\n` : ''}data: ${data}\n\n`;
    })
    .join('');

/** The same call, 1,200 tokens of new input, 900 from the cache, 100 into it, 50 out, as each service tells it. */
const STREAMS: readonly {
  wording: Wording;
  name: string;
  type: string;
  body: string;
  usage: Record<string, number>;
  model: string;
}[] = [
  {
    name: 'an Anthropic stream, whose last word on output is in message_delta',
    wording: 'messages',
    type: SSE,
    model: 'claude-sonnet-5',
    body: events(
      {
        type: 'message_start',
        message: {
          id: 'msg_1',
          model: 'claude-sonnet-5',
          usage: {
            input_tokens: 1200,
            cache_creation_input_tokens: 100,
            cache_read_input_tokens: 900,
            cache_creation: { ephemeral_5m_input_tokens: 60, ephemeral_1h_input_tokens: 40 },
            output_tokens: 1,
          },
        },
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'naïve "usage" – 日本' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 50 } },
      { type: 'message_stop' },
    ),
    usage: { uncachedIn: 1200, cacheRead: 900, cacheWrite: 100, out: 50, reasoning: 0, cacheWrite1h: 40 },
  },
  {
    name: 'an Anthropic body',
    wording: 'messages',
    type: 'application/json',
    model: 'claude-sonnet-5',
    body: JSON.stringify({
      type: 'message',
      model: 'claude-sonnet-5',
      usage: { input_tokens: 1200, cache_creation_input_tokens: 100, cache_read_input_tokens: 900, output_tokens: 50 },
    }),
    usage: { uncachedIn: 1200, cacheRead: 900, cacheWrite: 100, out: 50, reasoning: 0 },
  },
  {
    name: 'an OpenAI Responses stream, whose input includes the cache',
    wording: 'responses',
    type: SSE,
    model: 'gpt-5.4',
    body: events(
      { type: 'response.created', response: { id: 'r', model: 'gpt-5.4', usage: null } },
      { type: 'response.output_text.delta', delta: '"response.completed" is only said here' },
      {
        type: 'response.completed',
        response: {
          id: 'r',
          model: 'gpt-5.4',
          usage: {
            input_tokens: 2200,
            input_tokens_details: { cached_tokens: 900, cache_write_tokens: 100 },
            output_tokens: 50,
            output_tokens_details: { reasoning_tokens: 20 },
          },
        },
      },
    ),
    usage: { uncachedIn: 1200, cacheRead: 900, cacheWrite: 100, out: 50, reasoning: 20 },
  },
  {
    name: 'an OpenAI Responses body',
    wording: 'responses',
    type: 'application/json',
    model: 'gpt-5.4',
    body: JSON.stringify({
      model: 'gpt-5.4',
      usage: { input_tokens: 2100, input_tokens_details: { cached_tokens: 900 }, output_tokens: 50 },
    }),
    usage: { uncachedIn: 1200, cacheRead: 900, cacheWrite: 0, out: 50, reasoning: 0 },
  },
  {
    name: 'a Chat stream with its usage in the chunk before [DONE]',
    wording: 'chat',
    type: SSE,
    model: 'qwen-3',
    body: events(
      { model: 'qwen-3', choices: [{ delta: { content: 'x' } }], usage: null },
      {
        model: 'qwen-3',
        choices: [],
        usage: {
          prompt_tokens: 2100,
          prompt_tokens_details: { cached_tokens: 900 },
          completion_tokens: 50,
          completion_tokens_details: { reasoning_tokens: 20 },
        },
      },
      '[DONE]',
    ),
    usage: { uncachedIn: 1200, cacheRead: 900, cacheWrite: 0, out: 50, reasoning: 20 },
  },
  {
    name: 'a Gemini stream, whose thoughts are beside its output and whose counts are totals in each chunk',
    wording: 'gemini',
    type: SSE,
    model: 'gemini-3.8-flash',
    body: events(
      { candidates: [], usageMetadata: { promptTokenCount: 2100 }, modelVersion: 'gemini-3.8-flash' },
      {
        candidates: [{ finishReason: 'STOP' }],
        usageMetadata: {
          promptTokenCount: 2100,
          cachedContentTokenCount: 900,
          candidatesTokenCount: 30,
          thoughtsTokenCount: 20,
        },
        modelVersion: 'gemini-3.8-flash',
      },
    ),
    usage: { uncachedIn: 1200, cacheRead: 900, cacheWrite: 0, out: 50, reasoning: 20 },
  },
  {
    name: 'a Gemini stream sent as one JSON array',
    wording: 'gemini',
    type: 'application/json',
    model: 'gemini-3.8-flash',
    body: JSON.stringify([
      { usageMetadata: { promptTokenCount: 10 }, modelVersion: 'gemini-3.8-flash' },
      { usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5 }, modelVersion: 'gemini-3.8-flash' },
    ]),
    usage: { uncachedIn: 10, cacheRead: 0, cacheWrite: 0, out: 5, reasoning: 0 },
  },
];

describe('usage of an answer', () => {
  it.each(STREAMS)('is read from $name', ({ wording, type, body, usage, model }) => {
    const reader = createUsageReader(wording, type);
    reader.push(Buffer.from(body));
    reader.end();
    expect(reader.seen).toEqual({ model, usage, isFinal: true });
  });

  it('is the same wherever the pieces are cut, within characters and line ends too', () => {
    const bodies = STREAMS.flatMap(stream => [stream, { ...stream, body: stream.body.replaceAll('\n', '\r\n') }]);
    fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
        ({ wording, type, body, usage }, sizes) => {
          const reader = createUsageReader(wording, type);
          const bytes = Buffer.from(body);
          for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
            const to = from + sizes[turn % sizes.length]!;
            reader.push(bytes.subarray(from, to));
            from = to;
          }
          reader.end();
          expect(reader.seen.usage).toEqual(usage);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is known as far as it was seen when a stream breaks off', () => {
    const { body } = STREAMS[0]!;
    const reader = createUsageReader('messages', SSE);
    reader.push(Buffer.from(body.slice(0, body.indexOf('event: message_delta'))));
    expect(reader.seen).toMatchObject({ isFinal: false, usage: { uncachedIn: 1200, cacheRead: 900, out: 1 } });
  });

  it('is final with the event that ends the answer, before the connection ends', () => {
    const reader = createUsageReader('messages', SSE);
    reader.push(Buffer.from(STREAMS[0]!.body));
    expect(reader.seen.isFinal).toBe(true);
  });

  it('is unknown, never 0, where the answer tells none or makes no sense', () => {
    for (const body of ['', 'null', '{"usage":7}', '{"error":{"type":"overloaded_error"}}', '<html>', '{"usage":']) {
      const reader = createUsageReader('chat', 'application/json');
      reader.push(Buffer.from(body));
      reader.end();
      expect(reader.seen.usage, body).toBeUndefined();
    }
  });

  it('takes no negative, fractional or textual counts', () => {
    const reader = createUsageReader('messages', 'application/json');
    reader.push(Buffer.from('{"usage":{"input_tokens":-5,"output_tokens":"9","cache_read_input_tokens":1.5}}'));
    reader.end();
    expect(reader.seen.usage).toEqual({ uncachedIn: 0, cacheRead: 0, cacheWrite: 0, out: 0, reasoning: 0 });
  });
});

describe('server-sent events', () => {
  it('join data lines, pass over comments, and give a last event that has no empty line', () => {
    const splitter = createEventSplitter();
    expect(splitter.push(Buffer.from(': ping\n\ndata: a\ndata:b\nid: 7\n\nevent: x\nda'))).toEqual(['a\nb']);
    expect(splitter.push(Buffer.from('ta: c'))).toEqual([]);
    expect(splitter.end()).toEqual(['c']);
  });
});
