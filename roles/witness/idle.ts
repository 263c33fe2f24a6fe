import { plural } from '../../source/common/text.ts';
import { actionsOf } from '../action.ts';
import { hasPassed } from '../facts.ts';
import { asksPerson } from '../fate.ts';
import type { Action, WorldView } from '../role.ts';
import { end } from './gone.ts';
import { ladder, type Watched } from './stuck.ts';
import { reminderFor } from './words.ts';

const act = actionsOf('witness');

/**
 * An agent at its prompt that has not said what came of its work, or has not taken it up: it is told, some times, then a fresh session takes
 * over. One that asked a person, or was just interrupted by the ladder, is not idle but waits.
 */
export const idle = (view: WorldView, watched: Watched): Action[] => {
  const { session, seen } = watched;
  const { idleAfterMs, startupSilenceMs, maxReminders } = view.settings.witness;
  if (session.reported || asksPerson(view, session) || (session.ladder?.step ?? 0) > 0) return ladder(view, watched);
  const { turns, since } = seen.agent!;
  // Before its first turn it may be starting yet. None is also what is known of an agent's turns after a restart of the town.
  const waitMs = turns === 0 ? startupSilenceMs : idleAfterMs;
  // What it is told takes a while to be typed, read and shown: each time it has as long as the first.
  if (!hasPassed(view, since, waitMs) || !hasPassed(view, session.remindedAt ?? 0, waitMs)) return [];
  const rests = { process: 'alive', turns } as const;
  const count = (session.reminded ?? 0) + 1;
  if (count > maxReminders) {
    const summary =
      turns === 0
        ? `sat at its prompt and did not begin, though it was told ${plural(maxReminders, 'time')}`
        : `ended its turn ${plural(count, 'time')} without reporting`;
    return [end(view, session, { outcome: 'failed', kind: 'failed', summary, rests })];
  }
  const because =
    turns === 0 ? 'it sits at its prompt and has not begun a turn' : 'it ended its turn without reporting';
  return [
    act.command(
      'session.reminded',
      { id: session.id, count },
      { key: `reminded:${session.id}`, subject: session.bead, because },
    ),
    act.effect(
      { type: 'session.nudge', session: session.id, text: reminderFor(view.ledger, session.bead), rests },
      { key: `remind:${session.id}`, subject: session.bead, because },
    ),
  ];
};
