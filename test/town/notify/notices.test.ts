import { describe, expect, test } from 'vitest';
import { isQuiet, type NotifyConfig, noticeOf, noticeText, seenRows } from '../../../source/town/notify/notices.ts';
import { terminalNotice } from '../../../source/town/notify/terminal.ts';
import { attentionRow } from '../../components/small-view.ts';

const config: NotifyConfig = { command: [], bell: true, osc: 'auto', severity: 'medium' };
const NOON = 12 * 60;
const told = (before: ReturnType<typeof attentionRow>[], now: ReturnType<typeof attentionRow>[], over = {}) =>
  noticeOf(seenRows(before), now, { config: { ...config, ...over }, minutes: NOON });

describe('what is told', () => {
  const a = attentionRow('a', { title: 'Land a?' });
  const b = attentionRow('b', { severity: 'high' });
  test('is the first of what is new, with how many more there are', () => {
    const notice = told([], [a, b])!;
    expect(notice).toMatchObject({ key: 'a', title: 'Land a?', more: 1 });
    expect(noticeText(notice)).toBe('Land a? (and 1 more)');
    expect(noticeText({ ...notice, more: 0 })).toBe('Land a?');
  });
  test('is not what waited before, however old it gets', () => {
    expect(told([a, b], [b, a])).toBeUndefined();
    expect(told([a], [])).toBeUndefined();
  });
  test('is again what became graver meanwhile', () => {
    expect(told([a], [attentionRow('a', { severity: 'critical' })])).toMatchObject({ key: 'a', severity: 'critical' });
  });
  test('is nothing less grave than was asked for', () => {
    expect(told([], [attentionRow('a', { severity: 'low' })])).toBeUndefined();
    expect(told([], [a], { severity: 'high' })).toBeUndefined();
  });
  test('in quiet hours is only what is critical', () => {
    const quiet = { from: 11 * 60, to: 13 * 60 };
    expect(told([], [b], { quiet })).toBeUndefined();
    expect(told([], [b, attentionRow('c', { severity: 'critical' })], { quiet })).toMatchObject({ key: 'c', more: 0 });
  });
});

test.each([
  ['22:00 to 07:00', { from: 1_320, to: 420 }, [0, 419, 1_320, 1_439], [420, 1_319]],
  ['09:00 to 17:00', { from: 540, to: 1_020 }, [540, 1_019], [539, 1_020]],
  ['the same twice', { from: 540, to: 540 }, [], [0, 540]],
])('%s', (_, quiet, inside, outside) => {
  expect(inside.filter(minutes => !isQuiet({ quiet }, minutes))).toEqual([]);
  expect(outside.filter(minutes => isQuiet({ quiet }, minutes))).toEqual([]);
});

describe('in the terminal', () => {
  const notice = { key: 'a', kind: 'approval', subject: 'mr-1', severity: 'high', title: 'Land it?', more: 0 } as const;
  const written = (env: NodeJS.ProcessEnv, over: Partial<NotifyConfig> = {}, title = notice.title as string) =>
    terminalNotice({ ...notice, title }, { config: { ...config, ...over }, env });

  test.each<[string, NodeJS.ProcessEnv, Partial<NotifyConfig>, string]>([
    ['that is not known there is the bell', { TERM: 'xterm-256color' }, {}, '\u0007'],
    ['that knows OSC 9', { TERM_PROGRAM: 'WezTerm' }, {}, '\u001B]9;Gas Town: Land it?\u0007\u0007'],
    ['of VTE, OSC 777', { VTE_VERSION: '7600' }, {}, '\u001B]777;notify;Gas Town;Land it?\u0007\u0007'],
    [
      'within tmux it is passed on, each ESC doubled',
      { TMUX: '/tmp/x,1,0' },
      {},
      '\u001BPtmux;\u001B\u001B]9;Gas Town: Land it?\u0007\u001B\\\u0007',
    ],
    [
      'as it was asked for',
      { TERM_PROGRAM: 'WezTerm' },
      { osc: '777', bell: false },
      '\u001B]777;notify;Gas Town;Land it?\u0007',
    ],
    ['switched off', { TERM_PROGRAM: 'WezTerm' }, { osc: 'off', bell: false }, ''],
  ])('%s', (_, env, over, expected) => {
    expect(written(env, over)).toBe(expected);
  });

  test('what an agent wrote can neither end the sequence nor begin another', () => {
    const hostile = 'x\u0007\u001B]52;c;aGk=\u0007\u001B\\;y\u009C\nz';
    for (const env of [{ TERM_PROGRAM: 'WezTerm' }, { VTE_VERSION: '1' }, { TMUX: 'x' }]) {
      const text = written(env, { bell: false }, hostile);
      expect(text.match(/[\u0000-\u001F\u007F-\u009F]/g)!.join('')).toBe(
        'TMUX' in env ? '\u001B\u001B\u001B\u0007\u001B' : '\u001B\u0007',
      );
    }
    expect(written({ VTE_VERSION: '1' }, { bell: false }, 'a;b').split(';')).toHaveLength(4);
  });
});
