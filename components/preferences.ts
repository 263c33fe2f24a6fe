import { type Adapter, Low } from 'lowdb';
import { z } from 'zod';
import { readFileIfPresent, writeFileAtomic } from '../source/common/files.ts';
import { findSecret } from '../source/common/secrets.ts';
import { safeLine } from '../source/common/text.ts';
import { SORT_KEYS, type Sorting, type SortKey } from './rows/sort.ts';
import type { ListPaneId, ScreenState } from './state.ts';

/** What a person chose and typed at the screen that the next one begins with. It is nobody's truth: without it nothing is lost. */
export type Preferences = Pick<ScreenState, 'sort' | 'history' | 'typed'>;

export interface KeptPreferences {
  readonly initial: Preferences;
  /** Writes them soon; of several in a row the last one. */
  keep(preferences: Preferences): void;
  /** Resolves when the last ones are written. Rejects for what could not be read or written. */
  settled(): Promise<void>;
}

/** Lines kept of each history, and characters of one: more than anybody goes back through, and no paste gone astray. */
export const HISTORY_LINES = 100;
const LINE_CHARS = 1_000;

export const NO_PREFERENCES: Preferences = { sort: {}, history: [], typed: { filter: [], search: [] } };

/** What of the screen outlives it. */
export const preferencesOf = ({ sort, history, typed }: ScreenState): Preferences => ({ sort, history, typed });

/** Whether anything of it is another one. */
export const hasOtherPreferences = (a: Preferences, b: Preferences): boolean =>
  a.sort !== b.sort || a.history !== b.history || a.typed !== b.typed;

/**
 * Opens the file of a town's screen. Whoever has the screen has the town's lock, so there is one writer. A file that says
 * nothing that can be used, whole or in part, counts as far as it does: it keeps nobody from the screen.
 */
export const openPreferences = async (file: string): Promise<KeptPreferences> => {
  const low = new Low<unknown>(jsonFile(file), {});
  let waiting: Preferences | undefined;
  let writing: Promise<void> | undefined;
  let failure: unknown;
  try {
    await low.read();
  } catch (error) {
    failure = error;
  }
  const writeAll = async (): Promise<void> => {
    while (waiting) {
      low.data = written(waiting);
      waiting = undefined;
      try {
        await low.write();
        failure = undefined;
      } catch (error) {
        failure = error;
      }
    }
    writing = undefined;
  };
  return {
    initial: schema.parse(low.data),
    keep(preferences) {
      waiting = preferences;
      writing ??= writeAll();
    },
    async settled() {
      await writing;
      if (failure !== undefined) throw failure;
    },
  };
};

/** lowdb's own file adapter uses one temporary name and no fsync; this one is safe, and for the person's eyes only. */
const jsonFile = (file: string): Adapter<unknown> => ({
  async read() {
    const text = await readFileIfPresent(file);
    return text === undefined ? null : parsed(text);
  },
  write: data => writeFileAtomic(file, `${JSON.stringify(data, undefined, 2)}\n`, 0o600),
});

/** A file that a person broke is as good as none. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

/** What was typed may have been a key or a token: that is remembered until the screen ends and no longer. */
const written = ({ sort, history, typed }: Preferences): Preferences => ({
  sort,
  history: keepable(history),
  typed: { filter: keepable(typed.filter), search: keepable(typed.search) },
});

const keepable = (lines: readonly string[]): readonly string[] =>
  lines.filter(line => line.length <= LINE_CHARS && findSecret(line) === undefined).slice(-HISTORY_LINES);

const lines = z
  .array(z.string().max(LINE_CHARS))
  .transform(all => all.slice(-HISTORY_LINES).map(safeLine))
  .catch([]);

/** Only what this pane can be sorted by. */
const sortings = z
  .record(z.string(), z.unknown())
  .catch({})
  .transform(all => {
    const known = (Object.keys(SORT_KEYS) as ListPaneId[]).flatMap(pane => {
      const read = sortingSchema.safeParse(all[pane]);
      return read.success && SORT_KEYS[pane].includes(read.data.by as SortKey) ? [[pane, read.data as Sorting]] : [];
    });
    return Object.fromEntries(known) as Preferences['sort'];
  });

const sortingSchema = z.object({ by: z.string(), reversed: z.boolean() });

const schema = z
  .object({
    sort: sortings.default({}),
    history: lines.default([]),
    typed: z
      .object({ filter: lines.default([]), search: lines.default([]) })
      .catch({ filter: [], search: [] })
      .default({ filter: [], search: [] }),
  })
  .catch(NO_PREFERENCES as never);
