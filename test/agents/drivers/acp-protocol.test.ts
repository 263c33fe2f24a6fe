import { describe, expect, test } from 'vitest';
import { acpProtocol } from '../../../source/agents/drivers/acp-protocol.ts';
import { advance, type Conversation, newConversation } from '../../../source/agents/wire/conversation.ts';
import type { Act, Step, TranscriptLine } from '../../../source/agents/wire/protocol.ts';

/** The agent's part as Gemini CLI 0.61, opencode 1.18 and Copilot 1.0.102 spoke it. */
const hello = (more: object = {}) => ({
  jsonrpc: '2.0',
  id: 'open',
  result: { protocolVersion: 1, agentCapabilities: { loadSession: true, ...more }, agentInfo: { name: 'opencode' } },
});
const opened = { jsonrpc: '2.0', id: 'new', result: { sessionId: 'S1', models: { currentModelId: 'm-1' } } };
const update = (fields: object, sessionId = 'S1') => ({
  jsonrpc: '2.0',
  method: 'session/update',
  params: { sessionId, update: fields },
});
const says = (text: string) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
const ended = (turn: number, stopReason = 'end_turn') => ({
  jsonrpc: '2.0',
  id: `turn-${turn}`,
  result: { stopReason },
});
const refusedTurn = (turn: number, error: object) => ({ jsonrpc: '2.0', id: `turn-${turn}`, error });
const permission = (id: number | string, command = 'curl http://x') => ({
  jsonrpc: '2.0',
  id,
  method: 'session/request_permission',
  params: {
    sessionId: 'S1',
    toolCall: { toolCallId: `t${id}`, title: 'fetch a page', kind: 'execute', rawInput: { command } },
    options: [
      { optionId: 'ever', name: 'Always allow', kind: 'allow_always' },
      { optionId: 'once', name: 'Allow once', kind: 'allow_once' },
      { optionId: 'no', name: 'Reject', kind: 'reject_once' },
    ],
  },
});

/** A conversation folded over lines and acts, with what was sent. */
const talk = (options: { prompt?: string; resume?: string; task?: string } = {}) => {
  let conversation: Conversation = newConversation(0);
  let memory: unknown;
  const sent: Record<string, unknown>[] = [];
  const transcript: TranscriptLine[] = [];
  const apply = (step: Step<unknown>) => {
    memory = step.memory;
    conversation = advance(conversation, step.now, 0);
    sent.push(...((step.send ?? []) as Record<string, unknown>[]));
    transcript.push(...(step.transcript ?? []));
    return step.refusal;
  };
  const protocol = acpProtocol as unknown as import('../../../source/agents/wire/protocol.ts').Protocol;
  apply(
    protocol.open({
      session: 's-1',
      cwd: '/work',
      prompt: options.prompt ?? 'Do it',
      ...(options.resume && { resume: options.resume }),
      ...(options.task && { task: options.task }),
    }),
  );
  return {
    hear: (...lines: unknown[]) => {
      for (const line of lines) apply(protocol.receive(memory, line));
    },
    act: (act: Act) => apply(protocol.act(memory, act)),
    sent,
    transcript,
    get now() {
      return conversation;
    },
    methods: () => sent.map(line => line.method ?? 'answer'),
  };
};

const inTurn = (options: Parameters<typeof talk>[0] = {}) => {
  const one = talk(options);
  one.hear(hello(), opened);
  return one;
};

describe('a conversation over ACP', () => {
  test('shakes hands, opens a session, says the prompt, and is idle when its turn has ended', () => {
    const one = talk();
    expect(one.now.state).toBe('starting');
    one.hear(hello(), opened);
    expect(one.methods()).toEqual(['initialize', 'session/new', 'session/prompt']);
    expect(one.sent[2]).toMatchObject({ params: { sessionId: 'S1', prompt: [{ type: 'text', text: 'Do it' }] } });
    expect(one.now).toMatchObject({ state: 'working', id: 'S1', model: 'm-1' });
    one.hear(says('I am '), says('done.'), ended(1));
    expect(one.now).toMatchObject({ state: 'idle', turns: 1, evidence: 'stopReason end_turn' });
    expect(one.transcript).toEqual([
      { kind: 'town', text: 'Do it' },
      { kind: 'agent', text: 'I am done.' },
    ]);
  });

  test('without a prompt is idle at once and waits to be told', () => {
    const one = inTurn({ prompt: '' });
    expect(one.now.state).toBe('idle');
    expect(one.act({ type: 'prompt', text: 'Now' })).toBeUndefined();
    expect(one.now.state).toBe('working');
  });

  test('says what comes during a turn when the turn ends: all of it, once', () => {
    const one = inTurn();
    one.act({ type: 'prompt', text: 'and this' });
    one.act({ type: 'prompt', text: 'and that' });
    expect(one.methods()).toHaveLength(3);
    one.hear(ended(1));
    expect(one.now).toMatchObject({ state: 'working', turns: 1 });
    expect(one.sent.at(-1)).toMatchObject({ id: 'turn-2', params: { prompt: [{ text: 'and this\n\nand that' }] } });
    one.hear(ended(2));
    expect(one.now).toMatchObject({ state: 'idle', turns: 2 });
  });

  test('tells a tool call once, when it begins, with its command, and its result', () => {
    const one = inTurn();
    const call = (fields: object) => update({ sessionUpdate: 'tool_call_update', toolCallId: 'c1', ...fields });
    one.hear(
      update({ sessionUpdate: 'tool_call', toolCallId: 'c1', title: 'bash', status: 'pending' }),
      call({ status: 'in_progress', title: 'ls', rawInput: { command: 'ls' } }),
    );
    expect(one.now.doing).toBe('runs ls');
    one.hear(call({ status: 'in_progress', title: 'ls', rawInput: { command: 'ls' } }));
    one.hear(call({ status: 'completed', content: [{ type: 'content', content: { type: 'text', text: 'a.txt\n' } }] }));
    expect(one.transcript.slice(1)).toEqual([
      { kind: 'tool', text: '$ ls' },
      { kind: 'result', text: 'a.txt' },
    ]);
    expect(one.now.doing).toBe('');
  });

  test('hears nothing of sessions that are not its own, and refuses what the town does not offer', () => {
    const one = inTurn();
    one.hear(update({ sessionUpdate: 'agent_message_chunk', content: { text: 'psst' } }, 'OTHER'));
    one.hear({ jsonrpc: '2.0', id: 9, method: 'fs/read_text_file', params: { path: '/etc/passwd' } });
    expect(one.sent.at(-1)).toMatchObject({ id: 9, error: { code: -32_601 } });
    one.hear(ended(1));
    expect(one.transcript.map(({ text }) => text)).not.toContain('psst');
  });
});

describe('what it asks', () => {
  test('is shown with the narrowest leave first, and answered by the id of the agent’s own option', () => {
    const one = inTurn();
    one.hear(permission(0));
    expect(one.now).toMatchObject({ state: 'waiting' });
    expect(one.now.asks).toEqual([
      {
        id: 'permission-0',
        kind: 'permission',
        title: 'Run: curl http://x',
        detail: 'curl http://x',
        options: [
          { id: 'once', label: 'Allow once', kind: 'allow' },
          { id: 'ever', label: 'Always allow', kind: 'allow_always' },
          { id: 'no', label: 'Reject', kind: 'deny' },
        ],
      },
    ]);
    expect(one.act({ type: 'answer', ask: 'permission-0', option: 'once' })).toBeUndefined();
    expect(one.sent.at(-1)).toEqual({
      jsonrpc: '2.0',
      id: 0,
      result: { outcome: { outcome: 'selected', optionId: 'once' } },
    });
    expect(one.now).toMatchObject({ state: 'working', asks: [] });
  });

  test('cannot be answered twice, by an option it does not have, or after its turn', () => {
    const one = inTurn();
    one.hear(permission(0), permission(1));
    expect(one.act({ type: 'answer', ask: 'permission-0', option: 'perhaps' })).toContain('no option "perhaps"');
    one.act({ type: 'answer', ask: 'permission-0', option: 'no' });
    expect(one.now).toMatchObject({ state: 'waiting', asks: [{ id: 'permission-1' }] });
    expect(one.act({ type: 'answer', ask: 'permission-0', option: 'once' })).toContain('no longer open');
    one.hear(ended(1, 'cancelled'));
    expect(one.now.asks).toEqual([]);
    expect(one.act({ type: 'answer', ask: 'permission-1', option: 'once' })).toContain('no longer open');
  });

  test('may be refused with words, which are said when the turn ends', () => {
    const one = inTurn();
    one.hear(permission(0));
    one.act({ type: 'answer', ask: 'permission-0', option: 'no', text: 'use the mirror' });
    one.hear(ended(1));
    expect(one.sent.at(-1)).toMatchObject({
      method: 'session/prompt',
      params: { prompt: [{ text: 'About "Run: curl http://x": use the mirror' }] },
    });
  });

  test('without an option is answered as cancelled, and nobody is troubled', () => {
    const one = inTurn();
    one.hear({ jsonrpc: '2.0', id: 5, method: 'session/request_permission', params: { options: [] } });
    expect(one.sent.at(-1)).toEqual({ jsonrpc: '2.0', id: 5, result: { outcome: { outcome: 'cancelled' } } });
    expect(one.now.asks).toEqual([]);
  });
});

test('an interrupt cancels the turn and what it asked; without a turn it is refused', () => {
  const one = inTurn();
  one.hear(permission(3));
  expect(one.act({ type: 'interrupt' })).toBeUndefined();
  expect(one.sent.slice(-2)).toEqual([
    { jsonrpc: '2.0', method: 'session/cancel', params: { sessionId: 'S1' } },
    { jsonrpc: '2.0', id: 3, result: { outcome: { outcome: 'cancelled' } } },
  ]);
  one.hear(ended(1, 'cancelled'));
  expect(one.now).toMatchObject({ state: 'idle', turns: 1 });
  expect(one.act({ type: 'interrupt' })).toBe('No turn is running.');
});

describe('an earlier conversation', () => {
  test('is resumed where the agent can, else loaded, and what is told again is nothing new', () => {
    const resumed = talk({ resume: 'S0', prompt: 'Go on' });
    resumed.hear(hello({ sessionCapabilities: { resume: {} } }));
    expect(resumed.sent.at(-1)).toMatchObject({ method: 'session/resume', params: { sessionId: 'S0' } });
    const loaded = talk({ resume: 'S0', prompt: 'Go on' });
    loaded.hear(hello());
    expect(loaded.sent.at(-1)).toMatchObject({ method: 'session/load', params: { sessionId: 'S0' } });
    loaded.hear(update({ sessionUpdate: 'agent_message_chunk', content: { text: 'old words' } }, 'S0'));
    loaded.hear({ jsonrpc: '2.0', id: 'again', result: {} });
    expect(loaded.now).toMatchObject({ state: 'working', id: 'S0' });
    loaded.hear(update({ sessionUpdate: 'agent_message_chunk', content: { text: 'new words' } }, 'S0'), ended(1));
    expect(loaded.transcript.map(({ text }) => text)).toEqual(['Go on', 'new words']);
  });

  test('of Gemini CLI is told again after it is loaded, up to the list of its commands', () => {
    const one = talk({ resume: 'S0', prompt: 'Go on' });
    one.hear({ id: 'open', result: { agentInfo: { name: 'gemini-cli' }, agentCapabilities: { loadSession: true } } });
    one.hear({ id: 'again', result: {} });
    one.hear(update({ sessionUpdate: 'agent_message_chunk', content: { text: 'old words' } }, 'S0'));
    one.hear(update({ sessionUpdate: 'available_commands_update' }, 'S0'));
    one.hear(update({ sessionUpdate: 'agent_message_chunk', content: { text: 'new words' } }, 'S0'), ended(1));
    expect(one.transcript.map(({ text }) => text)).toEqual(['Go on', 'new words']);
  });

  test('that is gone begins anew, and the agent is told the whole task instead', () => {
    const one = talk({ resume: 'S0', prompt: 'Go on', task: 'Paint the fence' });
    one.hear(hello(), {
      id: 'again',
      error: { code: -32_603, message: 'Internal error', data: { details: 'No such session.' } },
    });
    expect(one.transcript).toEqual([{ kind: 'notice', text: 'A new conversation: No such session.' }]);
    one.hear(opened);
    expect(one.now).toMatchObject({ state: 'working', id: 'S1' });
    const said = JSON.stringify(one.sent.at(-1));
    expect(said).toContain('could not be loaded');
    expect(said).toContain('Paint the fence');
    expect(said).not.toContain('Go on');
  });
});

describe('an error', () => {
  test.each([
    ['a refused key', { code: 401, message: 'API key not valid. Please pass a valid API key.' }],
    ['no login', { code: -32_000, message: 'Authentication required' }],
  ])('that stays (%s) is the end, in its own words', (_, error) => {
    const one = inTurn();
    one.hear(refusedTurn(1, error));
    expect(one.now).toMatchObject({ state: 'failed', failure: error.message });
    expect(one.act({ type: 'prompt', text: 'again' })).toBe('The conversation cannot go on.');
  });

  test.each([
    ['a limit', { code: 429, message: 'You exceeded your current quota' }],
    [
      'overload',
      { code: -32_603, message: 'Internal error', data: { details: '529 {"error":{"message":"Overloaded"}}' } },
    ],
  ])('that passes (%s) ends the turn only', (_, error) => {
    const one = inTurn();
    one.hear(refusedTurn(1, error));
    expect(one.now).toMatchObject({ state: 'idle', turns: 1 });
    expect(one.now.evidence).toMatch(/quota|Overloaded/);
    expect(one.act({ type: 'prompt', text: 'again' })).toBeUndefined();
  });

  test('at the start says why nothing can begin', () => {
    const one = talk();
    one.hear(hello(), { id: 'new', error: { code: -32_000, message: 'Gemini API key is missing or not configured.' } });
    expect(one.now).toMatchObject({ state: 'failed', failure: 'Gemini API key is missing or not configured.' });
  });
});
