import type { Merge, Rig } from '../../source/ledger/schema.ts';
import { actionsOf } from '../action.ts';
import { wasEscalated } from '../facts.ts';
import type { Action, RigObservation, WorldView } from '../role.ts';

export const act = actionsOf('refinery');

/** One batch of one rig under test, and all that its rules look at. */
export interface Round {
  readonly view: WorldView;
  readonly rig: Rig;
  readonly seen: RigObservation;
  readonly group: string;
  /** In queue order. Never empty. */
  readonly members: readonly Merge[];
}

export const gatesKey = (rig: string): string => `gates:${rig}`;

export const runGates = (rig: string, on: { commit: string; tree: string }, subject: string, because: string): Action =>
  act.effect({ type: 'gates.run', rig, commit: on.commit, tree: on.tree }, { key: gatesKey(rig), subject, because });

export const escalateOnce = (
  view: WorldView,
  what: { key: string; subject: string; title: string; body: string; severity: 'medium' | 'high' },
): Action[] => {
  if (wasEscalated(view.ledger, what.key)) return [];
  return [
    act.command('escalation.open', what, { key: `escalate:${what.key}`, subject: what.subject, because: what.title }),
  ];
};
