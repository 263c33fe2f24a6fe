import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../source/ledger/schema.ts';
import { MAYOR, polecat } from '../helpers.ts';
import { town, type World } from '../world.ts';

describe('every command', () => {
  it('writes the next rev of each record once and keeps fields it does not know', () => {
    const world = town();
    const id = world.slung();
    world.data.beads.set(id, { ...world.bead(id), spec_id: 'SPEC-1', town: { ...world.bead(id).town, future: 1 } });
    world.do('bead.update', { id, set: { title: 'New' } });
    expect(world.bead(id)).toMatchObject({ rev: 2, title: 'New', spec_id: 'SPEC-1', town: { future: 1 } });
  });

  it('keeps its reason with the subject, the newest last, a limited number of them', () => {
    const world = town();
    const id = world.id('bead.create', { title: 'x' });
    expect(world.why(id)).toEqual(['operator bead.create: The operator asked for it.']);
    for (let n = 0; n < 30; n++) world.do('bead.comment', { id, text: 'x' }, polecat('rust/nux'), `because ${n}`);
    expect(world.why(id)).toHaveLength(LIMITS.decisionEntries);
    expect(world.why(id).at(-1)).toBe('polecat rust/nux bead.comment: because 29');
  });

  it('changes nothing at all when it is refused', () => {
    const world = town();
    const before = JSON.stringify(Object.values(world.data).map(map => [...map]));
    expect(
      world.refusal('plan.import', {
        title: 'p',
        rig: 'rust',
        beads: [
          { key: 'a', title: 'A' },
          { key: 'b', title: 'B', id: 'no/good' },
        ],
      }),
    ).toMatch(/^invalid/);
    expect(JSON.stringify(Object.values(world.data).map(map => [...map]))).toBe(before);
  });
});

describe('bead.create', () => {
  it('fills what Beads fills and takes the only rig there is', () => {
    const world = town();
    const id = world.id('bead.create', { title: 'x' });
    expect(id).toMatch(/^gt-[0-9a-z]{3}$/);
    expect(world.bead(id)).toMatchObject({
      rev: 1,
      status: 'open',
      priority: 2,
      issue_type: 'task',
      created_by: 'operator',
      town: { rig: 'rust', attempts: 0 },
    });
    expect(world.bead(id).town.dispatch).toBeUndefined();
  });

  it('keeps priority 0', () => {
    const world = town();
    expect(world.bead(world.id('bead.create', { title: 'x', priority: 0 })).priority).toBe(0);
  });

  it('numbers children, three deep, and makes them wait with their parent', () => {
    const world = town();
    const top = world.id('bead.create', { title: 'top', id: 'gt-top' });
    const ids = [
      world.id('bead.create', { title: 'a', parent: top }),
      world.id('bead.create', { title: 'b', parent: top }),
    ];
    expect(ids).toEqual(['gt-top.1', 'gt-top.2']);
    const deep = world.id('bead.create', {
      title: 'c',
      parent: world.id('bead.create', { title: 'd', parent: 'gt-top.1' }),
    });
    expect(deep).toBe('gt-top.1.1.1');
    expect(world.id('bead.create', { title: 'e', parent: deep })).toMatch(/^gt-[0-9a-z]+$/);
    expect(world.bead('gt-top.1').dependencies).toMatchObject([{ depends_on_id: 'gt-top', type: 'parent-child' }]);
  });

  it('refuses a taken id, a bad id, an unknown or removed rig, an unknown parent, and dispatch without a rig', () => {
    const world = town();
    world.do('bead.create', { title: 'x', id: 'gt-1' });
    expect(world.refusal('bead.create', { title: 'x', id: 'gt-1' })).toBe(
      'already_exists: There is already a bead gt-1.',
    );
    for (const id of ['../x', '.x', 'a/b', 'a b', 'ü'])
      expect(world.refusal('bead.create', { title: 'x', id })).toMatch(/^invalid/);
    expect(world.refusal('bead.create', { title: 'x', rig: 'none' })).toMatch(/^not_found/);
    expect(world.refusal('bead.create', { title: 'x', parent: 'gt-none' })).toMatch(/^not_found/);
    world.do('rig.remove', { id: 'rust' });
    expect(world.refusal('bead.create', { title: 'x', rig: 'rust' })).toMatch(/^conflict: The rig rust was removed/);
    expect(world.refusal('bead.create', { title: 'x', dispatch: true })).toMatch(/^invalid: A bead without a rig/);
  });

  it('joins a convoy that is not over', () => {
    const world = town();
    const convoy = world.id('plan.import', {
      title: 'p',
      rig: 'rust',
      beads: [{ key: 'a', title: 'A' }],
      approve: true,
    });
    const id = world.id('bead.create', { title: 'late', convoy });
    expect(world.data.convoys.get(convoy)!.beads.at(-1)).toBe(id);
    world.do('convoy.cancel', { id: convoy });
    expect(world.refusal('bead.create', { title: 'x', convoy })).toMatch(/^conflict: The convoy .* is cancelled/);
  });
});

describe('bead.update', () => {
  it('compares and swaps when told the revision', () => {
    const world = town();
    const id = world.slung();
    world.do('bead.update', { id, baseRev: 1, set: { title: 'a' } });
    expect(world.refusal('bead.update', { id, baseRev: 1, set: { title: 'b' } })).toBe(
      `conflict: ${id} has changed: it is at revision 2, not 1.`,
    );
    expect(world.bead(id).title).toBe('a');
  });

  it('sets, removes, and treats labels as a set and notes as a log', () => {
    const world = town();
    const id = world.id('bead.create', { title: 'x', description: 'd', labels: ['a', 'a', 'b'] });
    expect(world.bead(id).labels).toEqual(['a', 'b']);
    world.do('bead.update', {
      id,
      set: { description: null, addLabels: ['c', 'b'], removeLabels: ['a'], appendNotes: 'one', agent: 'claude' },
    });
    world.do('bead.update', { id, set: { appendNotes: 'two' } });
    expect(world.bead(id)).toMatchObject({ labels: ['b', 'c'], notes: 'one\n\ntwo', town: { agent: 'claude' } });
    expect('description' in world.bead(id)).toBe(false);
    world.do('bead.update', { id, set: { removeLabels: ['b', 'c'], notes: 'new', appendNotes: 'more', agent: null } });
    expect(world.bead(id)).toMatchObject({ notes: 'new\n\nmore' });
    expect('labels' in world.bead(id) || 'agent' in world.bead(id).town).toBe(false);
  });

  it('leaves status and assignee alone while a polecat or the queue has the bead, and lets the rest change', () => {
    const world = town();
    const id = world.slung();
    const session = world.working(id);
    expect(world.refusal('bead.update', { id, set: { status: 'open' } })).toMatch(
      /^conflict: .* on the hook of rust\/nux/,
    );
    expect(world.refusal('bead.update', { id, set: { assignee: 'me' } })).toMatch(/^conflict/);
    world.do('bead.update', { id, set: { notes: 'hint' } });
    const merge = world.done(session);
    expect(world.refusal('bead.update', { id, set: { status: 'open' } })).toContain(`${merge} is in the merge queue`);
  });

  it('closes by its status as by hand, and any other status opens a closed bead again', () => {
    const world = town();
    const [a, b] = ['gt-a', 'gt-b'].map(id => world.id('bead.create', { id, title: id })) as [string, string];
    world.do('dep.add', { dependency: { issue_id: a, depends_on_id: b, type: 'blocks' } });
    expect(world.refusal('bead.update', { id: a, set: { status: 'closed' } })).toMatch(
      /^conflict: gt-a depends on gt-b/,
    );
    world.do('bead.update', { id: b, set: { status: 'closed', appendNotes: 'done' } });
    expect(world.bead(b)).toMatchObject({ status: 'closed', closed_at: world.bead(b).updated_at, notes: 'done' });
    world.do('bead.update', { id: b, set: { status: 'in_progress' } });
    expect(world.bead(b)).toMatchObject({ status: 'in_progress', started_at: world.bead(b).updated_at });
    expect(world.bead(b)).not.toHaveProperty('closed_at');
    expect(world.bead(b)).not.toHaveProperty('close_reason');
  });

  it('cannot be given a status that the town does not know, nor change anything of a deleted bead', () => {
    const world = town();
    const id = world.slung();
    expect(world.refusal('bead.update', { id, set: { status: 'in_review' } })).toMatch(/^invalid: There is no status/);
    expect(world.refusal('bead.update', { id, set: { status: 'hooked' } })).toMatch(/^invalid/);
    expect(world.refusal('bead.update', { id, set: { status: 'tombstone' } })).toMatch(/^invalid/);
    world.do('beads.config', { set: { 'status.custom': 'in_review:active,qa:wip' } });
    world.do('bead.update', { id, set: { status: 'in_review' } });
    expect(world.bead(id).status).toBe('in_review');
    world.do('bead.delete', { id });
    expect(world.refusal('bead.update', { id, set: { title: 'x' } })).toMatch(/^conflict: .* was deleted/);
  });
});

describe('bead.claim', () => {
  it('goes to the first, again and again for the same, never to a second', () => {
    const world = town();
    const id = world.slung();
    world.do('bead.claim', { id, assignee: 'ann' });
    expect(world.bead(id)).toMatchObject({ status: 'in_progress', assignee: 'ann', started_at: expect.any(String) });
    expect(world.bead(id).town.dispatch).toBeUndefined();
    expect(world.do('bead.claim', { id, assignee: 'ann' })).toEqual([]);
    expect(world.refusal('bead.claim', { id, assignee: 'bob' })).toBe(`conflict: ${id} is already claimed by ann.`);
    world.do('bead.close', { id });
    expect(world.refusal('bead.claim', { id, assignee: 'ann' })).toMatch(/^conflict: .* is closed/);
  });

  it('is a no-op for the polecat whose hook it is on', () => {
    const world = town();
    const id = world.slung();
    world.working(id);
    expect(world.do('bead.claim', { id, assignee: 'rust/nux' }, polecat('rust/nux'))).toEqual([]);
  });
});

describe('closing, reopening and deleting', () => {
  it('is refused on a hook, in the queue, and with open blockers unless forced', () => {
    const world = town();
    const blocker = world.slung();
    const id = world.slung();
    world.do('dep.add', { dependency: { issue_id: id, depends_on_id: blocker, type: 'blocks' } });
    expect(world.refusal('bead.close', { id })).toBe(`conflict: ${id} depends on ${blocker}, which is not closed.`);
    world.do('bead.close', { id, force: true, reason: 'moot' });
    expect(world.bead(id)).toMatchObject({ status: 'closed', close_reason: 'moot', closed_at: expect.any(String) });
    expect(world.do('bead.close', { id })).toEqual([]);
    const session = world.working(blocker);
    expect(world.refusal('bead.close', { id: blocker, force: true })).toMatch(/^conflict/);
    expect(world.refusal('bead.delete', { id: blocker })).toMatch(/^conflict/);
    world.done(session);
    expect(world.refusal('bead.close', { id: blocker, force: true })).toMatch(/^conflict/);
    expect(world.refusal('bead.delete', { id: blocker })).toMatch(/^conflict/);
  });

  it('lands an approved convoy with its last bead, and reopens it with any', () => {
    const world = town();
    const convoy = world.id('plan.import', {
      title: 'p',
      rig: 'rust',
      beads: [
        { key: 'a', title: 'A' },
        { key: 'b', title: 'B' },
      ],
      approve: true,
    });
    const [a, b] = world.data.convoys.get(convoy)!.beads as [string, string];
    world.do('bead.close', { id: a });
    expect(world.data.convoys.get(convoy)!.status).toBe('approved');
    world.do('bead.delete', { id: b });
    expect(world.data.convoys.get(convoy)).toMatchObject({ status: 'landed', endedAt: expect.any(String) });
    world.do('bead.reopen', { id: a, reason: 'not done' });
    expect(world.data.convoys.get(convoy)!.status).toBe('approved');
    expect(world.data.convoys.get(convoy)!.endedAt).toBeUndefined();
    expect(world.bead(a)).toMatchObject({ status: 'open', notes: 'Reopened: not done' });
    expect('closed_at' in world.bead(a) || 'close_reason' in world.bead(a)).toBe(false);
  });

  it('leaves a tombstone with a rev, which nothing brings back', () => {
    const world = town();
    const id = world.slung();
    world.do('bead.delete', { id, reason: 'twice' });
    expect(world.bead(id)).toMatchObject({
      rev: 2,
      status: 'tombstone',
      deleted_by: 'operator',
      delete_reason: 'twice',
    });
    expect(world.do('bead.delete', { id })).toEqual([]);
    for (const refusal of [
      world.refusal('bead.reopen', { id }),
      world.refusal('bead.sling', { id }),
      world.refusal('bead.claim', { id, assignee: 'x' }),
    ]) {
      expect(refusal).toMatch(/^conflict: .* was deleted/);
    }
    expect(world.refusal('bead.create', { title: 'x', id })).toMatch(/^already_exists/);
  });
});

describe('dependencies', () => {
  it('refuses itself, the unknown, and a circle through any blocking types, naming it', () => {
    const world = town();
    const [a, b, c] = ['gt-a', 'gt-b', 'gt-c'].map(id => world.id('bead.create', { title: id, id })) as [
      string,
      string,
      string,
    ];
    const add = (issue_id: string, depends_on_id: string, type = 'blocks') => ({
      dependency: { issue_id, depends_on_id, type },
    });
    expect(world.refusal('dep.add', add(a, a))).toMatch(/^invalid: gt-a cannot depend on itself/);
    expect(world.refusal('dep.add', add(a, 'gt-none'))).toMatch(/^not_found/);
    world.do('dep.add', add(a, b));
    world.do('dep.add', add(b, c, 'parent-child'));
    expect(world.refusal('dep.add', add(c, a, 'waits-for'))).toBe(
      'invalid: That would be a circle: gt-c → gt-a → gt-b → gt-c.',
    );
    world.do('dep.add', add(c, a, 'related'));
    expect(world.do('dep.add', add(a, b))).toEqual([]);
    expect(world.refusal('dep.add', add(a, b, 'related'))).toMatch(/^conflict: gt-a already depends on gt-b/);
    world.do('dep.add', add(a, 'external:lib:v2'));
    world.do('dep.remove', { issue_id: a, depends_on_id: b });
    expect(world.bead(a).dependencies!.map(edge => edge.depends_on_id)).toEqual(['external:lib:v2']);
    expect(world.refusal('dep.remove', { issue_id: a, depends_on_id: b })).toMatch(/^conflict: gt-a does not depend/);
  });
});

describe('plan.import', () => {
  const plan = (world: World, beads: { key: string; title: string; needs?: string[] }[], approve = false) =>
    world.do('plan.import', { title: 'Plan', rig: 'rust', goal: 'g', beads, approve }, MAYOR);

  it('makes one convoy and all its beads with what they need, in the order of the plan', () => {
    const world = town();
    const [first] = plan(world, [
      { key: 'late', title: 'Same title', needs: ['early'] },
      { key: 'early', title: 'Same title' },
    ]);
    const convoy = world.data.convoys.get(first!.id)!;
    expect(first).toMatchObject({ kind: 'convoys' });
    expect(convoy).toMatchObject({ rev: 1, status: 'proposed', createdBy: 'mayor', goal: 'g' });
    const [late, early] = convoy.beads.map(world.bead);
    expect(late!.dependencies).toMatchObject([{ issue_id: late!.id, depends_on_id: early!.id, type: 'blocks' }]);
    expect([late!.town.dispatch, late!.town.convoy]).toEqual([undefined, convoy.id]);
  });

  it('dispatches at once when approved, else with the approval', () => {
    const world = town();
    const [first] = plan(world, [{ key: 'a', title: 'A' }], true);
    expect(world.bead(world.data.convoys.get(first!.id)!.beads[0]!).town.dispatch).toMatchObject({ by: 'mayor' });
    const [second] = plan(world, [
      { key: 'a', title: 'A' },
      { key: 'b', title: 'B' },
    ]);
    const [a, b] = world.data.convoys.get(second!.id)!.beads as [string, string];
    world.do('bead.close', { id: b });
    world.do('convoy.approve', { id: second!.id });
    expect(world.bead(a).town.dispatch).toMatchObject({ by: 'operator' });
    expect(world.bead(b).town.dispatch).toBeUndefined();
    expect(world.do('convoy.approve', { id: second!.id })).toEqual([]);
  });

  it('refuses doubled keys, unknown needs and circles, naming them', () => {
    const world = town();
    const refusal = (beads: { key: string; title: string; needs?: string[] }[]) =>
      world.refusal('plan.import', { title: 'p', rig: 'rust', beads });
    expect(
      refusal([
        { key: 'a', title: 'A' },
        { key: 'a', title: 'B' },
      ]),
    ).toBe('invalid: Two beads of the plan have the key a.');
    expect(refusal([{ key: 'a', title: 'A', needs: ['x'] }])).toBe('invalid: a needs x, which is not in the plan.');
    expect(refusal([{ key: 'a', title: 'A', needs: ['a'] }])).toContain('circle: a → a');
    expect(
      refusal([
        { key: 'z', title: 'Z', needs: ['a'] },
        { key: 'a', title: 'A', needs: ['b'] },
        { key: 'b', title: 'B', needs: ['a'] },
      ]),
    ).toMatch(/circle: (a → b → a|b → a → b)/);
    expect(world.data.beads.size).toBe(0);
  });

  it('lands only when every bead is closed, and cancels what nobody has begun', () => {
    const world = town();
    const [first] = plan(
      world,
      [
        { key: 'a', title: 'A' },
        { key: 'b', title: 'B' },
      ],
      true,
    );
    const [a, b] = world.data.convoys.get(first!.id)!.beads as [string, string];
    expect(world.refusal('convoy.land', { id: first!.id })).toMatch(/^conflict: 2 of 2 beads/);
    world.working(a);
    world.do('convoy.cancel', { id: first!.id, reason: 'other plans' });
    expect([world.bead(a).status, world.bead(b).status, world.bead(b).close_reason]).toEqual([
      'in_progress',
      'closed',
      'Cancelled with its plan: other plans',
    ]);
    expect(world.refusal('convoy.approve', { id: first!.id })).toMatch(/^conflict/);
  });

  it('takes a thousand beads in a chain', () => {
    const world = town();
    plan(
      world,
      Array.from({ length: 1_000 }, (_, n) => ({ key: `k${n}`, title: 'same', needs: n < 999 ? [`k${n + 1}`] : [] })),
    );
    expect(world.data.beads.size).toBe(1_000);
  });
});
