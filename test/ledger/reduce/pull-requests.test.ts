import { describe, expect, it } from 'vitest';
import { REFINERY, sha } from '../helpers.ts';
import { town, type World } from '../world.ts';

const URL = 'https://github.test/acme/app/pull/12';
const pr = { number: 12, url: URL, branch: 'gastown/mr-1', head: sha('b') };
const CAUSE = { kind: 'red', summary: 'check build failed', at: '2026-11-23T12:00:00.000Z' } as const;

/** Requests on their way onto the target as one commit. */
const landing = (world: World, count = 1): string[] => {
  const names = ['rust/nux', 'rust/ace', 'rust/max'];
  const ids = names.slice(0, count).map(name => world.queued(name).merge);
  for (const id of ids) world.guarded(id);
  world.do('merge.group', { ids, group: 'g1' }, REFINERY);
  world.green(sha('a'));
  world.do('merge.landing', { ids, old: sha('1'), new: sha('b'), tree: sha('a') }, REFINERY);
  return ids;
};

describe('a pull request', () => {
  it('is recorded on what it asks to land, once, and only for the commit that is to land', () => {
    const world = town();
    const ids = landing(world, 2);
    world.do('merge.pr', { ids, ...pr }, REFINERY);
    expect(ids.map(id => world.merge(id).pr)).toMatchObject([pr, pr]);
    expect(world.do('merge.pr', { ids, ...pr }, REFINERY)).toEqual([]);
    expect(() => world.do('merge.pr', { ids, ...pr, head: sha('c') }, REFINERY)).toThrow(/not on its way/);
  });

  it('stays with a request that is tested anew, and with the first half of several that part', () => {
    const world = town();
    const ids = landing(world, 3);
    world.do('merge.pr', { ids, ...pr }, REFINERY);
    world.do('merge.unland', { ids, reason: 'red', batchMax: 2 }, REFINERY);
    expect(ids.map(id => [world.merge(id).state, world.merge(id).pr?.number, world.merge(id).batchMax])).toEqual([
      ['queued', 12, 2],
      ['queued', 12, 2],
      ['queued', undefined, 2],
    ]);
  });

  it('lands as the commit that the remote made of it', () => {
    const world = town();
    const [id] = landing(world) as [string];
    world.do('merge.pr', { ids: [id], ...pr }, REFINERY);
    world.do('merge.landed', { ids: [id], sha: sha('b'), as: sha('e') }, REFINERY);
    expect(world.merge(id)).toMatchObject({ state: 'landed', landedSha: sha('e') });
    expect(world.bead(world.merge(id).bead).town.landed_sha).toBe(sha('e'));
    expect(world.do('merge.landed', { ids: [id], sha: sha('b'), as: sha('e') }, REFINERY)).toEqual([]);
  });

  it('that is red sends its request back in one step; a closed one ends it and is never taken up again', () => {
    const world = town();
    const [id] = landing(world) as [string];
    expect(() => world.do('merge.return', { ids: [id], end: 'bounced', rework: true, cause: CAUSE }, REFINERY)).toThrow(
      /not landing by a pull request/,
    );
    world.do('merge.pr', { ids: [id], ...pr }, REFINERY);
    world.do('merge.return', { ids: [id], end: 'bounced', rework: true, cause: CAUSE }, REFINERY);
    const { bead } = world.merge(id);
    expect(world.merge(id)).toMatchObject({ state: 'bounced', cause: CAUSE, pr });
    expect(world.merge(id).landing).toBeUndefined();
    expect(world.bead(bead).town).toMatchObject({ reworks: 1, cause: CAUSE, dispatch: { prefer: 'rust/nux' } });

    const other = town();
    const [closed] = landing(other) as [string];
    other.do('merge.pr', { ids: [closed], ...pr }, REFINERY);
    const cause = { ...CAUSE, kind: 'rejected' } as const;
    other.do('merge.return', { ids: [closed], end: 'rejected', rework: false, cause }, REFINERY);
    expect(other.merge(closed)).toMatchObject({ state: 'rejected', pr: { ...pr, closed: true } });
    expect(other.bead(other.merge(closed).bead).town.dispatch).toBeUndefined();
  });

  it('is the business of the Refinery alone', () => {
    const world = town();
    const ids = landing(world);
    const agent = { role: 'polecat', name: 'rust/nux' } as const;
    expect(() => world.do('merge.pr', { ids, ...pr }, agent)).toThrow();
    expect(() => world.do('merge.return', { ids, end: 'rejected', rework: false, cause: CAUSE }, agent)).toThrow();
  });
});
