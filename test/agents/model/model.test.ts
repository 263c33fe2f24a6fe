import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ScriptedModel, startModel } from './model.ts';
import { stepOf } from './script.ts';

let model: ScriptedModel;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model.close());

const post = async (path: string, body: object) => {
  const response = await fetch(`${model.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
};

/** A first request of each service with a shell among its tools, and its second one with the result of the call. */
const SERVICES = {
  anthropic: {
    path: '/v1/messages',
    body: (prompt: string, results: number, stream: boolean) => ({
      model: 'm',
      stream,
      tools: [{ name: 'Bash', input_schema: { properties: { command: {} }, required: ['command'] } }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: prompt }] },
        ...Array.from({ length: results }, () => ({ role: 'user', content: [{ type: 'tool_result', content: 'ok' }] })),
      ],
    }),
    calls: '"name":"Bash"',
  },
  responses: {
    path: '/v1/responses',
    body: (prompt: string, results: number, stream: boolean) => ({
      model: 'm',
      stream,
      tools: [{ type: 'function', name: 'exec_command', parameters: { properties: { cmd: {} }, required: ['cmd'] } }],
      input: [
        { role: 'user', content: [{ type: 'input_text', text: prompt }] },
        ...Array.from({ length: results }, () => ({ type: 'function_call_output', output: 'ok' })),
      ],
    }),
    calls: '"name":"exec_command"',
  },
  chat: {
    path: '/v1/chat/completions',
    body: (prompt: string, results: number, stream: boolean) => ({
      model: 'm',
      stream,
      tools: [{ type: 'function', function: { name: 'bash', parameters: { properties: { command: {} } } } }],
      messages: [
        { role: 'user', content: prompt },
        ...Array.from({ length: results }, () => ({ role: 'tool', content: 'ok' })),
      ],
    }),
    calls: '"name":"bash"',
  },
  gemini: {
    path: '/v1beta/models/m:generateContent',
    body: (prompt: string, results: number) => ({
      tools: [
        {
          functionDeclarations: [{ name: 'run_shell_command', parametersJsonSchema: { properties: { command: {} } } }],
        },
      ],
      contents: [
        { role: 'user', parts: [{ text: prompt }] },
        ...Array.from({ length: results }, () => ({
          role: 'user',
          parts: [{ functionResponse: { response: { output: 'ok' } } }],
        })),
      ],
    }),
    calls: '"name":"run_shell_command"',
  },
};

describe.each(Object.entries(SERVICES))('over %s', (name, { path, body, calls }) => {
  const script = 'Do this: [[sh: echo hi]] [[say: all done]]';

  test('it calls the shell, and says its word when the result is there, in one answer or a stream', async () => {
    for (const stream of [false, true]) {
      const where = stream && name === 'gemini' ? path.replace('generateContent', 'streamGenerateContent') : path;
      const first = await post(where, body(script, 0, stream));
      expect(first.text).toContain(calls);
      expect(first.text.replaceAll('\\', '')).toContain('echo hi');
      const second = await post(where, body(script, 1, stream));
      expect(second.text).not.toContain(calls);
      for (const word of ['all', 'done']) expect(second.text).toContain(word);
      expect(second.text).toMatch(/1200/);
    }
  });

  test('it refuses as often as it is told, in the words of the service', async () => {
    const failing = `[[fail: 429 x2]] [[say: at last ${name}]]`;
    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await post(path, body(failing, 0, false)));
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(answers[0]!.text).toContain('scripted 429');
    expect(answers[2]!.text).toContain('at last');
  });
});

test('the newest script counts, and the results since; a text without one changes nothing', () => {
  const heard = (...texts: string[]) =>
    texts.map(text => (text === '-' ? ({ type: 'result', text: '' } as const) : ({ type: 'user', text } as const)));
  const first = '[[sh: one]] [[sh: two]] [[say: end]]';
  expect(stepOf(heard(first))).toMatchObject({ kind: 'sh', value: 'one' });
  expect(stepOf(heard(first, '-', 'go on'))).toMatchObject({ kind: 'sh', value: 'two' });
  expect(stepOf(heard(first, '-', '-', '[[sh: three]]'))).toMatchObject({ kind: 'sh', value: 'three' });
  expect(stepOf(heard(first, '-', '-', '-'))).toMatchObject({ kind: 'say', value: 'end' });
  expect(stepOf(heard('[[sleep: 5]] [[sh: one]] [[hang]] [[sh: two]]', '-'))).toMatchObject({
    value: 'two',
    waitMs: 0,
    hangs: true,
  });
});

test('what comes without tools is answered with a word', async () => {
  const { text } = await post('/v1/messages', { model: 'm', messages: [{ role: 'user', content: 'A title, please' }] });
  expect(text).toContain('Hello.');
  expect(model.requests.at(-1)).toMatchObject({ path: '/v1/messages', status: 200, tools: [] });
});
