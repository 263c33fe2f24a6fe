import type { Escalation } from '../../source/ledger/schema.ts';
import { actionsOf } from '../action.ts';
import { wasEscalated } from '../facts.ts';
import type { Action, WorldView } from '../role.ts';

const act = actionsOf('witness');

/** Tells a person, once for each key. */
export const tell = (
  view: WorldView,
  what: { key: string; subject: string; title: string; body: string; severity?: Escalation['severity'] },
): Action[] => {
  if (wasEscalated(view.ledger, what.key)) return [];
  return [
    act.command(
      'escalation.open',
      { severity: 'high', ...what },
      { key: `escalate:${what.key}`, subject: what.subject, because: what.title },
    ),
  ];
};
