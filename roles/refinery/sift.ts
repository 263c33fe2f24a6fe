import type { CommandInput } from '../../source/ledger/commands.ts';
import type { Action } from '../role.ts';
import type { Blame } from './blame.ts';
import type { Aside } from './chains.ts';
import type { Judged } from './judged.ts';
import type { Ladder, Trial } from './ladder.ts';
import { act, type Round, type Stack } from './round.ts';
import { freshRuns } from './standing.ts';

export type Change = CommandInput<'merge.sift'>['changes'][number];

export const sift = (changes: readonly Change[], because: string): Action =>
  act.command(
    'merge.sift',
    { changes: [...changes] },
    { key: `sift:${changes[0]!.id}`, subject: changes[0]!.id, because },
  );

/** What of the ladder is another now, as changes of single requests. */
export const changesOf = ({ members }: Round, { before, after }: { before: Ladder; after: Ladder }): Change[] => {
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
export const clear = (alone: readonly (Aside & { state: Judged })[]): Change[] =>
  alone.filter(({ state: { state } }) => state === 'pass').map(({ ids }) => ({ id: ids[0]!, run: null }));

export const countReds = ({ members }: Round, id: string, { counted }: Blame): Change[] => {
  const suspicion = members.find(member => member.id === id)?.suspicion;
  return counted && suspicion ? [{ id, run: suspicion.run, passed: 0, ...counted }] : [];
};

/** Those that no trial looked at while later arrivals land. */
export const overtaken = (
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
export const distinct = (changes: readonly Change[]): Change[] =>
  changes.filter(({ id }, at) => changes.findIndex(change => change.id === id) === at);
