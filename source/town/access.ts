import fs from 'node:fs/promises';
import { runDirectory, townSocket } from '../agents/run-directory.ts';
import { isGastownError } from '../common/errors.ts';
import { readFileIfPresent } from '../common/files.ts';
import type { Kind, RecordOf } from '../ledger/schema.ts';
import { callTown } from './client.ts';
import type { Folded } from './compaction.ts';
import type { Digest } from './digest.ts';
import type { Finding } from './doctor.ts';
import type { HistoryEntry } from './history.ts';
import type { IntegrationStatus } from './integration-status.ts';
import { townPaths } from './paths.ts';
import type { CompactRequest } from './requests.ts';
import { SEANCE_LIMIT_MS, type SeanceAnswer, type SeanceQuestion } from './seance/question.ts';
import type { SeanceRow } from './seance.ts';
import type { MergeAnswer } from './sync/merge.ts';
import type { SyncedTown } from './sync/sync.ts';
import type { TakenOver } from './sync/take-over.ts';
import type { Texts } from './texts.ts';
import type { TrashEntry } from './trash.ts';
import type { UndoStep } from './undo.ts';
import type { BeadRow, LogSource, OperatorIntent, Outcome, Review, TownView, UndoOffer } from './view.ts';
import { whenFree } from './when-free.ts';

/** A town as a command sees it: through its socket while it runs, else directly under its lock. Errors are thrown. */
export interface TownAccess {
  readonly dir: string;
  readonly running: boolean;
  view(): Promise<TownView>;
  records<K extends Kind>(kind: K): Promise<RecordOf<K>[]>;
  dispatch(intent: OperatorIntent): Promise<Outcome>;
  /** Design and notes of a bead or a plan. */
  texts(id: string): Promise<Texts>;
  note(id: string, text: string): Promise<Texts>;
  /** Replaces the design that the caller saw: `base` is its version. */
  design(request: { id: string; text: string; base?: string }): Promise<Texts>;
  /** What a merge request changes, with the evidence for and against it. */
  review(merge: string): Promise<Review>;
  /** How far integration branches are: all, or the one named. */
  integrations(name?: string): Promise<IntegrationStatus[]>;
  why(subject: string): Promise<string[]>;
  history(subject: string): Promise<HistoryEntry[]>;
  /** What would be taken back or done again; undefined when there is nothing. */
  undo(way: 'undo' | 'redo', of?: number): Promise<UndoOffer | undefined>;
  undoSteps(): Promise<UndoStep[]>;
  compact(request: CompactRequest): Promise<Folded>;
  restore(id: string): Promise<void>;
  log(source: LogSource, lines: number): Promise<string[]>;
  /** Sessions of a bead, oldest first. */
  seance(bead: string): Promise<SeanceRow[]>;
  /** How one of them ended. */
  lastWords(bead: string, which: string): Promise<{ session: string; lines: string[] }>;
  /** Asks one of them, which takes as long as its model does. */
  ask(question: SeanceQuestion): Promise<SeanceAnswer>;
  /** Runs a maintenance job, which may take as long as it takes. */
  runDog(dog: string): Promise<Outcome>;
  /** What happened since a moment; since the screen was last open, or for a day, when none is given. */
  digest(since?: number): Promise<Digest>;
  readonly trash: {
    list(): Promise<TrashEntry[]>;
    restore(id: string): Promise<TrashEntry>;
    /** One entry, or all of them, for good. */
    empty(id?: string): Promise<TrashEntry[]>;
  };
  /** Looks the town over; `fix` puts right what the town itself left behind. */
  doctor(options?: { fix?: boolean }): Promise<Finding[]>;
  readonly sync: SyncedTown;
  close(): Promise<void>;
}

/** A hundred thousand records are read, merged and committed within a minute on a slow disk. */
const MERGE_LIMIT_MS = 10 * 60_000;
/** Git reads the largest changes within seconds. */
const REVIEW_LIMIT_MS = 60_000;
/** Gates on a large target, or a checkout of a hundred thousand files on a slow disk. */
const DOG_LIMIT_MS = 2 * 60 * 60_000;
/** Beyond its limit, a question's agent is ended and its log is read. */
const SETTLE_MS = 30_000;
/** A command that finds the town held by another one, or by a town that is just starting, tries again this long. */
const BUSY_LIMIT_MS = 5_000;

export const openAccess = async (options: { dir: string; env: NodeJS.ProcessEnv }): Promise<TownAccess> => {
  const dir = await fs.realpath(options.dir);
  return whenFree(async () => (await askRunning(dir)) ?? openStopped(dir, options.env), { limitMs: BUSY_LIMIT_MS });
};

/** A town that runs, through its socket; undefined when none answers there. */
const askRunning = async (dir: string): Promise<TownAccess | undefined> => {
  const socket = townSocket(runDirectory(dir));
  const token = (await readFileIfPresent(townPaths(dir).operatorToken))?.trim();
  if (!token) return undefined;
  const ask = (verb: string, args?: unknown, timeoutMs?: number) =>
    callTown(socket, { token, verb, ...(args !== undefined && { args }) }, timeoutMs);
  try {
    await ask('ping');
    return accessBy(dir, ask, true, async () => {});
  } catch (error) {
    if (!isGastownError(error, 'host_unreachable')) throw error;
    return undefined;
  }
};

/** What only a town that does not run needs is most of the program, and a third of a second of a core. */
const openStopped = async (dir: string, env: NodeJS.ProcessEnv): Promise<TownAccess> => {
  const { holdForCommand } = await import('./hold-for-command.ts');
  const { ask, close } = await holdForCommand(dir, env);
  return accessBy(dir, ask, false, close);
};

const accessBy = (
  dir: string,
  ask: (verb: string, args?: unknown, timeoutMs?: number) => Promise<unknown>,
  running: boolean,
  close: () => Promise<void>,
): TownAccess => ({
  dir,
  running,
  async view() {
    const view = (await ask('view')) as Omit<TownView, 'beads'> & { beads: BeadRow[] };
    return { ...view, beads: new Map(view.beads.map(bead => [bead.id, bead])) };
  },
  records: <K extends Kind>(kind: K) => ask('records', { kind }) as Promise<RecordOf<K>[]>,
  dispatch: intent => ask('intent', intent) as Promise<Outcome>,
  texts: id => ask('texts', { id }) as Promise<Texts>,
  note: (id, text) => ask('note', { id, text }) as Promise<Texts>,
  design: request => ask('design', request) as Promise<Texts>,
  review: merge => ask('review', { merge }, REVIEW_LIMIT_MS) as Promise<Review>,
  integrations: name => ask('integrations', { name }, REVIEW_LIMIT_MS) as Promise<IntegrationStatus[]>,
  why: subject => ask('why', { subject }) as Promise<string[]>,
  history: subject => ask('history', { subject }) as Promise<HistoryEntry[]>,
  undo: async (way, of) =>
    ((await ask('undo', { way, ...(of !== undefined && { of }) })) as UndoOffer | null) ?? undefined,
  undoSteps: () => ask('undo.steps') as Promise<UndoStep[]>,
  compact: request => ask('compact', request) as Promise<Folded>,
  restore: async id => void (await ask('restore', { id })),
  log: (source, lines) => ask('log', { source, lines }) as Promise<string[]>,
  seance: bead => ask('seance', { bead }) as Promise<SeanceRow[]>,
  lastWords: (bead, which) => ask('seance.tail', { bead, which }) as Promise<{ session: string; lines: string[] }>,
  ask: question => ask('seance.ask', question, SEANCE_LIMIT_MS + SETTLE_MS) as Promise<SeanceAnswer>,
  runDog: dog => ask('intent', { type: 'dog.run', payload: { dog } }, DOG_LIMIT_MS) as Promise<Outcome>,
  digest: since => ask('digest', since === undefined ? {} : { since }) as Promise<Digest>,
  trash: {
    list: () => ask('trash.list') as Promise<TrashEntry[]>,
    restore: id => ask('trash.restore', { id }) as Promise<TrashEntry>,
    empty: id => ask('trash.empty', id === undefined ? {} : { id }, DOG_LIMIT_MS) as Promise<TrashEntry[]>,
  },
  doctor: options => ask('doctor', options ?? {}) as Promise<Finding[]>,
  sync: {
    merge: request => ask('sync.merge', request, MERGE_LIMIT_MS) as Promise<MergeAnswer>,
    takeOver: () => ask('sync.takeOver', undefined, MERGE_LIMIT_MS) as Promise<TakenOver>,
  },
  close,
});
