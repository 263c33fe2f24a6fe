import { toGastownError } from '../source/common/errors.ts';
import { safeLine } from '../source/common/text.ts';
import type { LogSource, TownHandle, TownView } from '../source/town/view.ts';
import { ATTACH_WAIT_MS } from './actions/attaching.ts';
import { LOG_LINES, sourceKey } from './actions/log.ts';
import { type Effect, TYPE_AHEAD_MS } from './actions/step.ts';
import {
  type EditBead,
  type EditPlan,
  type PageLog,
  type ReadPlan,
  runEffect,
  type ScreenTerminal,
  type ShowDemo,
} from './effects.ts';
import type { BoundCommand } from './key-table.ts';
import { isLite, LITE_AGES_MS, LITE_PACE_MS, type LineView, type LiteWish, lineWords } from './line/pace.ts';
import { hasOtherPreferences, type Preferences, preferencesOf } from './preferences.ts';
import { previewSource } from './preview.ts';
import { FLASH_MS, reduce, type ScreenEvent } from './reducer.ts';
import { type ScreenContext, selectedId } from './situation.ts';
import { initialState, type ScreenState } from './state.ts';

/** What is on the screen: a new object whenever anything shown may have changed. */
export interface Snapshot {
  readonly view: TownView;
  readonly state: ScreenState;
  /** The line to the person, once it was measured. */
  readonly line?: LineView;
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenStoreOptions {
  readonly handle: TownHandle;
  /** Ids and page sizes of what is drawn, for moving about in it. */
  readonly measure: (
    snapshot: Snapshot,
    size: ScreenSize,
  ) => Pick<ScreenContext, 'ids' | 'pageRows' | 'lineCount' | 'detailCount' | 'reviewDocument' | 'zooms'>;
  /** Ms since the epoch. */
  readonly now?: () => number;
  /** Ages stand still between refreshes: each second would be read out anew. */
  readonly quiet?: boolean;
  readonly readOnly?: string;
  /** The key table with the person's own keys. */
  readonly commands?: readonly BoundCommand[];
  readonly readPlan?: ReadPlan;
  readonly editPlan?: EditPlan;
  readonly pageLog?: PageLog;
  readonly inTmux?: boolean;
  /** Whether to spare the line; by default as it is measured. */
  readonly lite?: LiteWish;
  /** Called when the person typed something. */
  readonly onKeys?: () => void;
  /** The terminal has not taken the last frame yet: a new one would only make it later. */
  readonly isHeld?: () => boolean;
  readonly showDemo?: ShowDemo;
  readonly editBead?: EditBead;
  /** What the last screen was left with. */
  readonly preferences?: Preferences;
  /** Called when something of it has changed. */
  readonly onPreferences?: (preferences: Preferences) => void;
}

/** The screen's state outside React: components subscribe to it, keys go into it, and it alone talks to the town. */
export interface ScreenStore {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => Snapshot;
  /** Takes several events as one change: one paint for all the keys of one read. */
  send(...events: readonly ScreenEvent[]): void;
  /** Tells the size that moving about is measured by. */
  resize(size: ScreenSize): void;
  /** What commands would be given now: for drawing what they can do. */
  context(): ScreenContext;
  /** Tells what was measured of the line. */
  setLine(line: LineView): void;
  /** Shows what was held back. */
  release(): void;
  /** Draws everything anew: what the terminal shows is not known. */
  redraw(): void;
  /** Connects what only the running terminal can do. */
  connect(terminal: ScreenTerminal): void;
  /** Ends timers and subscriptions for good: whatever comes later changes nothing. */
  close(): void;
}

/** Lines read of the selected polecat: what its pane has room for. */
const PREVIEW_LINES = 20;
/** Ms between repaints of ages while something runs: they are shown in seconds. Nothing ticks in an idle town. */
const AGE_TICK_MS = 1_000;

/** Ms after a key in which no other row comes under the cursor: whoever presses one presses the next for what is there. */
const ROW_HOLD_MS = 250;

export const createScreenStore = (options: ScreenStoreOptions): ScreenStore => {
  const { handle, now = Date.now } = options;
  const listeners = new Set<() => void>();
  let terminal: ScreenTerminal | undefined;
  let snapshot: Snapshot = {
    view: handle.getView(),
    state: { ...initialState(), ...options.preferences, lite: options.lite ?? 'auto' },
  };
  let size: ScreenSize = { columns: 80, rows: 24 };
  let flashTimer: NodeJS.Timeout | undefined;
  let ageTimer: NodeJS.Timeout | undefined;
  let paceTimer: NodeJS.Timeout | undefined;
  let isBehind = false;
  let keyAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  const publish = (next: Snapshot): void => {
    if (next.view === snapshot.view && next.state === snapshot.state && next.line === snapshot.line) return;
    if (next.view !== snapshot.view) noteReplaced(snapshot.view);
    snapshot = next;
    if (options.isHeld?.()) isBehind = true;
    else notify();
  };

  const notify = (): void => {
    isBehind = false;
    for (const listener of listeners) listener();
  };

  /** What was shown in the last moments, the oldest first, and until when. */
  let replaced: readonly { readonly view: TownView; readonly untilMs: number }[] = [];
  const noteReplaced = (view: TownView): void => {
    const at = now();
    replaced = [...replaced.filter(({ untilMs }) => at - untilMs < TYPE_AHEAD_MS), { view, untilMs: at }];
  };
  /** What stood on the screen when a key that is pressed now was decided on; none: the same as now. */
  const earlierView = (): TownView | undefined => replaced.find(({ untilMs }) => now() - untilMs < TYPE_AHEAD_MS)?.view;

  const contextOf = (at: Snapshot): ScreenContext => ({
    earlierIds: pane => options.measure({ ...at, view: earlierView() ?? at.view }, size).ids(pane),
    view: at.view,
    now: now(),
    ...(options.readOnly && { readOnly: options.readOnly }),
    ...(options.inTmux && { inTmux: true }),
    ...(at.line && { line: at.line }),
    ...(options.commands && { commands: options.commands }),
    readsPlans: options.readPlan !== undefined,
    ...options.measure(at, size),
  });

  /** Nothing ticks in an idle town: whoever comes back to it sees with the first key how old things are by now. */
  const viewOfNow = (): TownView => {
    const { view } = snapshot;
    const at = now();
    return standsStill() || options.quiet || at - view.at < AGE_TICK_MS ? view : { ...view, at };
  };

  const send = (...events: readonly ScreenEvent[]): void => {
    // What was under way answers later; to follow a log for it would keep the process from ending.
    if (isClosed) return;
    const isKey = events.some(({ type }) => type === 'key');
    // Whoever presses one on a line that is spared means the town of now, not of half a second ago.
    if (isKey && paceTimer && isSpared()) refresh();
    let at = isKey ? { ...snapshot, view: viewOfNow() } : snapshot;
    const effects: Effect[] = [];
    for (const event of events) {
      const { state, effects: wanted } = reduce(at.state, event, contextOf(at));
      at = { ...at, view: shownView(at, state), state };
      effects.push(...wanted);
    }
    const flashed = at.state.flash !== snapshot.state.flash;
    const thawed = snapshot.state.frozen && !at.state.frozen;
    const waited = snapshot.state.attaching === at.state.attaching;
    const chose = hasOtherPreferences(snapshot.state, at.state);
    const travelled = snapshot.state.time?.moment !== at.state.time?.moment;
    publish(at);
    if (flashed) armFlash();
    if (at.state.attaching && !waited) setTimeout(() => send({ type: 'looked' }), ATTACH_WAIT_MS).unref();
    if (chose) options.onPreferences?.(preferencesOf(at.state));
    if (thawed) log.report();
    if (travelled) armAges();
    // A log of then is no longer written to.
    log.watch(at.state.time?.moment ? undefined : at.state.log.source, at.state.log.depth);
    watchPreview();
    if (events.some(({ type }) => type === 'key' || type === 'paste')) {
      keyAt = now();
      // First: what it asks the terminal has to be answered before an effect gives the terminal away.
      options.onKeys?.();
    }
    for (const effect of effects) carryOut(effect);
  };

  const carryOut = (effect: Effect): void => {
    const { readPlan, editPlan, editBead, pageLog, showDemo } = options;
    runEffect(effect, {
      handle,
      send,
      terminal: () => terminal,
      ...(readPlan && { readPlan }),
      ...(editPlan && { editPlan }),
      ...(pageLog && { pageLog }),
      ...(showDemo && { showDemo }),
      ...(editBead && { editBead }),
    }).catch((error: unknown) =>
      send({ type: 'outcome', ok: false, message: safeLine(toGastownError(error).message) }),
    );
  };

  /** Leaving the past or the frozen state shows the present at once. */
  const shownView = (at: Snapshot, state: ScreenState): TownView => {
    if (state.time?.moment) return state.time.moment.view;
    const left = at.state.time?.moment || (at.state.frozen && !state.frozen);
    return left ? handle.getView() : at.view;
  };

  const standsStill = (): boolean => snapshot.state.frozen || snapshot.state.time?.moment !== undefined;

  const armFlash = (): void => {
    clearTimeout(flashTimer);
    const flash = snapshot.state.flash;
    if (flash && flash.kind !== 'error')
      flashTimer = setTimeout(() => send({ type: 'flashEnded', at: flash.at }), FLASH_MS).unref();
  };

  const armAges = (): void => {
    clearTimeout(ageTimer);
    if (options.quiet || snapshot.state.time?.moment || !agesVisibly(snapshot.view)) return;
    ageTimer = setTimeout(
      () => {
        if (!standsStill()) publish({ ...snapshot, view: { ...snapshot.view, at: now() } });
        armAges();
      },
      isSpared() ? LITE_AGES_MS : AGE_TICK_MS,
    ).unref();
  };

  const log = createLogWatch(handle, LOG_LINES, (source, lines) => {
    if (!snapshot.state.frozen) send({ type: 'lines', source, lines });
  });
  const preview = createLogWatch(handle, PREVIEW_LINES, (source, lines) => {
    if (source.kind === 'session') send({ type: 'previewed', preview: { session: source.session, lines } });
  });
  const watchPreview = (): void => preview.watch(previewSource(snapshot, contextOf(snapshot), size));
  const isSpared = (): boolean => isLite(snapshot.state.lite, snapshot.line);
  /** Another row would come under the cursor, which stays with its own as long as that is there. */
  const movesCursor = (view: TownView): boolean => {
    const { state } = snapshot;
    const chosen = state.selected[state.list]?.id;
    if (chosen !== undefined && !state.filter[state.list] && isKnown(view, chosen)) return false;
    const under = (at: TownView): string | undefined =>
      selectedId(state, options.measure({ ...snapshot, view: at }, size), state.list);
    const before = state.creating === undefined ? under(snapshot.view) : undefined;
    return before !== undefined && before !== under(view);
  };
  const refresh = (): void => {
    clearTimeout(paceTimer);
    paceTimer = undefined;
    const view = handle.getView();
    const heldMs = keyAt + ROW_HOLD_MS - now();
    if (heldMs > 0 && !standsStill() && movesCursor(view)) {
      paceTimer = setTimeout(refresh, heldMs).unref();
      return;
    }
    if (!standsStill()) publish({ ...snapshot, view });
    if (snapshot.state.attaching) send({ type: 'looked' });
    watchPreview();
    armAges();
  };
  const unsubscribe = handle.subscribe(() => {
    if (!isSpared()) refresh();
    else paceTimer ??= setTimeout(refresh, LITE_PACE_MS).unref();
  });
  armAges();
  log.watch(snapshot.state.log.source);

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => snapshot,
    send,
    resize(changed) {
      size = changed;
      if (!isClosed) watchPreview();
    },
    context: () => contextOf(snapshot),
    setLine(line) {
      // Only what is shown of it is worth a paint.
      const before = snapshot.line;
      if (lineWords(line) === lineWords(before) && line.slow === (before?.slow ?? false))
        snapshot = { ...snapshot, line };
      else publish({ ...snapshot, line });
    },
    release() {
      if (isBehind) notify();
    },
    redraw() {
      notify();
      carryOut({ type: 'redraw' });
    },
    connect(connected) {
      terminal = connected;
    },
    close() {
      isClosed = true;
      clearTimeout(flashTimer);
      clearTimeout(ageTimer);
      clearTimeout(paceTimer);
      unsubscribe();
      log.close();
      preview.close();
      listeners.clear();
    },
  };
};

/** Whether something with this id is still there. */
const isKnown = ({ beads, convoys, polecats, merges }: TownView, id: string): boolean =>
  beads.has(id) || [convoys, polecats, merges].some(rows => rows.some(row => row.id === id));

/** Something shown grows older by the second: a session runs or a merge is under test. */
const agesVisibly = (view: TownView): boolean =>
  view.polecats.some(row => row.live) || view.merges.some(row => row.state === 'testing' || row.state === 'landing');

interface LogWatch {
  /** Undefined: none. */
  watch(source: LogSource | undefined, depth?: number): void;
  /** Reports the newest reading once more: the one before came while the screen was frozen. */
  report(): void;
  close(): void;
}

/** Follows the last lines of one log at a time: one reading under way at most, and nothing reported that was reported before. */
const createLogWatch = (
  handle: TownHandle,
  /** Lines read where nobody asks for more. */
  usual: number,
  report: (source: LogSource, lines: readonly string[]) => void,
): LogWatch => {
  let watched: LogSource | undefined;
  let lines = usual;
  let stop = (): void => {};
  let reading = false;
  let again = false;
  let last: readonly string[] = [];

  const read = async (): Promise<void> => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    do {
      again = false;
      const source = watched;
      if (!source) break;
      const asked = lines;
      const found = await handle.readLog(source, asked);
      if (source === watched && !same(found, last)) {
        last = found;
        report(source, found);
      }
      again ||= source !== watched || asked !== lines;
    } while (again);
    reading = false;
  };

  return {
    watch(source, depth = usual) {
      const isDeeper = depth !== lines;
      lines = depth;
      if (watched && source && sourceKey(watched) === sourceKey(source)) {
        if (isDeeper) void read();
        return;
      }
      stop();
      stop = () => {};
      watched = source;
      last = [];
      if (!source) return;
      stop = handle.followLog(source, () => void read());
      void read();
    },
    report() {
      if (watched) report(watched, last);
    },
    close() {
      stop();
      watched = undefined;
    },
  };
};

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, index) => line === b[index]);
