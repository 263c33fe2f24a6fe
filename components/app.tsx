import { Box, Text, Transform, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useLayoutEffect, useMemo, useSyncExternalStore } from 'react';
import { cut } from '../source/common/text.ts';
import { contextsOf } from './actions/dialogs.ts';
import { withDialog } from './dialogs/dialog-view.tsx';
import { type FrameProps, frameRows } from './frame.tsx';
import { createInputDecoder, type InputEvent } from './input.ts';
import { boundIn, type CommandId, commandForKey, keysIn } from './keymap.ts';
import { NAME_COLUMNS, type NamedRows } from './line/named-rows.ts';
import { isLite, liteTheme } from './line/pace.ts';
import { ReaderScreen } from './reader.tsx';
import type { ScreenEvent } from './reducer.ts';
import { isLargeEnough, MINIMUM_SIZE, NARROW_SIZE } from './rows/layout.ts';
import type { KeyWords } from './rows/pane.ts';
import type { ScreenContext } from './situation.ts';
import { type ScreenState, topDialog } from './state.ts';
import { createScreenTerminal, type ScreenTerminalOptions } from './terminal.ts';
import type { Theme } from './theme.ts';
import type { ScreenSize, ScreenStore } from './view-store.ts';

export interface AppProps {
  readonly store: ScreenStore;
  readonly theme: Theme;
  readonly terminal: Omit<ScreenTerminalOptions, 'suspendTerminal'>;
  /** Makes of finished rows what Ink is given to draw; the rows themselves without it. */
  readonly names?: Names;
  /** Ms since the epoch. */
  readonly now?: () => number;
}

/** The whole screen. It holds no state: keys go to the store, and what the store has is drawn. */
export const App = ({ store, theme: given, terminal, names, now = Date.now }: AppProps) => {
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot);
  const spared = isLite(snapshot.state.lite, snapshot.line);
  const theme = useMemo(() => (spared ? liteTheme(given) : given), [given, spared]);
  const size = useWindowSize();
  const { rows } = size;
  const columns = names?.columns() || size.columns;
  const { suspendTerminal } = useApp();
  const decoder = useMemo(createInputDecoder, []);
  const tooSmall = isTooSmall({ columns, rows });

  useLayoutEffect(() => store.resize({ columns, rows }), [store, columns, rows]);
  useEffect(
    () => store.connect(createScreenTerminal({ ...terminal, suspendTerminal })),
    [store, terminal, suspendTerminal],
  );
  // The one place where keys come in: each `useInput` parses every key again, and two would disagree about the mode.
  useInput((input, key) => {
    const events = decoder.decode(input, key, now()).map(toScreenEvent);
    store.send(
      ...(tooSmall ? events.filter(event => worksBlind(event, store.getSnapshot().state, store.context())) : events),
    );
  });
  // Always mounted: without it a paste would run as commands.
  usePaste(text => store.send({ type: 'paste', text }));

  return <Screen {...{ snapshot, columns, rows, theme }} context={store.context()} {...(names && { names })} />;
};

/** What is drawn: it depends on nothing but what it is given. */
export const Screen = ({ names, ...props }: FrameProps & { readonly names?: Names }) => {
  const { snapshot, columns, rows, theme } = props;
  if (isTooSmall(props)) {
    const said = smallText(snapshot.state, { columns, rows, keys: keysIn(props.context) });
    const row = theme.print(cut(said, columns));
    return <Rows rows={names?.named([row]) ?? [row]} />;
  }
  if (theme.reader) return <ReaderScreen {...props} />;
  const drawn = withDialog(frameRows(props), { ...props, state: snapshot.state });
  const printed = drawn.map(theme.print);
  return (
    <Box width={names ? NAME_COLUMNS : columns} height={rows}>
      <Rows rows={names?.named(printed) ?? printed} />
    </Box>
  );
};

type Names = Pick<NamedRows, 'named' | 'columns'>;

/** Finished rows, put in place of blanks when these are drawn: Ink neither measures nor wraps them. */
const Rows = ({ rows }: { readonly rows: readonly string[] }) => (
  <Transform transform={(_, y) => rows[y] ?? ''}>
    <Text>{rows.map(() => ' ').join('\n')}</Text>
  </Transform>
);

const isTooSmall = (size: ScreenSize): boolean => !isLargeEnough(size);

const toScreenEvent = (event: InputEvent): ScreenEvent =>
  event.type === 'burst' ? { type: 'paste', text: event.text } : event;

/** On a terminal too small to show anything, only leaving and what leads back from there. */
const BLIND_COMMANDS: ReadonlySet<string> = new Set<CommandId>(['quit', 'leave', 'suspend', 'redraw', 'back', 'close']);

const worksBlind = (event: ScreenEvent, state: ScreenState, context: ScreenContext): boolean => {
  if (event.type !== 'key') return false;
  const command = commandForKey(event.name, contextsOf(state), boundIn(context));
  if (!command) return false;
  return BLIND_COMMANDS.has(command.id) || (command.id === 'accept' && topDialog(state)?.kind === 'quit');
};

const smallText = (state: ScreenState, { columns, rows, keys }: ScreenSize & { readonly keys: KeyWords }): string => {
  if (topDialog(state)?.kind === 'quit') return keys('{leave} leaves, {close} stays; agents keep running');
  const past = state.time?.moment ? 'PAST · ' : '';
  const brief = `${past}${columns}×${rows} is too small: needs ${sizeWords(MINIMUM_SIZE)}`;
  const whole = `${brief} or ${sizeWords(NARROW_SIZE)} (${keys('{quit} leaves')})`;
  return whole.length > columns ? brief : whole;
};

const sizeWords = ({ columns, rows }: ScreenSize): string => `${columns}×${rows}`;
