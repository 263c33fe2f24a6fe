import type { Merge, Rig } from '../../source/ledger/schema.ts';
import { actionsOf } from '../action.ts';
import { wasEscalated } from '../facts.ts';
import type { Action, RigObservation, WorldView } from '../role.ts';

export const act = actionsOf('refinery');

/** One rig's requests under test, and all that the rules for them look at. */
export interface Round {
  readonly view: WorldView;
  readonly rig: Rig;
  readonly seen: RigObservation;
  /** In queue order. Never empty. */
  readonly members: readonly Merge[];
}

/** A commit of the landing repository that gates can run on, and what it stands for. */
export interface Stack {
  readonly commit: string;
  readonly tree: string;
  /** The requests on top of the target, in order. */
  readonly members: readonly Merge[];
}

export const gatesKey = (rig: string, tree: string): string => `gates:${rig}:${tree}`;

/** Trees of the rig on which gates run at present. */
export const treesUnderTest = ({ running }: Pick<WorldView, 'running'>, rig: string): string[] => {
  const prefix = gatesKey(rig, '');
  return [...running].filter(key => key.startsWith(prefix)).map(key => key.slice(prefix.length));
};

export const runGates = (rig: string, on: { commit: string; tree: string }, subject: string, because: string): Action =>
  act.effect(
    { type: 'gates.run', rig, commit: on.commit, tree: on.tree },
    { key: gatesKey(rig, on.tree), subject, because },
  );

export const escalateOnce = (
  view: WorldView,
  what: { key: string; subject: string; title: string; body: string; severity: 'medium' | 'high' },
): Action[] => {
  if (wasEscalated(view.ledger, what.key)) return [];
  return [
    act.command('escalation.open', what, { key: `escalate:${what.key}`, subject: what.subject, because: what.title }),
  ];
};
