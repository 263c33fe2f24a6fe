import { GastownError } from '../../common/errors.ts';
import type { MergeNote } from '../../ledger/merge/ledgers.ts';
import type { MergeAnswer, MergeRequest } from './merge.ts';
import { fetchLedger, type LedgerRemote, pushLedger, rememberRemote, shown } from './remote.ts';
import type { TakenOver } from './take-over.ts';

/** The town that is synced: in this process, or another one that runs it. */
export interface SyncedTown {
  merge(request: MergeRequest): Promise<MergeAnswer>;
  takeOver(): Promise<TakenOver>;
}

export interface SyncOptions extends LedgerRemote {
  readonly takeOver?: boolean;
  readonly allowDeletions?: boolean;
  readonly dryRun?: boolean;
}

export interface Synced {
  readonly came: Readonly<Record<string, number>>;
  readonly went: Readonly<Record<string, number>>;
  readonly notes: readonly MergeNote[];
  readonly home?: MergeAnswer['home'];
  readonly takenOver?: TakenOver;
}

/** Other machines push meanwhile; each try merges what they pushed. */
const TRIES_MAX = 5;

/**
 * Fetch, merge, push, until both have the same. The network is reached by this process, with the person's own keys; the
 * town itself merges. Rejects with what went wrong and what to do; whatever was merged until then stays, and the next
 * sync goes on from there.
 */
export const syncTown = async (town: SyncedTown, options: SyncOptions): Promise<Synced> => {
  const first = await exchange(town, options);
  if (options.dryRun) return first;
  await rememberRemote(options.gitDir, options.remote);
  if (!options.takeOver) return first;
  const takenOver = await town.takeOver();
  const second = takenOver.from === undefined ? first : await exchange(town, options);
  return {
    came: sum(first.came, second === first ? {} : second.came),
    went: sum(first.went, second === first ? {} : second.went),
    notes: second === first ? first.notes : [...first.notes, ...second.notes],
    ...(second.home && { home: second.home }),
    takenOver,
  };
};

const exchange = async (town: SyncedTown, options: SyncOptions): Promise<Synced> => {
  const { allowDeletions, dryRun } = options;
  let came: Synced['came'] = {};
  const notes: MergeNote[] = [];
  for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
    const head = await fetchLedger(options);
    const merged = await town.merge({
      remote: shown(options.remote),
      ...(head !== undefined && { head }),
      ...(allowDeletions && { allowDeletions }),
      ...(dryRun && { dryRun }),
    });
    came = sum(came, merged.came);
    notes.push(...merged.notes);
    const isDone = merged.push === undefined || (await pushLedger(options, merged.push));
    if (isDone) return { came, went: merged.went, notes, ...(merged.home && { home: merged.home }) };
  }
  throw new GastownError(
    'conflict',
    `${shown(options.remote)} moved ${TRIES_MAX} times while this town was merged with it.`,
    {
      hint: 'What came is merged here. Sync again once the other machines are done.',
    },
  );
};

const sum = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> => {
  const total = { ...a };
  for (const [kind, count] of Object.entries(b)) total[kind] = (total[kind] ?? 0) + count;
  return total;
};
