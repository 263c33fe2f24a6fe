import { describe, expect, it } from 'vitest';
import { categoryOf, isKnownType, plainType, statusWords } from '../../../source/ledger/vocabulary.ts';
import { polecat } from '../helpers.ts';
import { town, type World } from '../world.ts';

const make = (world: World, ...ids: string[]): string[] => ids.map(id => world.id('bead.create', { id, title: id }));
const edges = (world: World, id: string): string[] =>
  (world.bead(id).dependencies ?? []).map(({ depends_on_id, type }) => `${type} ${depends_on_id}`);

describe('every field of Beads', () => {
  const fields = {
    description: 'd',
    spec_id: 'SPEC-1',
    assignee: 'ada',
    owner: 'a@b.c',
    estimated_minutes: 0,
    due_at: '2026-12-01T10:00:00+02:00',
    defer_until: '2026-12-01T00:00:00Z',
    external_ref: 'gh-9',
    source_system: 'jira',
    metadata: { a: [1, null], b: { c: 0 } },
    pinned: true,
    no_history: true,
    await_type: 'timer',
    timeout: 3_600_000_000_000,
    waiters: ['mayor'],
    mol_type: 'swarm',
    payload: '{}',
  };

  it('can be given when a bead is made, changed, and taken away', () => {
    const world = town();
    const id = world.id('bead.create', { title: 'x', priority: 0, ...fields });
    const kept = { ...fields, due_at: '2026-12-01T08:00:00.000Z', defer_until: '2026-12-01T00:00:00.000Z' };
    expect(world.bead(id)).toMatchObject({ priority: 0, ...kept });
    const other = world.id('bead.create', { title: 'y' });
    world.do('bead.update', { id: other, set: { ...fields, priority: 0 } });
    expect(world.bead(other)).toMatchObject({ priority: 0, ...kept });
    world.do('bead.update', { id, set: Object.fromEntries(Object.keys(fields).map(field => [field, null])) });
    for (const field of Object.keys(fields)) expect(world.bead(id)).not.toHaveProperty(field);
    expect(world.bead(id).priority).toBe(0);
  });

  it('refuses a time that is none and a negative estimate', () => {
    const world = town();
    expect(world.refusal('bead.create', { title: 'x', due_at: 'tomorrow' })).toMatch(/^invalid: bead.create: due_at/);
    expect(world.refusal('bead.create', { title: 'x', estimated_minutes: -1 })).toMatch(/^invalid/);
  });

  it('sets and unsets single keys of metadata', () => {
    const world = town();
    const id = world.id('bead.create', { title: 'x', metadata: { keep: 1, drop: 2 } });
    world.do('bead.update', { id, set: { setMetadata: { 'my.key': [0] }, unsetMetadata: ['drop', 'none'] } });
    expect(world.bead(id).metadata).toEqual({ keep: 1, 'my.key': [0] });
    world.do('bead.update', { id, set: { unsetMetadata: ['keep', 'my.key'] } });
    expect(world.bead(id)).not.toHaveProperty('metadata');
    world.do('bead.update', { id, set: { metadata: [1] } });
    expect(world.refusal('bead.update', { id, set: { setMetadata: { a: 1 } } })).toMatch(/^invalid: .* is no object/);
  });

  it('sets labels as a whole, and adds and removes single ones', () => {
    const world = town();
    const id = world.id('bead.create', { title: 'x', labels: ['a', 'b', 'a'] });
    world.do('bead.update', { id, set: { addLabels: ['c'], removeLabels: ['a'] } });
    expect(world.bead(id).labels).toEqual(['b', 'c']);
    world.do('bead.update', { id, set: { labels: ['z', 'z'], addLabels: ['y'] } });
    expect(world.bead(id).labels).toEqual(['z', 'y']);
    world.do('bead.update', { id, set: { labels: [] } });
    expect(world.bead(id)).not.toHaveProperty('labels');
  });
});

describe('the parent of a bead', () => {
  it('is replaced by another one, or taken away, and the other dependencies stay', () => {
    const world = town();
    make(world, 'gt-p', 'gt-q', 'gt-x');
    const id = world.id('bead.create', { title: 'child', parent: 'gt-p', dependencies: [{ depends_on_id: 'gt-x' }] });
    expect(id).toBe('gt-p.1');
    expect(edges(world, id)).toEqual(['parent-child gt-p', 'blocks gt-x']);
    world.do('bead.update', { id, set: { parent: 'gt-q' } });
    expect(edges(world, id)).toEqual(['blocks gt-x', 'parent-child gt-q']);
    world.do('bead.update', { id, set: { parent: null } });
    expect(edges(world, id)).toEqual(['blocks gt-x']);
    expect(world.refusal('bead.update', { id, set: { parent: id } })).toMatch(/^invalid: .* its own parent/);
    expect(world.refusal('bead.update', { id, set: { parent: 'gt-x' } })).toMatch(
      /^conflict: .* already depends on gt-x/,
    );
    world.do('bead.update', { id: 'gt-q', set: { parent: id } });
    expect(world.refusal('bead.update', { id, set: { parent: 'gt-q' } })).toMatch(/circle/);
  });

  it('numbers its children down to the third level; deeper ones get an id of their own', () => {
    const world = town();
    make(world, 'gt-p');
    let id = 'gt-p';
    for (const expected of ['gt-p.1', 'gt-p.1.1', 'gt-p.1.1.1']) {
      id = world.id('bead.create', { title: 'x', parent: id });
      expect(id).toBe(expected);
    }
    const deep = world.id('bead.create', { title: 'deep', parent: id });
    expect(deep).toMatch(/^gt-[0-9a-z]{3}$/);
    expect(edges(world, deep)).toEqual(['parent-child gt-p.1.1.1']);
  });
});

describe('dependencies', () => {
  it('are made with the bead, both ways, or the bead is not made', () => {
    const world = town();
    make(world, 'gt-a', 'gt-b');
    const id = world.id('bead.create', {
      title: 'x',
      dependencies: [
        { depends_on_id: 'gt-a', type: 'waits-for', metadata: { gate: 'any-children' }, thread_id: 't' },
        { depends_on_id: 'external:lib:v2' },
      ],
      dependents: [{ issue_id: 'gt-b', type: 'blocks' }],
    });
    expect(world.bead(id).dependencies).toMatchObject([
      { issue_id: id, type: 'waits-for', metadata: { gate: 'any-children' }, thread_id: 't' },
      { issue_id: id, depends_on_id: 'external:lib:v2', type: 'blocks' },
    ]);
    expect(edges(world, 'gt-b')).toEqual([`blocks ${id}`]);
    const before = world.data.beads.size;
    const circle = { title: 'y', dependencies: [{ depends_on_id: 'gt-b' }], dependents: [{ issue_id: 'gt-a' }] };
    expect(world.refusal('bead.create', circle)).toMatch(/circle/);
    expect(world.refusal('bead.create', { title: 'y', dependencies: [{ depends_on_id: 'gt-none' }] })).toMatch(
      /^not_found/,
    );
    expect(world.data.beads.size).toBe(before);
  });

  it('take new metadata when they are added again, and refuse another type', () => {
    const world = town();
    make(world, 'gt-a', 'gt-b');
    const add = (fields: object) => ({
      dependency: { issue_id: 'gt-a', depends_on_id: 'gt-b', type: 'waits-for', ...fields },
    });
    world.do('dep.add', add({}));
    expect(world.do('dep.add', add({}))).toEqual([]);
    world.do('dep.add', add({ metadata: '{"gate":"any-children"}' }));
    expect(world.bead('gt-a').dependencies).toMatchObject([{ type: 'waits-for', metadata: '{"gate":"any-children"}' }]);
    expect(world.refusal('dep.add', add({ type: 'related' }))).toMatch(
      /^conflict: gt-a already depends on gt-b \(waits-for\)/,
    );
    expect(world.refusal('dep.add', add({ depends_on_id: 'gt-a' }))).toMatch(/^invalid: gt-a cannot depend on itself/);
  });

  it('relate two beads both ways in one step', () => {
    const world = town();
    make(world, 'gt-a', 'gt-b');
    world.do('dep.relate', { ids: ['gt-a', 'gt-b'] });
    expect([edges(world, 'gt-a'), edges(world, 'gt-b')]).toEqual([['relates-to gt-b'], ['relates-to gt-a']]);
    expect(world.do('dep.relate', { ids: ['gt-b', 'gt-a'] })).toEqual([]);
    world.do('dep.relate', { ids: ['gt-b', 'gt-a'], remove: true });
    expect([edges(world, 'gt-a'), edges(world, 'gt-b')]).toEqual([[], []]);
    expect(world.refusal('dep.relate', { ids: ['gt-a', 'gt-b'], remove: true })).toMatch(/^conflict/);
  });
});

describe('a bead that ends for another', () => {
  it.each([
    ['bead.duplicate', 'of', 'duplicates', 'duplicate of gt-b'],
    ['bead.supersede', 'by', 'supersedes', 'superseded by gt-b'],
  ] as const)('%s closes it with the relation in one step', (type, field, relation, reason) => {
    const world = town();
    make(world, 'gt-a', 'gt-b');
    world.do('dep.add', { dependency: { issue_id: 'gt-a', depends_on_id: 'gt-b', type: 'blocks' } });
    const payload = (id: string, other: string) => ({ id, [field]: other }) as never;
    expect(world.do(type, payload('gt-a', 'gt-b')).map(({ id }) => id)).toContain('gt-a');
    expect(world.bead('gt-a')).toMatchObject({ status: 'closed', close_reason: reason });
    expect(world.bead('gt-a').closed_at).toBeDefined();
    expect(edges(world, 'gt-a')).toEqual([`${relation} gt-b`]);
    expect(world.do(type, payload('gt-a', 'gt-b'))).toEqual([]);
    expect(world.refusal(type, payload('gt-b', 'gt-b'))).toMatch(/^invalid/);
    expect(world.refusal(type, payload('gt-b', 'gt-none'))).toMatch(/^not_found/);
    expect(world.refusal(type, payload('gt-b', 'gt-a'), polecat('rust/nux'))).toMatch(/^forbidden/);
  });

  it('is not taken from a polecat', () => {
    const world = town();
    make(world, 'gt-b');
    const id = world.slung();
    world.working(id);
    expect(world.refusal('bead.duplicate', { id, of: 'gt-b' })).toMatch(/^conflict: .* on the hook/);
    expect(edges(world, id)).toEqual([]);
  });
});

describe('a gate', () => {
  const gate = (world: World, fields: object) =>
    world.id('bead.create', { title: 'wait', issue_type: 'gate', ...fields, dependents: [{ issue_id: 'gt-a' }] });

  it('of a timer or a bead is closed by hand only when it has come about, or by force', () => {
    const world = town();
    make(world, 'gt-a', 'gt-b', 'gt-c');
    const timer = gate(world, { await_type: 'timer', timeout: 60_000_000_000 });
    const bead = gate(world, { await_type: 'bead', await_id: 'gt-b' });
    expect(world.refusal('bead.close', { id: timer })).toMatch(/^conflict: .* the timer has .* to go/);
    expect(world.refusal('bead.close', { id: bead })).toMatch(/^conflict: .* gt-b is open/);
    expect(world.refusal('bead.update', { id: bead, set: { status: 'closed' } })).toMatch(/^conflict/);
    expect(world.refusal('bead.close', { id: 'gt-a' })).toMatch(/^conflict: gt-a depends on/);
    world.now += 60_000;
    world.do('bead.close', { id: timer });
    world.do('bead.close', { id: 'gt-b' });
    world.do('bead.close', { id: bead });
    expect([world.bead(timer).status, world.bead(bead).status]).toEqual(['closed', 'closed']);
    const forced = gate(world, { await_type: 'bead', await_id: 'gt-c' });
    world.do('bead.close', { id: forced, force: true });
    expect(world.bead(forced).status).toBe('closed');
  });

  it.each(['human', 'mail', 'gh:run', 'gh:pr'])('that waits for %s is closed by hand', await_type => {
    const world = town();
    make(world, 'gt-a');
    const id = gate(world, { await_type, await_id: '42' });
    world.do('bead.close', { id });
    expect(world.bead(id).status).toBe('closed');
  });
});

describe('the settings of bd config', () => {
  it('are kept as they are given, with statuses of the town’s own checked', () => {
    const world = town();
    world.do('beads.config', { set: { 'jira.url': 'https://x', 'status.custom': 'in_review:active, qa:wip,shelved' } });
    expect(world.data.town.get('town')?.beadsConfig).toEqual({
      'jira.url': 'https://x',
      'status.custom': 'in_review:active, qa:wip,shelved',
    });
    expect(
      ['in_review', 'qa', 'shelved', 'open', 'hooked', 'nonsense'].map(status => categoryOf(world.data, status)),
    ).toEqual(['active', 'wip', 'unspecified', 'active', 'wip', 'unspecified']);
    expect(statusWords(world.data)).toContain('qa');
    expect(world.do('beads.config', { set: { 'jira.url': 'https://x' } })).toEqual([]);
    world.do('beads.config', { set: { 'jira.url': null, 'status.custom': null, 'types.custom': 'legal,ops' } });
    expect(world.data.town.get('town')?.beadsConfig).toEqual({ 'types.custom': 'legal,ops' });
    expect(['legal', 'bug', 'tsak'].map(type => isKnownType(world.data, type))).toEqual([true, true, false]);
    expect(['feat', 'ADR', 'ms', 'bug'].map(plainType)).toEqual(['feature', 'decision', 'milestone', 'bug']);
  });

  it.each(['Bad', 'a b', 'x:never', 'x:', 'open:active', 'a,a', Array.from({ length: 51 }, (_, n) => `s${n}`).join()])(
    'refuse %s as custom statuses',
    value => {
      expect(town().refusal('beads.config', { set: { 'status.custom': value } })).toMatch(/^invalid/);
    },
  );
});
