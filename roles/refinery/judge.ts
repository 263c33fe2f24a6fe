import { plural } from '../../source/common/text.ts';
import type { CommandInput } from '../../source/ledger/commands.ts';
import type { Rig } from '../../source/ledger/schema.ts';
import { shortSha } from '../facts.ts';
import type { Action, Chain, WorldView } from '../role.ts';
import { type Blame, redAlone, stuck } from './blame.ts';
import { chainOf, cutsOf, type Ladder, planTrials, settleTrials, type Trial, type TriedTrial } from './ladder.ts';
import { unstacked } from './links.ts';
import { act, type Round, runGates, type Stack, treesUnderTest } from './round.ts';
import { slotsOf } from './slots.ts';
import { chainFor, freshRuns, ladderOf, stacksOf } from './standing.ts';
import { isFlaky, lastRed, type StackState, stateOf, verdictOn } from './verdicts.ts';

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

/** A trial beside the chain: one accused alone, or half a run of suspects. */
interface Aside {
  readonly kind: 'alone' | 'half';
  readonly ids: readonly string[];
  readonly stack: Stack;
}

interface Standing {
  /** Of the chain, shortest first. */
  readonly prefixes: readonly Stack[];
  /** Without those that only conflict with requests ahead of them: they are stacked again when the target has moved. */
  readonly standing: Ladder;
  readonly aside: readonly Aside[];
}

// --------------------------------------------------------------------------------------------------------------- stacks

/** The stacks to look at; what cannot be stacked, and lists that were not stacked yet. */
const chainsOf = (
  round: Round,
  ladder: Ladder,
): Standing & { readonly dropped: readonly Action[]; readonly missing: readonly (readonly string[])[] } => {
  const nothing = { prefixes: [], standing: ladder, aside: [] };
  const ids = chainOf(ladder);
  const main = ids.length > 0 ? chainFor(round, ids) : undefined;
  if (ids.length > 0 && !main) return { ...nothing, dropped: [], missing: [ids] };
  const dropped = main ? dropAll(round, ladder, main) : [];
  if (dropped.length > 0) return { ...nothing, dropped, missing: [] };
  const prefixes = main ? stacksOf(round, main) : [];
  const stacked = new Set(prefixes.at(-1)?.members.map(({ id }) => id));
  const standing = { ...ladder, unknown: ladder.unknown.filter(id => stacked.has(id)) };
  const wanted = planTrials(standing, slotsOf(round.view).all).filter(({ kind }) => kind !== 'prefix');
  // An answer about one accused counts also when another trial has taken its slot since.
  const alone = standing.accused.map(({ id }) => ({ kind: 'alone' as const, ids: [id] }));
  const halves = wanted.flatMap(({ kind, ids: half }) => (kind === 'half' ? [{ kind, ids: half }] : []));
  const aside: Aside[] = [];
  const missing: (readonly string[])[] = [];
  for (const trial of [...alone, ...halves]) {
    const chain = chainFor(round, trial.ids);
    if (!chain) {
      if (wanted.some(one => one.ids.join() === trial.ids.join())) missing.push(trial.ids);
      continue;
    }
    const out = dropAll(round, ladder, chain);
    if (out.length > 0) return { ...nothing, dropped: out, missing: [] };
    const whole = stacksOf(round, chain).at(-1);
    if (whole) aside.push({ ...trial, stack: whole });
  }
  return { prefixes, standing, aside, dropped: [], missing };
};

/** What cannot stay where it is: see `unstacked`; and suspects that conflict with others of their run are suspects no more. */
const dropAll = (round: Round, ladder: Ladder, chain: Chain): Action[] => {
  const suspects = new Set(ladder.suspects.flatMap(({ ids }) => ids));
  const freed = chain.links.flatMap(link =>
    (link.outcome === 'duplicate' || (link.outcome === 'conflict' && link.against === 'ahead')) &&
    suspects.has(link.merge)
      ? [link.merge]
      : [],
  );
  return [
    ...unstacked(round, chain),
    ...(freed.length === 0
      ? []
      : [
          sift(
            freed.map(id => ({ id, run: null })),
            'it does not stack on others of its run: tested from the start again',
          ),
        ]),
  ];
};

const stack = ({ rig, seen }: Round, stacks: readonly (readonly string[])[]): Action =>
  act.effect(
    { type: 'chain.build', rig: rig.id, tip: seen.tip, stacks },
    {
      key: `chain:${rig.id}`,
      subject: stacks[0]![0]!,
      because: `${plural(new Set(stacks.flat()).size, 'request')} to stack on ${shortSha(seen.tip)}`,
    },
  );

// ------------------------------------------------------------------------------------------------------------- judgement

const weigh = (round: Round, { prefixes, standing, aside }: Standing): Action[] => {
  const states = prefixes.map(one => judged(round, one));
  const sides = aside.map(one => ({ ...one, state: judged(round, one.stack) }));
  const settled = [...states, ...sides.map(({ state }) => state)].flatMap(({ actions }) => actions);
  if (settled.length > 0) return settled;

  const green = states.findLastIndex(({ state }) => state === 'pass');
  const red = states.findIndex(({ state }, at) => at > green && state === 'fail');
  const underTest = new Set(treesUnderTest(round.view, round.rig.id));
  const running = prefixes.flatMap(({ tree }, at) =>
    underTest.has(tree) && states[at]!.state !== 'pass' && states[at]!.state !== 'fail' ? [at] : [],
  );
  const planned = planTrials(standing, slotsOf(round.view).all);
  const cuts = cutsToRun({ standing, planned, states, running, red, slots: slotsOf(round.view).all });

  const isDecided =
    red >= 0 &&
    !running.some(at => at < red) &&
    !cuts.some(at => at < red) &&
    (!running.some(at => at > red) || !isFlaky(round.view.ledger, round.rig.id));
  const tried: TriedTrial[] = [
    ...(green >= 0 && isDecided ? [trialOf(prefixes[green]!, true)] : []),
    ...(isDecided ? [trialOf(prefixes[red]!, false)] : []),
    ...sides.flatMap(({ kind, ids, state: { state } }): TriedTrial[] =>
      kind === 'half' && (state === 'pass' || state === 'fail') ? [{ kind, ids, isGreen: state === 'pass' }] : [],
    ),
  ];
  const alone = sides.filter(({ kind }) => kind === 'alone');
  const landing = landingOf(round, {
    prefix: prefixes[green],
    aside: sides.filter(({ state: { state } }) => state === 'pass').map(one => one.stack),
  });
  const next = tried.length > 0 ? settleTrials(standing, tried, Number.POSITIVE_INFINITY).ladder : standing;
  const why = isDecided
    ? redReason(round, prefixes[red]!)
    : tried.length > 0
      ? 'half of its run was tested by itself'
      : 'it was tested by itself';
  const blamed = alone.flatMap(one =>
    one.state.state === 'fail' ? [{ ids: one.ids, blame: redAlone(round, one.stack) }] : [],
  );
  const sifted = [
    ...changesOf(round, { before: standing, after: next }),
    ...(landing && !alone.some(({ stack: one }) => one === landing.stack) ? clear(alone) : []),
    ...blamed.flatMap(({ ids, blame }) => countReds(round, ids[0]!, blame)),
    ...overtaken(round, { standing, planned, moved: landing?.stack.members ?? [] }),
  ];
  const acts = [
    ...(sifted.length > 0 ? [sift(distinct(sifted), why)] : []),
    ...(landing ? [landing.action] : []),
    ...blamed.flatMap(({ blame }) => blame.actions),
  ];
  const isFree = landing === undefined && !isDecided;
  return [
    ...acts,
    ...(isFree ? start(round, { stacks: cuts.map(cut => prefixes[cut]!), planned, sides, blamed }) : []),
  ];
};

interface Judged {
  readonly state: StackState;
  /** What has to be done first where gates could not be run on it. */
  readonly actions: readonly Action[];
}

const judged = (round: Round, one: Stack): Judged => {
  const state = stateOf(round, one);
  if (state !== 'stuck') return { state, actions: [] };
  const answer = stuck(round, one);
  return answer === 'red' ? { state: 'fail', actions: [] } : { state: 'stuck', actions: answer };
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

// ---------------------------------------------------------------------------------------------------------- what is kept

type Change = CommandInput<'merge.sift'>['changes'][number];

const sift = (changes: readonly Change[], because: string): Action =>
  act.command(
    'merge.sift',
    { changes: [...changes] },
    { key: `sift:${changes[0]!.id}`, subject: changes[0]!.id, because },
  );

/** What of the ladder is another now, as changes of single requests. */
const changesOf = ({ members }: Round, { before, after }: { before: Ladder; after: Ladder }): Change[] => {
  if (before === after) return [];
  const name = freshRuns(members);
  const suspicionOf = (id: string) => members.find(member => member.id === id)?.suspicion;
  const runs = [...after.suspects.map(({ ids }) => ids), ...after.accused.map(({ id }) => [id])];
  return [
    ...after.unknown.filter(suspicionOf).map(id => ({ id, run: null })),
    ...runs.flatMap(ids => {
      const run = suspicionOf(ids[0]!)?.run;
      const isKnown =
        run !== undefined &&
        ids.every(id => suspicionOf(id)?.run === run) &&
        members.filter(({ suspicion }) => suspicion?.run === run).length === ids.length;
      if (isKnown) return [];
      const fresh = name();
      return ids.map(id => ({ id, run: fresh }));
    }),
  ];
};

/** Green alone, while something else lands: nothing speaks against them any more. */
const clear = (alone: readonly (Aside & { state: Judged })[]): Change[] =>
  alone.filter(({ state: { state } }) => state === 'pass').map(({ ids }) => ({ id: ids[0]!, run: null }));

const countReds = ({ members }: Round, id: string, { counted }: Blame): Change[] => {
  const suspicion = members.find(member => member.id === id)?.suspicion;
  return counted && suspicion ? [{ id, run: suspicion.run, passed: 0, ...counted }] : [];
};

/** Those that no trial looked at while later arrivals land. */
const overtaken = (
  { members }: Round,
  at: { standing: Ladder; planned: readonly Trial[]; moved: Stack['members'] },
): Change[] => {
  const { standing, planned, moved } = at;
  const looked = new Set(planned.flatMap(({ ids }) => ids));
  const waiting = [...standing.accused.map(({ id }) => id), ...standing.suspects.flatMap(({ ids }) => ids)];
  return members.flatMap(({ id, suspicion }) => {
    if (!suspicion || !waiting.includes(id) || moved.some(one => one.id === id)) return [];
    if (looked.has(id) || !moved.some(({ createdAt }) => createdAt > suspicion.since)) return [];
    const { run, reds, redAt, passed } = suspicion;
    return [{ id, run, reds, ...(redAt && { redAt }), passed: passed + 1 }];
  });
};

/** The first change of each request: what the gates said goes before the count of rounds. */
const distinct = (changes: readonly Change[]): Change[] =>
  changes.filter(({ id }, at) => changes.findIndex(change => change.id === id) === at);

// ----------------------------------------------------------------------------------------------------------------- runs

/** Starts what is open, as far as there are slots; a rig with nothing under test has one in any case. */
const start = (
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
