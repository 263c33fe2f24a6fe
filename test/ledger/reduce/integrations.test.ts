import { describe, expect, it } from 'vitest';
import type { CommandInput } from '../../../source/ledger/commands.ts';
import { MAYOR, REFINERY, sha, TOWN } from '../helpers.ts';
import { town, type World } from '../world.ts';

const START = { id: 'big', of: 'rust', branch: 'integration/big', prefix: 'gti' };
const LAND = { rig: 'big', id: 'mr-big', ref: 'refs/gastown/merges/mr-big', base: sha('1'), head: sha('e') };

const child = (world: World, epic: string, fields: Partial<CommandInput<'bead.create'>> = {}): string =>
  world.id('bead.create', { title: 'Part', rig: 'rust', parent: epic, ...fields });

const epicOf = (world: World): string =>
  world.id('bead.create', { title: 'The big one', rig: 'rust', issue_type: 'epic' });

/** Its only bead has landed on the branch. */
const gathered = (): { world: World; epic: string; bead: string; merge: string } => {
  const world = town();
  const epic = epicOf(world);
  const bead = child(world, epic);
  world.do('integration.start', { epic, ...START });
  world.do('bead.sling', { id: bead });
  const merge = world.done(world.working(bead, 'big/nux'));
  const run = { outcome: 'pass', at: new Date(world.now).toISOString(), durationMs: 5 } as const;
  world.do('gate.record', { rig: 'big', tree: sha('a'), gate: 'test', environment: 'e', run }, REFINERY);
  world.land(merge);
  return { world, epic, bead, merge };
};

describe('an integration branch', () => {
  it('is a rig with the gates and walls of the one it was made from, and has the beads nobody has worked on', () => {
    const world = town({ setup: 'npm ci', policy: 'all', network: 'open', guards: { protect: ['/x @you'] } });
    const epic = epicOf(world);
    const [free, below] = [child(world, epic), child(world, epic, { issue_type: 'epic' })];
    const [deep, hooked, queued] = [child(world, below), child(world, epic), child(world, epic)];
    const other = world.id('bead.create', { title: 'Not of it', rig: 'rust' });
    for (const id of [free, hooked, queued]) world.do('bead.sling', { id });
    world.working(hooked, 'rust/nux');
    world.done(world.working(queued, 'rust/toast'));
    world.do('integration.start', { epic, ...START });
    const { id, origin, gates, setup, policy, network, guards } = world.data.rigs.get('rust')!;
    expect(id).toBe('rust');
    expect(world.data.rigs.get('big')).toMatchObject({
      ...{ origin, gates, setup, policy, network, guards },
      ...{ of: 'rust', epic, branch: 'integration/big', prefix: 'gti' },
    });
    const rigOf = (bead: string) => world.bead(bead).town.rig;
    expect([free, below, deep].map(rigOf)).toEqual(['big', 'big', 'big']);
    expect([epic, hooked, queued, other].map(rigOf)).toEqual(['rust', 'rust', 'rust', 'rust']);
    expect(world.bead(free).town.dispatch).toBeDefined();

    const later = child(world, epic);
    world.do('integration.start', { epic, ...START });
    expect(rigOf(later)).toBe('big');
    expect(world.do('integration.start', { epic, ...START })).toEqual([]);
  });

  it('is one to an epic, on a branch of its own, made by a person and not from another', () => {
    const world = town();
    const [epic, second] = [epicOf(world), epicOf(world)];
    for (const actor of [MAYOR, REFINERY, TOWN, { role: 'polecat', name: 'rust/nux' } as const])
      expect(world.refusal('integration.start', { epic, ...START }, actor)).toMatch(/^forbidden/);
    expect(world.refusal('integration.start', { epic, ...START, branch: 'main' })).toMatch(/is the target of rust/);
    world.do('integration.start', { epic, ...START });
    expect(world.refusal('integration.start', { epic, ...START, id: 'more', prefix: 'x' })).toMatch(/already/);
    expect(world.refusal('integration.start', { epic: second, ...START })).toMatch(/a rig big already/);
    const next = { epic: second, id: 'more', branch: 'integration/more', prefix: 'x' };
    expect(world.refusal('integration.start', { ...next, of: 'big' })).toMatch(/an integration branch itself/);
    expect(world.refusal('integration.start', { ...next, of: 'rust', branch: 'integration/big' })).toMatch(/target/);
    expect(world.refusal('rig.remove', { id: 'big' })).toMatch(/an integration branch of rust/);
    expect(world.refusal('rig.remove', { id: 'rust' })).toMatch(/integration\/big was made from rust/);
  });

  it('lands as one request of the other rig, and only then is the epic closed and the branch done with', () => {
    const { world, epic, bead } = gathered();
    expect(world.bead(bead).close_reason).toMatch(/^Landed on integration\/big/);
    expect(world.bead(epic).status).toBe('open');
    expect(world.refusal('integration.land', LAND, MAYOR)).toMatch(/^forbidden/);
    world.do('integration.land', LAND);
    expect(world.merge('mr-big')).toMatchObject({ rig: 'rust', bead: epic, target: 'main', integrates: 'big' });
    expect(world.refusal('integration.land', { ...LAND, id: 'mr-two' })).toMatch(/mr-big is in the queue/);
    expect(world.refusal('integration.stop', { rig: 'big' })).toMatch(/mr-big is in the queue/);
    world.land('mr-big');
    expect(world.bead(epic)).toMatchObject({
      status: 'closed',
      close_reason: expect.stringMatching(/^Landed on main/),
    });
    expect(world.data.rigs.get('big')!.removedAt).toBeDefined();
  });

  it('does not land before its gates are green on the merged tree, whoever asks', () => {
    const { world } = gathered();
    world.do('integration.land', LAND);
    world.guarded('mr-big');
    world.do('merge.group', { ids: ['mr-big'], group: 'g' }, REFINERY);
    const landing = { ids: ['mr-big'], old: sha('1'), new: sha('c'), tree: sha('d') };
    expect(world.refusal('merge.landing', landing, REFINERY)).toMatch(/gate test has not passed/);
  });

  it('does not land while a bead of it is open', () => {
    const { world, epic } = gathered();
    const late = child(world, epic);
    expect(world.refusal('integration.land', LAND)).toContain(`cannot land while ${late} is open`);
    const own = world.id('bead.create', { title: 'Mend', rig: 'big' });
    world.do('bead.close', { id: late, reason: 'Not needed' });
    expect(world.refusal('integration.land', LAND)).toContain(own);
    world.do('bead.sling', { id: own });
    world.working(own, 'big/toast');
    expect(world.refusal('integration.land', LAND)).toMatch(/on the hook of big\/toast/);
  });

  it('that bounces leaves the epic open, sends nobody to work, tells a person, and is tried again only as it is', () => {
    const { world, epic } = gathered();
    world.do('integration.land', LAND);
    const cause = { kind: 'red', summary: 'test is red', at: new Date(world.now).toISOString() } as const;
    world.do('merge.bounce', { id: 'mr-big', cause }, REFINERY);
    expect(world.bead(epic)).toMatchObject({ status: 'open' });
    expect(world.bead(epic).town.dispatch).toBeUndefined();
    const [told] = [...world.data.escalations.values()];
    expect(told).toMatchObject({ key: 'integrate:mr-big', subject: 'mr-big' });
    expect(told!.body).toContain('gastown integrate land big');
    world.do('merge.retry', { id: 'mr-big' });
    expect(world.merge('mr-big').state).toBe('queued');
    world.do('merge.reject', { id: 'mr-big', reason: 'No', rework: true });
    expect(world.bead(epic).town.dispatch).toBeUndefined();

    const mend = world.id('bead.create', { title: 'Mend', rig: 'big', dispatch: true });
    expect(world.refusal('merge.retry', { id: 'mr-big' })).toContain(`${mend} is open`);
    world.land(world.done(world.working(mend, 'big/nux')));
    expect(world.refusal('merge.retry', { id: 'mr-big' })).toMatch(/has landed on integration\/big since/);
  });

  it('that is stopped gives its open beads back, and may be begun anew', () => {
    const { world, epic, bead } = gathered();
    const open = child(world, epic);
    world.do('integration.start', { epic, ...START });
    expect(world.bead(open).town.rig).toBe('big');
    expect(world.refusal('integration.stop', { rig: 'rust' })).toMatch(/no integration branch/);
    world.do('integration.stop', { rig: 'big' });
    expect(world.bead(open).town.rig).toBe('rust');
    expect(world.bead(bead).town.rig).toBe('big');
    expect(world.data.rigs.get('big')!.removedAt).toBeDefined();
    expect(world.do('integration.stop', { rig: 'big' })).toEqual([]);
    expect(world.refusal('integration.land', LAND)).toMatch(/was removed/);
    world.do('integration.start', { epic, ...START });
    expect(world.data.rigs.get('big')).toMatchObject({ of: 'rust', epic });
    expect(world.data.rigs.get('big')!.removedAt).toBeUndefined();
  });
});
