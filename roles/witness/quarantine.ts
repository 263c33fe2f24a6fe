import { duration, plural } from '../../source/common/text.ts';
import type { Polecat } from '../../source/ledger/schema.ts';
import { actionsOf } from '../action.ts';
import { respawnCap } from '../caps.ts';
import { hasPassed, liveSession } from '../facts.ts';
import type { Action, WorldView } from '../role.ts';
import { tell } from './tell.ts';

const act = actionsOf('witness');

/**
 * A polecat whose sessions end again and again rests (restart intensity, as OTP's supervisors have it): its bead goes back
 * for another one. Judged only between sessions. It may work again once the window has passed.
 */
export const quarantine = (view: WorldView, polecat: Polecat): Action[] => {
  const { maxRestarts, restartWindowMs } = view.settings.witness;
  const about = { key: `state:${polecat.id}`, subject: polecat.id };
  if (polecat.state === 'quarantined') {
    if (polecat.hook || !hasPassed(view, polecat.since, restartWindowMs)) return [];
    return [
      act.command(
        'polecat.state',
        { id: polecat.id, state: 'idle' },
        { ...about, because: `rested for ${duration(restartWindowMs)}` },
      ),
    ];
  }
  const recent = polecat.restarts.filter(at => !hasPassed(view, at, restartWindowMs));
  if (recent.length < maxRestarts || liveSession(view.ledger, polecat)) return [];
  const bead = polecat.hook === undefined ? undefined : view.ledger.beads.get(polecat.hook);
  if (bead && respawnCap(view, bead)) return [];
  const because = `${plural(recent.length, 'session')} of it ended badly within ${duration(restartWindowMs)}`;
  const key = `quarantine:${polecat.id}:${recent.at(-1)}`;
  return [
    ...(bead
      ? [
          act.command(
            'hook.release',
            { polecat: polecat.id, requeue: true, prefer: false },
            {
              key: `release:${polecat.id}`,
              subject: bead.id,
              because: `${polecat.id} is quarantined: another polecat takes it`,
            },
          ),
        ]
      : []),
    act.command('polecat.state', { id: polecat.id, state: 'quarantined' }, { ...about, because }),
    ...tell(view, {
      key,
      subject: polecat.id,
      title: `${polecat.id} is quarantined`,
      body: `${because}. It rests for ${duration(restartWindowMs)}; its bead goes to another polecat.`,
    }),
  ];
};
