import { describe, expect, test } from 'vitest';
import { fieldOf, textAt } from '../../../source/agents/drivers/fields.ts';
import type { Conversation } from '../../../source/agents/wire/conversation.ts';
import { type Cue, recordedLines, replay } from './codex-replay.ts';

const statesOf = (history: readonly { state: string }[]) =>
  history.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);
const asking =
  (title: string) =>
  ({ asks }: Conversation) =>
    asks[0]?.title === title;
const answering =
  (option: string, text?: string): Cue['act'] =>
  ({ asks }) => ({
    ...{ type: 'answer', ask: asks[0]!.id, option },
    ...(text !== undefined && { text }),
  });

describe('a recorded stream of Codex', () => {
  test('tells of two turns with what was said, done and used, and the same is sent again', () => {
    const second = '[[usage: in=500 out=20]] [[say: The second is done.]]';
    const { conversation, history, transcript, usage, sent, recorded } = replay('turns', {
      cues: [{ when: ({ turns }) => turns === 1, act: () => ({ type: 'prompt', text: second }) }],
    });
    expect(sent).toEqual(recorded);
    expect(conversation).toMatchObject({ state: 'idle', turns: 2, model: 'gpt-5.5', doing: '', failure: '' });
    expect(conversation.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(statesOf(history)).toEqual(['starting', 'working', 'idle', 'working', 'idle']);
    expect(history.map(({ doing }) => doing)).toContain('runs gt done --summary tested');
    expect(usage.map(({ usage }) => [usage.uncachedIn, usage.cacheRead, usage.out])).toEqual([
      ...[1, 2, 3, 4].map(() => [1000, 900, 40]),
      [500, 0, 20],
    ]);
    expect(transcript.map(({ kind }) => kind)).toEqual([
      'town',
      'tool',
      'result',
      'tool',
      'tool',
      'agent',
      'town',
      'agent',
    ]);
  });

  test('tells of permissions, and a refusal goes back with its reason', () => {
    const { history, sent, recorded, transcript } = replay('permission', {
      cues: [
        { when: asking('Run: touch ../one'), act: answering('deny', 'Not this one.') },
        { when: asking('Run: touch ../two'), act: answering('allow') },
      ],
    });
    expect(sent).toEqual(recorded);
    expect(sent).toContainEqual({ id: 0, result: { decision: 'decline' } });
    expect(statesOf(history)).toEqual(['starting', 'working', 'waiting', 'working', 'waiting', 'working', 'idle']);
    expect(transcript.map(({ text }) => text)).toContain('Run: touch ../one — Refuse: Not this one.');
  });

  test('tells of a change of files with its diff', () => {
    const asked = (conversation: Conversation) => conversation.asks.length > 0;
    const { sent, recorded, history } = replay('file-change', { cues: [{ when: asked, act: answering('always') }] });
    const [ask] = history.find(asked)!.asks;
    expect(ask).toMatchObject({ kind: 'permission', title: 'Edit /work/checkout/.agents/note.md' });
    expect(ask!.detail).toContain('one line');
    expect(sent.slice(0, -1)).toEqual(recorded.slice(0, -1));
    expect(sent.at(-1)).toEqual({ id: 0, result: { decision: 'acceptForSession' } });
  });

  test('tells of several questions of one request, which is answered when all are', () => {
    const { sent, recorded, transcript } = replay('questions', {
      cues: [
        { when: asking('Which colour?'), act: answering('choice-1') },
        { when: asking('Which shade?'), act: answering('answer', 'A dark one') },
      ],
    });
    expect(sent).toEqual(recorded);
    expect(transcript.map(({ text }) => text)).toContain('Which colour? — Blue');
  });

  test('tells of an interrupt, and of a prompt that steers the turn', () => {
    const sleeping =
      (seconds: string) =>
      ({ doing }: Conversation) =>
        doing === `runs sleep ${seconds}`;
    const { sent, recorded, conversation, transcript } = replay('interrupt', {
      cues: [
        { when: sleeping('60'), act: () => ({ type: 'interrupt' }) },
        {
          when: ({ turns }) => turns === 1,
          act: () => ({ type: 'prompt', text: '[[sh: sleep 1]] [[say: not this]]' }),
        },
        { when: sleeping('1'), act: () => ({ type: 'prompt', text: '[[say: Steered.]]' }) },
      ],
    });
    expect(sent).toEqual(recorded);
    expect(sent.map(value => textAt(value, 'method'))).toEqual(
      expect.arrayContaining(['turn/interrupt', 'turn/steer']),
    );
    expect(conversation).toMatchObject({ state: 'idle', turns: 2 });
    expect(transcript).toContainEqual({ kind: 'notice', text: 'The turn was interrupted.' });
  });

  test('tells of a model that is overloaded, and works again', () => {
    const { history, conversation } = replay('limited');
    expect(statesOf(history)).toEqual(['starting', 'working', 'limited', 'working', 'idle']);
    expect(history.find(({ state }) => state === 'limited')!.limited?.message).toContain('1/5');
    expect(conversation.limited).toBeUndefined();
  });

  test('tells until when it is to be left alone after too many requests, and is told something then', () => {
    const { history, conversation } = replay('too-many', {
      cues: [{ when: ({ turns }) => turns === 1, act: () => ({ type: 'prompt', text: 'Go on. [[say: I am back.]]' }) }],
    });
    const limited = history.find(({ state }) => state === 'limited')!;
    expect(limited).toMatchObject({ evidence: expect.stringContaining('429'), failure: '' });
    const ended = recordedLines('too-many').find(({ value }) => textAt(value, 'method') === 'turn/completed')!;
    const completedAt = fieldOf(ended.value, 'params', 'turn', 'completedAt') as number;
    expect(limited.limited?.until).toBe(completedAt * 1000 + 60_000);
    expect(conversation).toMatchObject({ state: 'idle', turns: 2, limited: undefined });
  });

  test('tells of a key that was refused', () => {
    const { conversation, transcript } = replay('refused-key');
    // The address of its model holds a token.
    expect(JSON.stringify([conversation, transcript])).not.toContain('127.0.0.1');
    expect(transcript.at(-1)!.text).toMatch(/^The turn ended: unexpected status 401/);
    expect(conversation).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('401'),
      limited: undefined,
    });
  });

  test('counts what was used before a resume no second time', () => {
    const { conversation, usage, sent } = replay('resumed');
    expect(sent.map(value => textAt(value, 'method'))).toContain('thread/resume');
    expect(conversation.id).toBe(
      textAt(
        sent.find(value => fieldOf(value, 'id') === 'resume'),
        'params',
        'threadId',
      ),
    );
    expect(usage.map(({ usage }) => [usage.uncachedIn, usage.out])).toEqual([[300, 30]]);
  });

  test('tells what the guard said to the agent, and what the reminder did', () => {
    expect(replay('guarded').transcript).toContainEqual({
      kind: 'notice',
      text: expect.stringMatching(/^Refused: git push --force\nA forced push takes commits of others away\./),
    });
    const said = replay('reminded').transcript.map(({ text }) => text);
    expect(said.filter(text => text.includes('Gas Town: report first.'))).not.toEqual([]);
    expect(said.at(-1)).toBe('I reported.');
  });

  test('tells of tools of the town', () => {
    expect(replay('mcp').transcript.slice(1)).toEqual([
      { kind: 'tool', text: 'gastown done {"summary":"tested"}' },
      { kind: 'result', text: 'Noted.' },
      { kind: 'agent', text: 'reported' },
    ]);
  });
});

describe('the guard', () => {
  const methodsOf = (sent: readonly unknown[]) => sent.map(value => textAt(value, 'method'));
  const nothingSaid = ['initialize', 'initialized', 'hooks/list', 'config/batchWrite', 'hooks/list'];

  test('is trusted before anything is said to the model', () => {
    const methods = methodsOf(replay('guarded').sent);
    expect(methods).toEqual([...nothingSaid, 'thread/start', 'turn/start']);
  });

  test.each(['untrusted', 'modified'])('that Codex still calls %s fails the conversation, and says why', status => {
    const { conversation, sent, transcript } = replay('guarded', {
      change: value =>
        fieldOf(value, 'id') === 'hooks-again'
          ? JSON.parse(JSON.stringify(value).replaceAll('"trusted"', `"${status}"`))
          : onlyBefore(value, 'hooks-again'),
    });
    expect(conversation).toMatchObject({
      state: 'failed',
      evidence: expect.stringContaining('the guard does not run'),
    });
    expect(conversation.failure).toContain('does not trust');
    expect(methodsOf(sent)).toEqual(nothingSaid);
    expect(transcript.at(-1)).toEqual({ kind: 'notice', text: conversation.failure });
  });

  test('that Codex does not list fails the conversation', () => {
    const { conversation, sent } = replay('unguarded');
    expect(conversation).toMatchObject({ state: 'failed', evidence: expect.stringContaining('preToolUse') });
    expect(methodsOf(sent)).toEqual(nothingSaid.slice(0, 3));
  });

  test.each(['hooks', 'trust'])('fails the conversation where Codex does not answer %s', id => {
    const { conversation } = replay('guarded', {
      change: value =>
        fieldOf(value, 'id') === id ? { id, error: { code: -1, message: 'no such thing' } } : onlyBefore(value, id),
    });
    expect(conversation.failure).toBe('the guard does not run, so nothing is said to it: no such thing');
  });

  test('counts no hook of the repository as its own, and trusts none', () => {
    const { conversation, sent } = replay('guarded', {
      change: value =>
        JSON.parse(
          JSON.stringify(value).replaceAll('/work/home/.codex/hooks.json', '/work/checkout/.codex/hooks.json'),
        ),
    });
    expect(conversation.state).toBe('failed');
    expect(methodsOf(sent)).not.toContain('config/batchWrite');
  });

  /** What was recorded after a changed line does not follow from it. */
  const onlyBefore = (value: unknown, id: string): unknown => {
    const order = ['open', 'hooks', 'trust', 'hooks-again'];
    const at = order.indexOf(String(fieldOf(value, 'id')));
    return at >= 0 && at < order.indexOf(id) ? value : {};
  };
});
