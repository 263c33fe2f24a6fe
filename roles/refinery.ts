import { plural } from '../source/common/text.ts';
import { requestsOf } from '../source/ledger/requests.ts';
import type { Merge, Rig } from '../source/ledger/schema.ts';
import { reworkCap } from './caps.ts';
import { activeRigs, hasPassed, isStopped, ms, shortSha, townOf } from './facts.ts';
import { isCleared, whyNotCleared } from './refinery/approval.ts';
import { batchOf } from './refinery/batch.ts';
import { guard } from './refinery/guard.ts';
import { judge } from './refinery/judge.ts';
import { queueOrder } from './refinery/order.ts';
import { act, type Round, treesUnderTest } from './refinery/round.ts';
import { stopUnwanted } from './refinery/runs.ts';
import { heldForTip } from './refinery/target.ts';
import type { Action, Decide, RigObservation, WorldView } from './role.ts';

/** A target's tip older than this is read again while something may land on it. */
const TIP_FRESH_MS = 10_000;
/** The same while requests only wait for a red target to be repaired by somebody. */
const TIP_WAITING_MS = 60_000;

/**
 * The merge queue: stacks cleared requests on the target, has the gates run on several of the stacks at once, narrows down
 * what is red, and lands what passed. All is derived anew each tick from the ledger, the tip and the chains; what landed,
 * Git says.
 */
export const refinery: Decide = view =>
  isStopped(view)
    ? []
    : [...overworked(view), ...activeRigs(view.ledger).flatMap(rig => [...guard(view, rig), ...decideRig(view, rig)])];

/** A bead whose requests keep coming back waits for a person. Before the Mayor's next look at it, which passes it over as well. */
const overworked = (view: WorldView): Action[] =>
  [...view.ledger.beads.values()].flatMap(bead => {
    if (bead.status !== 'open' || !bead.town.dispatch) return [];
    const reason = reworkCap(view, bead);
    if (!reason) return [];
    const { cause } = bead.town;
    return act.command(
      'bead.park',
      { id: bead.id, reason, ...(cause && { cause }), severity: 'high' },
      { key: `park:${bead.id}`, subject: bead.id, because: reason },
    );
  });

const decideRig = (view: WorldView, rig: Rig): Action[] => {
  const open = requestsOf(view.ledger).open(rig.id);
  if (open.length === 0) return stopUnwanted(view, rig, []);
  const landing = open.filter(merge => merge.state === 'landing' && merge.landing);
  if (landing.length > 0) return [settle(rig, landing)];
  if (townOf(view.ledger)?.mergePaused[rig.id]) return [];

  const cleared = open.filter(merge => isCleared(view, merge, rig));
  const waiting = open.filter(merge => heldForTip(merge) !== undefined);
  const strays = ungroup(
    view,
    rig,
    open.filter(merge => merge.state === 'testing' && !cleared.includes(merge)),
  );
  const seen = view.observed.rigs.get(rig.id);
  if (cleared.length === 0 && waiting.length === 0) {
    // What a request will conflict with is part of what a person decides by: a town just opened has to look at the target for it.
    const unseen = seen ? [] : [refresh(view, rig, seen)];
    return [...strays, ...unseen, ...stopUnwanted(view, rig, [])];
  }

  const maxAgeMs = cleared.length > 0 ? TIP_FRESH_MS : TIP_WAITING_MS;
  if (!seen || isStale(view, seen, cleared, maxAgeMs)) return [...strays, refresh(view, rig, seen)];
  if (seen.error !== undefined) return strays;
  return [...strays, ...release(waiting, seen), ...proceed(view, rig, { seen, cleared })];
};

/** A landing whose end is not recorded: asked for again until Git has settled it. Also while the queue is paused. */
const settle = (rig: Rig, landing: readonly Merge[]): Action => {
  const intent = landing[0]!.landing!;
  const merges = landing.filter(merge => merge.landing!.new === intent.new).map(merge => merge.id);
  return act.effect(
    { type: 'land', rig: rig.id, merges, old: intent.old, new: intent.new, tree: intent.tree },
    {
      key: `land:${rig.id}`,
      subject: merges[0]!,
      because: `${plural(merges.length, 'request')} passed and ${merges.length === 1 ? 'is' : 'are'} to land as ${shortSha(intent.new)}`,
    },
  );
};

/** Held, no longer approved or to be looked at again: out of its batch, so that the others go on without it. */
const ungroup = (view: WorldView, rig: Rig, merges: readonly Merge[]): Action[] =>
  merges.map(merge =>
    act.command(
      'merge.group',
      { ids: [merge.id] },
      {
        key: `merge:${merge.id}`,
        subject: merge.id,
        because: `out of its batch: ${whyNotCleared(view, merge, rig)}`,
      },
    ),
  );

/**
 * A look from before the requests' last change may be from before a landing: too old to land on. A change in the time to come
 * was before the clock was set back, and before any look by the new one.
 */
const isStale = (view: WorldView, seen: RigObservation, cleared: readonly Merge[], maxAgeMs: number): boolean =>
  hasPassed(view, seen.at, maxAgeMs) || cleared.some(({ since }) => ms(since) > seen.at && ms(since) <= view.now);

const refresh = (view: WorldView, rig: Rig, seen: RigObservation | undefined): Action =>
  act.effect(
    { type: 'rig.refresh', rig: rig.id },
    {
      key: `refresh:${rig.id}`,
      subject: rig.id,
      because: seen ? `its tip was read ${Math.round((view.now - seen.at) / 1000)} s ago` : 'its tip is not known yet',
    },
  );

const release = (waiting: readonly Merge[], seen: RigObservation): Action[] =>
  waiting
    .filter(merge => heldForTip(merge) !== shortSha(seen.tip))
    .map(merge =>
      act.command(
        'merge.release',
        { id: merge.id },
        { key: `merge:${merge.id}`, subject: merge.id, because: `the target moved to ${shortSha(seen.tip)}` },
      ),
    );

interface Queue {
  readonly seen: RigObservation;
  readonly cleared: readonly Merge[];
}

const proceed = (view: WorldView, rig: Rig, { seen, cleared }: Queue): Action[] => {
  const { priorityAgeMs } = view.settings.refinery;
  const queue = queueOrder(cleared, { now: view.now, priorityAgeMs });
  const members = queue.filter(merge => merge.state === 'testing');
  const round = { view, rig, seen, members };
  return [...admit(round, queue), ...(members.length > 0 ? judge(round) : [])];
};

/** What is under test bears this in its `group`. */
const UNDER_TEST = 'ladder';

/**
 * Lets requests into the test: at once where nothing that runs would have to start anew, which is behind all others, and for
 * what is urgent; else when the runs under way have ended.
 */
const admit = ({ view, rig, members }: Round, queue: readonly Merge[]): Action[] => {
  const last = queue.findLastIndex(merge => merge.state === 'testing' && !merge.suspicion);
  const isQuiet = treesUnderTest(view, rig.id).length === 0;
  const isOpenEnded = isQuiet || !members.some(merge => merge.suspicion);
  const joining = queue.filter(
    (merge, at) => merge.state === 'queued' && (isQuiet || isUrgent(merge) || (isOpenEnded && at > last)),
  );
  const together = batchOf([...members, ...joining], view.settings.refinery.maxBatch);
  const ids = together.slice(members.length).map(merge => merge.id);
  if (ids.length === 0) return [];
  return [
    act.command(
      'merge.group',
      { ids, group: UNDER_TEST },
      {
        key: `group:${rig.id}`,
        subject: ids[0]!,
        because: ids.length === 1 ? 'the next in the queue' : `the next ${ids.length} in the queue`,
      },
    ),
  ];
};

/** Of the highest priority, or put first by hand. */
const isUrgent = ({ priority, order }: Merge): boolean => priority === 0 || (order ?? 0) < 0;
