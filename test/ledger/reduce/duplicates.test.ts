import { describe, expect, it } from 'vitest';
import { MAYOR, REFINERY, sha, TOWN } from '../helpers.ts';
import { town, type World } from '../world.ts';

const PATCH = sha('7');

/** A request in the queue with that patch, and its bead. */
const queued = (world: World, polecat: string, patch: string | undefined = PATCH): { bead: string; merge: string } => {
  const bead = world.slung();
  const session = world.working(bead, polecat);
  const merge = `mr-${session.slice(2)}`;
  const [base, head] = [sha('1'), sha('2')];
  const ref = `refs/gastown/merges/${merge}`;
  world.do('work.done', { session, merge, ref, base, head, ...(patch && { patch }) }, TOWN);
  return { bead, merge };
};

describe('a request whose very change has landed with another', () => {
  it('ends with that one, and so does its bead', () => {
    const world = town();
    const one = queued(world, 'rust/nux');
    const other = queued(world, 'rust/toast');
    expect(world.refusal('merge.duplicate', { id: other.merge, of: one.merge }, REFINERY)).toMatch(
      /^conflict: .* is queued, not landed/,
    );
    world.land(one.merge);
    world.do('merge.duplicate', { id: other.merge, of: one.merge }, REFINERY);
    expect(world.merge(other.merge)).toMatchObject({ state: 'superseded', twin: one.merge, landedSha: sha('b') });
    expect(world.bead(other.bead)).toMatchObject({
      status: 'closed',
      close_reason: `Landed on main as bbbbbbbbbbbb with ${one.merge}, the same change`,
      town: { landed_sha: sha('b') },
    });
    expect('merge' in world.bead(other.bead).town).toBe(false);
    expect(world.do('merge.duplicate', { id: other.merge, of: one.merge }, REFINERY)).toEqual([]);
  });

  it('is no such thing with another patch, or with none, and only the Refinery says so', () => {
    const world = town();
    const one = queued(world, 'rust/nux');
    const other = queued(world, 'rust/toast', sha('8'));
    const none = queued(world, 'rust/slit', '');
    world.land(one.merge);
    for (const { merge } of [other, none])
      expect(world.refusal('merge.duplicate', { id: merge, of: one.merge }, REFINERY)).toMatch(/not the same change/);
    expect(world.refusal('merge.duplicate', { id: other.merge, of: one.merge }, MAYOR)).toMatch(/^forbidden/);
    expect(world.refusal('merge.duplicate', { id: other.merge, of: one.merge })).toMatch(/^forbidden/);
  });

  it('comes back, as a bead, with the other when that is taken back, and is done again with it', () => {
    const world = town();
    const one = queued(world, 'rust/nux');
    const other = queued(world, 'rust/toast');
    world.land(one.merge);
    world.do('merge.duplicate', { id: other.merge, of: one.merge }, REFINERY);
    const revert = { ref: 'refs/gastown/merges/x', base: sha('b'), head: sha('c') };
    world.do('merge.revert', { ...revert, of: one.merge, id: 'mr-back' });
    world.land('mr-back');
    for (const { bead } of [one, other]) expect(world.bead(bead).status).toBe('open');
    world.do('merge.revert', { ...revert, of: 'mr-back', id: 'mr-again' });
    world.land('mr-again');
    for (const { bead } of [one, other]) expect(world.bead(bead).status).toBe('closed');
  });
});
