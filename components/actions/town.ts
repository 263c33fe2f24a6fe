import type { MergeRow, OperatorIntent, PolecatRow } from '../../source/town/view.ts';
import * as may from '../enabled.ts';
import { boundIn, keyOf, withKeys } from '../keymap.ts';
import { type Situation, situationOf, situationsOf } from '../situation.ts';
import { attachTo } from './attaching.ts';
import { withoutMarks } from './marks.ts';
import { type Action, openDialog, step } from './step.ts';
import { sifted, tell } from './tell.ts';

export const sling = tell({
  intents: ({ bead }) => (bead ? [{ type: 'bead.sling', payload: { id: bead.id } }] : []),
  doing: ({ bead }) => `Slinging ${bead?.id}…`,
  check: may.sling,
});

export const slingConvoy = tell({
  intents: ({ convoy }) => (convoy ? [{ type: 'convoy.sling', payload: { id: convoy.id } }] : []),
  doing: ({ convoy }) => `Slinging all of ${convoy?.id}…`,
});

/** A step up or down in urgency: P0 is the most urgent, P4 the least. */
export const changePriority = (by: 1 | -1): Action =>
  tell({
    intents: ({ bead }) =>
      bead ? [{ type: 'bead.update', payload: { id: bead.id, set: { priority: bead.priority + by } } }] : [],
    doing: ({ bead }) => `Making ${bead?.id} P${(bead?.priority ?? 0) + by}…`,
    check: by < 0 ? may.raise : may.lower,
  });

export const unsling = tell({
  intents: ({ bead }) => (bead ? [{ type: 'bead.unsling', payload: { id: bead.id } }] : []),
  doing: ({ bead }) => `Taking ${bead?.id} back…`,
  check: may.unsling,
});

export const retry = tell({
  intents: ({ pane, merge, bead }) => {
    if (pane === 'refinery' && merge)
      return [{ type: merge.held ? 'merge.release' : 'merge.retry', payload: { id: merge.id } }];
    return bead ? [{ type: 'bead.sling', payload: { id: bead.id } }] : [];
  },
  doing: ({ pane, merge, bead }) => `Trying ${pane === 'refinery' ? merge?.id : bead?.id} again…`,
  check: may.retry,
});

export const hold = tell({
  intents: ({ merge }) => (merge ? [{ type: 'merge.hold', payload: { id: merge.id } }] : []),
  doing: ({ merge }) => `Holding ${merge?.id}…`,
  check: may.hold,
});

export const release = tell({
  intents: ({ merge }) => (merge ? [{ type: 'merge.release', payload: { id: merge.id } }] : []),
  doing: ({ merge }) => `Releasing ${merge?.id}…`,
  check: may.release,
});

/** First in the queue: orders by hand go before priority, and a later wish gets the lower number. */
export const landNow = tell({
  intents: ({ merge, context }) => {
    if (!merge) return [];
    const order: OperatorIntent = {
      type: 'merge.order',
      payload: { id: merge.id, order: -Math.floor(context.now / 1000) },
    };
    return merge.held ? [{ type: 'merge.release', payload: { id: merge.id } }, order] : [order];
  },
  doing: ({ merge, context }) =>
    `Putting ${merge?.id} first${merge?.needsApproval ? `; it still waits for your approval (${keyOf('attention', boundIn(context))})` : ''}…`,
});

/** Asked once: it is work for the gates, and what others built on it may not like it. */
export const revert: Action = (state, context) => {
  const { merge } = situationOf(state, context);
  if (!merge) return step(state);
  return step(
    openDialog(
      state,
      {
        kind: 'confirm',
        title: `Revert ${merge.id}?`,
        lines: [
          `${merge.bead}: ${merge.title}`,
          `A request that takes it back joins the queue and is tested like any other; when it lands, ${merge.reverts ? 'what that took back is there again' : `${merge.bead} is open again`}.`,
        ],
        accept: 'Revert it',
        intents: [{ type: 'landed.revert', payload: { id: merge.id } }],
        index: 0,
        scroll: 0,
      },
      context,
    ),
  );
};

/** One place back or forward: a request within the queue of its rig, a bead within its convoy. */
export const reorder = (by: 1 | -1): Action =>
  tell({
    intents: situation => {
      const { pane, merge, context } = situation;
      if (pane === 'plan') return replanned(situation, by);
      return merge ? reordered(context.view.merges, merge, by) : [];
    },
    doing: ({ pane, merge, bead }) =>
      `Moving ${pane === 'plan' ? bead?.id : merge?.id} one place ${by > 0 ? 'back' : 'forward'}…`,
  });

export const runDog = tell({
  intents: ({ dog }) => (dog ? [{ type: 'dog.run', payload: { dog: dog.name } }] : []),
  doing: ({ dog }) => `Running ${dog?.name}…`,
  check: may.runDog,
});

export const switchDog = tell({
  intents: ({ dog }) => (dog ? [{ type: 'town.dog', payload: { dog: dog.name, off: dog.offBy === undefined } }] : []),
  doing: ({ dog }) => `Switching ${dog?.name} ${dog?.offBy === undefined ? 'off' : 'on'}…`,
});

export const wrong = tell({
  intents: ({ polecat }) => (polecat ? [{ type: 'polecat.wrong', payload: { polecat: polecat.id } }] : []),
  doing: ({ polecat }) => `Keeping what was seen of ${polecat?.name}…`,
});

export const pauseMerges = tell({
  intents: situation => merging(situation, 'merge.pause'),
  doing: situation => `Pausing merges of ${may.rigOf(situation)}…`,
});
export const resumeMerges = tell({
  intents: situation => merging(situation, 'merge.resume'),
  doing: situation => `Resuming merges of ${may.rigOf(situation)}…`,
});
export const thaw = tell({
  intents: () => [{ type: 'town.thaw', payload: {} }],
  doing: () => 'Thawing…',
});

/** Stopping names what is stopped and what becomes of the work; Cancel is where it starts. */
export const stop: Action = (state, context) => {
  const { able, left } = sifted(situationsOf(state, context), may.stop);
  const polecats = unique(able.flatMap(({ polecat }) => polecat ?? []));
  const [first] = polecats;
  if (!first) return step(state);
  const works = ({ name, bead, beadTitle }: PolecatRow): string =>
    bead ? `${polecats.length > 1 ? name : 'It'} works on ${bead}: ${beadTitle ?? ''}` : `${name} holds no bead.`;
  return step(
    openDialog(
      withoutMarks(state),
      {
        kind: 'confirm',
        title: polecats.length > 1 ? `Stop ${polecats.length} workers?` : `Stop ${first.name}?`,
        lines: [
          ...polecats.map(works),
          ...left,
          polecats.length > 1
            ? 'Their work is kept as snapshots first, and the beads go back to ready: nobody takes them before they are slung again.'
            : 'Its work is kept as a snapshot first, and the bead goes back to ready: nobody takes it before it is slung again.',
        ],
        accept: polecats.length > 1 ? 'Stop them' : 'Stop it',
        ...(polecats.length > 1 && { each: true as const }),
        intents: polecats.map(({ id }) => ({
          type: 'polecat.stop',
          payload: { polecat: id, requeue: false, ready: true },
        })),
        index: 0,
        scroll: 0,
      },
      context,
    ),
  );
};

/** Closing ends beads without a landing: asked once, and `z` takes it back. */
export const closeBeads: Action = (state, context) => {
  const { able, left } = sifted(situationsOf(state, context), may.closeBead);
  const beads = unique(able.flatMap(({ bead }) => bead ?? []));
  const [first] = beads;
  if (!first) return step(state);
  return step(
    openDialog(
      withoutMarks(state),
      {
        kind: 'confirm',
        title: beads.length > 1 ? `Close ${beads.length} beads?` : `Close ${first.id}?`,
        lines: [
          ...beads.map(({ id, title }) => `${id}: ${title}`),
          ...left,
          withKeys(
            'Nothing more is done for them; what waits for them can begin. {undo} takes it back.',
            boundIn(context),
          ),
        ],
        accept: beads.length > 1 ? 'Close them' : 'Close it',
        ...(beads.length > 1 && { each: true as const }),
        intents: beads.map(({ id }) => ({
          type: 'bead.close',
          payload: { id, reason: 'Closed by a person at the screen.' },
        })),
        index: 0,
        scroll: 0,
      },
      context,
    ),
  );
};

const unique = <T>(rows: readonly T[]): readonly T[] => [...new Set(rows)];

export const estop: Action = (state, context) =>
  step(
    openDialog(
      state,
      {
        kind: 'confirm',
        title: 'Stop the whole town?',
        lines: [
          'Agents at work are ended; nothing is dispatched, started, tested or landed until it is thawed (:thaw).',
          'Nothing is lost: their work is saved, and goes on then.',
        ],
        accept: 'Stop the town',
        intents: [{ type: 'town.estop', payload: { reason: 'Stopped by a person at the screen.' } }],
        index: 0,
        scroll: 0,
      },
      context,
    ),
  );

/** Attaching suspends the screen; the store does it, because it takes the terminal. */
export const attach: Action = (state, context) => {
  const { polecat } = situationOf(state, context);
  return polecat ? attachTo(state, context, polecat) : step(state);
};

/**
 * Explicit places for all up to the lower of the two that change theirs, in one command: `z` takes back the whole of it.
 * They lie below those of all behind them, of which most have none, and none is 0.
 */
const reordered = (merges: readonly MergeRow[], moving: MergeRow, by: 1 | -1): readonly OperatorIntent[] => {
  const queue = merges
    .filter(row => row.rig === moving.rig && row.position !== undefined)
    .sort((a, b) => a.position! - b.position!);
  const from = queue.indexOf(moving);
  const to = from + by;
  if (to < 0 || to >= queue.length) return [];
  queue.splice(from, 1);
  queue.splice(to, 0, moving);
  const count = Math.max(from, to) + 1;
  const behind = Math.min(0, ...queue.slice(count).map(({ order = 0 }) => order));
  const placeOf = (index: number): number => behind - count + index;
  const others = queue
    .slice(0, count)
    .flatMap(({ id }, index) => (id === moving.id ? [] : [{ id, order: placeOf(index) }]));
  return [{ type: 'merge.order', payload: { id: moving.id, order: placeOf(to), others } }];
};

/** One place earlier or later among what is still to do of its convoy; what is closed keeps its place. */
const replanned = ({ bead, convoy, context }: Situation, by: 1 | -1): readonly OperatorIntent[] => {
  if (!bead || !convoy) return [];
  const open = convoy.beads.filter(id => context.view.beads.get(id)?.status !== 'closed');
  const other = open[open.indexOf(bead.id) + by];
  if (other === undefined) return [];
  const beads = convoy.beads.map(id => (id === bead.id ? other : id === other ? bead.id : id));
  return [{ type: 'convoy.order', payload: { id: convoy.id, beads } }];
};

const merging = (situation: Situation, type: 'merge.pause' | 'merge.resume'): readonly OperatorIntent[] => {
  const rig = may.rigOf(situation);
  return rig ? [{ type, payload: { rig } }] : [];
};
