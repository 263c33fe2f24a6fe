import { readdirSync } from 'node:fs';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { LOOKS } from '../../../components/theme/looks.ts';
import { createTheme } from '../../../components/theme.ts';
import { exampleView } from '../fixtures/view.ts';
import { plainRow } from '../rows/look.ts';
import { pictureOf } from './picture.ts';
import { frameOf, type Scene, withoutClock } from './stage.tsx';

/**
 * What the whole screen looks like, in text and colour: `screens/<size>/<what>.txt`. `npm run golden` writes them anew;
 * what then differs is read before it is committed.
 */

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 100, rows: 30 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 50 },
  { columns: 80, rows: 50 },
  { columns: 60, rows: 90 },
] as const;

/** Panes, zoomed and not, and what lies over them: by the keys that lead there. */
const SCREENS: Readonly<Record<string, readonly string[]>> = {
  plan: ['1', 'j', 'j'],
  polecats: ['2', 'j'],
  refinery: ['3', 'j'],
  health: ['4', 'j'],
  log: ['5'],
  detail: ['2', '0'],
  'zoom-1': ['2', '+'],
  'zoom-2': ['2', '+', '+'],
  filtered: ['1', '/', 't', 'o', 'k', 'e', 'n', 'enter'],
  sorted: ['2', 'O', 'j', 'j', 'enter', 'I'],
  'sort-menu': ['3', 'O', 'j'],
  marked: ['1', 'j', 'v', 'j', 'v'],
  help: ['1', '?'],
  palette: [':', 'm', 'e'],
  menu: ['3', 'x'],
  form: ['n', 'tab', 'F', 'i', 'x'],
  filter: ['1', '/', 'a'],
  search: ['5', '/', 's', 't', 'e', 'p'],
  confirm: ['2', 'D', 'tab'],
  decide: ['space'],
  viewer: ['2', 'i'],
  review: ['3', 'j', 'd', 'J'],
  deep: ['3', 'j', 'd', 'i'],
  quit: ['q'],
  past: ['['],
  refused: ['2', 'j', 'j', 'j', 'j', 'a'],
};

/** A town where nothing is yet: each pane says what to do next. */
const EMPTY = exampleView({
  convoys: [],
  loose: [],
  beads: new Map(),
  polecats: [],
  merges: [],
  attention: [],
  feed: [],
  counts: { ...exampleView().counts, ready: 0, blocked: 0, working: 0, waiting: 0, stalled: 0, queue: 0, attention: 0 },
});

const nameOf = ({ columns, rows }: Pick<Scene, 'columns' | 'rows'>): string => `${columns}x${rows}`;

const written = new Set<string>();

const check = async (file: string, scene: Scene): Promise<void> => {
  written.add(file);
  const frame = withoutClock(await frameOf(scene));
  const rows = frame.split('\n').map(plainRow);
  expect(rows.length).toBeLessThanOrEqual(scene.rows);
  expect(rows.filter(row => stringWidth(row) > scene.columns)).toEqual([]);
  await expect(pictureOf(frame)).toMatchFileSnapshot(`screens/${file}.txt`);
};

describe.each(SIZES)('at $columns×$rows', size => {
  test.each(Object.entries(SCREENS))('%s', (name, keys) => check(`${nameOf(size)}/${name}`, { ...size, keys }));
});

describe.each(['1', '2', '3', '4', '5', '0'])('with nothing in it, pane %s', pane => {
  test('says what to do next', () => check(`empty/${pane}`, { columns: 80, rows: 24, keys: [pane], view: EMPTY }));
});

const THEMES = {
  dark: createTheme({ colour: true, unicode: true, look: LOOKS.dark }),
  light: createTheme({ colour: true, unicode: true, look: LOOKS.light }),
  contrast: createTheme({ colour: true, unicode: true, look: LOOKS.contrast }),
  'light-in-256': createTheme({ colour: true, unicode: true, look: LOOKS.light, depth: 256 }),
  'light-in-16': createTheme({ colour: true, unicode: true, look: LOOKS.light, depth: 16 }),
  'no-colour': createTheme({ colour: false, unicode: true }),
  ascii: createTheme({ colour: true, unicode: false }),
  reader: createTheme({ colour: false, unicode: true, reader: true }),
};

describe.each(Object.entries(THEMES))('in the theme %s', (name, theme) => {
  const size = { columns: 120, rows: 40 };
  test('the panes', () => check(`themes/${name}`, { ...size, theme, keys: ['1', 'j', 'j'] }));
  test('a question', () => check(`themes/${name}-question`, { ...size, theme, keys: ['space'] }));
});

test('in ASCII no screen has any other sign', async () => {
  for (const keys of Object.values(SCREENS)) {
    const frame = await frameOf({ columns: 100, rows: 30, theme: THEMES.ascii, keys });
    expect(plainRow(frame)).toMatch(/^[\n\u0020-\u007e]*$/);
  }
});

test('without colours no screen has any', async () => {
  for (const keys of Object.values(SCREENS)) {
    const frame = await frameOf({ columns: 100, rows: 30, theme: THEMES['no-colour'], keys });
    expect(frame).not.toMatch(/\u001B\[(?:\d+;)*(?:[349]\d|10\d)(?:;\d+)*m/);
  }
});

test('a screen that only looks', () =>
  check('read-only', { columns: 80, rows: 24, keys: ['1', 'j', 's'], readOnly: 'This screen only looks.' }));

test('a terminal too small', () => check('too-small', { columns: 79, rows: 24 }));

test('no picture is left of what is no longer shown', () => {
  const files = readdirSync(new URL('screens', import.meta.url), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`.replace(/^.*\/screens\//, '').replace(/\.txt$/, ''));
  expect(files.filter(file => !written.has(file))).toEqual([]);
});
