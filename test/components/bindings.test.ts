import { describe, expect, test } from 'vitest';
import { bindKeys } from '../../components/bindings.ts';
import { readKey } from '../../components/key-names.ts';
import { COMMANDS, commandById } from '../../components/keymap.ts';
import { play } from './play.ts';
import { NOON, smallView } from './small-view.ts';

const keysOf = (id: string, { commands }: ReturnType<typeof bindKeys>) => commandById(id, commands)?.keys;

test('without wishes the table is as it is, and nothing is wrong with it', () => {
  expect(bindKeys({})).toEqual({ commands: COMMANDS, problems: [], notes: [] });
});

test('a command has the keys that it was given instead of its own, or none', () => {
  const bound = bindKeys({ undo: ['u', 'Ctrl-U'], freeze: [], 'new-bead': [' '] });
  // Ctrl-u pages up already, and Space shows what waits.
  expect(bound.problems.map(({ message }) => message)).toEqual([
    'Space is both new-bead and attention everywhere. Give attention another key, or none: attention = []',
    'Ctrl-u is both undo and page-up everywhere. Give page-up another key, or none: page-up = ["pgup"]',
  ]);
  expect(keysOf('undo', bound)).toEqual(['z']);
  expect(keysOf('freeze', bound)).toEqual([]);
  expect(keysOf('undo', bindKeys({ undo: ['u'] }))).toEqual(['u']);
});

test('two commands may change places', () => {
  const bound = bindKeys({ sling: ['a'], attach: ['s'] });
  expect(bound.problems).toEqual([]);
  expect([keysOf('sling', bound), keysOf('attach', bound)]).toEqual([['a'], ['s']]);
});

test('a conflict names both commands and the line that ends it; the later line gives way', () => {
  const bound = bindKeys({ sling: ['x'], diff: ['x'] });
  expect(bound.problems.map(({ command }) => command)).toEqual(['diff']);
  expect(bound.problems[0]!.message).toBe(
    'x is both diff and sling in plan. Give sling another key, or none: sling = []',
  );
  // The other line stands: in a pane it hides what x does elsewhere.
  expect(keysOf('sling', bound)).toEqual(['x']);
  expect(bound.notes).toEqual(['x is sling in plan, and actions elsewhere.']);
});

test.each([
  [{ slign: ['s'] }, 'There is no command “slign”: did you mean sling? `gastown keys` lists them.'],
  [{ sling: ['F5'] }, 'sling: F5 does not reach the program in every terminal.'],
  [{ sling: ['ctrl-m'] }, 'sling: ctrl-m is enter to a terminal: write enter.'],
  [{ sling: ['hello'] }, 'sling: hello is no key.'],
  [{ submit: ['s'] }, 'submit: s is text where text is typed (form): choose a key that types nothing, as Ctrl-s.'],
  [{ close: [] }, 'close: no key would be left that closes the question of leaving.'],
  [{ quit: [], palette: [] }, 'palette: no key would be left to leave by: keep one for quit or for palette.'],
  [{ accept: ['ctrl-g'], suspend: ['j'] }, 'suspend: '],
  [{ detach: [] }, 'detach: no key would be left that comes back from an attached terminal.'],
])('%j is refused with a reason', (wishes, message) => {
  const { problems, commands } = bindKeys(wishes as Record<string, string[]>);
  expect(problems[0]?.message ?? '').toContain(message === 'suspend: ' ? 'j is both suspend and' : message);
  if (problems.length === Object.keys(wishes).length) expect(commands).toEqual(COMMANDS);
});

test('what always works meets every other key', () => {
  expect(bindKeys({ redraw: ['s'] }).problems[0]?.message).toMatch(/^s is both redraw and sling everywhere/);
});

test.each(['q', 'space', 'ctrl-c', 'ctrl-m', 'ctrl-[', 'Tab', 'backspace', 'alt-q', 'F5', 'pgdn', 'hello'])(
  '%s cannot be the key that detaches',
  key => {
    const { problems, commands } = bindKeys({ detach: ['ctrl-q', key] });
    expect(problems.map(({ message }) => message)).toEqual([
      `detach: ${key} is the agent's: choose a Ctrl-key that is no other key to a terminal, as Ctrl-q, and not Ctrl-c.`,
    ]);
    expect(commands).toEqual(COMMANDS);
  },
);

test('what detaches is heard by no part of the screen: it may be a key that means something there', () => {
  const bound = bindKeys({ detach: ['^Q', 'ctrl-l', 'ctrl-z', 'ctrl-d'] });
  expect(bound).toMatchObject({ problems: [], notes: [] });
  expect(keysOf('detach', bound)).toEqual(['ctrl-q', 'ctrl-l', 'ctrl-z', 'ctrl-d']);
});

test.each([
  ['Ctrl-D', 'ctrl-d'],
  ['^d', 'ctrl-d'],
  ['C-d', 'ctrl-d'],
  ['ctrl+]', 'ctrl-]'],
  ['PageUp', 'pgup'],
  ['Return', 'enter'],
  ['shift-a', 'A'],
  ['Alt-x', 'alt-x'],
  ['é', 'é'],
  ['↓', 'down'],
  [' ', 'space'],
])('%j is the key %s', (written, name) => {
  expect(readKey(written)).toEqual({ name });
});

describe('a screen with keys of one’s own', () => {
  const { commands } = bindKeys({
    sling: ['ctrl-g'],
    yes: ['ctrl-y'],
    option: ['f', 'b'],
    'sling-convoy': [],
    help: ['ctrl-o'],
  });
  const game = () => play(smallView(), { commands });

  test('obeys them and no longer those of the table', () => {
    expect(game().at('plan', 'gt-1').press('s').intents()).toEqual([]);
    expect(game().at('plan', 'gt-1').press('ctrl-g').intents()).toHaveLength(1);
  });

  test('says them where it names a key', () => {
    expect(game().at('plan', 'cv-1').press('ctrl-g').flash).toBe('This is a convoy: :sling-convoy slings all of it.');
  });

  test('decides by them, with the same time to read', () => {
    expect(game().press('space', 'ctrl-y').intents()).toEqual([]);
    expect(game().press('space').wait(400).press('y').intents()).toEqual([]);
    expect(game().press('space').wait(400).press('ctrl-y').intents()).toHaveLength(1);
  });

  test('gives a numbered answer by the place of its key', () => {
    const options = [
      { id: 'red', label: 'Red', kind: 'choice' as const },
      { id: 'blue', label: 'Blue', kind: 'choice' as const },
    ];
    const question = { ...smallView().attention[0]!, kind: 'question' as const, options };
    const asked = play({ ...smallView(), attention: [question] }, { commands });
    expect(asked.press('space').wait(400).press('b').intents()).toEqual([
      { type: 'attention.choose', payload: { key: question.key, option: 'blue' } },
    ]);
  });

  test('says by which key an attached terminal is left, and does not take it for one of its own', () => {
    const own = () => play(smallView(), { commands: bindKeys({ detach: ['ctrl-q'] }).commands });
    expect(own().at('polecats', 'web/nux').press('a').flash).toBe('Attaching to nux; Ctrl-q detaches…');
    expect(own().at('polecats', 'web/nux').press('ctrl-q').state).toEqual(own().at('polecats', 'web/nux').state);
    const help = own().press('2', '?').dialog as { entries: readonly string[]; here: number };
    expect(help.entries.slice(0, help.here)).toContain('detach');
    expect(own().press(':').type('detach').press('enter').flash).toBe(
      'No terminal is attached: a attaches, and then Ctrl-q comes back.',
    );
  });

  test('lists them under their own help key', () => {
    expect(game().press('ctrl-o').dialog).toMatchObject({ kind: 'help', shownAt: NOON });
    expect(game().press('?').dialog).toBeUndefined();
  });
});
