import { describe, expect, it } from 'vitest';
import { REFINERY, sha, TOWN } from '../helpers.ts';
import { town, type World } from '../world.ts';

/** The bead of a request is worked on again, as after a hand-over between machines, and its newer work is handed in. */
const newer = (world: World, bead: string): (() => string) => {
  const known = world.bead(bead);
  world.data.beads.set(bead, {
    ...known,
    status: 'open',
    assignee: undefined,
    town: { ...known.town, dispatch: { at: known.updated_at, by: 'x' } },
  });
  const session = world.working(bead, 'rust/toast');
  const merge = `mr-${session.slice(2)}`;
  const payload = { session, merge, ref: `refs/gastown/merges/${merge}`, base: sha('1'), head: sha('3') };
  return () => world.refusal('work.done', payload, TOWN);
};

describe('newer work of a bead', () => {
  it('takes the place of a request that is being tested, which then cannot land', () => {
    const world = town();
    const { bead, merge } = world.queued();
    world.do('merge.group', { ids: [merge], group: 'g' }, REFINERY);
    world.green(sha('a'));
    expect(newer(world, bead)()).toBe('it was allowed');
    expect(world.merge(merge).state).toBe('superseded');
    const landing = { ids: [merge], old: sha('1'), new: sha('b'), tree: sha('a') };
    expect(world.refusal('merge.landing', landing, REFINERY)).toMatch(/^conflict: .* is superseded, not testing/);
  });

  it('waits for one that is on its way onto the target, whatever becomes of it', () => {
    const world = town();
    const { bead, merge } = world.queued();
    world.guarded(merge);
    world.do('merge.group', { ids: [merge], group: 'g' }, REFINERY);
    world.green(sha('a'));
    world.do('merge.landing', { ids: [merge], old: sha('1'), new: sha('b'), tree: sha('a') }, REFINERY);
    const handIn = newer(world, bead);
    expect(handIn()).toMatch(/^conflict: .* of the same bead is landing/);
    expect(world.merge(merge).state).toBe('landing');
    world.do('merge.unland', { ids: [merge], reason: 'the target moved' }, REFINERY);
    expect(handIn()).toBe('it was allowed');
    expect(world.merge(merge).state).toBe('superseded');
  });
});
