import { requestsOf } from '../../source/ledger/requests.ts';
import type { Rig } from '../../source/ledger/schema.ts';
import type { WorldView } from '../role.ts';
import { isCleared } from './approval.ts';
import { chainOf, planTrials, type Trial } from './ladder.ts';
import { queueOrder } from './order.ts';
import { type Round, type Stack, treesUnderTest } from './round.ts';
import { slotsOf } from './slots.ts';
import { chainFor, ladderOf, stacksOf } from './standing.ts';
import { stateOf } from './verdicts.ts';

/** The ladder of a rig as it stands, for people: what is tested at once, and what was found of it. */
export interface Standings {
  readonly trials: readonly StandingTrial[];
  readonly suspects: readonly (readonly string[])[];
  readonly accused: readonly string[];
}

export interface StandingTrial extends Trial {
  readonly tree: string;
  readonly state: 'passed' | 'failed' | 'running' | 'waits' | 'stuck';
}

/** Undefined where nothing of the rig is under test, or its target was not read yet. The same view gives the same answer. */
export const standingsOf = (view: WorldView, rig: Rig): Standings | undefined => {
  const seen = view.observed.rigs.get(rig.id);
  const testing = requestsOf(view.ledger)
    .open(rig.id)
    .filter(merge => merge.state === 'testing' && isCleared(view, merge, rig));
  if (!seen || testing.length === 0) return undefined;
  const members = queueOrder(testing, { now: view.now, priorityAgeMs: view.settings.refinery.priorityAgeMs });
  const round: Round = { view, rig, seen, members };
  const ladder = ladderOf(round);
  return {
    trials: [...prefixes(round), ...aside(round)],
    suspects: ladder.suspects.map(({ ids }) => ids),
    accused: ladder.accused.map(({ id }) => id),
  };
};

/** Stacks of the chain that run, that were decided, or that come next; what lies between them nobody tests. */
const prefixes = (round: Round): StandingTrial[] => {
  const ladder = ladderOf(round);
  const chain = chainFor(round, chainOf(ladder));
  if (!chain) return [];
  const stacks = stacksOf(round, chain);
  const cuts = new Set(
    planTrials(ladder, slotsOf(round.view).all).flatMap(({ kind, ids }) => (kind === 'prefix' ? [ids.length] : [])),
  );
  return stacks
    .map(stack => trialOf(round, { kind: 'prefix', stack }))
    .filter(({ state, ids }) => state !== 'waits' || cuts.has(ids.length));
};

/** Those tried by themselves, also where another trial has taken the slot since, and halves of what is suspected. */
const aside = (round: Round): StandingTrial[] => {
  const ladder = ladderOf(round);
  const planned = planTrials(ladder, slotsOf(round.view).all).filter(({ kind }) => kind !== 'prefix');
  const isPlanned = ({ ids }: Trial): boolean => planned.some(one => one.ids.join() === ids.join());
  const alone = ladder.accused.map(({ id }): Trial => ({ kind: 'alone', ids: [id] }));
  return [...alone, ...planned.filter(({ kind }) => kind === 'half')].flatMap(trial => {
    const chain = chainFor(round, trial.ids);
    const stack = chain && stacksOf(round, chain).at(-1);
    const found = stack && trialOf(round, { kind: trial.kind, stack });
    return found && (found.state !== 'waits' || isPlanned(trial)) ? [found] : [];
  });
};

const trialOf = (round: Round, { kind, stack }: { kind: Trial['kind']; stack: Stack }): StandingTrial => ({
  kind,
  ids: stack.members.map(({ id }) => id),
  tree: stack.tree,
  state: treesUnderTest(round.view, round.rig.id).includes(stack.tree) ? 'running' : WORDS[stateOf(round, stack)],
});

const WORDS = { pass: 'passed', fail: 'failed', open: 'waits', resting: 'waits', stuck: 'stuck' } as const;
