import { describe, expect, onTestFinished, test } from 'vitest';
import { createUsageReader, type Wording } from '../../../source/agents/meter/reader.ts';
import { type ModelOptions, startModel } from './model.ts';

const start = async (options: ModelOptions = {}) => {
  const model = await startModel(options);
  onTestFinished(() => model.close());
  return model;
};

const SCHEMA = { type: 'object', properties: { cmd: { type: 'string' } }, required: ['cmd'] };

interface Language {
  readonly wording: Wording;
  readonly path: (isStream: boolean) => string;
  readonly body: (texts: readonly string[], options: { tool?: string; isStream: boolean }) => object;
}

/** A conversation of texts and, after the first, results of tools, in each of the four languages. */
const LANGUAGES: Readonly<Record<string, Language>> = {
  'Anthropic Messages': {
    wording: 'messages',
    path: () => '/v1/messages',
    body: ([first, ...results], { tool, isStream }) => ({
      model: 'm',
      stream: isStream,
      tools: tool === undefined ? [] : [{ name: tool, input_schema: SCHEMA }],
      messages: [
        { role: 'user', content: first },
        ...results.map(content => ({ role: 'user', content: [{ type: 'tool_result', content }] })),
      ],
    }),
  },
  'OpenAI Responses': {
    wording: 'responses',
    path: () => '/v1/responses',
    body: ([first, ...results], { tool, isStream }) => ({
      model: 'm',
      stream: isStream,
      tools: tool === undefined ? [] : [{ type: 'function', name: tool, parameters: SCHEMA }],
      input: [
        { role: 'user', content: [{ type: 'input_text', text: first }] },
        ...results.map(output => ({ type: 'function_call_output', output })),
      ],
    }),
  },
  'OpenAI Chat Completions': {
    wording: 'chat',
    path: () => '/v1/chat/completions',
    body: ([first, ...results], { tool, isStream }) => ({
      model: 'm',
      stream: isStream,
      tools: tool === undefined ? [] : [{ type: 'function', function: { name: tool, parameters: SCHEMA } }],
      messages: [{ role: 'user', content: first }, ...results.map(content => ({ role: 'tool', content }))],
    }),
  },
  'Gemini generateContent': {
    wording: 'gemini',
    path: isStream => `/v1beta/models/m:${isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: ([first, ...results], { tool }) => ({
      tools: tool === undefined ? [] : [{ functionDeclarations: [{ name: tool, parametersJsonSchema: SCHEMA }] }],
      contents: [
        { role: 'user', parts: [{ text: first }] },
        ...results.map(output => ({ role: 'user', parts: [{ functionResponse: { response: { output } } }] })),
      ],
    }),
  },
};

const call = (
  url: string,
  language: Language,
  texts: readonly string[],
  options: { tool?: string; isStream: boolean },
) =>
  fetch(url + language.path(options.isStream), {
    method: 'POST',
    body: JSON.stringify(language.body(texts, options)),
  });

describe.each(Object.entries(LANGUAGES))('the scripted model in %s', (_name, language) => {
  test.each([true, false])('calls the shell by its own name, then ends the turn (streaming: %s)', async isStream => {
    const model = await start({
      scripts: {
        one: [{ usage: { in: 10, out: 5, cacheRead: 3, reasoning: 0 } }, { run: 'npm test' }, { say: 'All is well.' }],
      },
    });
    const ask = async (texts: readonly string[]) => {
      const response = await call(model.url, language, texts, { tool: 'exec_command', isStream });
      const text = await response.text();
      const reader = createUsageReader(language.wording, response.headers.get('content-type')!);
      reader.push(Buffer.from(text));
      reader.end();
      return { text, usage: reader.seen.usage };
    };
    const first = await ask(['Do it. SCRIPT:one']);
    expect(first.text).toContain('exec_command');
    expect(first.text).toMatch(/npm test/);
    expect(first.usage).toMatchObject({ uncachedIn: 10, cacheRead: 3, out: 5 });
    const second = await ask(['Do it. SCRIPT:one', 'ok']);
    expect(second.text).toContain('well.');
    expect(second.text).not.toContain('exec_command');
    expect(model.requests.map(({ heard }) => heard.length)).toEqual([1, 2]);
    expect(model.shown()).toContain('ok');
  });

  test('answers without tools plainly, whatever the prompt says', async () => {
    const model = await start({ scripts: { one: [{ hang: true }] } });
    const response = await call(model.url, language, ['Title for: SCRIPT:one'], { isStream: false });
    expect(await response.text()).toContain('Work in hand');
    expect(model.requests[0]).toMatchObject({ isSide: true });
  });

  test('refuses as often as is said, and says when to come again', async () => {
    const model = await start({ scripts: { one: [{ fail: 429, times: 2, retryAfterS: 7 }, { say: 'At last' }] } });
    const statuses: number[] = [];
    for (let at = 0; at < 3; at += 1) {
      const response = await call(model.url, language, ['SCRIPT:one'], { tool: 'bash', isStream: true });
      statuses.push(response.status);
      if (response.status === 429) expect(response.headers.get('retry-after')).toBe('7');
      await response.text();
    }
    expect(statuses).toEqual([429, 429, 200]);
  });

  test.each([true, false])('breaks an answer off in its middle (streaming: %s)', async isStream => {
    const model = await start({ scripts: { one: [{ cut: 1 }, { say: 'One two three four five' }] } });
    const ask = async () =>
      (await call(model.url, language, ['SCRIPT:one'], { tool: 'bash', isStream })).text().catch(() => 'broken off');
    expect(await ask()).toBe('broken off');
    expect(await ask()).toContain('five');
  });
});

describe('a script', () => {
  const messages = LANGUAGES['Anthropic Messages']!;
  const input = async (url: string, text: string, tools: readonly object[]): Promise<unknown> => {
    const body = { model: 'm', tools, messages: [{ role: 'user', content: text }] };
    const response = await fetch(`${url}/v1/messages`, { method: 'POST', body: JSON.stringify(body) });
    return ((await response.json()) as { content: { name: string; input: unknown }[] }).content[0];
  };

  test('hangs for as long as the client waits', async () => {
    const model = await start();
    const abort = new AbortController();
    const answer = fetch(`${model.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify(messages.body(['[[hang]]'], { tool: 'Bash', isStream: true })),
      signal: abort.signal,
    });
    await expect.poll(() => model.requests.length).toBe(1);
    expect(model.open()).toBe(1);
    abort.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => model.open()).toBe(0);
  });

  test('lets nobody go on before all have come', async () => {
    const model = await start();
    const answers = ['a', 'b', 'c'].map(who =>
      input(model.url, `${who} [[gather: 3]] [[say: here]]`, [{ name: 'Bash' }]),
    );
    for (const answer of answers) expect(await answer).toMatchObject({ text: 'here' });
    let isOver = false;
    void input(model.url, 'd [[gather: 5]] [[say: here]]', [{ name: 'Bash' }]).then(() => {
      isOver = true;
    });
    await expect.poll(() => model.open()).toBe(1);
    expect(isOver).toBe(false);
    expect(await input(model.url, 'e [[gather: 5]] [[say: here]]', [{ name: 'Bash' }])).toMatchObject({ text: 'here' });
    await expect.poll(() => isOver).toBe(true);
  });

  test('can be a function of what was asked, and the newest that is named counts', async () => {
    const model = await start({
      scripts: { old: [{ say: 'old' }], new: ({ tools }) => [{ say: `There are ${tools.length} tools.` }] },
    });
    expect(await input(model.url, 'SCRIPT:old then SCRIPT:new', [{ name: 'Bash' }])).toMatchObject({
      text: 'There are 1 tools.',
    });
  });

  test.each(['mcp__gastown__done', 'mcp_gastown_done', 'gastown_done', 'gastown-done'])(
    'calls a tool of MCP as %s where the CLI calls it so',
    async name => {
      const model = await start();
      const made = await input(model.url, '[[tool: gastown.done {"message":"ok"}]]', [
        { name: 'mcp__other__undone' },
        { name, input_schema: { properties: { message: {}, strict: { type: 'boolean' } }, required: ['strict'] } },
      ]);
      expect(made).toMatchObject({ name, input: { message: 'ok', strict: false } });
    },
  );

  test('asks by the tool that the CLI has for questions', async () => {
    const model = await start({ scripts: { one: [{ ask: 'Which?', choices: ['A', 'B'] }] } });
    const schema = {
      properties: { questions: { type: 'array', items: { properties: { question: {}, options: {} } } } },
    };
    const made = await input(model.url, 'SCRIPT:one', [{ name: 'AskUserQuestion', input_schema: schema }]);
    expect(made).toMatchObject({
      input: { questions: [{ question: 'Which?', options: [{ label: 'A' }, { label: 'B' }] }] },
    });
  });
});
