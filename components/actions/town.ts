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

/** One place back or forward within the queue of its rig. */
export const reorder = (by: 1 | -1): Action =>
  tell(
    ({ merge, context }) => (merge ? reordered(context.view.merges, merge, by) : []),
    ({ merge }) => `Moving ${merge?.id} one place ${by > 0 ? 'back' : 'forward'}…`,
  );

export const runDog = tell(
  ({ dog }) => (dog ? [{ type: 'dog.run', payload: { dog: dog.name } }] : []),
  ({ dog }) => `Running ${dog?.name}…`,
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

/** Explicit places for all up to the lower of the two that change theirs, in one command: `z` takes back the whole of it. */
const reordered = (merges: readonly MergeRow[], moving: MergeRow, by: 1 | -1): readonly OperatorIntent[] => {
  const queue = merges
    .filter(row => row.rig === moving.rig && row.position !== undefined)
    .sort((a, b) => a.position! - b.position!);
  const from = queue.indexOf(moving);
  const to = from + by;
  if (to < 0 || to >= queue.length) return [];
  queue.splice(from, 1);
  queue.splice(to, 0, moving);
  const others = queue
    .slice(0, Math.max(from, to) + 1)
    .flatMap(({ id }, index) => (id === moving.id ? [] : [{ id, order: index + 1 }]));
  return [{ type: 'merge.order', payload: { id: moving.id, order: to + 1, others } }];
};

const merging = (situation: Situation, type: 'merge.pause' | 'merge.resume'): readonly OperatorIntent[] => {
  const rig = rigOf(situation);
  return rig ? [{ type, payload: { rig } }] : [];
};
