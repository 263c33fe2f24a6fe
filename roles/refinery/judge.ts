import { plural } from '../../source/common/text.ts';
import { shortSha } from '../facts.ts';
import type { Action } from '../role.ts';
import { type Blame, redAlone } from './blame.ts';
import { type Aside, chainsOf, type Standing, stack } from './chains.ts';
import { type Judged, judged } from './judged.ts';
import { cutsOf, type Ladder, planTrials, settleTrials, type Trial, type TriedTrial } from './ladder.ts';
import { act, type Round, type Stack, treesUnderTest } from './round.ts';
import { start, stopUnwanted } from './runs.ts';
import { type Change, changesOf, clear, countReds, distinct, overtaken, sift } from './sift.ts';
import { slotsOf } from './slots.ts';
import { ladderOf } from './standing.ts';
import { isFlaky, verdictOn } from './verdicts.ts';

/**
 * What follows from what the gates said of the stacks of one rig, and which to test next. Only a green tree lands (or, where
 * the rig has no gates, what a person approved). A request bounces only after it failed alone, `confirm` times, on a target
 * that passes the same gate. All is derived anew each tick; which requests are suspected is in the ledger.
 */
export const judge = (round: Round): readonly Action[] => {
  const ladder = ladderOf(round);
  const built = chainsOf(round, ladder);
  if (built.dropped.length > 0) return built.dropped;
  const { prefixes, standing, aside, missing } = built;
  const build = missing.length > 0 ? [stack(round, missing)] : [];
  // Until the chain is there, nobody knows which of the runs under way still say something.
  if (prefixes.length === 0 && aside.length === 0) return build;
  const wanted = [...prefixes, ...aside.map(one => one.stack)].map(({ tree }) => tree);
  const acts = weigh(round, { prefixes, standing, aside });
  return [...build, ...acts, ...stopUnwanted(round.view, round.rig, [round.seen.tipTree, ...wanted])];
};

/** What the gates said so far, and what is under test. */
interface Reading {
  /** Of the prefixes. */
  readonly states: readonly Judged[];
  readonly sides: readonly (Aside & { readonly state: Judged })[];
  /** Places in the chain: of the longest green prefix, and of the first red one behind it. -1: none. */
  readonly green: number;
  readonly red: number;
  readonly planned: readonly Trial[];
  /** Prefixes to start. */
  readonly cuts: readonly number[];
  /** No answer is on its way that could still make more of the chain green. */
  readonly isDecided: boolean;
}

const read = (round: Round, { prefixes, standing, aside }: Standing): Reading => {
  const states = prefixes.map(one => judged(round, one));
  const sides = aside.map(one => ({ ...one, state: judged(round, one.stack) }));
  const green = states.findLastIndex(({ state }) => state === 'pass');
  const red = states.findIndex(({ state }, at) => at > green && state === 'fail');
  const underTest = new Set(treesUnderTest(round.view, round.rig.id));
  const running = prefixes.flatMap(({ tree }, at) =>
    underTest.has(tree) && states[at]!.state !== 'pass' && states[at]!.state !== 'fail' ? [at] : [],
  );
  const slots = slotsOf(round.view).all;
  const planned = planTrials(standing, slots);
  const cuts = cutsToRun({ standing, planned, states, running, red, slots });
  const isDecided =
    red >= 0 &&
    !running.some(at => at < red) &&
    !cuts.some(at => at < red) &&
    (!running.some(at => at > red) || !isFlaky(round.view.ledger, round.rig.id));
  return { states, sides, green, red, planned, cuts, isDecided };
};

const weigh = (round: Round, at: Standing): Action[] => {
  const { prefixes } = at;
  const reading = read(round, at);
  const { states, sides, green, red, planned, cuts, isDecided } = reading;
  const settled = [...states, ...sides.map(({ state }) => state)].flatMap(({ actions }) => actions);
  if (settled.length > 0) return settled;

  const landing = landingOf(round, {
    prefix: prefixes[green],
    aside: sides.filter(({ state: { state } }) => state === 'pass').map(one => one.stack),
  });
  const blamed = sides.flatMap(one =>
    one.kind === 'alone' && one.state.state === 'fail' ? [{ ids: one.ids, blame: redAlone(round, one.stack) }] : [],
  );
  const tried = triedOf(at, reading);
  const changes = whatChanged(round, { standing: at.standing, reading, tried, blamed, landing: landing?.stack });
  const why = isDecided
    ? redReason(round, prefixes[red]!)
    : tried.length > 0
      ? 'half of its run was tested by itself'
      : 'it was tested by itself';
  const isFree = landing === undefined && !isDecided;
  return [
    ...(changes.length > 0 ? [sift(changes, why)] : []),
    ...(landing ? [landing.action] : []),
    ...blamed.flatMap(({ blame }) => blame.actions),
    ...(isFree ? start(round, { stacks: cuts.map(cut => prefixes[cut]!), planned, sides, blamed }) : []),
  ];
};

/** What is known for good now, as the ladder wants to hear it. */
const triedOf = ({ prefixes }: Standing, { sides, green, red, isDecided }: Reading): TriedTrial[] => [
  ...(green >= 0 && isDecided ? [trialOf(prefixes[green]!, true)] : []),
  ...(isDecided ? [trialOf(prefixes[red]!, false)] : []),
  ...sides.flatMap(({ kind, ids, state: { state } }): TriedTrial[] =>
    kind === 'half' && (state === 'pass' || state === 'fail') ? [{ kind, ids, isGreen: state === 'pass' }] : [],
  ),
];

interface Outcome {
  readonly standing: Ladder;
  readonly reading: Reading;
  readonly tried: readonly TriedTrial[];
  readonly blamed: readonly { readonly ids: readonly string[]; readonly blame: Blame }[];
  readonly landing: Stack | undefined;
}

/** What of the suspicions has to be kept: each request once, what the gates said before the count of rounds. */
const whatChanged = (round: Round, { standing, reading, tried, blamed, landing }: Outcome): Change[] => {
  const { sides, planned } = reading;
  const alone = sides.filter(({ kind }) => kind === 'alone');
  const after = tried.length > 0 ? settleTrials(standing, tried, Number.POSITIVE_INFINITY).ladder : standing;
  return distinct([
    ...changesOf(round, { before: standing, after }),
    ...(landing && !alone.some(({ stack }) => stack === landing) ? clear(alone) : []),
    ...blamed.flatMap(({ ids, blame }) => countReds(round, ids[0]!, blame)),
    ...overtaken(round, { standing, planned, moved: landing?.members ?? [] }),
  ]);
};

const trialOf = ({ members }: Stack, isGreen: boolean): TriedTrial => ({
  kind: 'prefix',
  ids: members.map(({ id }) => id),
  isGreen,
});

const redReason = (round: Round, one: Stack): string => {
  const gate = verdictOn(round, one).gate?.name ?? 'a gate';
  return one.members.length === 1
    ? `${gate} is red for ${one.members[0]!.id} on ${shortSha(round.seen.tip)}`
    : `${gate} is red for ${plural(one.members.length, 'request')} together: at least one of those behind the last green is bad`;
};

/**
 * Which prefixes to start, by their place in the chain. A set of cuts is run as one; while it runs only what joined behind
 * the longest of them is cut anew.
 */
const cutsToRun = (at: {
  standing: Ladder;
  planned: readonly Trial[];
  states: readonly Judged[];
  running: readonly number[];
  red: number;
  slots: number;
}): number[] => {
  const { standing, planned, states, running, red, slots } = at;
  const isOpen = (cut: number) => states[cut]?.state === 'open' && !running.includes(cut);
  const isBeforeRed = (cut: number) => red < 0 || cut < red;
  if (running.length === 0)
    return planned
      .flatMap(({ kind, ids }) => (kind === 'prefix' ? [ids.length - 1] : []))
      .filter(cut => isBeforeRed(cut) && isOpen(cut));
  if (red >= 0 || standing.suspects.length > 0) return [];
  const tested = Math.max(...running) + 1;
  const rest = { ...standing, unknown: standing.unknown.slice(tested) };
  return cutsOf(rest, slots - running.length)
    .map(cut => tested + cut - 1)
    .filter(isOpen);
};

/** The largest green stack, if something may land at present. */
const landingOf = (
  { rig, seen }: Round,
  { prefix, aside }: { prefix: Stack | undefined; aside: readonly Stack[] },
): { stack: Stack; action: Action } | undefined => {
  const one = [prefix, ...aside].reduce((best, next) =>
    next && next.members.length > (best?.members.length ?? 0) ? next : best,
  );
  if (!one || seen.blocked !== undefined) return undefined;
  const because =
    rig.gates.length === 0
      ? 'approved by a person; the rig has no gates'
      : `${plural(rig.gates.length, 'gate')} passed on the merged tree ${shortSha(one.tree)} of ${plural(one.members.length, 'request')}`;
  return {
    stack: one,
    action: act.command(
      'merge.landing',
      { ids: one.members.map(({ id }) => id), old: seen.tip, new: one.commit, tree: one.tree },
      { key: `landing:${rig.id}`, subject: one.members[0]!.id, because },
    ),
  };
};
