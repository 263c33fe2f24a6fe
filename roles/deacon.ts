import { duration } from '../source/common/text.ts';
import type { Escalation } from '../source/ledger/schema.ts';
import { actionsOf } from './action.ts';
import { pressure } from './deacon/pressure.ts';
import { settled, told } from './deacon/told.ts';
import { hasPassed, ms } from './facts.ts';
import type { Action, Decide, WorldView } from './role.ts';

const act = actionsOf('deacon');

/** Watches the machine, the role loops and the escalation clock. In an idle, healthy town it has nothing to do. */
export const deacon: Decide = view => [
  ...pressure(view),
  ...told(view),
  ...settled(view),
  ...climbs(view),
  ...reminders(view),
];

/** An escalation that nobody acknowledged goes one level up, `maxClimbs` times at most, never past critical. */
const climbs = (view: WorldView): Action[] => {
  const { climbAfterMs, maxClimbs } = view.settings.deacon;
  return [...view.ledger.escalations.values()]
    .filter(
      escalation => isUnanswered(escalation) && escalation.severity !== 'critical' && escalation.climbs < maxClimbs,
    )
    .filter(escalation => hasPassed(view, lastMoved(escalation), climbAfterMs))
    .map(escalation =>
      act.command(
        'escalation.climb',
        { id: escalation.id },
        {
          key: `climb:${escalation.id}`,
          subject: escalation.id,
          because: `nobody has acknowledged it for ${duration(view.now - ms(escalation.remindedAt ?? escalation.at))}`,
        },
      ),
    );
};

/** When it was last put before people, by itself or by a level more. */
const lastMoved = ({ at, climbedAt = at, remindedAt = at }: Escalation): number =>
  Math.max(ms(at), ms(climbedAt), ms(remindedAt));

/** Somebody said that they look after it, long ago, and it is still open. */
const reminders = (view: WorldView): Action[] =>
  [...view.ledger.escalations.values()]
    .filter(({ acknowledgedAt, closedAt }) => acknowledgedAt !== undefined && closedAt === undefined)
    .filter(({ acknowledgedAt }) => hasPassed(view, acknowledgedAt!, view.settings.deacon.remindAfterMs))
    .map(({ id, acknowledgedAt }) =>
      act.command(
        'escalation.remind',
        { id },
        {
          key: `remind:${id}`,
          subject: id,
          because: `it was acknowledged ${duration(view.now - ms(acknowledgedAt!))} ago and is not closed`,
        },
      ),
    );

const isUnanswered = (escalation: Escalation): boolean => !escalation.acknowledgedAt && !escalation.closedAt;
