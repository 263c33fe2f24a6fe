import fs from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GastownError, toGastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import { readIssues } from '../ledger/interchange/read.ts';
import { type ExportCache, exportIssues, prepareExport } from '../ledger/interchange/write.ts';
import type { Ledger } from '../ledger/store.ts';
import { setConfigExport } from './config.ts';
import type { TownContext } from './context.ts';

/** A file of issues, as Beads has it, that follows the ledger: for Beads' viewers. */
export interface LiveExport {
  /** Absolute path; undefined while none is kept. */
  readonly file: string | undefined;
  /** Why the file does not follow; gone with the next write that succeeds. */
  readonly error: string | undefined;
  /** Keeps another file from now on, or none. Rejects, and changes nothing, where that file may not be written. */
  follow(file: string | undefined): Promise<void>;
  /** Writes what is still to be written, and no more from then on. */
  stop(): Promise<void>;
}

/** Quiet time after a change before the file is written: a burst of changes is one write. */
const SETTLE_MS = 300;
/** Longest time that a file lags behind while changes keep coming: a viewer still feels live. */
const LAG_MAX_MS = 2_000;
const FILE_MODE = 0o644;
/** Beads written as text in one go, some 5 ms: a large town's first export must not hold up a key. */
const BEADS_AT_ONCE = 100;

/** Starts with the file of the town's config, if it names one; what is wrong with that is told through `onError`, soon. */
export const startLiveExport = (options: {
  ledger: Ledger;
  /** Absolute path. */
  file: string | undefined;
  onError: (error: Error) => void;
}): LiveExport => {
  const { ledger, onError } = options;
  const state: State = { file: undefined, error: undefined, writing: Promise.resolve(), cache: new WeakMap() };
  const write = (): Promise<void> => {
    clearTimeout(state.timer);
    state.changedAt = undefined;
    state.writing = state.writing.then(async () => {
      try {
        if (state.file !== undefined) state.last = await writeExport(ledger, state.file, state);
        state.error = undefined;
      } catch (error) {
        state.error = toGastownError(error).message;
        onError(toGastownError(error));
      }
    });
    return state.writing;
  };
  const unsubscribe = ledger.subscribe(({ at, written }) => {
    if (state.file === undefined || !written.some(({ kind }) => kind === 'beads' || kind === 'rigs')) return;
    if (written.some(({ kind }) => kind === 'rigs')) state.cache = new WeakMap();
    writeSoon(at);
  });
  const writeSoon = (at: number): void => {
    state.changedAt ??= at;
    clearTimeout(state.timer);
    state.timer = setTimeout(write, Math.max(0, Math.min(SETTLE_MS, state.changedAt + LAG_MAX_MS - at)));
  };
  const follow = async (file: string | undefined): Promise<void> => {
    await (state.changedAt === undefined ? state.writing : write());
    const cache: ExportCache = new WeakMap();
    const { seq } = ledger;
    const last = file === undefined ? undefined : await writeFirst(ledger, file, cache);
    Object.assign(state, { file, cache, last, error: undefined });
    // What changed while the file was written was nobody's to follow yet.
    if (file !== undefined && ledger.seq !== seq) writeSoon(Date.now());
  };
  if (options.file !== undefined) {
    state.writing = follow(options.file).catch(error => {
      state.error = toGastownError(error).message;
      onError(toGastownError(error));
    });
  }
  return {
    get file() {
      return state.file;
    },
    get error() {
      return state.error;
    },
    follow,
    async stop() {
      unsubscribe();
      await state.writing;
      if (state.changedAt !== undefined) await write();
      state.file = undefined;
    },
  };
};

/**
 * Keeps this file beside the ledger from now on (absolute; undefined for none), also after a restart: it goes into
 * `town.toml`. Rejects with `conflict` where the file holds issues that the town does not have.
 */
export const keepExport = async (
  context: Pick<TownContext, 'liveExport' | 'paths'>,
  file: string | undefined,
): Promise<{ file: string | undefined }> => {
  await context.liveExport?.follow(file);
  await setConfigExport(context.paths.config, file);
  return { file };
};

interface State {
  file: string | undefined;
  error: string | undefined;
  writing: Promise<void>;
  timer?: NodeJS.Timeout;
  /** First change that is not in the file yet, ms. */
  changedAt?: number | undefined;
  cache: ExportCache;
  /** What was written last. */
  last?: string | undefined;
}

/** Answers with what is in the file now. */
const writeFirst = async (ledger: Ledger, file: string, cache: ExportCache): Promise<string> => {
  await assertExportable(ledger, file);
  return writeExport(ledger, file, { cache, last: await readFileIfPresent(file) });
};

/** Nothing is written where nothing changes: a viewer that watches the file stays quiet. */
const writeExport = async (ledger: Ledger, file: string, { cache, last }: Pick<State, 'cache' | 'last'>) => {
  const beads = [...ledger.data.beads.values()];
  for (let at = 0; at < beads.length; at += BEADS_AT_ONCE) {
    prepareExport(ledger.data, beads.slice(at, at + BEADS_AT_ONCE), cache);
    await nextTurn();
  }
  const text = exportIssues(ledger.data, { take: bead => bead.ephemeral !== true, cache });
  if (text === last) return text;
  await fs.mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, text, FILE_MODE);
  return text;
};

/** A file with issues that the ledger does not know holds somebody's work, which would be gone. */
export const assertExportable = async (ledger: Ledger, file: string): Promise<void> => {
  const text = await readFileIfPresent(file);
  if (text === undefined) return;
  const { beads } = readIssues(text, file);
  const strange = beads.find(({ id }) => !ledger.data.beads.has(id));
  if (!strange) return;
  throw new GastownError('conflict', `${file} holds issues that this town does not have, among them ${strange.id}.`, {
    hint: 'Import it first (gastown bd import), or choose another file.',
  });
};
