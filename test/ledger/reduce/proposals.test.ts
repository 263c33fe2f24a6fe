import { describe, expect, it } from 'vitest';
import type { CommandInput } from '../../../source/ledger/commands.ts';
import { planVersion } from '../../../source/ledger/plan-version.ts';
import { MAYOR, OPERATOR, polecat, sha, TOWN } from '../helpers.ts';
import { town, type World } from '../world.ts';

const NUX = 'rust/nux';
type Bead = CommandInput<'plan.propose'>['beads'][number];
const A: Bead = { key: 'a', title: 'A', description: 'Do a.' };
const B: Bead = { key: 'b', title: 'B', description: 'Do b.', needs: ['a'], acceptance_criteria: 'b is done' };

const requested = (world: World, goal = 'Make it fast') => world.id('plan.request', { rig: 'rust', goal });
const propose = (world: World, bead: string, beads: Bead[], more: Partial<CommandInput<'plan.propose'>> = {}) =>
  world.do('plan.propose', { bead, title: 'Fast', beads, ...more }, MAYOR)[0]!.id;
const convoyOf = (world: World, id: string) => world.data.convoys.get(id)!;
const version = (world: World, id: string) => planVersion(world.data, convoyOf(world, id));

describe('a request for a plan', () => {
  it('is a bead of type plan in the role of the Mayor, wanted on a hook before ordinary work', () => {
    const world = town();
    const bead = world.bead(
      world.id('plan.request', { rig: 'rust', goal: 'Make it fast\nand small', agent: 'claude' }),
    );
    expect(bead).toMatchObject({
      title: 'Make it fast',
      description: 'Make it fast\nand small',
      issue_type: 'plan',
      priority: 1,
      town: { role: 'mayor', agent: 'claude', dispatch: { by: 'operator' }, rig: 'rust' },
    });
    expect(world.refusal('plan.request', { rig: 'rust', goal: '  ' })).toMatch(/^invalid/);
    expect(world.refusal('plan.request', { rig: 'rust', goal: 'Go' }, polecat(NUX))).toMatch(/^forbidden/);
  });
});

describe('a proposed plan', () => {
  it('waits for a person: its beads are wanted by nobody until it is approved', () => {
    const world = town();
    const bead = requested(world);
    const id = propose(world, bead, [A, B], { design: 'In two steps.' });
    expect(convoyOf(world, id)).toMatchObject({
      status: 'proposed',
      createdBy: 'mayor',
      goal: 'Make it fast',
      design: 'In two steps.',
      proposal: { bead, version: version(world, id) },
    });
    const [a, b] = convoyOf(world, id).beads.map(world.bead);
    expect(b).toMatchObject({
      acceptance_criteria: 'b is done',
      dependencies: [{ depends_on_id: a!.id, type: 'blocks' }],
    });
    expect([a!.town.dispatch, b!.town.dispatch]).toEqual([undefined, undefined]);
    world.do('convoy.approve', { id });
    expect(world.bead(a!.id).town.dispatch).toMatchObject({ by: 'operator' });
  });

  it('is proposed by the Mayor alone, and only for a bead that asks for one', () => {
    const world = town();
    const plain = world.slung();
    const beads = [A];
    expect(world.refusal('plan.propose', { bead: plain, title: 'x', beads }, MAYOR)).toMatch(
      /^conflict: .*not to be planned/,
    );
    for (const actor of [OPERATOR, polecat(NUX)])
      expect(world.refusal('plan.propose', { bead: requested(world), title: 'x', beads }, actor)).toMatch(/^forbidden/);
  });

  it('gives way to a later one of the same bead: the same keys are the same beads, with history', () => {
    const world = town();
    const bead = requested(world);
    const id = propose(world, bead, [A, B]);
    const [a, b] = convoyOf(world, id).beads as [string, string];
    const again = propose(world, bead, [
      { ...B, title: 'B first', needs: [] },
      { key: 'c', title: 'C', description: 'Do c.', needs: ['b'] },
    ]);
    expect(again).toBe(id);
    const [first, second] = convoyOf(world, id).beads as [string, string];
    expect(first).toBe(b);
    expect(world.bead(b)).toMatchObject({ title: 'B first', rev: 2 });
    expect(world.bead(b).dependencies).toBeUndefined();
    expect(world.bead(second).dependencies).toMatchObject([{ depends_on_id: b }]);
    expect(world.bead(a)).toMatchObject({ status: 'tombstone', delete_reason: 'Taken out of its plan' });
  });

  it('leaves the revision of what stays as it is', () => {
    const world = town();
    const bead = requested(world);
    const id = propose(world, bead, [A, B]);
    const [a] = convoyOf(world, id).beads as [string];
    propose(world, bead, [A, { ...B, priority: 0 }]);
    expect(world.bead(a).rev).toBe(1);
  });

  it('does not write over what a person has changed, unless it names that very version', () => {
    const world = town();
    const bead = requested(world);
    const id = propose(world, bead, [A, B]);
    const [a] = convoyOf(world, id).beads as [string];
    world.do('bead.update', { id: a, set: { title: 'A, but slowly' } });
    expect(world.refusal('plan.propose', { bead, title: 'x', beads: [A] }, MAYOR)).toMatch(/^conflict: .*not the one/);
    propose(world, bead, [A], { base: version(world, id) });
    expect(world.bead(a).title).toBe('A');
  });

  it('is not changed any more once it is approved; a cancelled one makes room for another', () => {
    const world = town();
    const bead = requested(world);
    const id = propose(world, bead, [A]);
    world.do('convoy.approve', { id });
    expect(world.refusal('plan.propose', { bead, title: 'x', beads: [A] }, MAYOR)).toMatch(
      /^conflict: .*approved already/,
    );
    const other = requested(world, 'Another');
    const cancelled = propose(world, other, [A]);
    world.do('convoy.cancel', { id: cancelled });
    expect(propose(world, other, [A])).not.toBe(cancelled);
  });

  it('may need beads that are there already, but none that are not', () => {
    const world = town();
    const there = world.id('bead.create', { title: 'There', rig: 'rust' });
    const bead = requested(world);
    const id = propose(world, bead, [{ ...A, needs: [there] }]);
    const [a] = convoyOf(world, id).beads as [string];
    expect(world.bead(a).dependencies).toMatchObject([{ depends_on_id: there, type: 'blocks' }]);
    expect(world.refusal('plan.propose', { bead, title: 'x', beads: [{ ...A, needs: ['gt-none'] }] }, MAYOR)).toMatch(
      /^invalid: a needs gt-none/,
    );
  });

  it('with a secret in it is refused, for history keeps it', () => {
    const world = town();
    const beads = [{ ...A, description: `Use the key sk-ant-api03-${'x'.repeat(90)}AA` }];
    expect(world.refusal('plan.propose', { bead: requested(world), title: 'x', beads }, MAYOR)).toMatch(
      /^invalid: This plan/,
    );
  });
});

describe('an edited plan', () => {
  const edit = (world: World, id: string, beads: Bead[], base = version(world, id)) =>
    world.do('plan.edit', { id, base, title: 'Fast', goal: 'Make it fast', beads });

  it('is as it was written: reordered, with other needs, new beads and without those left out, in one step', () => {
    const world = town();
    const id = propose(world, requested(world), [A, B]);
    const [a, b] = convoyOf(world, id).beads as [string, string];
    const writes = edit(world, id, [
      { ...B, key: b, needs: [] },
      { ...A, key: a, needs: [b] },
      { key: 'new', title: 'New', description: 'n', needs: [a] },
    ]);
    expect(writes[0]).toMatchObject({ kind: 'convoys', id });
    expect(convoyOf(world, id).beads.slice(0, 2)).toEqual([b, a]);
    expect(world.bead(a).dependencies).toMatchObject([{ depends_on_id: b }]);
    expect(world.bead(b).dependencies).toBeUndefined();
    edit(world, id, [{ ...A, key: a }]);
    expect(world.bead(b).status).toBe('tombstone');
    expect(convoyOf(world, id).beads).toEqual([a]);
  });

  it('is refused where it was changed since it was shown, or is no longer proposed', () => {
    const world = town();
    const id = propose(world, requested(world), [A]);
    const [a] = convoyOf(world, id).beads as [string];
    const seen = version(world, id);
    world.do('bead.update', { id: a, set: { priority: 0 } });
    const payload = { id, base: seen, title: 'Fast', beads: [{ ...A, key: a }] };
    expect(world.refusal('plan.edit', payload)).toMatch(/^conflict: .*not the one that you have seen/);
    world.do('convoy.approve', { id });
    expect(world.refusal('plan.edit', payload)).toMatch(/^conflict: .*is approved/);
  });

  it('keeps ties of other kinds, and refuses circles that lead through beads outside', () => {
    const world = town();
    const id = propose(world, requested(world), [A, B]);
    const [a, b] = convoyOf(world, id).beads as [string, string];
    const outside = world.id('bead.create', { title: 'Outside', rig: 'rust' });
    world.do('dep.add', { dependency: { issue_id: a, depends_on_id: outside, type: 'related' } });
    world.do('dep.add', { dependency: { issue_id: outside, depends_on_id: b, type: 'blocks' } });
    edit(world, id, [
      { ...A, key: a },
      { ...B, key: b, needs: [] },
    ]);
    expect(world.bead(a).dependencies).toMatchObject([{ depends_on_id: outside, type: 'related' }]);
    const circle = [
      { ...A, key: a },
      { ...B, key: b, needs: [outside] },
    ];
    expect(world.refusal('plan.edit', { id, base: version(world, id), title: 'x', beads: circle })).toMatch(/circle/);
  });
});

describe('a planning session', () => {
  const planning = (world: World) => {
    const bead = requested(world);
    return { bead, session: world.working(bead) };
  };

  it('ends well with its plan, and hands in no commits', () => {
    const world = town();
    const { bead, session } = planning(world);
    const done = { session, merge: 'mr-1', ref: 'r', base: sha('1'), head: sha('2') };
    expect(world.refusal('work.done', done, TOWN)).toMatch(/^conflict: .*hands in no commits/);
    expect(world.refusal('work.nothing', { session }, TOWN)).toMatch(/^conflict: No plan was proposed/);
    const other = propose(world, requested(world, 'Another'), [A]);
    expect(world.refusal('work.nothing', { session, plan: other }, TOWN)).toMatch(/^conflict: .*not what was proposed/);
    const plan = propose(world, bead, [A]);
    world.do('work.nothing', { session, plan }, TOWN);
    expect(world.bead(bead)).toMatchObject({ status: 'closed', close_reason: `Proposed ${plan}, "Fast"` });
    expect(world.polecat(NUX)).toMatchObject({ state: 'idle' });
    expect(convoyOf(world, plan).status).toBe('proposed');
  });

  it('may end without one where it says that nothing is to be planned', () => {
    const world = town();
    const { bead, session } = planning(world);
    world.do('session.report', { id: session, kind: 'done', noChange: true, summary: 'It is fast.' }, polecat(NUX));
    world.do('work.nothing', { session, summary: 'It is fast.' }, TOWN);
    expect(world.bead(bead)).toMatchObject({ status: 'closed', close_reason: 'Nothing to plan: It is fast.' });
  });
});

describe('a question', () => {
  const asking = (world: World) => {
    const bead = world.slung();
    return { bead, session: world.working(bead) };
  };

  it('is one question however often it is asked, and is answered once, by a person', () => {
    const world = town();
    const { bead, session } = asking(world);
    const ask = { session, title: 'A or B?', choices: ['A', 'B', 'A'] };
    const id = world.id('question.ask', ask, polecat(NUX));
    expect(world.data.escalations.get(id)).toMatchObject({
      subject: bead,
      category: 'decision',
      question: { session, choices: ['A', 'B'] },
    });
    expect(world.id('question.ask', ask, polecat(NUX))).toBe(id);
    expect(world.refusal('question.answer', { id, answer: 'A' }, polecat(NUX))).toMatch(/^forbidden/);
    world.do('question.answer', { id, answer: 'A' });
    expect(world.data.escalations.get(id)).toMatchObject({ resolution: 'A', closedBy: 'operator' });
    expect(world.refusal('question.answer', { id, answer: 'B' })).toMatch(/^conflict/);
    expect(world.id('question.ask', ask, polecat(NUX))).not.toBe(id);
  });

  it('has reached its session once, and only with an answer', () => {
    const world = town();
    const { session } = asking(world);
    const id = world.id('question.ask', { session, title: 'A or B?' }, polecat(NUX));
    expect(world.refusal('question.told', { id }, TOWN)).toMatch(/^conflict/);
    world.do('escalation.close', { id, reason: 'B' });
    world.do('question.told', { id }, TOWN);
    expect(world.do('question.told', { id }, TOWN)).toEqual([]);
    expect(world.data.escalations.get(id)).toMatchObject({ resolution: 'B', question: { session, choices: [] } });
  });

  it('is asked by a live session for itself', () => {
    const world = town();
    const { session } = asking(world);
    expect(world.refusal('question.ask', { session, title: 'x' }, polecat('rust/ace'))).toMatch(/^forbidden/);
    world.do('session.end', { id: session, outcome: 'failed' }, TOWN);
    expect(world.refusal('question.ask', { session, title: 'x' }, polecat(NUX))).toMatch(/^conflict/);
  });

  it('is told apart from a cry for help, which asks nothing', () => {
    const world = town();
    const id = world.id('escalation.open', { title: 'Help' });
    expect(world.refusal('question.answer', { id, answer: 'Yes' })).toMatch(/^invalid/);
  });
});
