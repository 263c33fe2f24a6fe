import { describe, expect, test } from 'vitest';
import { polecat } from './helpers.ts';
import { town } from './world.ts';

const NUX = polecat('rust/nux');
const ACE = polecat('rust/ace');

/** Nux works on a bead, ace on another, nux has filed one, and one is a person's. */
const scene = () => {
  const world = town();
  const hooked = world.slung({ title: 'On the hook of nux' });
  world.working(hooked);
  const others = world.slung({ title: 'On the hook of ace' });
  world.working(others, 'rust/ace');
  const filed = world.id('bead.create', { title: 'Found on the way' }, NUX);
  const persons = world.id('bead.create', { title: 'Of a person' });
  return { world, hooked, others, filed, persons };
};

const update = (id: string, set: Record<string, unknown>) => ({ id, set }) as never;

describe('an agent and the beads of a town', () => {
  test('files beads, with their place in the graph, but has none dispatched and puts none into a plan', () => {
    const { world, hooked, others, filed } = scene();
    const child = world.id(
      'bead.create',
      {
        title: 'Part of it',
        parent: filed,
        dependencies: [{ depends_on_id: others, type: 'discovered-from' }],
        dependents: [{ issue_id: hooked, type: 'blocks' }],
      },
      NUX,
    );
    expect(world.bead(child)).toMatchObject({ created_by: 'polecat rust/nux', dependencies: [{}, {}] });
    expect(world.bead(hooked).dependencies).toMatchObject([{ depends_on_id: child, created_by: 'polecat rust/nux' }]);
    expect(world.refusal('bead.create', { title: 'Now', dispatch: true, rig: 'rust' }, NUX)).toMatch(/^forbidden/);
    expect(world.refusal('bead.create', { title: 'Before yours', dependents: [{ issue_id: others }] }, NUX)).toMatch(
      /^forbidden: .*not its own/,
    );
    const [convoy] = world.do('plan.import', { title: 'Plan', rig: 'rust', beads: [{ key: 'a', title: 'A' }] });
    expect(world.refusal('bead.create', { title: 'In', convoy: convoy!.id }, NUX)).toMatch(/^forbidden/);
  });

  test('writes down how its work goes, on the bead of its hook, and changes nothing else there', () => {
    const { world, hooked } = scene();
    world.do(
      'bead.update',
      update(hooked, { appendNotes: 'Half done', design: 'A table', addLabels: ['parser'] }),
      NUX,
    );
    world.do('bead.update', update(hooked, { setMetadata: { tries: 2 } }), NUX);
    expect(world.bead(hooked)).toMatchObject({ notes: 'Half done', design: 'A table', labels: ['parser'] });
    for (const set of [
      { description: 'Something easier' },
      { acceptance_criteria: 'None' },
      { title: 'Else' },
      { status: 'closed' },
      { status: 'open' },
      { assignee: null },
      { priority: 0 },
      { parent: null },
      { agent: 'claude' },
    ]) {
      expect(world.refusal('bead.update', update(hooked, set), NUX)).toMatch(/^forbidden/);
    }
    expect(world.refusal('bead.close', { id: hooked }, NUX)).toMatch(/^forbidden: .*gt done/);
  });

  test('has its own way with a bead that it filed, closing and reopening it included', () => {
    const { world, filed, persons } = scene();
    world.do(
      'bead.update',
      update(filed, { title: 'Better title', description: 'More', priority: 1, type: 'bug' }),
      NUX,
    );
    world.do('dep.add', { dependency: { issue_id: filed, depends_on_id: persons, type: 'blocks' } }, NUX);
    world.do('dep.remove', { issue_id: filed, depends_on_id: persons }, NUX);
    world.do('bead.close', { id: filed, reason: 'Was none' }, NUX);
    world.do('bead.reopen', { id: filed }, NUX);
    expect(world.bead(filed)).toMatchObject({ status: 'open', title: 'Better title', priority: 1 });
    expect(world.refusal('bead.update', update(filed, { assignee: 'rust/ace' }), NUX)).toMatch(/^forbidden/);
    expect(world.refusal('bead.delete', { id: filed }, NUX)).toMatch(/^forbidden/);
    expect(world.refusal('bead.close', { id: filed }, ACE)).toMatch(/^forbidden/);
  });

  test('may no longer change what it filed once a person wants it done', () => {
    const { world, filed } = scene();
    world.do('bead.sling', { id: filed });
    expect(world.refusal('bead.update', update(filed, { description: 'rm -rf' }), NUX)).toMatch(/^forbidden/);
    expect(world.refusal('bead.close', { id: filed }, NUX)).toMatch(/^forbidden/);
    expect(
      world.refusal('dep.add', { dependency: { issue_id: filed, depends_on_id: 'external:x:y', type: 'blocks' } }, NUX),
    ).toMatch(/^forbidden/);
  });

  test('works on what it claimed and gives it back, but does not end it: only landed work does', () => {
    const { world, persons } = scene();
    world.do('bead.claim', { id: persons, assignee: 'rust/nux' }, NUX);
    world.do('bead.update', update(persons, { appendNotes: 'Begun', status: 'blocked' }), NUX);
    expect(world.refusal('bead.close', { id: persons }, NUX)).toMatch(/^forbidden/);
    expect(world.refusal('bead.update', update(persons, { status: 'closed' }), NUX)).toMatch(/^forbidden/);
    expect(world.refusal('bead.update', update(persons, { title: 'Mine' }), NUX)).toMatch(/^forbidden/);
    world.do('bead.update', update(persons, { status: 'open', assignee: null }), NUX);
    expect(world.bead(persons)).toMatchObject({ status: 'open' });
    expect(world.refusal('bead.update', update(persons, { appendNotes: 'And' }), NUX)).toMatch(/^forbidden/);
    expect(world.refusal('bead.claim', { id: persons, assignee: 'rust/ace' }, NUX)).toMatch(/^forbidden/);
  });

  test("does not touch the bead on another one's hook, what it waits for, or the town's settings", () => {
    const { world, hooked, others } = scene();
    const edge = { issue_id: others, depends_on_id: hooked, type: 'blocks' };
    for (const refusal of [
      world.refusal('bead.update', update(others, { appendNotes: 'Hi' }), NUX),
      world.refusal('bead.close', { id: others }, NUX),
      world.refusal('bead.duplicate', { id: others, of: hooked }, NUX),
      world.refusal('bead.supersede', { id: others, by: hooked }, NUX),
      world.refusal('dep.add', { dependency: edge }, NUX),
      world.refusal('dep.relate', { ids: [hooked, others] }, NUX),
      world.refusal('beads.config', { set: { issue_prefix: 'x' } }, NUX),
      world.refusal('beads.import', { beads: [] }, NUX),
      world.refusal('bead.sling', { id: others }, NUX),
    ]) {
      expect(refusal).toMatch(/^forbidden/);
      expect(refusal).not.toMatch(/--force|operator|instead/i);
    }
    world.do('bead.comment', { id: others, text: 'I may say something' }, NUX);
  });

  test('takes away a dependency of its own bead only if it made it itself', () => {
    const { world, hooked, persons, filed } = scene();
    world.do('dep.add', { dependency: { issue_id: hooked, depends_on_id: persons, type: 'related' } });
    world.do('dep.add', { dependency: { issue_id: hooked, depends_on_id: filed, type: 'related' } }, NUX);
    expect(world.refusal('dep.remove', { issue_id: hooked, depends_on_id: persons }, NUX)).toMatch(/^forbidden/);
    world.do('dep.remove', { issue_id: hooked, depends_on_id: filed }, NUX);
    expect(world.bead(hooked).dependencies).toHaveLength(1);
    expect(world.refusal('bead.close', { id: filed, force: true }, NUX)).toMatch(/^forbidden/);
  });
});
