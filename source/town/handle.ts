import { toGastownError } from '../common/errors.ts';
import { plural, safeLine } from '../common/text.ts';
import { attachSession } from './attach.ts';
import type { TownContext } from './context.ts';
import { type Search, startSearch } from './grep/search.ts';
import { createSources } from './grep/sources.ts';
import { historyLines, historyOf } from './history.ts';
import { performIntent } from './intents.ts';
import { recallLast } from './last-actions.ts';
import { followLog, LOG_LINES_MAX, readLog } from './logs.ts';
import { createPast } from './past.ts';
import { appendFeed, createProjector, earlierFeed, feedRow } from './project/view.ts';
import { reviewOf } from './review.ts';
import { saveLog, typedPath } from './save-log.ts';
import { nothingToUndo, offerUndo } from './undo.ts';
import type { FeedRow, Outcome, TownHandle, TownView } from './view.ts';
import { explainNow } from './why.ts';

/** Views are made at most this often: people read, and a paint costs milliseconds (field/terminal.md §1.4). */
const REFRESH_MS = 100;

/** The town as a screen in the same process knows it. `touch` is called whenever something may have changed. */
export const createHandle = (
  context: TownContext,
): TownHandle & {
  touch(): void;
  /** For one question from outside: never older than what was acknowledged before it. */
  currentView(): TownView;
  close(): void;
} => {
  const project = createProjector();
  const past = createPast(context);
  const listeners = new Set<() => void>();
  /** Searches that somebody follows, by their pattern. */
  const searches = new Map<string, Search>();
  let feed: readonly FeedRow[] = earlierFeed(context.ledger.data);
  recallLast(context.world, context.ledger.data);
  let view: TownView = project({ ...context, now: context.now() }, feed);
  let dirty = false;
  let timer: NodeJS.Timeout | undefined;

  const refresh = () => {
    timer = undefined;
    if (!dirty) return;
    dirty = false;
    view = project({ ...context, now: context.now() }, feed);
    for (const listener of listeners) listener();
  };
  const touch = () => {
    dirty = true;
    timer ??= setTimeout(refresh, REFRESH_MS);
  };
  const refreshNow = () => {
    clearTimeout(timer);
    dirty = true;
    refresh();
  };
  const unsubscribe = context.ledger.subscribe(event => {
    // Book-keeping every few seconds would push everything else out of sight.
    if (!event.type.startsWith('usage.')) feed = appendFeed(feed, feedRow(event));
    touch();
  });
  const stopCommits = context.ledger.onCommit(touch);

  const handle: ReturnType<typeof createHandle> = {
    getView: () => view,
    currentView() {
      if (dirty) refreshNow();
      return view;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async dispatch(intent) {
      const outcome = await settle(() => performIntent(context, intent, view));
      refreshNow();
      return outcome;
    },
    readLog: async (source, lines) => {
      const search = source.kind === 'grep' ? searches.get(source.pattern) : undefined;
      if (search) return search.lines().slice(-lines);
      try {
        return await readLog(context, source, { lines, feed });
      } catch (error) {
        return [`This log cannot be read: ${toGastownError(error).message}`];
      }
    },
    followLog: (source, listener) => {
      if (source.kind !== 'grep') return followLog(context, source, listener);
      const { pattern } = source;
      searches.get(pattern)?.close();
      const search = startSearch({ pattern, sources: createSources(context, () => feed), onChange: listener });
      searches.set(pattern, search);
      return () => {
        search.close();
        if (searches.get(pattern) === search) searches.delete(pattern);
      };
    },
    saveLog: async (source, typed) => {
      const file = typedPath(typed);
      try {
        const shown = (): Promise<readonly string[]> => handle.readLog(source, LOG_LINES_MAX);
        const lines = await saveLog(context, { source, file, shown });
        return { ok: true, message: `${plural(lines, 'line')} saved in ${safeLine(file)}` };
      } catch (error) {
        return failed(error);
      }
    },
    review: async merge => {
      try {
        return await reviewOf(context, merge);
      } catch (error) {
        return failed(error);
      }
    },
    why: async subject => explainNow(context, subject),
    history: async subject => {
      try {
        return historyLines(await historyOf(context, subject));
      } catch (error) {
        return [`Its history cannot be shown: ${toGastownError(error).message}`];
      }
    },
    planUndo: async (way, before) => {
      try {
        return (await offerUndo(context, { way, before })) ?? { ok: false, message: nothingToUndo(way) };
      } catch (error) {
        return failed(error);
      }
    },
    past: async request => {
      try {
        return await past.look(request);
      } catch (error) {
        return failed(error);
      }
    },
    attach: async (session, size) => {
      try {
        return await attachSession(context, session, size);
      } catch (error) {
        return failed(error);
      }
    },
    touch,
    close() {
      clearTimeout(timer);
      unsubscribe();
      stopCommits();
      listeners.clear();
      for (const search of searches.values()) search.close();
    },
  };
  return handle;
};

const settle = async (act: () => Promise<Outcome>): Promise<Outcome> => {
  try {
    return await act();
  } catch (error) {
    return failed(error);
  }
};

const failed = (error: unknown): Outcome => {
  const { message, hint } = toGastownError(error);
  return { ok: false, message: hint ? `${message} ${hint}` : message };
};
