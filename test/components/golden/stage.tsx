import { renderToString } from 'ink';
import { contextsOf } from '../../../components/actions/dialogs.ts';
import { Screen } from '../../../components/app.tsx';
import { measureFrame } from '../../../components/frame.tsx';
import { type BoundCommand, commandForKey } from '../../../components/keymap.ts';
import type { ScreenState } from '../../../components/state.ts';
import { createTheme, type Theme } from '../../../components/theme.ts';
import { createScreenStore } from '../../../components/view-store.ts';
import type { TownView } from '../../../source/town/view.ts';
import { createFakeTown } from '../fake-town.ts';
import { exampleView } from '../fixtures/view.ts';
import { NOON } from '../small-view.ts';

export const COLOURED = createTheme({ colour: true, unicode: true });

export interface Scene {
  readonly columns: number;
  readonly rows: number;
  /** What the person presses, one after the other; each is waited for. */
  readonly keys?: readonly string[];
  readonly view?: TownView;
  readonly theme?: Theme;
  readonly readOnly?: string;
  /** The key table with a person's own keys. */
  readonly commands?: readonly BoundCommand[];
}

const LOG = Array.from({ length: 60 }, (_, index) =>
  index % 9 === 4
    ? `src/auth/tokens.ts:${index}: the token is read before it is there, in a line that is longer than most screens are wide, so that it must be cut or wrapped`
    : `12:00:${String(index % 60).padStart(2, '0')} step ${index + 1} of 60`,
);

/** The screen as one string, after a person pressed keys in a town where something of every kind is under way. */
export const frameOf = async ({
  columns,
  rows,
  keys = [],
  view = exampleView(),
  theme = COLOURED,
  readOnly,
  commands,
}: Scene) => {
  const town = createFakeTown(view);
  town.writeLog({ kind: 'feed' }, LOG);
  town.rememberBy(() => ({
    id: 'c1',
    at: NOON - 7_200_000,
    stepsBack: 12,
    steps: 340,
    changes: [{ at: NOON, by: 'mayor', what: 'hook.set', subject: 'gt-4', because: 'It was ready.' }],
    view: exampleView({ at: NOON - 7_200_000 }),
  }));
  let now = NOON;
  const store = createScreenStore({
    handle: town.handle,
    measure: (snapshot, size) => measureFrame(snapshot, size, { theme, ...(commands && { commands }) }),
    ...(commands && { commands }),
    now: () => now,
    ...(readOnly && { readOnly }),
  });
  store.resize({ columns, rows });
  try {
    await answered();
    for (const name of keys) {
      store.send({ type: 'key', name: commands ? ownKey(name, store.getSnapshot().state, commands) : name });
      await answered();
      // Nothing here is typed ahead.
      now += 1_000;
    }
    return renderToString(
      <Screen snapshot={store.getSnapshot()} context={store.context()} columns={columns} rows={rows} theme={theme} />,
      { columns },
    );
  } finally {
    store.close();
  }
};

/** The person's own key for what a key of the table does where they are; text is typed as it is. */
const ownKey = (name: string, state: ScreenState, commands: readonly BoundCommand[]): string => {
  const id = commandForKey(name, contextsOf(state))?.id;
  return commands.find(command => command.id === id)?.keys[0] ?? name;
};

/** The town of tests answers within a few turns of the event loop. */
const answered = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve));
};

/** Times of the day are those of the place where the test runs. */
export const withoutClock = (frame: string): string => frame.replace(/\d\d:\d\d:\d\d/g, 'HH:MM:SS');
