import { describe, expect, test } from 'vitest';
import { bindKeys } from '../../components/bindings.ts';
import { dialogLines } from '../../components/dialogs/dialog-view.tsx';
import { viewerLineCount, viewerRows } from '../../components/dialogs/viewer.ts';
import { hearKey, isDone, type KeyDoctor, reportOf, startKeyDoctor } from '../../components/key-doctor.ts';
import { COMMANDS, keyWords } from '../../components/keymap.ts';
import type { ViewerDialog } from '../../components/state.ts';
import { play } from './play.ts';
import { PLAIN } from './rows/look.ts';
import { smallView } from './small-view.ts';

/** Presses what is asked for; `terminal` says what arrives of it. */
const through = (terminal: (key: string) => string | undefined, commands = COMMANDS): KeyDoctor => {
  let doctor = startKeyDoctor(commands);
  for (let turn = 0; !isDone(doctor); turn++) {
    if (turn > 500) throw new Error('it never ends');
    doctor = hearKey(doctor, terminal(doctor.asked[doctor.at]!) ?? 'enter');
  }
  return doctor;
};
const report = (doctor: KeyDoctor, inTmux = false) => reportOf(doctor, { commands: COMMANDS, inTmux });

test('asks for every key that a terminal may keep, and for the one that detaches', () => {
  const { asked } = startKeyDoctor(COMMANDS);
  expect(asked).toEqual(
    expect.arrayContaining(['tab', 'shift-tab', 'up', 'ctrl-d', 'pgup', 'esc', 'ctrl-z', 'ctrl-]']),
  );
  expect(asked).not.toContain('enter');
  expect(new Set(asked).size).toBe(asked.length);
});

test('a terminal that passes everything on is told so', () => {
  const doctor = through(key => key);
  expect(doctor.findings).toEqual([]);
  expect(report(doctor)).toEqual({ lines: ['Every key that was tried arrives as it is pressed.'], config: [] });
});

test('a key that never arrives gets another one where its command has none left, and a reason', () => {
  const { lines, config } = report(through(key => (['ctrl-z', 'pgup', 'ctrl-l'].includes(key) ? undefined : key)));
  expect(lines).toEqual([
    'PgUp: nothing arrives. The terminal scrolls itself by it: its settings can give it back.',
    '  page-up: by another key, or by name in the palette.',
    'Ctrl-z: nothing arrives. The terminal driver made a signal of it: stty -a shows susp and quit.',
    'Ctrl-l: nothing arrives. The terminal or the window system has it for itself: see its settings.',
  ]);
  const wishes = Object.fromEntries(
    config.map(line => line.split(' = ')).map(([id, keys]) => [id!, JSON.parse(keys!)]),
  );
  expect(Object.keys(wishes)).toEqual(['suspend', 'redraw']);
  expect(bindKeys(wishes)).toMatchObject({ problems: [], notes: [] });
});

test('a key that arrives as another one is used under that name where it is free', () => {
  const doctor = through(key => (key === 'ctrl-l' ? 'ctrl-x' : key));
  expect(doctor.findings).toEqual([{ key: 'ctrl-l', got: 'ctrl-x' }]);
  expect(report(doctor).config).toEqual(['redraw = ["ctrl-x"]']);
});

test('a slip of the finger is no finding, and Ctrl-C ends it', () => {
  let doctor = startKeyDoctor(COMMANDS);
  const [first] = doctor.asked;
  doctor = hearKey(hearKey(doctor, 'x'), first!);
  expect(doctor).toMatchObject({ at: 1, findings: [] });
  expect(isDone(hearKey(doctor, 'ctrl-c'))).toBe(true);
  expect(report(hearKey(doctor, 'ctrl-c')).lines).toEqual(['Every key that was tried arrives as it is pressed.']);
  expect(report(hearKey(startKeyDoctor(COMMANDS), 'ctrl-c')).lines).toEqual(['No key was tried.']);
});

test('within tmux it says how to ask tmux', () => {
  const { lines } = report(
    through(key => (key === 'ctrl-l' ? undefined : key)),
    true,
  );
  expect(lines[0]).toContain('tmux list-keys -T root C-l');
});

test.each(COMMANDS.filter(({ keys }) => keys.length > 0).map(({ id }) => id))(
  'a terminal that keeps all keys of %s is made up for by lines that hold',
  id => {
    const own = COMMANDS.find(command => command.id === id)!.keys;
    const { config } = report(through(key => (own.includes(key) ? undefined : key)));
    const wishes = Object.fromEntries(
      config.map(line => line.split(' = ')).map(([at, keys]) => [at!, JSON.parse(keys!)]),
    );
    expect(bindKeys(wishes)).toMatchObject({ problems: [], notes: [] });
  },
);

describe('on the screen', () => {
  test('every key is an answer while it asks, and none a command', () => {
    const game = play().press(':').type('key-doctor').press('enter');
    const asked = (game.dialog as { doctor: KeyDoctor }).doctor.asked;
    game.press(
      ...asked
        .filter(key => key !== 'ctrl-l')
        .map(key => key)
        .slice(0, 3),
    );
    expect(game.dialog).toMatchObject({ kind: 'doctor', doctor: { at: 3 } });
    game.press('q', 'D', 's');
    expect(game.effects).toEqual([]);
    expect(game.dialog?.kind).toBe('doctor');
  });

  /** A screen on which all was asked, in a terminal that keeps these keys. */
  const examined = (kept: (key: string) => boolean, options: Parameters<typeof play>[1] = {}) => {
    const measured: typeof options = {
      pageRows: () => viewerRows(24),
      lineCount: dialog =>
        viewerLineCount(dialog as ViewerDialog, { view: smallView(), columns: 80, theme: PLAIN, keys: keyWords() }),
    };
    const game = play(smallView(), { ...measured, ...options })
      .press(':')
      .type('key-doctor')
      .press('enter');
    for (const key of (game.dialog as { doctor: KeyDoctor }).doctor.asked) game.press(kept(key) ? 'enter' : key);
    const size = { columns: 80, rows: 24, theme: PLAIN };
    const shown = (): string => {
      const dialog = game.dialog as ViewerDialog;
      return dialogLines(dialog, { state: game.state, context: game.context(), ...size }).lines.join('\n');
    };
    return { game, shown };
  };

  test('what it proposes is shown and copied', () => {
    const { game, shown } = examined(key => key === 'ctrl-l');
    expect(shown()).toContain('Ctrl-l: nothing arrives.');
    expect(shown()).toContain('y copy the lines for town.toml');
    game.press('y');
    expect(game.effects.at(-1)).toMatchObject({
      type: 'copy',
      text: expect.stringMatching(/^\[keys\]\nredraw = \["."\]\n$/),
    });
  });

  test.each(['enter', 'esc', 'q', 'ctrl-c'])('%s closes it, once it can have been read', key => {
    expect(examined(() => false).game.press('enter').dialog).toMatchObject({ kind: 'viewer', view: 'keys' });
    expect(
      examined(() => false)
        .game.wait(400)
        .press(key).dialog,
    ).toBeUndefined();
  });

  test('a report that is longer than the screen scrolls, by keys of one’s own too, and says where one is', () => {
    const { commands } = bindKeys({ bottom: ['B'], down: ['ctrl-e'], top: ['T'] });
    const { game, shown } = examined(key => /^(ctrl|pg)/.test(key), { commands });
    expect(shown()).toMatch(/Which keys arrive {2}1–19 of (\d+)/);
    expect(shown()).not.toContain('In town.toml:');
    game.press('ctrl-e', 'ctrl-e');
    expect(shown()).toContain('Which keys arrive  3–21 of');
    game.press('B');
    expect(shown()).toMatch(/Which keys arrive {2}\d+–(\d+) of \1\D/);
    expect(shown()).toContain('[keys]');
    game.press('y');
    expect(game.effects.at(-1)).toMatchObject({
      type: 'copy',
      text: expect.stringMatching(/^\[keys\]\n[\s\S]*\ndetach = \["ctrl-\w"\]\n/),
    });
    game.press('T');
    expect(shown()).toContain('Which keys arrive  1–19 of');
  });
});
