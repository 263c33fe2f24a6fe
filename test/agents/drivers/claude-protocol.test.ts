import { describe, expect, test } from 'vitest';
import { claude } from '../../../source/agents/drivers/claude.ts';
import { type ActOf, replay, statesOf } from './replay.ts';

const play = (name: string, ...acts: ActOf[]) => replay(claude.wired!.protocol, `claude/${name}`, { acts });

describe('a recorded conversation with Claude Code', () => {
  test('has turns, lines for people, and what was used once', () => {
    const made = play('turns', { type: 'prompt', text: '[[usage: in=500 out=20]] [[say: The second is done.]]' });
    expect(statesOf(made)).toEqual(['starting', 'working', 'idle', 'working', 'idle']);
    expect(made.conversation).toMatchObject({ turns: 2, asks: [], failure: '', doing: '' });
    expect(made.conversation.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.usage.map(({ usage }) => usage)).toEqual([
      { uncachedIn: 3000, cacheRead: 2700, cacheWrite: 300, out: 120, reasoning: 0 },
      { uncachedIn: 500, cacheRead: 0, cacheWrite: 0, out: 20, reasoning: 0 },
    ]);
    expect(made.transcript.map(({ kind }) => kind)).toEqual([
      ...['town', 'tool', 'result', 'tool', 'result', 'agent', 'town', 'agent'],
    ]);
  });

  test('waits while a command is to be allowed, and goes on with either answer', () => {
    const made = play(
      'permission',
      ({ asks }) => ({ type: 'answer', ask: asks[0]!.id, option: 'deny', text: 'Not this one.' }),
      ({ asks }) => ({ type: 'answer', ask: asks[0]!.id, option: 'allow' }),
    );
    const asked = made.history.filter(({ asks }) => asks.length > 0);
    expect(asked.every(({ state }) => state === 'waiting')).toBe(true);
    expect([...new Set(asked.map(({ asks }) => asks[0]!.title))]).toEqual([
      'Run: git push -q origin HEAD:one',
      'Run: git push -q origin HEAD:two',
    ]);
    expect(made.conversation).toMatchObject({ state: 'idle', asks: [] });
  });

  test('holds several questions of one call until all of them are answered', () => {
    const made = play(
      'questions',
      ({ asks }) => ({ type: 'answer', ask: asks[1]!.id, option: 'answer', text: 'Both of them' }),
      ({ asks }) => ({ type: 'answer', ask: asks[0]!.id, option: 'choice-1' }),
    );
    expect([...new Set(made.history.map(({ asks }) => asks.length))]).toEqual([0, 2, 1]);
    expect(made.transcript.at(-1)).toEqual({ kind: 'agent', text: 'thanks' });
  });

  test('is idle after an interruption, without a failure', () => {
    const made = play('interrupt', { type: 'interrupt' }, { type: 'prompt', text: '[[say: I am here.]]' });
    expect(made.history.some(({ doing }) => doing.includes('sleep 60'))).toBe(true);
    expect(made.history.every(({ failure }) => failure === '')).toBe(true);
    expect(made.conversation).toMatchObject({ state: 'idle', turns: 2 });
  });

  test('is limited while the service turns it away, and no longer when it answers', () => {
    const made = play('limited');
    expect(statesOf(made)).toEqual(['starting', 'working', 'limited', 'working', 'idle']);
    expect(made.history.find(({ limited }) => limited)?.limited?.message).toMatch(/^529 overloaded, try 1 of \d+$/);
    expect(made.conversation.limited).toBeUndefined();
  });

  test('has failed where the key is refused', () => {
    expect(play('refused-key').conversation).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('401'),
      asks: [],
    });
  });

  test('counts what was used since it was resumed, and nothing from before', () => {
    const resume = '8cce5ded-189d-8d42-bde6-9aa6fb0d70ee';
    const made = replay(claude.wired!.protocol, 'claude/resumed', { resume });
    expect(made.conversation).toMatchObject({ id: resume, state: 'idle' });
    expect(made.usage.map(({ usage }) => [usage.uncachedIn, usage.out])).toEqual([[300, 30]]);
  });

  test('shows the refusal of the guard as the result of the call', () => {
    const { transcript } = play('guarded');
    expect(transcript.find(({ kind }) => kind === 'result')?.text).toContain(
      'A forced push takes commits of others away.',
    );
  });

  test('goes on after a reminder at the end of its turn', () => {
    const made = play('reminded');
    expect(made.transcript.map(({ text }) => text).join('\n')).toContain('Gas Town: report first.');
    expect(made.transcript.at(-1)).toEqual({ kind: 'agent', text: 'I reported.' });
    expect(made.conversation.state).toBe('idle');
  });

  test('is not moved by lines that it does not know', () => {
    const { protocol } = claude.wired!;
    const { memory } = protocol.open({ session: 's', cwd: '/work', prompt: 'Go on' });
    for (const line of [null, 7, 'x', [], {}, { type: 'nobody' }, { type: 'system' }, { type: 'assistant' }]) {
      const { now, send, usage } = protocol.receive(memory, line);
      expect({ asks: now?.asks ?? [], state: now?.state ?? 'starting', send: send ?? [], usage: usage ?? [] }).toEqual({
        ...{ asks: [], send: [], usage: [] },
        state: expect.stringMatching(/starting|working/),
      });
    }
  });
});
