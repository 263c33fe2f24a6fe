import { plural } from '../../source/common/text.ts';
import { shortSha } from '../facts.ts';
import type { Action, Chain, ChainLink } from '../role.ts';
import { chainOf, type Ladder, planTrials } from './ladder.ts';
import { unstacked } from './links.ts';
import { act, type Round, type Stack } from './round.ts';
import { sift } from './sift.ts';
import { slotsOf } from './slots.ts';
import { chainFor, stacksOf } from './standing.ts';

/** A trial beside the chain: one accused alone, or half a run of suspects. */
export interface Aside {
  readonly kind: 'alone' | 'half';
  readonly ids: readonly string[];
  readonly stack: Stack;
}

export interface Standing {
  /** Of the chain, shortest first. */
  readonly prefixes: readonly Stack[];
  /** Without those that only conflict with requests ahead of them: they are stacked again when the target has moved. */
  readonly standing: Ladder;
  readonly aside: readonly Aside[];
}

/** The stacks to look at; what cannot be stacked, and lists that were not stacked yet. */
export const chainsOf = (
  round: Round,
  ladder: Ladder,
): Standing & { readonly dropped: readonly Action[]; readonly missing: readonly (readonly string[])[] } => {
  const nothing = { prefixes: [], standing: ladder, aside: [] };
  if (!ladder.isApart && isOldestRunInTheWay(round, ladder)) return chainsOf(round, { ...ladder, isApart: true });
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

/**
 * A suspect conflicts with what is unknown, or adds nothing to it. It stays suspect: put back, it would be red in the
 * chain where it came from, and suspect again, for ever.
 */
const isOldestRunInTheWay = (round: Round, ladder: Ladder): boolean => {
  const run = ladder.suspects[0]?.ids ?? [];
  const chain = ladder.unknown.length > 0 && run.length > 0 ? chainFor(round, chainOf(ladder)) : undefined;
  return chain?.links.some(link => run.includes(link.merge) && isInTheWay(link)) ?? false;
};

const isInTheWay = (link: ChainLink): boolean =>
  link.outcome === 'duplicate' || (link.outcome === 'conflict' && link.against === 'ahead');

/** What cannot stay where it is: see `unstacked`; and suspects that conflict with others of their run are suspects no more. */
const dropAll = (round: Round, ladder: Ladder, chain: Chain): Action[] => {
  const suspects = new Set(ladder.suspects.flatMap(({ ids }) => ids));
  const freed = chain.links.flatMap(link => (isInTheWay(link) && suspects.has(link.merge) ? [link.merge] : []));
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

export const stack = ({ rig, seen }: Round, stacks: readonly (readonly string[])[]): Action =>
  act.effect(
    { type: 'chain.build', rig: rig.id, tip: seen.tip, stacks },
    {
      key: `chain:${rig.id}`,
      subject: stacks[0]![0]!,
      because: `${plural(new Set(stacks.flat()).size, 'request')} to stack on ${shortSha(seen.tip)}`,
    },
  );
