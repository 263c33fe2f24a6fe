import { plural } from '../../source/common/text.ts';
import { requestsOf } from '../../source/ledger/requests.ts';
import type { Merge, Rig, Session } from '../../source/ledger/schema.ts';
import { activeRigs, byId, hasPassed, isStopped, shortSha } from '../facts.ts';
import type { Action, Decide, WorldView } from '../role.ts';
import { queueOrder } from './order.ts';
import { act } from './round.ts';

/** Between two looks: hand-ins and landings come in bursts, and a forecast a few seconds old is still one. */
const LOOK_EVERY_MS = 5_000;

/**
 * Asks for a forecast of which branches in flight will conflict, whenever one of them or the target has moved since the
 * last. Where nothing is in flight, or nothing moved, nothing is asked for.
 */
export const radar: Decide = view => (isStopped(view) ? [] : activeRigs(view.ledger).flatMap(rig => look(view, rig)));

const look = (view: WorldView, rig: Rig): Action[] => {
  const seen = view.observed.rigs.get(rig.id);
  if (!seen) return [];
  const merges = requestsOf(view.ledger).open(rig.id);
  const sessions = [...view.ledger.sessions.values()].filter(
    session => session.rig === rig.id && session.status !== 'ended',
  );
  if (merges.length + sessions.length === 0) return [];
  const key = keyOf(view, { tip: seen.tip, merges, sessions });
  const last = view.observed.radar?.get(rig.id);
  if (last && (last.key === key || !hasPassed(view, last.at, LOOK_EVERY_MS))) return [];
  const { priorityAgeMs } = view.settings.refinery;
  return [
    act.effect(
      {
        type: 'radar.run',
        rig: rig.id,
        tip: seen.tip,
        key,
        // Those ahead first: what cannot all be looked at is what lands last.
        merges: queueOrder(merges, { now: view.now, priorityAgeMs }).map(merge => merge.id),
        sessions: sessions.sort(byId).map(session => session.id),
      },
      {
        key: `radar:${rig.id}`,
        subject: rig.id,
        because: `${plural(merges.length, 'request')} and ${plural(sessions.length, 'session')} in flight over ${shortSha(seen.tip)}, and something moved`,
      },
    ),
  ];
};

/** Work in progress is known as of the last checkpoint. */
const keyOf = (
  view: WorldView,
  { tip, merges, sessions }: { tip: string; merges: readonly Merge[]; sessions: readonly Session[] },
): string => {
  const checkpoint = sessions.length === 0 ? '' : String(view.observed.dogs.get('checkpoint')?.lastRunAt ?? '');
  return [tip, ...merges.map(({ head }) => head).sort(), ...sessions.map(({ id }) => id).sort(), checkpoint].join(' ');
};
