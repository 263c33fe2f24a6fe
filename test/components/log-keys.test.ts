import { describe, expect, test } from 'vitest';
import { clipboard } from '../../components/line/clipboard.ts';
import { play } from './play.ts';
import { smallView } from './small-view.ts';

const LINES = Array.from({ length: 30 }, (_, index) => `line ${index}`);

describe('whose log', () => {
  test('L lists all that happens, agents, gates and roles, and Enter shows one', () => {
    const game = play().press('5', 'L');
    expect(game.dialog).toMatchObject({ kind: 'sources', index: 0 });
    expect(game.press('j', 'j', 'enter').state.log).toMatchObject({
      name: 'gates of web',
      source: { kind: 'gate', rig: 'web' },
      follow: true,
    });
    expect(game.dialog).toBeUndefined();
  });

  test('by name it is found by a part of it, and what is not there is said', () => {
    expect(play().press(':').type('log-of may').press('enter').state.log.source).toEqual({
      kind: 'role',
      role: 'mayor',
    });
    const game = play().press(':').type('log-of nobody').press('enter');
    expect(game.flash).toBe('No log has “nobody” in its name: L lists them.');
  });

  test('l on a role shows what it did; a dog has no log', () => {
    const game = play().setIds('health', ['role:mayor', 'dog:reaper']).at('health', 'role:mayor').press('l');
    expect(game.state.log.source).toEqual({ kind: 'role', role: 'mayor' });
    expect(play().at('health', 'dog:reaper').setIds('health', ['dog:reaper']).press('l').flash).toMatch(
      /Select a role/,
    );
  });
});

test('T shows when lines were written, in logs that do not say so by themselves', () => {
  const game = play().at('polecats', 'web/nux').press('l', 'T');
  expect(game.state.log).toMatchObject({
    name: 'nux',
    source: { kind: 'session', session: 'session-nux', times: true },
  });
  expect(game.press('t').state.log.source).toEqual({ kind: 'session', session: 'session-nux', raw: true, times: true });
  expect(game.press('T').state.log.source).toEqual({ kind: 'session', session: 'session-nux', raw: true });
  expect(play().press('5', 'T').flash).toBe('Each line of these says when already.');
});

describe('grep', () => {
  test('takes the words after its name as they are, and shows the search as a log', () => {
    const { state } = play().press(':').type('grep TODO|FIX me').press('enter');
    expect(state).toMatchObject({ focus: 'log', log: { source: { kind: 'grep', pattern: 'TODO|FIX me' } } });
  });

  test('without words it asks for them in the palette', () => {
    expect(play().press('ctrl-g').dialog).toMatchObject({ kind: 'palette', editor: { text: 'grep ' } });
  });

  test('a pattern that is none is refused with the reason', () => {
    const game = play().press(':').type('grep (a').press('enter');
    expect(game.flash).toMatch(/Invalid regular expression.*Unterminated group/);
    expect(game.state.log.source).toEqual({ kind: 'feed' });
  });
});

test('at the top of what was read more is read, and what is in sight stays there', () => {
  const all = Array.from({ length: 5_000 }, (_, index) => `line ${index}`);
  const game = play().at('polecats', 'web/nux').press('l');
  const receive = (lines: readonly string[]) => game.send({ type: 'lines', source: game.state.log.source, lines });
  receive(all.slice(-1_000));
  game.press('g');
  expect(game.state.log).toMatchObject({ top: 0, depth: 4_000, follow: false });
  receive([...all.slice(-4_000), 'new']);
  const { log } = game.state;
  expect(log.lines[log.top]).toBe('line 4000');
  expect(log).toMatchObject({ top: 3_000, unseen: 1 });
  expect(log.lines).toHaveLength(4_000);
  game.press('g', 'g');
  expect(game.state.log).toMatchObject({ top: 0, depth: 16_000 });
  // There is no more than that.
  receive([...all, 'new']);
  expect(game.press('g').state.log.depth).toBe(16_000);
  expect(game.press('G').state.log).toMatchObject({ follow: true });
  expect(game.state.log.depth).toBeUndefined();
});

test('p gives the whole log to the pager, W writes it to a file that nobody has to name', () => {
  const game = play().at('polecats', 'web/nux').press('l', 'p', 'W');
  expect(game.effects).toEqual([
    { type: 'page', source: { kind: 'session', session: 'session-nux' } },
    {
      type: 'saveLog',
      source: { kind: 'session', session: 'session-nux' },
      file: '~/gastown-nux-2026-11-23-12-00-00.log',
    },
  ]);
  const named = play().press(':').type('save-log ~/a b.log').press('enter');
  expect(named.effects).toEqual([{ type: 'saveLog', source: { kind: 'feed' }, file: '~/a b.log' }]);
});

describe('y copies', () => {
  test('the id of what is selected', () => {
    expect(play().at('plan', 'gt-2').press('y').effects).toEqual([{ type: 'copy', text: 'gt-2' }]);
  });

  test('the lines of the log in sight', () => {
    const game = play().at('polecats', 'web/nux').press('l');
    game.send({ type: 'lines', source: game.state.log.source, lines: LINES });
    expect(game.press('y').effects.at(-1)).toEqual({ type: 'copy', text: LINES.slice(20).join('\n') });
  });

  test('what a viewer shows', () => {
    const game = play().at('plan', 'gt-1').press('i');
    game.send({ type: 'loaded', serial: game.dialog!.serial, lines: ['because', 'of this'] });
    expect(game.press('y').effects.at(-1)).toEqual({ type: 'copy', text: 'because\nof this' });
  });

  test('nothing where nothing is', () => {
    const empty = smallView({ polecats: [] });
    expect(play(empty).setIds('polecats', []).press('2', 'y').flash).toBe('There is nothing to copy here.');
  });
});

describe('the clipboard', () => {
  test('is told in base64, whatever the text holds', () => {
    expect(clipboard('a\u0007\u001B]0;x', {})).toBe('\u001B]52;c;YQcbXTA7eA==\u0007');
  });

  test('is told twice within tmux: for it, and wrapped for the terminal outside', () => {
    expect(clipboard('a', { TMUX: '/tmp/tmux,1,0' })).toBe(
      '\u001B]52;c;YQ==\u0007\u001BPtmux;\u001B\u001B]52;c;YQ==\u0007\u001B\\',
    );
  });

  test('is given no more than terminals take', () => {
    expect(clipboard('x'.repeat(1_000_000), {}).length).toBeLessThan(100_000);
  });
});
