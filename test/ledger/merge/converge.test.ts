import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LedgerSides, type MergedLedgers, mergeLedgers } from '../../../source/ledger/merge/ledgers.ts';
import type { LedgerData } from '../../../source/ledger/schema.ts';
import { nothingTold, play, type Step, steps, type Told } from './histories.ts';
import { applied, contentOf, Hub, Replica } from './replicas.ts';

/** Random histories through the real reducers, on machines that sync through one hub now and then, in any order. */
const RUNS = 80;

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
  const bead = (key: string) => {
    const [id, ...rest] = key.split(' ');
    return { bead: data.beads.get(id!)!, rest: rest.join(' ') };
  };
  const lost: string[] = [];
  const want = (what: string, keys: Iterable<string>, has: (key: string) => boolean) => {
    for (const key of keys) if (!has(key)) lost.push(`${what} ${key}`);
  };
  want('label', told.labels, key => bead(key).bead.labels?.includes(bead(key).rest) ?? false);
  want('comment', told.comments, key => bead(key).bead.comments?.some(({ text }) => text === bead(key).rest) ?? false);
  want(
    'note',
    told.notes,
    key => (bead(key).bead.notes ?? '').split('\n\n').filter(one => one === bead(key).rest).length === 1,
  );
  want(
    'edge',
    told.edges,
    key => bead(key).bead.dependencies?.some(({ depends_on_id }) => depends_on_id === bead(key).rest) ?? false,
  );
  want('unknown field', told.unknown, key => {
    const { bead: found, rest } = bead(key);
    return `x_${rest}` in found && rest in (found.metadata as object);
  });
  want('tombstone', told.deleted, id => data.beads.get(id)?.status === 'tombstone');
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
