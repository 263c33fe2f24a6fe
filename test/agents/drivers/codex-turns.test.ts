import { describe, expect, test } from 'vitest';
import { codexProtocol } from '../../../source/agents/drivers/codex-protocol.ts';
import { fieldOf, textAt } from '../../../source/agents/drivers/fields.ts';
import type { Step } from '../../../source/agents/wire/protocol.ts';
import { recordedLines } from './codex-replay.ts';

describe('a conversation that is told things at awkward times', () => {
  const begin = () => {
    const state = { memory: undefined as unknown, sent: [] as unknown[] };
    const apply = (step: Step<unknown>) => {
      state.memory = step.memory;
      state.sent = [...(step.send ?? [])];
      return step;
    };
    const open = (prompt: string) => apply(codexProtocol.open({ session: 's-1', cwd: '/work/checkout', prompt }));
    const receive = (value: unknown) => apply(codexProtocol.receive(state.memory as never, value));
    const act = (value: Parameters<typeof codexProtocol.act>[1]) =>
      apply(codexProtocol.act(state.memory as never, value));
    const notify = (method: string, params: object) => receive({ method, params: { threadId: 't', ...params } });
    return { state, open, receive, act, notify };
  };
  const ready = (prompt = '') => {
    const conversation = begin();
    conversation.open(prompt);
    const opening = recordedLines('guarded')
      .filter(({ sent }) => !sent)
      .map(({ value }) => value);
    for (const id of ['open', 'hooks', 'trust', 'hooks-again']) {
      conversation.receive(opening.find(value => fieldOf(value, 'id') === id));
    }
    conversation.receive({ id: 'thread', result: { thread: { id: 't' }, model: 'm' } });
    return conversation;
  };
  const running = () => {
    const conversation = ready('First.');
    conversation.notify('turn/started', { turn: { id: 'u-1' } });
    return conversation;
  };
  const texts = (sent: readonly unknown[]) =>
    sent.map(value => [textAt(value, 'method'), JSON.stringify(fieldOf(value, 'params', 'input'))] as const);

  test('says what came before it was ready in one turn', () => {
    const { state, open, receive, act } = begin();
    open('First.');
    expect(act({ type: 'prompt', text: 'Second.' }).send).toBeUndefined();
    const opening = recordedLines('guarded')
      .filter(({ sent }) => !sent)
      .map(({ value }) => value);
    for (const id of ['open', 'hooks', 'trust', 'hooks-again'])
      receive(opening.find(value => fieldOf(value, 'id') === id));
    receive({ id: 'thread', result: { thread: { id: 't' }, model: 'm' } });
    expect(texts(state.sent)).toEqual([['turn/start', expect.stringContaining('First.\\n\\nSecond.')]]);
  });

  test('rests where it has no prompt, until it is told something', () => {
    const { state, act } = ready();
    expect(state.sent).toEqual([]);
    act({ type: 'prompt', text: 'Go.' });
    expect(texts(state.sent)).toEqual([['turn/start', expect.stringContaining('Go.')]]);
  });

  test('works from the moment it is told something, and is idle again where Codex does not begin', () => {
    const { act, receive, notify } = running();
    notify('turn/completed', { turn: { id: 'u-1', status: 'completed' } });
    expect(act({ type: 'prompt', text: 'Next.' }).now).toMatchObject({ state: 'working', evidence: 'turn/start' });
    const { now, transcript } = receive({ id: 'turn-2', error: { code: -32600, message: 'the thread is archived' } });
    expect(now).toMatchObject({ state: 'idle' });
    expect(transcript).toEqual([{ kind: 'notice', text: 'Codex did not begin the turn: the thread is archived' }]);
  });

  test('waits with what comes between the start of a turn and its id, then steers', () => {
    const { state, act, notify } = ready('First.');
    expect(act({ type: 'prompt', text: 'Second.' }).send).toBeUndefined();
    notify('turn/started', { turn: { id: 'u-1' } });
    expect(texts(state.sent)).toEqual([['turn/steer', expect.stringContaining('Second.')]]);
    expect(fieldOf(state.sent[0], 'params', 'expectedTurnId')).toBe('u-1');
  });

  test('interrupts a turn that has no id yet as soon as it has', () => {
    const { state, act, notify } = ready('First.');
    expect(act({ type: 'interrupt' }).send).toBeUndefined();
    notify('turn/started', { turn: { id: 'u-1' } });
    expect(state.sent).toEqual([
      { id: 'interrupt-1', method: 'turn/interrupt', params: { threadId: 't', turnId: 'u-1' } },
    ]);
  });

  test('says what came too late for one turn in the next', () => {
    const { state, act, receive, notify } = running();
    act({ type: 'prompt', text: 'Late.' });
    notify('turn/completed', { turn: { id: 'u-1', status: 'completed' } });
    const { now } = receive({ id: 'steer-2', error: { code: -32600, message: 'no active turn to steer' } });
    expect(texts(state.sent)).toEqual([['turn/start', expect.stringContaining('Late.')]]);
    expect(now?.state ?? 'idle').toBe('idle');
  });

  test('says what a turn could not be steered with when it ends', () => {
    const { state, act, receive, notify } = running();
    act({ type: 'prompt', text: 'Later.' });
    receive({ id: 'steer-2', error: { code: -32600, message: 'this turn cannot be steered' } });
    expect(state.sent).toEqual([]);
    const { now } = notify('turn/completed', { turn: { id: 'u-1', status: 'completed' } });
    expect(texts(state.sent)).toEqual([['turn/start', expect.stringContaining('Later.')]]);
    expect(now).toMatchObject({ state: 'working', turns: 1 });
  });

  test('refuses each request that it does not know, and an answer to a question that is gone', () => {
    const { state, act, receive, notify } = running();
    receive({ id: 7, method: 'attestation/generate', params: {} });
    expect(state.sent).toEqual([{ id: 7, error: { code: -32_601, message: expect.stringContaining('attestation') } }]);
    receive({ id: 8, method: 'item/commandExecution/requestApproval', params: { command: 'make', itemId: 'i' } });
    expect(notify('serverRequest/resolved', { requestId: 8 }).now).toEqual({ asks: [] });
    expect(act({ type: 'answer', ask: 'ask-8', option: 'allow' }).refusal).toContain('no longer open');
  });

  test('keeps what a person answers to a secret question out of the transcript', () => {
    const { state, act, receive } = running();
    const questions = [{ id: 'q', header: 'Key', question: 'Which key?', isSecret: true, options: null }];
    receive({ id: 3, method: 'item/tool/requestUserInput', params: { questions } });
    const { transcript } = act({ type: 'answer', ask: 'ask-3/0', option: 'answer', text: 'hunter2' });
    expect(JSON.stringify(transcript)).not.toContain('hunter2');
    expect(state.sent).toEqual([{ id: 3, result: { answers: { q: { answers: ['hunter2'] } } } }]);
  });

  test('asks for an MCP server that wants a person’s word', () => {
    const { state, act, receive } = running();
    const requestedSchema = { type: 'object', properties: { name: { type: 'string', title: 'Name' } } };
    const params = { serverName: 'crm', mode: 'form', message: 'Who is it?', requestedSchema };
    const { now } = receive({ id: 4, method: 'mcpServer/elicitation/request', params });
    expect(now).toMatchObject({ state: 'waiting', asks: [{ kind: 'question', title: 'Who is it?' }] });
    act({ type: 'answer', ask: 'ask-4', option: 'answer', text: 'Ada' });
    expect(state.sent).toEqual([{ id: 4, result: { action: 'accept', content: { name: 'Ada' }, _meta: null } }]);
  });

  test('is limited until the account’s own limit is over', () => {
    const { notify } = running();
    notify('account/rateLimits/updated', { rateLimits: { primary: { usedPercent: 100, resetsAt: 1_900_000_000 } } });
    const error = { message: 'You have hit your usage limit.', codexErrorInfo: 'usageLimitExceeded' };
    const { now } = notify('turn/completed', {
      turn: { id: 'u-1', status: 'failed', error, completedAt: 1_800_000_000 },
    });
    expect(now).toMatchObject({
      state: 'limited',
      limited: { message: 'You have hit your usage limit.', until: 1_900_000_000_000 },
    });
  });

  test('counts a subagent under its own model, and sets its work apart', () => {
    const { notify } = running();
    const call = {
      type: 'collabAgentToolCall',
      id: 'c',
      tool: 'spawnAgent',
      prompt: 'Look.',
      model: 'small',
      receiverThreadIds: ['sub'],
    };
    notify('item/started', { item: call });
    notify('turn/started', { threadId: 'sub', turn: { id: 'u-2' } });
    const breakdown = { inputTokens: 100, cachedInputTokens: 40, outputTokens: 10, reasoningOutputTokens: 0 };
    const { usage } = notify('thread/tokenUsage/updated', {
      threadId: 'sub',
      tokenUsage: { total: breakdown, last: breakdown },
    });
    expect(usage).toEqual([
      { model: 'small', usage: { uncachedIn: 60, cacheRead: 40, cacheWrite: 0, out: 10, reasoning: 0 } },
    ]);
    const item = { type: 'agentMessage', id: 'm', text: 'Seen.' };
    expect(notify('item/completed', { threadId: 'sub', item }).transcript).toEqual([
      { kind: 'agent', text: '↳ Seen.' },
    ]);
    expect(notify('turn/completed', { threadId: 'sub', turn: { id: 'u-2', status: 'completed' } }).now).toBeUndefined();
  });

  test('fails where it cannot go on with an earlier conversation', () => {
    const { receive } = ready('Go on.');
    const { now } = receive({ id: 'resume', error: { code: -1, message: 'no rollout found' } });
    expect(now).toMatchObject({ state: 'failed', failure: 'it did not begin: no rollout found' });
  });
});
