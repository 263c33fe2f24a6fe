import { describe, expect, it } from 'vitest';
import {
  approvalHash,
  approvalsOf,
  earlierApproval,
  examineChain,
  FIRST_LINK,
  validApproval,
} from '../../../source/ledger/approvals.ts';
import { LIMITS } from '../../../source/ledger/schema.ts';
import { MAYOR, polecat, REFINERY, sha, TOWN } from '../helpers.ts';
import { GATE, town, type World } from '../world.ts';

const NUX = 'rust/nux';
const CAUSE = {
  kind: 'red',
  summary: 'tests fail',
  gate: 'test',
  output: 'AssertionError',
  at: '2026-11-23T12:00:00.000Z',
} as const;
const landing = { old: sha('1'), new: sha('b'), tree: sha('a') };

/** In a batch, and looked at by guards that have nothing against it. */
const testing = (world: World, ...ids: string[]) => {
  for (const id of ids) world.guarded(id);
  world.do('merge.group', { ids, group: 'g1' }, REFINERY);
  return ids;
};

describe('the queue', () => {
  it('groups requests for a test and takes them back', () => {
    const world = town();
    const ids = [world.queued().merge, world.queued('rust/ace').merge];
    world.do('merge.group', { ids, group: 'g1' }, REFINERY);
    expect(ids.map(id => [world.merge(id).state, world.merge(id).group])).toEqual([
      ['testing', 'g1'],
      ['testing', 'g1'],
    ]);
    expect(world.do('merge.group', { ids, group: 'g1' }, REFINERY)).toEqual([]);
    world.do('merge.group', { ids: [ids[0]!], group: 'g2' }, REFINERY);
    world.do('merge.group', { ids }, REFINERY);
    expect(ids.map(id => [world.merge(id).state, 'group' in world.merge(id)])).toEqual([
      ['queued', false],
      ['queued', false],
    ]);
  });

  it('does not test what a person holds, and gives it a fresh start when released', () => {
    const world = town();
    const { merge } = world.queued();
    testing(world, merge);
    world.do('merge.hold', { id: merge, reason: 'wait' });
    expect(world.merge(merge)).toMatchObject({ state: 'queued', held: { by: 'operator', reason: 'wait' } });
    expect('group' in world.merge(merge)).toBe(false);
    expect(world.refusal('merge.group', { ids: [merge], group: 'g' }, REFINERY)).toMatch(/is held by operator/);
    const { since } = world.merge(merge);
    world.do('merge.release', { id: merge });
    expect(world.merge(merge).held).toBeUndefined();
    expect(world.merge(merge).since > since).toBe(true);
    world.do('merge.order', { id: merge, order: 0 });
    expect(world.merge(merge).order).toBe(0);
    world.do('merge.order', { id: merge, order: null });
    expect('order' in world.merge(merge)).toBe(false);
  });

  it('records each gate run, the last ten', () => {
    const world = town();
    for (let n = 0; n < 12; n++) world.green(sha('a'));
    const [verdict] = [...world.data.verdicts.values()];
    expect(verdict).toMatchObject({ id: `rust:test:e:${sha('a')}`, rev: 12, gate: 'test', tree: sha('a') });
    expect(verdict!.runs).toHaveLength(LIMITS.verdictRuns);
  });
});

describe('landing', () => {
  it('closes the bead as landed, counts for the polecat, and lands the convoy', () => {
    const world = town();
    const convoy = world.id('plan.import', {
      title: 'p',
      rig: 'rust',
      beads: [{ key: 'a', title: 'A' }],
      approve: true,
    });
    const [bead] = world.data.convoys.get(convoy)!.beads as [string];
    const merge = world.done(world.working(bead));
    world.land(merge);
    expect(world.merge(merge)).toMatchObject({ state: 'landed', landedSha: sha('b'), landing });
    expect(world.bead(bead)).toMatchObject({
      status: 'closed',
      close_reason: 'Landed on main as bbbbbbbbbbbb',
      town: { landed_sha: sha('b') },
    });
    expect('merge' in world.bead(bead).town).toBe(false);
    expect(world.polecat(NUX).landed).toBe(1);
    expect(world.data.convoys.get(convoy)!.status).toBe('landed');
    expect(world.do('merge.landed', { ids: [merge], sha: sha('b') }, REFINERY)).toEqual([]);
    expect(world.polecat(NUX).landed).toBe(1);
  });

  it('is recorded only for the intent that was journaled', () => {
    const world = town();
    const [merge] = testing(world, world.queued().merge) as [string];
    expect(world.refusal('merge.landed', { ids: [merge], sha: sha('b') }, REFINERY)).toMatch(
      /^conflict: .* is testing/,
    );
    world.green(sha('a'));
    world.do('merge.landing', { ids: [merge], ...landing }, REFINERY);
    expect(world.refusal('merge.landed', { ids: [merge], sha: sha('c') }, REFINERY)).toMatch(
      /cannot have landed as cccc/,
    );
    world.do('merge.unland', { ids: [merge], reason: 'the target moved' }, REFINERY);
    expect(world.merge(merge).state).toBe('queued');
    expect('landing' in world.merge(merge) || 'group' in world.merge(merge)).toBe(false);
    expect(world.do('merge.unland', { ids: [merge], reason: 'x' }, REFINERY)).toEqual([]);
  });

  it('is all or nothing', () => {
    const world = town();
    const [one, two] = [world.queued().merge, world.queued('rust/ace').merge];
    testing(world, one);
    world.green(sha('a'));
    expect(world.refusal('merge.landing', { ids: [one, two], ...landing }, REFINERY)).toMatch(/is queued, not testing/);
    expect(world.merge(one).state).toBe('testing');
  });

  it('never begins without a green gate on that very tree', () => {
    const world = town({ gates: [GATE, { name: 'lint', command: 'lint' }] });
    const ids = testing(world, world.queued().merge);
    const land = () => world.refusal('merge.landing', { ids, ...landing }, REFINERY);
    const run = (gate: string, outcome: 'pass' | 'fail' | 'could_not_run', tree = sha('a')) =>
      world.do(
        'gate.record',
        {
          rig: 'rust',
          tree,
          gate,
          environment: 'e',
          run: { outcome, at: new Date(world.now).toISOString(), durationMs: 1 },
        },
        REFINERY,
      );
    expect(land()).toMatch(/^conflict: The gate test has not passed/);
    run('test', 'pass');
    run('lint', 'pass', sha('c'));
    expect(land()).toMatch(/^conflict: The gate lint has not passed/);
    run('lint', 'could_not_run');
    expect(land()).toMatch(/gate lint has not passed/);
    run('lint', 'fail');
    run('lint', 'pass');
    expect(land()).toMatch(/gate lint has not passed/);
    run('lint', 'pass');
    expect(land()).toBe('it was allowed');
  });

  it('never begins for a request that a person holds, while stopped, or while the queue is paused', () => {
    const world = town();
    const ids = testing(world, world.queued().merge);
    world.green(sha('a'));
    world.do('merge.pause', { rig: 'rust' });
    expect(world.refusal('merge.landing', { ids, ...landing }, REFINERY)).toMatch(/is paused by operator/);
    world.do('merge.resume', { rig: 'rust' });
    world.do('town.estop', { reason: 'fire' });
    expect(world.refusal('merge.landing', { ids, ...landing }, REFINERY)).toMatch(/The town is stopped/);
  });

  it('moving nothing needs no gate: the work is on the target already', () => {
    const world = town({ gates: [] });
    const ids = testing(world, world.queued().merge);
    world.do('merge.landing', { ids, old: sha('b'), new: sha('b'), tree: sha('a') }, REFINERY);
    world.do('merge.landed', { ids, sha: sha('b') }, REFINERY);
    expect(world.merge(ids[0]!).state).toBe('landed');
  });

  it('cannot be disturbed: no hold, bounce, reject, retry, order or approval meanwhile', () => {
    const world = town();
    const [id] = testing(world, world.queued().merge) as [string];
    world.green(sha('a'));
    world.do('merge.landing', { ids: [id], ...landing }, REFINERY);
    for (const refusal of [
      world.refusal('merge.hold', { id }),
      world.refusal('merge.reject', { id, reason: 'x' }),
      world.refusal('merge.retry', { id }),
      world.refusal('merge.order', { id, order: 1 }),
      world.refusal('merge.approve', { id, head: sha('2') }),
      world.refusal('merge.bounce', { id, cause: CAUSE }, REFINERY),
      world.refusal('merge.group', { ids: [id] }, REFINERY),
      world.refusal('bead.park', { id: world.merge(id).bead, reason: 'x' }),
    ]) {
      expect(refusal).toMatch(/^conflict: .* landing/);
    }
  });
});

describe('work that comes back', () => {
  it('bounces with the evidence, wanted again by the same polecat', () => {
    const world = town();
    const { bead, merge } = world.queued();
    testing(world, merge);
    world.do('merge.bounce', { id: merge, cause: CAUSE }, REFINERY);
    expect(world.merge(merge)).toMatchObject({ state: 'bounced', cause: CAUSE });
    expect(world.bead(bead)).toMatchObject({
      status: 'open',
      town: { cause: CAUSE, reworks: 1, dispatch: { prefer: NUX } },
    });
    expect('assignee' in world.bead(bead) || 'merge' in world.bead(bead).town).toBe(false);
    expect(world.polecat(NUX).bounced).toBe(1);
    world.working(bead);
  });

  it('is rejected for good, or for rework', () => {
    const world = town();
    const one = world.queued();
    world.do('merge.reject', { id: one.merge, reason: 'not wanted' });
    expect(world.merge(one.merge)).toMatchObject({
      state: 'rejected',
      cause: { kind: 'rejected', summary: 'not wanted' },
    });
    expect(world.bead(one.bead)).toMatchObject({ status: 'open', town: { reworks: 0 } });
    expect(world.bead(one.bead).town.dispatch).toBeUndefined();
    const two = world.queued('rust/ace');
    world.do('merge.reject', { id: two.merge, reason: 'x'.repeat(2_000), rework: true });
    expect(world.bead(two.bead).town).toMatchObject({ dispatch: { prefer: 'rust/ace' }, cause: { kind: 'rejected' } });
    expect(world.bead(two.bead).town.cause!.summary).toHaveLength(500);
  });

  it('is retried as it is, unless it is being reworked or over', () => {
    const world = town();
    const { bead, merge } = world.queued();
    world.do('merge.bounce', { id: merge, cause: CAUSE }, REFINERY);
    world.do('merge.retry', { id: merge });
    expect(world.merge(merge).state).toBe('queued');
    expect(world.merge(merge).cause).toBeUndefined();
    expect(world.bead(bead)).toMatchObject({ status: 'in_progress', assignee: NUX, town: { merge } });
    expect(world.bead(bead).town.dispatch).toBeUndefined();
    world.do('merge.bounce', { id: merge, cause: CAUSE }, REFINERY);
    const session = world.working(bead);
    expect(world.refusal('merge.retry', { id: merge })).toMatch(/is being reworked by rust\/nux/);
    const newer = world.done(session, sha('3'));
    expect(world.refusal('merge.retry', { id: merge })).toContain(`${newer} of ${bead} is in the queue already`);
    world.land(newer);
    expect(world.refusal('merge.retry', { id: merge })).toMatch(/is closed/);
    expect(world.refusal('merge.retry', { id: newer })).toMatch(/is landed/);
  });

  it('is released by a retry when held, and un-parked when parked', () => {
    const world = town();
    const { bead, merge } = world.queued();
    world.do('merge.hold', { id: merge });
    world.do('merge.retry', { id: merge });
    expect(world.merge(merge).held).toBeUndefined();
    world.do('bead.park', { id: bead, reason: 'x' });
    world.do('merge.retry', { id: merge });
    expect(world.bead(bead)).toMatchObject({ status: 'in_progress', town: { merge } });
    expect('parked' in world.bead(bead).town).toBe(false);
    expect([...world.data.escalations.values()].every(escalation => escalation.closedAt)).toBe(true);
  });
});

describe('approval', () => {
  const approve = (world: World, id: string, head = sha('2')) =>
    world.do('merge.approve', { id, head, gates: [{ name: 'test', outcome: 'pass' }] });

  it('is pinned to what was looked at', () => {
    const world = town({ policy: 'all' });
    const { merge } = world.queued();
    expect(world.refusal('merge.approve', { id: merge, head: sha('9') })).toMatch(
      /^conflict: .* is at 222222222222 now, not at 999999999999/,
    );
    approve(world, merge);
    expect(world.data.approvals.get(`${merge}.1`)).toMatchObject({
      merge,
      head: sha('2'),
      base: sha('1'),
      policy: 'all',
      by: 'operator',
      previous: FIRST_LINK,
      gates: [{ name: 'test', outcome: 'pass' }],
    });
    expect(world.do('merge.approve', { id: merge, head: sha('2') })).toEqual([]);
  });

  it('is what landing waits for under the policy all, and without gates', () => {
    for (const rig of [{ policy: 'all' as const }, { gates: [], policy: 'auto' as const }]) {
      const world = town(rig);
      const [merge] = testing(world, world.queued().merge) as [string];
      world.green(sha('a'));
      expect(world.refusal('merge.landing', { ids: [merge], ...landing }, REFINERY)).toMatch(
        /waits for a person's approval/,
      );
      approve(world, merge);
      expect(world.refusal('merge.landing', { ids: [merge], ...landing }, REFINERY)).toBe('it was allowed');
    }
  });

  it('is what landing waits for where a guard asks, for just these findings, with the word where paths are protected', () => {
    const world = town({ policy: 'auto' });
    const [merge] = testing(world, world.queued().merge) as [string];
    world.green(sha('a'));
    const land = () => world.refusal('merge.landing', { ids: [merge], ...landing }, REFINERY);
    const odd = { guard: 'modes', kind: 'ask', summary: 'makes a.sh a program' } as const;
    world.guarded(merge, [odd]);
    expect(land()).toMatch(/waits for a person's approval/);
    approve(world, merge);
    world.guarded(merge, [odd]);
    expect(validApproval(world.data, world.merge(merge), 'auto')?.id, 'the same findings').toBe(`${merge}.1`);

    world.guarded(merge, [odd, { guard: 'protected-paths', kind: 'ask', summary: 'changes package-lock.json' }]);
    expect(world.data.approvals.get(`${merge}.1`)!.voidReason).toMatch(/^The guards see something else/);
    expect(land()).toMatch(/waits for a person's approval/);
    const { bead } = world.merge(merge);
    const said = (word?: string) =>
      world.refusal('merge.approve', { id: merge, head: sha('2'), ...(word !== undefined && { word }) });
    expect(said()).toMatch(/changes what is protected: approving it takes a word/);
    expect(said('yes')).toMatch(/"yes" is not the word/);
    expect(said(bead)).toBe('it was allowed');
    expect(land()).toBe('it was allowed');
  });

  it('does not help against what a guard blocks, nor before the guards have looked under the policy that holds', () => {
    const world = town({ policy: 'all' });
    const { merge } = world.queued();
    world.do('merge.group', { ids: [merge], group: 'g1' }, REFINERY);
    world.green(sha('a'));
    const land = () => world.refusal('merge.landing', { ids: [merge], ...landing }, REFINERY);
    approve(world, merge);
    expect(land()).toMatch(/The guards have not looked at/);
    world.guarded(merge, [{ guard: 'secrets', kind: 'block', summary: 'a GitHub token in a.ts' }]);
    approve(world, merge);
    expect(land()).toMatch(/cannot land: a GitHub token in a.ts/);
    world.guarded(merge);
    approve(world, merge);
    world.do('rig.owners', { id: 'rust', owners: 'f1' }, REFINERY);
    expect(land(), 'other owners').toMatch(/The guards have not looked at/);
    world.guarded(merge);
    world.do('rig.update', { id: 'rust', guards: { protect: ['/infra/ @ops'] } });
    expect(land(), 'other wishes').toMatch(/The guards have not looked at/);
    world.guarded(merge);
    expect(land()).toBe('it was allowed');
  });

  it('is not asked for owners of every file under the policy auto', () => {
    for (const [policy, allowed] of [
      ['auto', true],
      ['guarded', false],
    ] as const) {
      const world = town({ policy });
      const [merge] = testing(world, world.queued().merge) as [string];
      world.green(sha('a'));
      world.guarded(merge, [{ guard: 'owners', kind: 'ask', summary: 'owned by @team as every file is' }]);
      const refusal = world.refusal('merge.landing', { ids: [merge], ...landing }, REFINERY);
      expect(refusal === 'it was allowed', policy).toBe(allowed);
    }
  });

  it('falls when the gates become others', () => {
    const world = town({ policy: 'all' });
    const { merge } = world.queued();
    approve(world, merge);
    world.do('rig.update', { id: 'rust', gates: [{ name: 'test', command: 'true' }] });
    expect(world.data.approvals.get(`${merge}.1`)!.voidReason).toBe('The gates of rust changed.');
  });

  it('falls visibly with a bounce, a newer request and a changed policy', () => {
    const world = town({ policy: 'all' });
    const { bead, merge } = world.queued();
    approve(world, merge);
    world.do('merge.bounce', { id: merge, cause: CAUSE }, REFINERY);
    expect(world.data.approvals.get(`${merge}.1`)).toMatchObject({
      voidedAt: expect.any(String),
      voidReason: 'The request was bounced: tests fail',
    });
    world.do('merge.retry', { id: merge });
    approve(world, merge);
    world.do('rig.update', { id: 'rust', policy: 'guarded' });
    expect(world.data.approvals.get(`${merge}.2`)!.voidReason).toContain('from all to guarded');
    expect(validApproval(world.data, world.merge(merge), 'guarded')).toBeUndefined();
    approve(world, merge);
    expect(validApproval(world.data, world.merge(merge), 'guarded')!.id).toBe(`${merge}.3`);
    // A second request of the bead cannot come while the first is open; a ledger written by another hand may hold one.
    world.data.beads.set(bead, {
      ...world.bead(bead),
      status: 'open',
      assignee: undefined,
      town: { ...world.bead(bead).town, dispatch: { at: CAUSE.at, by: 'x' } },
    });
    const newer = world.done(world.working(bead), sha('3'));
    expect(world.merge(merge).state).toBe('superseded');
    expect(world.data.approvals.get(`${merge}.3`)!.voidReason).toBe(`Superseded by ${newer}.`);
    expect(approvalsOf(world.data, merge)).toHaveLength(3);
    expect(world.bead(bead).town.merge).toBe(newer);
  });

  it('is a link in a chain that shows any change, but for being voided', () => {
    const world = town({ policy: 'all' });
    const ids = [world.queued().merge, world.queued('rust/ace').merge, world.queued('rust/slit').merge];
    for (const id of ids) approve(world, id);
    const [first, second, third] = ids.map(id => world.data.approvals.get(`${id}.1`)!);
    expect([second!.previous, third!.previous]).toEqual([approvalHash(first!), approvalHash(second!)]);
    const chain = () => examineChain(world.data.approvals.values());
    expect(chain()).toEqual({ whole: true, length: 3 });
    world.do('merge.reject', { id: ids[1]!, reason: 'x' });
    expect(chain()).toEqual({ whole: true, length: 3 });
    world.data.approvals.set(second!.id, { ...second!, head: sha('9') });
    expect(chain()).toMatchObject({ whole: false, after: second!.id });
    world.data.approvals.delete(second!.id);
    expect(chain()).toMatchObject({ whole: false, after: first!.id });
    world.data.approvals.set(second!.id, { ...second!, previous: first!.previous });
    expect(chain()).toMatchObject({ whole: false, reason: expect.stringContaining('say that they follow the same') });
    world.data.approvals.clear();
    expect(chain()).toEqual({ whole: true, length: 0 });
  });

  it('of earlier work of the bead is found for what follows it, until that has one of its own', () => {
    const world = town({ policy: 'all' });
    const { bead, merge } = world.queued();
    const earlier = (id: string) =>
      earlierApproval(world.data, world.merge(id), { policy: 'all', requests: [...world.data.merges.values()] })?.id;
    expect(earlier(merge)).toBeUndefined();
    approve(world, merge);
    expect(earlier(merge)).toBeUndefined();
    world.do('merge.bounce', { id: merge, cause: CAUSE }, REFINERY);
    const newer = world.done(world.working(bead), sha('3'));
    expect(earlier(newer)).toBe(`${merge}.1`);
    approve(world, newer, sha('3'));
    expect(earlier(newer)).toBeUndefined();
    expect(earlier(world.queued('rust/ace').merge)).toBeUndefined();
  });

  it('is nobody else’s to give', () => {
    const world = town({ policy: 'all' });
    const { merge } = world.queued();
    for (const actor of [TOWN, REFINERY, MAYOR, polecat(NUX)]) {
      expect(world.refusal('merge.approve', { id: merge, head: sha('2') }, actor)).toMatch(
        /^forbidden: .* may not merge\.approve/,
      );
    }
  });
});

describe('comments on lines', () => {
  const say = { head: sha('2'), path: 'src/a.ts', line: 3, text: 'Why twice?' };

  it('stand on the request, and go back with it to whoever does the work again', () => {
    const world = town();
    const { bead, merge } = world.queued();
    world.do('merge.comment', { id: merge, ...say, quote: 'twice();' });
    world.do('merge.comment', { id: merge, ...say, side: 'old', text: 'This was right.' });
    const comments = [
      { path: 'src/a.ts', line: 3, side: 'new', text: 'Why twice?', quote: 'twice();', by: 'operator' },
      { path: 'src/a.ts', line: 3, side: 'old', text: 'This was right.', by: 'operator' },
    ];
    expect(world.merge(merge).comments).toMatchObject(comments);
    world.do('merge.reject', { id: merge, reason: 'See the lines', rework: true });
    expect(world.bead(bead).town.cause).toMatchObject({ kind: 'rejected', summary: 'See the lines', comments });
    expect(world.merge(merge).cause).toMatchObject({ comments });
  });

  it('go back with red work too', () => {
    const world = town();
    const { bead, merge } = world.queued();
    world.do('merge.comment', { id: merge, ...say });
    world.do('merge.bounce', { id: merge, cause: CAUSE }, REFINERY);
    expect(world.bead(bead).town.cause).toMatchObject({ ...CAUSE, comments: [{ text: 'Why twice?' }] });
  });

  it('are of the very head that was looked at, of an open request, without secrets, and not without end', () => {
    const world = town();
    const { merge } = world.queued();
    expect(world.refusal('merge.comment', { id: merge, ...say, head: sha('9') })).toMatch(
      /^conflict: .* is at 222222222222 now, not at 999999999999/,
    );
    const secret = `ghp_${'a'.repeat(36)}`;
    expect(world.refusal('merge.comment', { id: merge, ...say, text: secret })).toMatch(/^invalid: This comment seems/);
    world.do('merge.comment', { id: merge, ...say, quote: `token = ${secret}` });
    expect(JSON.stringify(world.merge(merge))).not.toContain(secret);
    const many = Array.from({ length: LIMITS.lineComments }, () => world.merge(merge).comments![0]!);
    world.data.merges.set(merge, { ...world.merge(merge), comments: many });
    expect(world.refusal('merge.comment', { id: merge, ...say })).toMatch(/^conflict: .* takes no more/);
    world.do('merge.reject', { id: merge, reason: 'x' });
    expect(world.refusal('merge.comment', { id: merge, ...say })).toMatch(/^conflict: .* is rejected/);
  });

  it('are a person’s alone', () => {
    const world = town();
    const { merge } = world.queued();
    for (const actor of [TOWN, REFINERY, MAYOR, polecat(NUX)])
      expect(world.refusal('merge.comment', { id: merge, ...say }, actor)).toMatch(/^forbidden/);
  });
});
