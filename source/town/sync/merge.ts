import os from 'node:os';
import { GastownError, isGastownError } from '../../common/errors.ts';
import { plural } from '../../common/text.ts';
import type { Write } from '../../ledger/frames.ts';
import { type MergeNote, mergeLedgers } from '../../ledger/merge/ledgers.ts';
import { recordAt } from '../../ledger/paths.ts';
import type { LedgerData } from '../../ledger/schema.ts';
import { changedRecords, commitAt, EMPTY_TREE, mergeBase, requireCommit } from '../../ledger/sync/commits.ts';
import { type Incoming, liveBeadsAt, readIncoming, townAt } from '../../ledger/sync/incoming.ts';
import { OPERATOR, type TownContext } from '../context.ts';
import { endAbandoned } from './take-over.ts';

export interface MergeRequest {
  /** In words, for the history. */
  readonly remote: string;
  /** The remote's commit, fetched already; absent when it has none. */
  readonly head?: string;
  readonly allowDeletions?: boolean;
  /** Says what would happen and changes nothing. */
  readonly dryRun?: boolean;
}

export interface MergeAnswer {
  /** Commit that the remote must be moved to; absent when it has all there is. */
  readonly push?: string;
  /** Records written here, and records that the remote does not have yet, by kind. */
  readonly came: Readonly<Record<string, number>>;
  readonly went: Readonly<Record<string, number>>;
  readonly notes: readonly MergeNote[];
  /** The machine that the town works on, and whether it is this one. */
  readonly home?: { readonly host: string; readonly isHere: boolean };
}

/** Records in one command: its frame stays small, and keys and agents get their turn between two. */
const BATCH_RECORDS = 1_000;
/** A busy town changes records while they are merged; each time only those are merged again. */
const TRIES_MAX = 20;
/** Of one sync, without a person's word: more than this many beads and this share of all is a mistake somewhere. */
const DELETIONS_MAX = 10;
const DELETIONS_SHARE = 0.2;

/**
 * Merges the remote's ledger into this town's, through the ordinary write path. Rejects and changes nothing when the
 * remote is not this town's ledger, holds a record that cannot be accepted, or would delete beads in numbers. A crash
 * between two batches is harmless: the next sync merges again and finds them done.
 */
export const mergeRemote = async (context: TownContext, request: MergeRequest): Promise<MergeAnswer> => {
  const gitDir = context.paths.ledger;
  requireWhole(context);
  const { head } = request;
  if (head !== undefined) {
    await requireCommit(gitDir, head);
    await requireSameTown(context, head);
  }
  if (!request.dryRun) await claimHome(context, head);
  const merged = await mergeUntilStill(context, request);
  await endAbandoned(context);
  return merged;
};

const mergeUntilStill = async (context: TownContext, request: MergeRequest): Promise<MergeAnswer> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await mergeOnce(context, request);
    } catch (error) {
      if (!isGastownError(error, 'conflict') || attempt === TRIES_MAX) throw error;
    }
  }
};

const mergeOnce = async (context: TownContext, request: MergeRequest): Promise<MergeAnswer> => {
  const { ledger, paths } = context;
  const { head, dryRun } = request;
  await ledger.flush();
  const local = (await commitAt(paths.ledger))!;
  if (head === undefined) return answer(context, request, { local, from: head, writes: [], notes: [] });
  const apart = await changedRecords(paths.ledger, head, local);
  const outgoing = await deletedHere(context, head, apart);
  if (!request.allowDeletions) refuseDeletions(ledger.data, { writes: [], outgoing });
  const base = await mergeBase(paths.ledger, local, head);
  if (base === head) return answer(context, request, { local, from: head, writes: [], notes: [] });
  const incoming = await readSides(context, { base, head });
  // From here to the first command nothing waits: what is merged is what is written.
  const { writes, notes } = mergeLedgers({ base: incoming.base, ours: ledger.data, theirs: incoming.theirs });
  if (!request.allowDeletions) refuseDeletions(ledger.data, { writes, outgoing });
  // Alike already, and nothing to remember about it: no commit is made, or two machines would answer each other forever.
  const isAlike = writes.length === 0 && apart.length === 0 && (base === local || incoming.count === 0);
  if (dryRun || isAlike) return answer(context, request, { local, from: base, writes, notes });
  await apply(context, { remote: request.remote, head, writes });
  await ledger.flush();
  return answer(context, request, { local: (await commitAt(paths.ledger))!, from: head, writes, notes });
};

/** Through the ordinary write path, in batches, each refused where a record has changed since the merge. */
const apply = async (
  context: TownContext,
  { remote, head, writes }: { remote: string; head: string; writes: readonly Write[] },
): Promise<void> => {
  const { data } = context.ledger;
  const batches = batchesOf(writes).map(batch =>
    batch.map(({ kind, id, record }) => ({
      kind,
      id,
      rev: data[kind].get(id)?.rev ?? 0,
      record: record as unknown as Record<string, unknown>,
    })),
  );
  for (const [index, records] of batches.entries()) {
    const isLast = index === batches.length - 1;
    const payload = { remote, records, ...(isLast && { head }) };
    await context.execute(OPERATOR, { type: 'sync.apply', payload }, `Merged with ${remote}.`);
  }
};

/** Where the two name different homes, the merge needs to see all of both. */
const readSides = async (
  context: TownContext,
  range: { base: string | undefined; head: string },
): Promise<Incoming> => {
  const { replica: theirs } = (await townAt(context.paths.ledger, range.head)).home ?? {};
  const whole = theirs !== context.ledger.data.town.get('town')?.home?.replica;
  return readIncoming(context.paths.ledger, { ...range, whole });
};

const answer = async (
  context: TownContext,
  { dryRun }: MergeRequest,
  merged: { local: string; from: string | undefined; writes: readonly Write[]; notes: readonly MergeNote[] },
): Promise<MergeAnswer> => {
  const { ledger, paths } = context;
  const went = await changedRecords(paths.ledger, merged.from ?? EMPTY_TREE, merged.local);
  const { home } = ledger.data.town.get('town') ?? {};
  return {
    came: tally(merged.writes.map(({ kind }) => kind)),
    went: tally(went.map(file => file.slice(0, file.indexOf('/')))),
    notes: merged.notes,
    ...(home && { home: { host: home.host, isHere: ledger.awayHost === undefined } }),
    ...(!dryRun && went.length > 0 && { push: merged.local }),
  };
};

/** A record that cannot be read here must not be taken for the one that is shown in its place. */
const requireWhole = ({ ledger }: TownContext): void => {
  const [broken] = ledger.quarantined;
  if (!broken) return;
  throw new GastownError('ledger_corrupt', `${broken.file} of this town cannot be read, so it cannot be synced.`, {
    hint: 'gastown doctor names all such files; restore them first.',
  });
};

const requireSameTown = async (context: TownContext, head: string): Promise<void> => {
  const theirs = await townAt(context.paths.ledger, head);
  const ours = context.ledger.data.town.get('town')!;
  if (theirs.createdAt === ours.createdAt) return;
  throw new GastownError(
    'conflict',
    `The remote holds another town: "${theirs.name}" of ${theirs.createdAt}, and this one is "${ours.name}" of ${ours.createdAt}.`,
    { hint: 'Give each town a repository of its own, or look at the other one with `gastown clone`.' },
  );
};

/** A town's first sync says where it works: here, unless the remote knows better. */
const claimHome = async (context: TownContext, head: string | undefined): Promise<void> => {
  const replica = await context.ledger.replica();
  if (context.ledger.data.town.get('town')?.home) return;
  if (head !== undefined && (await townAt(context.paths.ledger, head)).home) return;
  await context.execute(OPERATOR, { type: 'town.home', payload: { replica, host: os.hostname() } });
};

/** Beads that are deleted here and alive at the remote. */
const deletedHere = async (context: TownContext, head: string, apart: readonly string[]): Promise<number> => {
  const deleted = apart.flatMap(file => {
    const { kind, id } = recordAt(file) ?? {};
    return kind === 'beads' && context.ledger.data.beads.get(id!)?.status === 'tombstone' ? [id!] : [];
  });
  return (await liveBeadsAt(context.paths.ledger, head, deleted)).length;
};

const refuseDeletions = (
  ours: LedgerData,
  { writes, outgoing }: { writes: readonly Write[]; outgoing: number },
): void => {
  const live = [...ours.beads.values()].filter(({ status }) => status !== 'tombstone').length;
  const incoming = writes.filter(({ kind, id, record }) => {
    const known = kind === 'beads' ? ours.beads.get(id) : undefined;
    return known && known.status !== 'tombstone' && (record as { status?: string }).status === 'tombstone';
  }).length;
  if (isTooMany(incoming, live)) throw deletions(incoming, live, 'of this copy');
  if (isTooMany(outgoing, live + outgoing)) throw deletions(outgoing, live + outgoing, 'at the remote');
};

const isTooMany = (deleted: number, live: number): boolean =>
  deleted > DELETIONS_MAX && deleted >= live * DELETIONS_SHARE;

const deletions = (deleted: number, live: number, where: string): GastownError =>
  new GastownError('needs_person', `This sync would delete ${deleted} of the ${plural(live, 'bead')} ${where}.`, {
    hint: 'Nothing was changed. If that is what you want: gastown sync --allow-deletions',
  });

const batchesOf = (writes: readonly Write[]): Write[][] => {
  // The town first: who works where is known before anything else changes.
  const sorted = [...writes].sort((a, b) => Number(b.kind === 'town') - Number(a.kind === 'town'));
  const batches: Write[][] = [];
  for (let start = 0; start < sorted.length; start += BATCH_RECORDS)
    batches.push(sorted.slice(start, start + BATCH_RECORDS));
  return batches.length > 0 ? batches : [[]];
};

const tally = (kinds: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};
