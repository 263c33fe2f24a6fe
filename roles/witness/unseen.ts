import { duration } from '../../source/common/text.ts';
import { actionsOf } from '../action.ts';
import { asksPerson } from '../fate.ts';
import type { Action, WorldView } from '../role.ts';
import type { Watched } from './stuck.ts';
import { tell } from './tell.ts';

const act = actionsOf('witness');

const keyOf = (session: string, since: number): string => `unseen:${session}:${since}`;

/**
 * An agent that waits for a permission or an answer which nobody gives stands still for as long as nobody looks. What it
 * asked through the town climbs by itself; what it asks on its own screen or by its protocol is told after a while.
 */
export const unseen = (view: WorldView, { session, seen }: Watched): Action[] => {
  const { agent } = seen;
  if (agent?.state !== 'waiting' || asksPerson(view, session)) return [];
  const forMs = view.now - agent.since;
  if (forMs < view.settings.witness.waitingUnseenMs) return [];
  return tell(view, {
    key: keyOf(session.id, agent.since),
    subject: session.bead,
    severity: 'medium',
    title: `${session.polecat} has been waiting for an answer for ${duration(forMs)}`,
    body: 'Nobody has answered what it asks: it stands still until somebody does.',
  });
};

/** What was told of an agent that no longer waits needs nobody any more. */
export const seenAgain = (view: WorldView): Action[] =>
  [...view.ledger.escalations.values()].flatMap(({ id, key, closedAt }) => {
    const [, session, since] = /^unseen:(.+):(\d+)$/.exec(key ?? '') ?? [];
    if (session === undefined || closedAt !== undefined || !view.observed.host.reachable) return [];
    const record = view.ledger.sessions.get(session);
    const agent = view.observed.sessions.get(session)?.agent;
    const isOver = record === undefined || record.status === 'ended';
    // Unknown is no answer: a conversation that is being opened again says nothing yet.
    const goesOn = agent !== undefined && agent.state !== 'unknown' && agent.state !== 'starting';
    const stillWaits = agent?.state === 'waiting' && agent.since <= Number(since);
    if (!isOver && (!goesOn || stillWaits)) return [];
    const because = isOver ? 'its session is over' : 'it does not wait for this any more';
    return act.command(
      'escalation.close',
      { id, reason: because },
      { key: `close:${id}`, subject: record?.bead ?? id, because },
    );
  });
