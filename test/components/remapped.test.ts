import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { bindKeys } from '../../components/bindings.ts';
import { COMMANDS, keyLabel } from '../../components/keymap.ts';
import { createTheme } from '../../components/theme.ts';
import { exampleView } from './fixtures/view.ts';
import { frameOf } from './golden/stage.tsx';

/** Keys of a script that no text here is written in: 85 letters of Cherokee, then some of Canadian syllables. */
const STRANGE = Array.from({ length: 150 }, (_, index) =>
  String.fromCodePoint(index < 85 ? 0x13a0 + index : 0x1401 + index),
);

/** Every key of the table is another one; where there are several, all of them are. */
const wishes = Object.fromEntries(
  COMMANDS.filter(({ keys }) => keys.length > 0).map(({ id, keys }, index) => [
    id,
    id === 'option'
      ? keys.map((_, digit) => `alt-${'ԱԲԳԴԵԶԷԸԹ'[digit]}`)
      : [id === 'detach' ? 'ctrl-^' : `alt-${STRANGE[index]}`],
  ]),
);
const { commands, problems } = bindKeys(wishes);
const PLAIN = createTheme({ colour: false, unicode: true });
const ATTENTION = exampleView().attention.map(({ key }) => key);

/** Keys that mean the same in any text field, or while another program has the terminal. */
const FIXED = /Enter new line|\(↑ ↓ choose\)/g;
/** A key's name, or a single sign before a verb: `Esc`, `s slings`, `[ back`. */
const NAMED = /\b(?:Esc|Space|Enter|Tab|Shift-Tab|Ctrl-[a-z]|PgUp|PgDn|Backspace)\b|Ctrl-\]/;
const SAID =
  /(?:^|[\s(:·;,|])(?![aI] )[a-zA-Z?_+[\]{}!*] (?:back|forward|now|shows?|sends?|stops?|takes?|lets?|gives?|opens?|sorts?|edits?|changes?|clears?|slings?|switches|runs?|follows?|goes|looks?|does|unmarks?|marks?|lands?|leaves|stays|asks|there|for the|write|sling|answer|every|more|why|next|close|closes|attaches|approve)\b/;

const EMPTY = exampleView({ convoys: [], loose: [], beads: new Map(), polecats: [], merges: [], attention: [] });

const SCENES: Readonly<Record<string, readonly string[]>> = {
  plan: ['1'],
  polecats: ['2', 'j'],
  refinery: ['3', 'j'],
  health: ['4', 'G'],
  'log not followed': ['5', 'k', 'k'],
  detail: ['2', '0'],
  'nothing found': ['1', '/', 'q', 'q', 'q', 'enter'],
  marked: ['1', 'j', 'v'],
  help: ['1', '?'],
  'the end of help': ['1', '?', 'G'],
  palette: [':'],
  menu: ['3', 'x'],
  form: ['n'],
  goal: ['N'],
  confirm: ['2', 'D'],
  'closing a bead': ['1', 'j', 'C'],
  'first question': ['space'],
  'second question': ['space', 'space'],
  viewer: ['2', 'i'],
  review: ['3', 'j', 'd'],
  'sort menu': ['3', 'O'],
  quit: ['q'],
  past: ['['],
  frozen: ['Z'],
  refused: ['2', 'j', 'j', 'j', 'j', 'a'],
};

test('every key of the table can be another one', () => {
  expect(problems).toEqual([]);
  expect(commands.filter((command, index) => command.keys.some(key => COMMANDS[index]!.keys.includes(key)))).toEqual(
    [],
  );
});

describe('with other keys no screen names one that is no longer any', () => {
  test.each(Object.keys(SCENES))('%s', async name => {
    for (const view of [exampleView(), EMPTY]) {
      const frame = await frameOf({ columns: 200, rows: 50, keys: SCENES[name]!, view, theme: PLAIN, commands });
      const text = frame.replaceAll(FIXED, '');
      for (const line of text.split('\n')) {
        expect(NAMED.exec(line)?.[0]).toBeUndefined();
        expect(SAID.exec(line)?.[0].trim()).toBeUndefined();
      }
    }
  });

  test('and the new ones are named in their place', async () => {
    const label = (id: string): string => keyLabel(commands.find(command => command.id === id)!.keys[0]!);
    const frame = await frameOf({ columns: 200, rows: 50, view: EMPTY, theme: PLAIN, commands });
    expect(frame).toContain(`${label('new-bead')}  write a bead`);
    expect(frame).toContain(`${label('plan')} Plan`);
    const health = await frameOf({ columns: 200, rows: 50, keys: ['4', 'G'], theme: PLAIN, commands });
    expect(health).toContain(`(${label('switch-dog')} switches it on)`);
    const past = await frameOf({ columns: 200, rows: 50, keys: ['['], theme: PLAIN, commands });
    expect(past).toContain(`${label('back')} now`);
    const refused = await frameOf({ columns: 80, rows: 24, keys: ['1', 'j', '_'], theme: PLAIN, commands });
    expect(refused).toContain(`${label('zoom')} gives the focu`);
    expect(ATTENTION.length).toBeGreaterThan(1);
  });
});

describe('no sentence of the screen has a key of its own', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  /** Where keys are fixed: the table itself, and what has the terminal while no key table is there. */
  const APART = new Set([
    'components/key-names.ts',
    'components/key-table.ts',
    'components/key-doctor.ts',
    'components/dialogs/doctor-rows.ts',
    'components/setup.tsx',
    'components/scroll-back.ts',
    'components/attach.ts',
  ]);
  const files = [
    ...readdirSync(path.join(root, 'components'), { recursive: true, encoding: 'utf8' })
      .filter(file => /\.tsx?$/.test(file))
      .map(file => `components/${file}`),
    'source/town/project/view.ts',
    'source/town/project/approved-before.ts',
    'source/town/digest.ts',
    'source/commands/screen.ts',
  ].filter(file => !APART.has(file));

  test.each(files)('%s', file => {
    const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*\*?[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    const sentences = [...text.matchAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g)]
      .map(([literal]) => literal.slice(1, -1).replaceAll(FIXED, ''))
      .filter(literal => literal.includes(' '));
    expect(sentences.filter(sentence => NAMED.test(sentence) || SAID.test(sentence))).toEqual([]);
  });
});
