import type { Polecat } from '../source/ledger/schema.ts';
import { isStopped, liveSession, polecatsOf } from './facts.ts';
import { fateOf } from './fate.ts';
import type { Action, Decide, WorldView } from './role.ts';
import { bury, loseTrack, zombies } from './witness/gone.ts';
import { doubleHooks, exhaustedBeads, homeless, lostHooks } from './witness/hooks.ts';
import { idle } from './witness/idle.ts';
import { quarantine } from './witness/quarantine.ts';
import { goOn, isLimitOver, ladder } from './witness/stuck.ts';
import { seenAgain, unseen } from './witness/unseen.ts';

/**
 * Recovers polecats whose session is lost, dead or stuck, and gives up on beads and polecats that cost too many sessions.
 * Every class is judged anew each tick from the newest observation, and again by the effect before it acts (what an action
 * rests on goes with it), so a stale look never ends a healthy session. An unreachable host is no evidence.
 */
export const witness: Decide = view => [
  ...doubleHooks(view),
  ...lostHooks(view),
  ...homeless(view),
  ...exhaustedBeads(view),
  ...zombies(view),
  ...seenAgain(view),
  ...polecatsOf(view.ledger).flatMap(polecat => [...quarantine(view, polecat), ...watch(view, polecat)]),
];

const watch = (view: WorldView, polecat: Polecat): Action[] => {
  const session = polecat.hook === undefined ? undefined : liveSession(view.ledger, polecat);
  if (!session) return [];
  const fate = fateOf(view, session);
  switch (fate.kind) {
    case 'lost':
      return [loseTrack(view, session, fate.forMs)];
    case 'dead':
      return [bury(view, session, fate.seen)];
    case 'alive': {
      if (isStopped(view) || wasAsleep(view) || fate.seen.attached) return [];
      const watched = { polecat, session, seen: fate.seen };
      if (isLimitOver(view, watched)) return goOn(watched);
      if (fate.seen.agent?.state === 'idle') return idle(view, watched);
      return [...unseen(view, watched), ...ladder(view, watched)];
    }
    default:
      return [];
  }
};

/** This loop itself did not run for a while (a sleeping machine): the clocks it compares say nothing yet. */
const wasAsleep = (view: WorldView): boolean => {
  const last = view.observed.heartbeats.get('witness');
  return last !== undefined && view.now - last > view.settings.deacon.heartbeatStaleMs;
};
