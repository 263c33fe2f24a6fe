import { describe, expect, test } from 'vitest';
import { pi } from '../../../source/agents/drivers/pi.ts';
import { type ActOf, replay, statesOf } from './replay.ts';

const play = (name: string, ...acts: ActOf[]) => replay(pi.wired!.protocol, `pi/${name}`, { acts });

describe('a recorded conversation with pi', () => {
  test('has turns, lines for people, and what was used once', () => {
    const made = play('turns', { type: 'prompt', text: '[[usage: in=500 out=20]] [[say: The second is done.]]' });
    expect(statesOf(made)).toEqual(['starting', 'working', 'idle', 'working', 'idle']);
    expect(made.conversation).toMatchObject({ turns: 2, asks: [], failure: '', doing: '' });
    expect(made.usage.map(({ usage }) => [usage.uncachedIn, usage.cacheRead, usage.cacheWrite, usage.out])).toEqual([
      [1000, 900, 100, 40],
      [1000, 900, 100, 40],
      [1000, 900, 100, 40],
      [500, 0, 0, 20],
    ]);
    expect(made.transcript.map(({ kind }) => kind)).toEqual([
      ...['town', 'tool', 'result', 'tool', 'result', 'agent', 'town', 'agent'],
    ]);
  });

  test('waits while a command is to be allowed, and goes on with either answer', () => {
    const made = play(
      'permission',
      ({ asks }) => ({ type: 'answer', ask: asks[0]!.id, option: 'deny' }),
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

  test('is idle after an interruption, and goes on when it is told', () => {
    const made = play('interrupt', { type: 'interrupt' }, { type: 'prompt', text: '[[say: I am here.]]' });
    expect(made.history.some(({ doing }) => doing.includes('sleep 60'))).toBe(true);
    expect(made.conversation).toMatchObject({ state: 'idle', turns: 2, failure: '' });
  });

  test('is limited while the service turns it away, and no longer when it answers', () => {
    const made = play('limited');
    expect(made.history.find(({ limited }) => limited)).toMatchObject({
      state: 'limited',
      limited: { message: expect.stringMatching(/^529 .*, try 1 of 8$/) },
    });
    expect(made.conversation).toMatchObject({ state: 'idle', limited: undefined });
  });

  test('has failed where the key is refused', () => {
    expect(play('refused-key').conversation).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('401'),
    });
  });

  test('counts what was used since it was resumed, and nothing from before', () => {
    expect(play('resumed').usage.map(({ usage }) => [usage.uncachedIn, usage.out])).toEqual([[300, 30]]);
  });

  test('shows the refusal of the guard as the result of the call', () => {
    const { transcript } = play('guarded');
    expect(transcript.find(({ kind }) => kind === 'result')?.text).toContain(
      'A forced push takes commits of others away.',
    );
  });

  test('shows the reminder at the end of its turn, and goes on', () => {
    const made = play('reminded');
    expect(made.transcript).toContainEqual({ kind: 'notice', text: expect.stringContaining('report first') });
    expect(made.transcript.at(-1)).toEqual({ kind: 'agent', text: 'I reported.' });
  });
});
