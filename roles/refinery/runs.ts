import type { Rig } from '../../source/ledger/schema.ts';
import { shortSha } from '../facts.ts';
import type { Action, WorldView } from '../role.ts';
import type { Blame } from './blame.ts';
import type { Aside } from './chains.ts';
import type { Judged } from './judged.ts';
import type { Trial } from './ladder.ts';
import { act, type Round, runGates, type Stack, treesUnderTest } from './round.ts';
import { slotsOf } from './slots.ts';
import { lastRed, verdictOn } from './verdicts.ts';

/** Starts what is open, as far as there are slots; a rig with nothing under test has one in any case. */
export const start = (
  round: Round,
  at: {
    stacks: readonly Stack[];
    planned: readonly Trial[];
    sides: readonly (Aside & { state: Judged })[];
    blamed: readonly { ids: readonly string[]; blame: Blame }[];
  },
): Action[] => {
  const { stacks, planned, sides, blamed } = at;
  const underTest = treesUnderTest(round.view, round.rig.id);
  const isToRun = ({ ids, state: { state } }: Aside & { state: Judged }) =>
    state === 'open' || (state === 'fail' && blamed.some(one => one.ids === ids && one.blame.isToRun));
  const aside = planned.flatMap(({ kind, ids }) =>
    sides.filter(one => one.kind === kind && one.ids.join() === ids.join() && isToRun(one)).map(one => one.stack),
  );
  const open = [...stacks, ...aside].filter(({ tree }) => !underTest.includes(tree));
  const left = Math.max(slotsOf(round.view).free, underTest.length === 0 ? 1 : 0);
  return open.slice(0, left).map(one => runGates(round.rig.id, one, one.members[0]!.id, startReason(round, one)));
};

const startReason = (round: Round, one: Stack): string => {
  const { outcome, gate, verdict } = verdictOn(round, one);
  const what =
    one.members.length === 1 ? `${one.members[0]!.id} alone` : `the first ${one.members.length} of the queue together`;
  if (outcome === 'flaky_pass')
    return `${gate!.name} was red and green on the tree of ${what}: run again until it is settled`;
  if (outcome === 'could_not_run') return `${gate!.name} could not run on ${what}: tried again`;
  if (lastRed(verdict?.runs ?? [])) return `${gate!.name} is red for ${what}: run again before it is blamed`;
  return `${what} on ${shortSha(round.seen.tip)}: ${gate?.name ?? 'the gates'} has not run on the merged tree`;
};

/** Runs whose answer nobody needs: a larger stack was green, a member left, the target moved. */
export const stopUnwanted = (view: WorldView, rig: Rig, wanted: readonly string[]): Action[] =>
  treesUnderTest(view, rig.id)
    .filter(tree => !wanted.includes(tree))
    .map(tree =>
      act.effect(
        { type: 'gates.stop', rig: rig.id, tree },
        {
          key: `stop:${rig.id}:${tree}`,
          subject: rig.id,
          because: `nobody needs the answer for the tree ${shortSha(tree)} any more`,
        },
      ),
    );
