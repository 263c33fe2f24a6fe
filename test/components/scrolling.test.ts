import { describe, expect, test } from 'vitest';
import { createTheme } from '../../components/theme.ts';
import { exampleView } from './fixtures/view.ts';
import { frameOf, type Scene } from './golden/stage.tsx';
import { play } from './play.ts';
import { attentionRow, smallView } from './small-view.ts';

const theme = createTheme({ colour: false, unicode: true });
const LINES = Array.from({ length: 60 }, (_, index) => `line ${index + 1} of what is known`);
const long = exampleView({
  attention: [attentionRow('approval:mr-1:b', { detail: LINES.join('\n') })],
});
const [first] = long.beads.keys();
const described = {
  ...long,
  beads: new Map(long.beads).set(first!, { ...long.beads.get(first!)!, description: LINES.join('\n') }),
};

/** What is shown, however old it is by then. */
const shown = async (scene: Scene): Promise<string> => (await frameOf(scene)).replaceAll(/ *\d+s\b/g, ' #s');

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 50 },
];

describe.each(SIZES)('at $columns×$rows', size => {
  const detail = (...keys: string[]) => shown({ ...size, keys: ['1', 'j', '0', ...keys], view: described, theme });

  test('a detail longer than its room says where it is, and goes to its end and back', async () => {
    const id = /Detail {2}(\S+)/.exec(await detail())![1];
    expect(await detail()).toMatch(new RegExp(`Detail  ${id}  1–\\d+ of \\d+`));
    const end = await detail('G');
    expect(end).toMatch(/Detail {2}\S+ {2}\d+–(\d+) of \1 /);
    expect(await detail('G', 'g')).toBe(await detail());
    expect(await detail('G', 'k')).not.toBe(end);
    expect(await detail('G', 'j', 'j', 'ctrl-d')).toBe(end);
    expect(await detail('j')).toMatch(/Detail {2}\S+ {2}2–/);
  });

  test('a question longer than its room is read to its end, and one step up from there is seen', async () => {
    const asked = (...keys: string[]) => shown({ ...size, keys: ['space', ...keys], view: long, theme });
    expect(await asked()).toMatch(/Needs you {2}1 of 1 .*1–\d+ of 60/);
    const end = await asked('G');
    expect(end).toContain('line 60 of what is known');
    expect(end).toMatch(/–60 of 60/);
    expect(await asked('G', 'j', 'ctrl-d')).toBe(end);
    expect(await asked('G', 'k')).toContain('–59 of 60');
  });
});

test('the detail of another record begins at its top', () => {
  const game = play(smallView()).at('plan', 'gt-1').press('0', 'G');
  expect(game.state.detail).toEqual({ id: 'gt-1', top: 15 });
  game.press('1', 'j', '0', 'j');
  expect(game.state.detail).toEqual({ id: 'gt-2', top: 1 });
});

test('half a page and single lines add up, and stop at both ends', () => {
  const game = play(smallView()).at('plan', 'gt-1').press('0', 'k');
  expect(game.state.detail?.top).toBe(0);
  expect(game.press('ctrl-d', 'j').state.detail?.top).toBe(6);
  expect(game.press('ctrl-d', 'ctrl-d', 'ctrl-d').state.detail?.top).toBe(15);
  expect(game.press('ctrl-u').state.detail?.top).toBe(10);
});
