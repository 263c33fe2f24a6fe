import '../terminal/production-jsx.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { App } from '../../components/app.tsx';
import { measureFrame } from '../../components/frame.ts';
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
    measure: (snapshot, size) => measureFrame(snapshot, size, theme),
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
  form: 'n',
  line: '/',
  confirm: '2D',
  decide: ' ',
  viewer: 'ji',
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
    await press(keys);
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

const EVERY_KEY = COMMANDS.flatMap(command =>
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
