import { afterEach, describe, expect, test } from 'vitest';
import { App } from '../../components/app.tsx';
import { measureFrame } from '../../components/frame.tsx';
import { COMMANDS } from '../../components/keymap.ts';
import { createTheme } from '../../components/theme.ts';
import { createScreenStore } from '../../components/view-store.ts';
import { renderScreen } from '../terminal/harness.ts';
import { createFakeTown } from './fake-town.ts';
import { NOON, smallView } from './small-view.ts';

const theme = createTheme({ colour: true, unicode: true });
const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** The whole screen over a town that a test speaks for, in a terminal emulator. */
const show = async ({
  columns = 80,
  rows = 24,
  view = smallView(),
  readOnly,
}: {
  columns?: number;
  rows?: number;
  view?: ReturnType<typeof smallView>;
  readOnly?: string;
} = {}) => {
  const town = createFakeTown(view);
  let now = NOON;
  const store = createScreenStore({
    handle: town.handle,
    measure: (snapshot, size) => measureFrame(snapshot, size, { theme }),
    now: () => now,
    ...(readOnly && { readOnly }),
  });
  const quits: string[] = [];
  let stops = 0;
  const gone = new AbortController();
  const screen = renderScreen(
    ({ stdin, stdout }) => (
      <App
        store={store}
        theme={theme}
        terminal={{
          handle: town.handle,
          stdin,
          stdout,
          detachKeys: ['ctrl-]'],
          env: {},
          onQuit: how => quits.push(how),
          stopProcess: () => {
            stops++;
          },
          signal: gone.signal,
        }}
        now={() => now}
      />
    ),
    { columns, rows },
  );
  opened.push(() => {
    gone.abort();
    screen.app.unmount();
    store.close();
  });
  await screen.settle();
  return {
    ...screen,
    town,
    store,
    quits,
    stops: () => stops,
    wait: (ms: number) => {
      now += ms;
    },
    state: () => store.getSnapshot().state,
  };
};

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
];

/** What a terminal sends for a key of the table. */
const BYTES: Readonly<Record<string, string>> = {
  space: ' ',
  enter: '\r',
  esc: '\u001B',
  tab: '\t',
  'shift-tab': '\u001B[Z',
  up: '\u001B[A',
  down: '\u001B[B',
  right: '\u001B[C',
  left: '\u001B[D',
  pgup: '\u001B[5~',
  pgdn: '\u001B[6~',
  home: '\u001B[H',
  end: '\u001B[F',
};
const bytesOf = (key: string): string =>
  BYTES[key] ?? (key.startsWith('ctrl-') ? String.fromCharCode(key.charCodeAt(5) & 0x1f) : key);

/** Keys that lead to where a command is bound. */
const WAY: Readonly<Record<string, string>> = {
  plan: '1',
  polecats: '2',
  refinery: '3',
  health: '4',
  log: '5',
  detail: '0',
  global: '1',
  always: '1',
  help: '?',
  palette: ':',
  menu: 'jx',
  sources: '5L',
  form: 'n',
  line: '/',
  confirm: '2D',
  decide: ' ',
  viewer: 'ji',
  review: '3d',
  quit: 'q',
};

describe.each(SIZES)('at $columns×$rows', size => {
  test('shows the town, the mode and something of every kind', async () => {
    const { screen } = await show(size);
    expect(screen()).toContain('testville');
    expect(screen()).toContain('COMMAND');
    expect(screen()).toContain('Title of gt-1');
  });

  test.each(Object.entries(WAY))('in %s the screen is whole', async (_, keys) => {
    const { press, screen, terminal } = await show(size);
    for (const key of keys) await press(key);
    const lines = screen().split('\n');
    expect(lines).toHaveLength(size.rows);
    expect(lines[0]).toContain('testville');
    expect(terminal.buffer.active.type).toBe('alternate');
  });
});

/** Where a movement finds nothing to move: a log, a diff or a question of a few lines. */
const RESTING: readonly string[] = [];

/** Keys that have nothing left to do where the test presses them: at the top of a list, or with nothing to go back to. */
const AT_REST = ['up', 'top', 'page-up', 'back', 'unzoom'];

// While attached, keys are not the screen's: see attach.test.ts.
const EVERY_KEY = COMMANDS.filter(({ id }) => id !== 'detach').flatMap(command =>
  command.contexts.flatMap(context => command.keys.map(key => [key, context, command.id] as const)),
);

test.each(EVERY_KEY)('%s in %s does what the table says: %s', async (key, context, id) => {
  const { press, screen, wait, store, town, quits, stops, until, frames } = await show();
  await press(WAY[context]!);
  wait(1_000);
  const before = { snapshot: store.getSnapshot(), quits: quits.length, asked: town.asked.length, frames: frames() };
  await press(bytesOf(key));
  if (id === 'suspend') return void (await until(() => stops() === 1));
  if (id === 'redraw') return void (await until(() => frames() > before.frames));
  // A lone Esc is known to be one only when nothing follows it.
  if (key === 'esc' && !AT_REST.includes(id)) await until(() => store.getSnapshot() !== before.snapshot);
  const changed =
    store.getSnapshot() !== before.snapshot || quits.length > before.quits || town.asked.length > before.asked;
  if (!AT_REST.includes(id) && !RESTING.includes(`${context} ${id}`)) expect(changed).toBe(true);
  expect(screen().split('\n')).toHaveLength(24);
});

test('a confirmation that was typed ahead does not run; seen, it does', async () => {
  const { press, town, wait, until, screen } = await show();
  await press('2Dy');
  expect(town.asked).toEqual([]);
  expect(screen()).toContain('before this could be read');
  wait(400);
  await press('y');
  await until('done: polecat.stop');
  expect(town.asked).toHaveLength(1);
});

test('what is typed stands there at once, however long the town takes for what was sent before', async () => {
  const { press, town, screen } = await show();
  town.answerWith(() => new Promise(() => {}));
  await press('2');
  await press('o');
  for (const letter of 'first') await press(letter);
  await press('\u0004');
  expect(town.asked).toHaveLength(1);
  await press('o');
  for (const letter of 'second') await press(letter);
  expect(screen()).toContain('second');
});

test('on a line that is spared the screen has no borders, and says so', async () => {
  const { press, screen } = await show();
  await press(':');
  for (const letter of 'lite on') await press(letter);
  await press('\r');
  await press('q');
  expect(screen()).not.toMatch(/[│─]/);
  expect(screen().split('\n')[0]).toContain('lite');
});

describe('a megabyte pasted', () => {
  const MEGABYTE = 'Do y and n, q and D; rm -rf it.\n'.repeat(32_768);
  const inBrackets = `\u001B[200~${MEGABYTE}\u001B[201~`;
  const pieces = (text: string, size: number) =>
    Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));

  test.each([
    ['at once', [inBrackets]],
    ['in pieces of a pty', pieces(inBrackets, 4_096)],
    ['unbracketed', pieces(MEGABYTE, 65_536)],
  ])('%s runs no command and leaves the screen alive', async (_, reads) => {
    const { stdin, press, until, town, state, wait } = await show();
    for (const read of reads) stdin.write(read);
    await until('paste is ignored');
    expect(state().dialogs).toEqual([]);
    expect(town.asked).toEqual([]);
    wait(1_000);
    await press('2');
    expect(state().focus).toBe('polecats');
  });

  test('into a form is kept as far as a field goes', async () => {
    const { stdin, press, until, state } = await show();
    await press('n\t');
    stdin.write(inBrackets);
    await until('256,000 characters');
    const started = performance.now();
    await press('x');
    expect(performance.now() - started).toBeLessThan(500);
    expect(state().dialogs).toHaveLength(1);
  });
});

test('sizes change under it, down to nothing and back', async () => {
  const { resize, screen, press, state } = await show({ columns: 200, rows: 50 });
  await resize(80, 24);
  expect(screen().split('\n')[0]).toContain('testville');
  await resize(40, 10);
  expect(screen().trim()).toBe('40×10 is too small: needs 80×20');
  await press('s');
  expect(state().flash).toBeUndefined();
  await press('q');
  expect(screen().trim()).toBe('q leaves, Esc stays; agents keep running');
  await press('\u001B');
  await resize(120, 30);
  expect(screen()).toContain('Title of gt-1');
  expect(screen().split('\n')[0]).toContain('testville');
});

test('an idle town is not painted', async () => {
  const idle = smallView();
  const { frames, settle } = await show({ view: { ...idle, polecats: idle.polecats.filter(row => !row.live) } });
  await settle();
  const before = frames();
  await new Promise(resolve => setTimeout(resolve, 1_200));
  await settle();
  expect(frames() - before).toBe(0);
});

test('ages of what runs are painted once a second', async () => {
  const { frames, until } = await show();
  const before = frames();
  await until(() => frames() > before);
  expect(frames() - before).toBeLessThanOrEqual(2);
});

test('one key is no more on the wire than the rows that it changes: the selected one, the one before, and the detail', async () => {
  const { press, bytes } = await show({ columns: 200, rows: 50 });
  await press('j');
  const before = bytes();
  await press('j');
  // Two rows, and beside them all that the detail says of the other bead: a screen of this size is ten times as much.
  expect(bytes() - before).toBeLessThan(1_500);
});

test('leaving hands over what was chosen', async () => {
  const { press, quits, wait } = await show();
  await press('q');
  wait(1_000);
  await press('j\r');
  await press('\r');
  expect(quits.at(-1)).toBe('stop');
});

test('attaching gives the terminal to the session and comes back to the same screen', async () => {
  const { press, town, screen, stdin, until, terminal } = await show();
  let written = '';
  town.attachTo({
    replay: 'agent at work',
    onData: () => () => {},
    onEnd: () => () => {},
    write: data => {
      written += data;
    },
    resize: () => {},
    detach: () => {},
  });
  await press('2');
  const before = screen();
  stdin.write('a');
  await until('agent at work');
  expect(screen()).not.toContain('testville');
  stdin.write('hello\u001D');
  await until('Detached from nux');
  expect(written).toBe('hello');
  expect(screen().split('\n').slice(0, 8)).toEqual(before.split('\n').slice(0, 8));
  await press('1');
  expect(screen()).toContain('Title of gt-1');
  expect(terminal.modes.wraparoundMode).toBe(false);
});

describe.each(SIZES)('in the past at $columns×$rows', size => {
  const then = {
    id: 'c1',
    at: NOON - 7_200_000,
    stepsBack: 12,
    steps: 340,
    changes: [{ at: NOON, by: 'mayor', what: 'hook.set', subject: 'gt-4', because: 'It was ready.' }],
    view: smallView({
      at: NOON - 7_200_000,
      beads: new Map([['gt-4', { ...smallView().beads.get('gt-4')!, title: 'As it was called then' }]]),
      polecats: smallView().polecats.map(row => ({ ...row, live: false, since: NOON - 7_380_000 })),
    }),
  };

  const back = async () => {
    const shown = await show(size);
    shown.town.rememberBy(() => then);
    await shown.press('[');
    await shown.until('PAST 10:00:00');
    return shown;
  };

  test('the whole board is the one of then, with what had just changed, and ages count from there', async () => {
    const { screen, press } = await back();
    expect(screen().split('\n')[0]).toMatch(/^ PAST 10:00:00 · 12 back of 340 · .*Esc now/);
    expect(screen()).toContain('Just changed: hook.set gt-4 by mayor: It was ready.');
    expect(screen()).toContain('As it was called then');
    expect(screen()).not.toContain('Title of gt-1');
    await press('2');
    expect(screen()).toMatch(/working\s+nux\s+3m/);
    await press('s');
    expect(screen()).not.toContain('Slinging');
    await press('D');
    expect(screen()).toContain('You look at the past; Esc comes back to now.');
  });

  test('it survives another size, and Esc shows the present at once', async () => {
    const { screen, press, resize, until, town } = await back();
    await resize(100, 30);
    expect(screen().split('\n')[0]).toContain('PAST 10:00:00');
    await resize(40, 10);
    expect(screen().trim()).toBe('PAST · 40×10 is too small: needs 80×20');
    await resize(size.columns, size.rows);
    const view = smallView({ version: 2 });
    town.show({
      ...view,
      beads: new Map([...view.beads, ['gt-1', { ...view.beads.get('gt-1')!, title: 'As it is called now' }]]),
    });
    expect(screen()).not.toContain('As it is called now');
    await press('\u001B');
    await until('As it is called now');
    expect(screen()).not.toContain('PAST');
  });

  test('nothing is painted while a person looks', async () => {
    const { frames, settle } = await back();
    await settle();
    const before = frames();
    await new Promise(resolve => setTimeout(resolve, 1_200));
    await settle();
    expect(frames() - before).toBe(0);
  });
});

test('what z would do is listed, a long list page by page, and Enter does it', async () => {
  const { press, screen, town, wait, until } = await show();
  town.offer({
    way: 'undo',
    of: 7,
    what: 'plan.import cv-1',
    at: NOON - 90_000,
    lines: Array.from({ length: 40 }, (_, index) => `gt-${index + 1}: is deleted`),
    intent: { type: 'history.undo', payload: { of: 7, records: [] } },
  });
  await press('z');
  await until('Take back: plan.import cv-1 (1m ago)?  1–17 of 40');
  expect(screen()).toContain('[ Take it back ]');
  await press('G');
  await until('gt-40: is deleted');
  expect(screen()).toContain('24–40 of 40');
  expect(screen()).toContain('[ Take it back ]');
  wait(400);
  await press('\r');
  await until('Taken back: plan.import cv-1.');
  expect(town.asked).toEqual([{ type: 'history.undo', payload: { of: 7, records: [] } }]);
});

test('i shows the reasons, and under a heading of its own every change', async () => {
  const { press, screen, until } = await show();
  await press('ji');
  await until('History, field by field');
  expect(screen()).toMatch(/because it was ready[\s\S]*History, field by field[\s\S]*bead\.create gt-1/);
});

test('a read-only screen says so and changes nothing', async () => {
  const { press, town, screen } = await show({ readOnly: 'This screen only looks.' });
  await press('js');
  expect(screen()).toContain('This screen only looks.');
  expect(town.asked).toEqual([]);
});
