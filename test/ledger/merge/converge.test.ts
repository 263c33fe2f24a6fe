import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LedgerSides, type MergedLedgers, mergeLedgers } from '../../../source/ledger/merge/ledgers.ts';
import type { Bead, LedgerData } from '../../../source/ledger/schema.ts';
import { LONG } from '../../support/long.ts';
import { nothingTold, play, type Step, steps, type Told } from './histories.ts';
import { applied, contentOf, Hub, Replica } from './replicas.ts';

/** Random histories through the real reducers, on machines that sync through one hub now and then, in any order. */
const RUNS = LONG ? 400 : 40;

/** The same from either side, and nothing more to do when it is done again with one of the two. */
const lawful = (sides: LedgerSides, merged: MergedLedgers): void => {
  const theirs = sides.theirs as LedgerData;
  const result = applied(sides.ours, merged);
  const swapped = applied(theirs, mergeLedgers({ base: sides.base, ours: theirs, theirs: sides.ours }));
  expect(contentOf(swapped)).toEqual(contentOf(result));
  expect(mergeLedgers({ ...sides, ours: result }).writes).toEqual([]);
  expect(mergeLedgers({ ...sides, ours: result, theirs: sides.ours }).writes).toEqual([]);
};

const run = (count: number, all: readonly Step[]): { replicas: Replica[]; hub: Hub; told: Told } => {
  const replicas = Array.from({ length: count }, (_, index) => new Replica(`r${index}x`));
  const hub = new Hub(lawful);
  const told = nothingTold();
  play(replicas, hub, all, told);
  for (const replica of [...replicas, ...replicas]) hub.sync(replica);
  return { replicas, hub, told };
};

describe.each([2, 3])('%i replicas with any history', count => {
  const holds = (check: (end: ReturnType<typeof run>) => void) =>
    fc.assert(
      fc.property(steps(count, 90), all => check(run(count, all))),
      { numRuns: RUNS },
    );

  test('converge to the same records, keep every set member, and then have nothing more to tell each other', () => {
    holds(({ replicas, hub, told }) => {
      const end = contentOf(hub.data);
      for (const replica of replicas) {
        expect(contentOf(replica.data)).toEqual(end);
        expect(hub.sync(replica)).toBe(0);
      }
      expectKept(hub.data, told);
      expectSound(hub.data);
    });
  }, 120_000);
});

/** Set members, comments, notes and unknown fields are all there; what was deleted or forgotten stays so. */
const expectKept = (data: LedgerData, told: Told): void => {
  /** The bead told of; two machines may have given its id to two, of which one has another now. */
  const some = (key: string, has: (bead: Bead, rest: string) => boolean) => {
    const [id, ...rest] = key.split(' ');
    const named = [...data.beads.values()].filter(one => one.id === id || one.id.startsWith(`${id}-`));
    return named.some(one => has(one, rest.join(' ')));
  };
  const lost: string[] = [];
  const want = (what: string, keys: Iterable<string>, has: (key: string) => boolean) => {
    for (const key of keys) if (!has(key)) lost.push(`${what} ${key}`);
  };
  const wantIn = (what: string, keys: Iterable<string>, has: (bead: Bead, rest: string) => boolean) =>
    want(what, keys, key => some(key, has));
  wantIn('label', told.labels, (bead, label) => bead.labels?.includes(label) ?? false);
  wantIn('comment', told.comments, (bead, word) => bead.comments?.some(({ text }) => text === word) ?? false);
  wantIn(
    'note',
    told.notes,
    ({ notes = '' }, word) =>
      notes.split('\n\n').filter(one => one === word || one.endsWith(`] ${word}\n \nDone.`)).length === 1,
  );
  want('note of a plan', told.planNotes, key => {
    const [id, word] = key.split(' ');
    const notes = [...data.convoys.values()].filter(one => one.id === id || one.id.startsWith(`${id}-`));
    return notes.some(one => one.notes?.split('\n\n').some(note => note.endsWith(`] ${word}\n \nDone.`)));
  });
  wantIn('edge', told.edges, ({ dependencies = [] }, to) =>
    dependencies.some(edge => edge.depends_on_id === to || edge.depends_on_id.startsWith(`${to}-`)),
  );
  wantIn('unknown', told.unknown, (bead, word) => `x_${word}` in bead && word in (bead.metadata as object));
  wantIn('tombstone', told.deleted, ({ status }) => status === 'tombstone');
  want('forgotten', told.forgotten, id => data.memories.get(id)?.forgottenAt !== undefined);
  want('landed', told.landed, id => data.merges.get(id)?.state === 'landed');
  expect(lost).toEqual([]);
};

const expectSound = (data: LedgerData): void => {
  for (const polecat of data.polecats.values()) {
    if (!polecat.hook) continue;
    expect(data.beads.get(polecat.hook)).toMatchObject({ assignee: polecat.id });
  }
  for (const bead of data.beads.values()) {
    if (bead.status === 'hooked') expect(data.polecats.get(bead.assignee!)?.hook).toBe(bead.id);
    if (bead.town.merge) expect(data.merges.get(bead.town.merge)?.bead).toBe(bead.id);
    if (bead.status === 'closed' || bead.status === 'tombstone') expect(bead.town).not.toHaveProperty('dispatch');
  }
};
