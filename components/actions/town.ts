import type { MergeRow, OperatorIntent, PolecatRow } from '../../source/town/view.ts';
import { rigOf } from '../enabled.ts';
import { type ScreenContext, type Situation, situationOf } from '../situation.ts';
import type { ScreenState } from '../state.ts';
import { type Action, openDialog, type Step, say, step } from './step.ts';

/** An action that tells the town something at once, with words for the wait. */
const tell =
  (intentsOf: (situation: Situation) => readonly OperatorIntent[], doing: (situation: Situation) => string): Action =>
  (state, context) => {
    const situation = situationOf(state, context);
    const intents = intentsOf(situation);
    if (intents.length === 0) return step(state);
    return step(say(state, doing(situation), { now: context.now }), { type: 'dispatch', intents });
  };

export const sling = tell(
  ({ bead }) => (bead ? [{ type: 'bead.sling', payload: { id: bead.id } }] : []),
  ({ bead }) => `Slinging ${bead?.id}…`,
);

export const slingConvoy = tell(
  ({ convoy }) => (convoy ? [{ type: 'convoy.sling', payload: { id: convoy.id } }] : []),
  ({ convoy }) => `Slinging all of ${convoy?.id}…`,
);

export const unsling = tell(
  ({ bead }) => (bead ? [{ type: 'bead.unsling', payload: { id: bead.id } }] : []),
  ({ bead }) => `Taking ${bead?.id} back…`,
);

export const retry = tell(
  ({ pane, merge, bead }) => {
    if (pane === 'refinery' && merge)
      return [{ type: merge.held ? 'merge.release' : 'merge.retry', payload: { id: merge.id } }];
    return bead ? [{ type: 'bead.sling', payload: { id: bead.id } }] : [];
  },
  ({ pane, merge, bead }) => `Trying ${pane === 'refinery' ? merge?.id : bead?.id} again…`,
);

export const hold = tell(
  ({ merge }) => (merge ? [{ type: 'merge.hold', payload: { id: merge.id } }] : []),
  ({ merge }) => `Holding ${merge?.id}…`,
);

export const release = tell(
  ({ merge }) => (merge ? [{ type: 'merge.release', payload: { id: merge.id } }] : []),
  ({ merge }) => `Releasing ${merge?.id}…`,
);

/** First in the queue: orders by hand go before priority, and a later wish gets the lower number. */
export const landNow = tell(
  ({ merge, context }) => {
    if (!merge) return [];
    const order: OperatorIntent = {
      type: 'merge.order',
      payload: { id: merge.id, order: -Math.floor(context.now / 1000) },
    };
    return merge.held ? [{ type: 'merge.release', payload: { id: merge.id } }, order] : [order];
  },
  ({ merge }) =>
    `Putting ${merge?.id} first${merge?.needsApproval ? '; it still waits for your approval (Space)' : ''}…`,
);

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
  tell(
    situation => {
      const { pane, merge, context } = situation;
      if (pane === 'plan') return replanned(situation, by);
      return merge ? reordered(context.view.merges, merge, by) : [];
    },
    ({ pane, merge, bead }) =>
      `Moving ${pane === 'plan' ? bead?.id : merge?.id} one place ${by > 0 ? 'back' : 'forward'}…`,
  );

export const runDog = tell(
  ({ dog }) => (dog ? [{ type: 'dog.run', payload: { dog: dog.name } }] : []),
  ({ dog }) => `Running ${dog?.name}…`,
);

export const switchDog = tell(
  ({ dog }) => (dog ? [{ type: 'town.dog', payload: { dog: dog.name, off: dog.offBy === undefined } }] : []),
  ({ dog }) => `Switching ${dog?.name} ${dog?.offBy === undefined ? 'off' : 'on'}…`,
);

export const wrong = tell(
  ({ polecat }) => (polecat ? [{ type: 'polecat.wrong', payload: { polecat: polecat.id } }] : []),
  ({ polecat }) => `Keeping what was seen of ${polecat?.name}…`,
);

export const pauseMerges = tell(
  situation => merging(situation, 'merge.pause'),
  situation => `Pausing merges of ${rigOf(situation)}…`,
);
export const resumeMerges = tell(
  situation => merging(situation, 'merge.resume'),
  situation => `Resuming merges of ${rigOf(situation)}…`,
);
export const thaw = tell(
  () => [{ type: 'town.thaw', payload: {} }],
  () => 'Thawing…',
);

/** Stopping names what is stopped and what becomes of the work; Cancel is where it starts. */
export const stop: Action = (state, context) => {
  const { polecat } = situationOf(state, context);
  if (!polecat) return step(state);
  return step(
    openDialog(
      state,
      {
        kind: 'confirm',
        title: `Stop ${polecat.name}?`,
        lines: [
          polecat.bead ? `It works on ${polecat.bead}: ${polecat.beadTitle ?? ''}` : 'It holds no bead.',
          'Its work is kept as a snapshot first, and the bead goes back to ready.',
        ],
        accept: 'Stop it',
        intents: [{ type: 'polecat.stop', payload: { polecat: polecat.id, requeue: true } }],
        index: 0,
        scroll: 0,
      },
      context,
    ),
  );
};

export const estop: Action = (state, context) =>
  step(
    openDialog(
      state,
      {
        kind: 'confirm',
        title: 'Stop the whole town?',
        lines: ['Nothing is dispatched, started, tested or landed until it is thawed (:thaw).', 'Nothing is lost.'],
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

/** The screen goes to this polecat's session. */
export const attachTo = (state: ScreenState, context: ScreenContext, polecat: PolecatRow): Step => {
  if (!polecat.session) return step(state);
  const said = say(state, `Attaching to ${polecat.name}; Ctrl-] detaches…`, { now: context.now });
  return step(said, { type: 'attach', session: polecat.session, name: polecat.name });
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
  const rig = rigOf(situation);
  return rig ? [{ type, payload: { rig } }] : [];
};
