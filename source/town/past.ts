import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import { type Board, boardAt, listMoments, type Moment } from '../ledger/board.ts';
import { actorName } from '../ledger/commands.ts';
import type { Ledger } from '../ledger/store.ts';
import { deedOf } from './action-words.ts';
import type { TownContext } from './context.ts';
import { createProjector, earlierFeed } from './project/view.ts';
import type { PastMoment, TownView } from './view.ts';
import { createWorld, type World } from './world.ts';

/** Where to look: from a moment that was shown before (the newest when absent), so many changes or so much time away; negative is back. */
export interface PastRequest {
  readonly from?: string;
  readonly steps?: number;
  readonly byMs?: number;
}

export interface Past {
  /** The whole board at that moment; the nearest end where the past or the present is reached. */
  look(request: PastRequest): Promise<PastMoment>;
}

/** Walks the town's board through time, reading only. Neighbouring moments are read by their difference. */
export const createPast = (context: TownContext): Past => {
  const gitDir = context.paths.ledger;
  let moments: readonly Moment[] = [];
  let listedFor = -1;
  let board: Board | undefined;
  let looking: Promise<unknown> = Promise.resolve();
  let project = createProjector();

  const list = async () => {
    await context.ledger.flush();
    if (listedFor === context.ledger.committedSeq) return;
    moments = await listMoments(gitDir);
    listedFor = context.ledger.committedSeq;
  };

  const viewOf = (then: Board, { at, seq }: { at: number; seq: number }): TownView => {
    const feed = earlierFeed(then.data);
    const view = project(
      { ...context, ledger: pastLedger(then, seq), world: worldThen(context, then, at), now: at },
      feed,
    );
    const { trends: _, ...board } = view;
    // What an agent was seen to do then is known to nobody any more.
    const polecats = view.polecats.map(({ activity: __, ...row }) => row);
    return { ...board, polecats, health: healthThen(view, then) };
  };

  const look = async (request: PastRequest): Promise<PastMoment> => {
    await list();
    if (moments.length === 0) throw new GastownError('not_found', 'This town has no past yet.');
    const index = indexOf(moments, request);
    const { commit, at } = moments[index]!;
    const known = board;
    board = undefined;
    if (!known) project = createProjector();
    board = await boardAt(gitDir, commit, known);
    const last = board.changes.at(-1);
    return {
      id: commit,
      at,
      stepsBack: index,
      steps: moments.length,
      changes: board.changes.map(change => ({
        at: Date.parse(change.at),
        by: safeLine(actorName(change.actor)),
        ...deedOf(change.type, change.wrote[0]?.split(' ')[1] ?? ''),
        ...(change.because && { because: safeLine(change.because) }),
      })),
      view: viewOf(board, { at, seq: last?.seq ?? 0 }),
    };
  };

  return {
    // One after the other: each board is made from the one before.
    look(request) {
      const result = looking.then(() => look(request));
      looking = result.catch(() => undefined);
      return result;
    },
  };
};

/** The targets as records have them: where work had landed last, and the gates' environment, by which verdicts are found. */
const worldThen = ({ world }: TownContext, { data }: Board, at: number): World => {
  const then = createWorld(at);
  for (const [rig, { tip, tipTree, environment }] of world.rigs) {
    const merges = [...data.merges.values()].filter(merge => merge.rig === rig);
    const landed = merges.filter(merge => merge.landedSha).sort((a, b) => a.since.localeCompare(b.since));
    then.rigs.set(rig, { tip: landed.at(-1)?.landedSha ?? merges[0]?.base ?? tip, tipTree, at, environment });
  }
  return then;
};

/** Health as far as records tell: the last act of each role. What only the running town saw is left out, not made up. */
const healthThen = ({ health, feed }: TownView, { data }: Board): TownView['health'] => ({
  ...health,
  roles: health.roles.map(role => {
    const last = feed.findLast(({ actor }) => actor === role.name);
    if (!last) return { ...role, lastAction: 'nothing on record' };
    return {
      ...role,
      lastAction: `${last.what} ${last.subject}`.trim(),
      ...(last.because && { because: last.because }),
    };
  }),
  dogs: [],
  host: { reachable: true, sessions: [...data.sessions.values()].filter(({ status }) => status !== 'ended').length },
});

const indexOf = (moments: readonly Moment[], { from, steps = 0, byMs }: PastRequest): number => {
  const start = from === undefined ? 0 : moments.findIndex(({ commit }) => commit === from);
  if (start < 0) throw new GastownError('not_found', 'That moment is not in the history of this town.');
  const clamp = (index: number) => Math.min(moments.length - 1, Math.max(0, index));
  if (byMs === undefined) return clamp(start - steps);
  const wanted = moments[start]!.at + byMs;
  if (byMs > 0) return clamp(moments.findLastIndex(({ at }) => at >= wanted));
  const before = moments.findIndex(({ at }) => at <= wanted);
  return before < 0 ? moments.length - 1 : before;
};

/** What projections read of a ledger; nothing can be written to the past. */
const pastLedger = ({ data }: Board, seq: number): Ledger => ({
  data,
  seq,
  committedSeq: seq,
  quarantined: [],
  replica: () => Promise.reject(new GastownError('town_read_only', 'The past cannot be changed.')),
  execute: () => Promise.reject(new GastownError('town_read_only', 'The past cannot be changed.')),
  subscribe: () => () => {},
  onCommit: () => () => {},
  flush: async () => {},
  close: async () => {},
});
