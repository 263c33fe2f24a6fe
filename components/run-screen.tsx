import { type Instance, render } from 'ink';
import { safeLine } from '../source/common/text.ts';
import type { TownHandle } from '../source/town/view.ts';
import { App } from './app.tsx';
import type { TerminalInput, TerminalOutput } from './attach.ts';
import { bindKeys, type KeyProblem, type KeyWishes } from './bindings.ts';
import type { EditBead, EditPlan, PageLog, ReadPlan, ShowDemo } from './effects.ts';
import { measureFrame } from './frame.tsx';
import { commandById, withKeys } from './keymap.ts';
import { askBackground, type BackgroundQuestion } from './line/background.ts';
import { nameRows } from './line/named-rows.ts';
import { createScreenOutput, type ScreenOutput } from './line/output.ts';
import { createLineMeter, type LiteWish } from './line/pace.ts';
import { type Reply, takeReplies } from './line/replies.ts';
import { measureRoundTrip, type RoundTrip } from './line/round-trip.ts';
import type { KeptPreferences } from './preferences.ts';
import { watchSizes } from './sizes.ts';
import { stopForegroundGroup, WRAP_OFF, WRAP_ON } from './terminal.ts';
import { type Theme, themeFromEnvironment } from './theme.ts';
import { createScreenStore } from './view-store.ts';

/**
 * Why the screen ended. `leave`: the person left and the town may go on without a screen. `stop`: they want the town
 * stopped. `hangup`: the terminal's line is gone and this very process should go on headless. `terminated`: SIGTERM or
 * SIGINT from outside.
 */
export type Leave = 'leave' | 'stop' | 'hangup' | 'terminated';

export interface RunScreenOptions {
  readonly handle: TownHandle;
  readonly stdin: TerminalInput & { readonly isTTY?: boolean };
  readonly stdout: TerminalOutput & { readonly isTTY?: boolean; readonly fd?: number };
  readonly env: NodeJS.ProcessEnv;
  /** Whether to spare the line; by default as it is measured. */
  readonly lite?: LiteWish;
  /** Nothing can be changed from this screen. */
  readonly readOnly?: boolean;
  /** The person's own keys, from `[keys]` of the config. */
  readonly keys?: KeyWishes;
  /** Reads what a person types into a new plan; without it the screen offers none. */
  readonly readPlan?: ReadPlan;
  /** Has a proposed plan changed in the person's editor. */
  readonly editPlan?: EditPlan;
  /** Shows a whole log in the person's pager. */
  readonly pageLog?: PageLog;
  /** Shows the demo in this terminal, until the person leaves it. */
  readonly showDemo?: ShowDemo;
  readonly editBead?: EditBead;
  /** Calls back with what the terminal is told (a bell, a notification) when something new waits for the person. */
  readonly notices?: (listener: (sequence: string) => void) => () => void;
  /** Shown once when the screen opens; `{id}` stands for the key of a command. */
  readonly greeting?: string;
  /** What is wrong with how the screen was set up; stays until it was seen. */
  readonly complaint?: string;
  /** What the person chose to see; what the environment says without it. */
  readonly theme?: Theme;
  /** What the person chose and typed at the last screen, and where what they choose now is kept. */
  readonly preferences?: Pick<KeptPreferences, 'initial' | 'keep'>;
  /** What is shown on a background of this kind, where nobody chose a theme: the terminal is asked then. */
  readonly themeFor?: (background: 'light' | 'dark') => Theme;
  /** Counts paints: an idle town has none. */
  readonly counters?: ScreenCounters;
}

export interface ScreenCounters {
  frames: number;
  renderMs: number;
}

export const createCounters = (): ScreenCounters => ({ frames: 0, renderMs: 0 });

/** Why a read-only screen refuses. */
const READ_ONLY = 'This screen only looks (--readonly): nothing is changed from here.';
/** Erases all of the screen and goes to its first cell. */
const CLEAR = '\u001B[2J\u001B[H';
/** Ms between two looks at what went over the line. They follow what the person types, so that an idle screen stays idle. */
const COUNT_EVERY_MS = 10_000;
/** Ms to wait for the terminal to take the last bytes: one that is gone never does. */
const FLUSH_MS = 1_000;

/**
 * Shows the screen until the person leaves or the terminal goes away, then leaves the terminal as it was. Rejects only
 * when drawing itself failed; the terminal is clean by then too.
 */
export const runScreen = async (options: RunScreenOptions): Promise<Leave> => {
  const { handle, stdin, env } = options;
  let theme = options.theme ?? themeFromEnvironment(env);
  const { commands, problems } = bindKeys(options.keys ?? {});
  const stdout = createScreenOutput(options.stdout);
  const replies: Reply[] = [];
  const stopReplies = takeReplies(stdin, replies);
  // What is read out is drawn as it is.
  const names = theme.reader ? undefined : nameRows(stdout);
  const store = createScreenStore({
    handle,
    // Frames that nobody can see yet are not made: the newest one is, once the line takes bytes again.
    isHeld: () => stdout.pendingBytes > 0,
    inTmux: Boolean(env.TMUX),
    onKeys() {
      roundTrip?.ask();
      countBytes();
    },
    ...(options.lite && { lite: options.lite }),
    measure: (snapshot, size) => measureFrame(snapshot, size, { theme, commands }),
    commands,
    ...(theme.reader && { quiet: true }),
    ...(options.readOnly && { readOnly: READ_ONLY }),
    ...(options.readPlan && { readPlan: options.readPlan }),
    ...(options.editPlan && { editPlan: options.editPlan }),
    ...(options.pageLog && { pageLog: options.pageLog }),
    ...(options.showDemo && { showDemo: options.showDemo }),
    ...(options.editBead && { editBead: options.editBead }),
    ...(options.preferences && {
      preferences: options.preferences.initial,
      onPreferences: options.preferences.keep,
    }),
  });
  const gone = new AbortController();
  const ending = watchEnd({ stdin, outputs: [stdout, options.stdout] });
  const comeBack = (): void => store.redraw();
  // After a stop that came from outside (`kill -STOP`), whoever had the terminal meanwhile left it as they pleased.
  process.on('SIGCONT', comeBack);
  stdout.onDrain(lost => (lost ? store.redraw() : store.release()));
  const { counters } = options;
  let app: Instance | undefined;
  let isLent = false;
  const terminal = {
    handle,
    stdin,
    stdout,
    detachKeys: commandById('detach', commands)!.keys,
    env,
    onQuit: ending.resolve,
    stopProcess: stopForegroundGroup,
    settled: async () => void (await Promise.all([roundTrip?.settled(), background?.settled()])),
    onLent: (lent: boolean) => {
      isLent = lent;
    },
    signal: gone.signal,
  };
  const tree = () => <App {...{ store, theme, terminal }} {...(names && { names })} />;
  const stopSizes = watchSizes({
    stdout,
    clear() {
      if (isLent || !app) return;
      app.clear();
      stdout.write(CLEAR);
    },
    draw: () => {
      if (!isLent) app?.rerender(tree());
    },
  });
  let stopNotices: (() => void) | undefined;
  let roundTrip: RoundTrip | undefined;
  let background: BackgroundQuestion | undefined;
  const meter = createLineMeter(() => stdout.takenBytes);
  let countedAt = Number.NEGATIVE_INFINITY;
  // Where no answer ever comes, what goes over the line is known all the same.
  const countBytes = (): void => {
    const now = performance.now();
    if (now - countedAt < COUNT_EVERY_MS) return;
    countedAt = now;
    store.setLine(meter());
  };
  try {
    // Ink does so once it has drawn: what a quick person types until then would be echoed, and Ctrl-Z would stop us as we are.
    if (stdin.isTTY) stdin.setRawMode?.(true);
    app = render(tree(), {
      stdin,
      // Ink asks nothing of it that `ScreenOutput` has not.
      stdout: names?.stdout ?? (stdout as ScreenOutput & NodeJS.WriteStream),
      alternateScreen: true,
      incrementalRendering: true,
      // Data comes at 10 Hz; a key's own paint must not wait behind it, and one that does waits up to twice this long
      // (field/terminal.md §1.5).
      maxFps: 250,
      exitOnCtrlC: false,
      patchConsole: false,
      // Ink would take an environment with CI, even empty, for one that nobody looks at.
      interactive: Boolean(stdin.isTTY && stdout.isTTY),
      kittyKeyboard: { mode: 'auto' },
      isScreenReaderEnabled: theme.reader,
      onRender({ renderTime }) {
        if (!counters) return;
        counters.frames++;
        counters.renderMs += renderTime;
      },
    });
    stdout.write(WRAP_OFF);
    const { themeFor } = options;
    if (themeFor && stdin.isTTY && stdout.isTTY)
      background = askBackground({
        replies,
        write: query => stdout.write(query),
        inTmux: Boolean(env.TMUX),
        onAnswer(answer) {
          theme = themeFor(answer);
          if (!isLent) app?.rerender(tree());
        },
      });
    // Within tmux it is tmux that answers, next to us, whatever lies between it and the person.
    if (stdin.isTTY && !env.TMUX) {
      roundTrip = measureRoundTrip({
        replies,
        write: query => stdout.write(query),
        onMeasured: ms => store.setLine(meter(ms)),
      });
      roundTrip.ask();
    }
    // Neither moves the cursor nor prints anything: it may come between two frames.
    stopNotices = options.notices?.(sequence => stdout.write(sequence));
    if (options.greeting !== undefined)
      store.send({ type: 'outcome', ok: true, message: withKeys(options.greeting, commands) });
    if (problems.length > 0) store.send({ type: 'outcome', ok: false, message: problemWords(problems) });
    if (options.complaint !== undefined) store.send({ type: 'outcome', ok: false, message: options.complaint });
    // A component that throws ends Ink by itself; that rejection is ours to pass on.
    const failed = app.waitUntilExit().then(() => 'leave' as const);
    const how = await Promise.race([ending.promise, failed]);
    if (how !== 'hangup') await terminal.settled();
    return how;
  } finally {
    process.off('SIGCONT', comeBack);
    stopReplies();
    stopNotices?.();
    stopSizes();
    gone.abort();
    store.close();
    stdout.discard();
    app?.unmount();
    stdout.write(WRAP_ON);
    if (app) await settled(app);
    if (stdin.isTTY) stdin.setRawMode?.(false);
    await stdout.flushed(FLUSH_MS);
    ending.stop();
    stdout.close();
  }
};

const problemWords = ([first, ...others]: readonly KeyProblem[]): string =>
  `[keys] ${safeLine(first!.message)}${others.length > 0 ? ` And ${others.length} more:` : ''} gastown keys --check`;

const settled = async (app: Instance): Promise<void> => {
  const timeout = new Promise<void>(resolve => setTimeout(resolve, FLUSH_MS).unref());
  await Promise.race([app.waitUntilExit().then(ignore, ignore), timeout]);
};

/** Its result or error was already passed on by `runScreen`. */
const ignore = (): void => {};

interface Ending {
  readonly promise: Promise<Leave>;
  readonly resolve: (how: Leave) => void;
  stop(): void;
}

/** Everything outside the screen that ends it: the line that drops (SIGHUP, end of input, EPIPE or EIO), and signals. */
const watchEnd = ({
  stdin,
  outputs,
}: Pick<RunScreenOptions, 'stdin'> & { outputs: readonly TerminalOutput[] }): Ending => {
  const { promise, resolve } = Promise.withResolvers<Leave>();
  let hungUp = false;
  const hangUp = (): void => {
    hungUp = true;
    resolve('hangup');
  };
  const terminate = (): void => resolve('terminated');
  process.on('SIGHUP', hangUp);
  process.on('SIGTERM', terminate);
  process.on('SIGINT', terminate);
  stdin.on('end', hangUp);
  stdin.on('close', hangUp);
  stdin.on('error', hangUp);
  for (const output of outputs) output.on('error', hangUp);
  return {
    promise,
    resolve,
    stop() {
      process.off('SIGTERM', terminate);
      process.off('SIGINT', terminate);
      // A terminal that is gone goes on failing, and a second SIGHUP may follow: neither may end what runs headless now.
      if (hungUp) return;
      process.off('SIGHUP', hangUp);
      stdin.off('end', hangUp);
      stdin.off('close', hangUp);
      stdin.off('error', hangUp);
      for (const output of outputs) output.off('error', hangUp);
    },
  };
};
