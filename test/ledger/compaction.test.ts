import { describe, expect, it } from 'vitest';
import { compactable, digestOf } from '../../source/ledger/compaction.ts';
import type { Bead } from '../../source/ledger/schema.ts';
import { MAYOR, polecat } from './helpers.ts';
import { town, type World } from './world.ts';

const LONG = 'A long text that says much. '.repeat(40);
const AFTER = '2027-01-01T00:00:00.000Z';

/** A closed bead with long texts. */
const closed = (world: World, fields: object = {}): string => {
  const id = world.id('bead.create', { title: 'Old work', description: LONG, design: LONG, notes: LONG, ...fields });
  world.do('bead.comment', { id, text: LONG });
  world.do('bead.close', { id, reason: 'Done well', force: true });
  return id;
};
const folds = (world: World, before = AFTER): string[] => compactable(world.data, before).map(({ id }) => id);

describe('what can be folded', () => {
  it('was closed before the time given, oldest first', () => {
    const world = town();
    const [first, second] = [closed(world), closed(world)];
    expect(folds(world)).toEqual([first, second]);
    expect(folds(world, world.bead(second).closed_at!)).toEqual([first]);
    expect(folds(world, '2026-01-01T00:00:00.000Z')).toEqual([]);
  });

  it.each<[string, (world: World, id: string) => unknown]>([
    ['is open', (world, id) => world.do('bead.reopen', { id })],
    ['is awaited by open work', (world, id) => depend(world, world.id('bead.create', { title: 'Waits' }), id)],
    [
      'is awaited by open work behind closed work',
      (world, id) => {
        const between = world.id('bead.create', { title: 'Between' });
        depend(world, between, id);
        depend(world, world.id('bead.create', { title: 'Waits' }), between);
        world.do('bead.close', { id: between, force: true });
      },
    ],
    ['is folded already', (world, id) => world.do('beads.compact', { ids: [id], before: AFTER })],
    ['was deleted', (world, id) => world.do('bead.delete', { id })],
  ])('is not what %s', (_, change) => {
    const world = town();
    const id = closed(world);
    change(world, id);
    expect(folds(world)).not.toContain(id);
    expect(world.refusal('beads.compact', { ids: [id], before: AFTER })).toMatch(/^conflict: .* cannot be folded/);
  });

  it('is not what is short already', () => {
    const world = town();
    const id = world.id('bead.create', { title: 'Short', description: 'Brief.' });
    world.do('bead.close', { id });
    expect(folds(world)).toEqual([]);
  });
});

const depend = (world: World, issue_id: string, depends_on_id: string) =>
  world.do('dep.add', { dependency: { issue_id, depends_on_id, type: 'blocks' } });

describe('a digest', () => {
  it('says how it ended and how every text began, always the same, and what it was folded from', () => {
    const world = town();
    const bead = world.bead(closed(world));
    const digest = digestOf(bead)!;
    expect(digest).toEqual(digestOf(structuredClone(bead) as Bead));
    expect(digest.original_size).toBe(LONG.length * 4);
    expect(digest.description).toMatch(
      /^Closed 2026-11-23: Done well\nA long text[\s\S]*\nDesign: A long[\s\S]*\nNotes: A long[\s\S]*\n1 comment\.\nFolded from \d+ characters; .*gastown restore/,
    );
    expect(digest.description.length).toBeLessThan(1_200);
  });

  it('takes the place of the texts, and restoring brings each of them back', () => {
    const world = town();
    const id = closed(world, { acceptance_criteria: LONG, labels: ['kept'] });
    const before = world.bead(id);
    world.do('beads.compact', { ids: [id], before: AFTER }, { role: 'dog', name: 'compactor' });
    const folded = world.bead(id);
    expect(folded).toMatchObject({
      compaction_level: 1,
      status: 'closed',
      labels: ['kept'],
      town: { folded_rev: before.rev },
    });
    for (const field of ['design', 'notes', 'acceptance_criteria', 'comments']) expect(folded[field]).toBeUndefined();
    const { description, design, notes, acceptance_criteria, comments } = before;
    world.do('bead.restore', {
      id,
      texts: { description, design, notes, acceptance_criteria, comments },
    } as never);
    const { rev: _, updated_at: __, ...restored } = world.bead(id);
    const { rev: ___, updated_at: ____, ...was } = before;
    expect(restored).toEqual(was);
    expect(world.refusal('bead.restore', { id, texts: {} })).toMatch(/^conflict: .* is not folded/);
  });

  it('that was written to since loses none of that when the texts come back', () => {
    const world = town();
    const id = closed(world);
    world.do('beads.compact', { ids: [id], before: AFTER });
    world.do('bead.note', { id, text: 'Found out later.' });
    world.do('bead.comment', { id, text: 'Indeed.' });
    world.do('bead.restore', { id, texts: { description: LONG, notes: 'Before.' } });
    expect(world.bead(id)).toMatchObject({ description: LONG, comments: [{ text: 'Indeed.' }] });
    expect(world.bead(id).notes).toMatch(/^Before\.\n\n\[.* operator\] Found out later\.$/);
  });

  it('is made by the operator and the compactor alone', () => {
    const world = town();
    const id = closed(world);
    for (const actor of [MAYOR, polecat('rust/nux')]) {
      expect(world.refusal('beads.compact', { ids: [id], before: AFTER }, actor)).toMatch(/^forbidden/);
      expect(world.refusal('bead.restore', { id, texts: {} }, actor)).toMatch(/^forbidden/);
    }
  });
});
