import { describe, expect, it } from 'vitest';
import { MAYOR, polecat, sha, TOWN, WITNESS } from '../helpers.ts';
import { town } from '../world.ts';

const NUX = 'rust/nux';

describe('what is no work', () => {
  it.each(['message', 'gate', 'molecule'])('such as a %s, is slung by nobody and comes on no hook', issue_type => {
    const world = town();
    const id = world.id('bead.create', { title: 'Hello', rig: 'rust', issue_type });
    expect(world.refusal('bead.sling', { id })).toBe(`invalid: ${id} is a ${issue_type}, which nobody works on.`);
    const made = world.id('bead.create', { title: 'Hello', rig: 'rust', issue_type, dispatch: true });
    expect(world.refusal('hook.set', { bead: made, polecat: NUX }, MAYOR)).toMatch(/which nobody works on/);
  });
});

describe('town', () => {
  it('is created once, stopped and thawed, paused and resumed, each harmless twice', () => {
    const world = town();
    expect(world.refusal('town.create', { name: 'x' })).toMatch(/^already_exists/);
    world.do('town.estop', { reason: 'fire' });
    expect(world.do('town.estop', { reason: 'smoke' })).toEqual([]);
    expect(world.data.town.get('town')!.estop).toMatchObject({ reason: 'fire', by: 'operator' });
    world.do('town.thaw', {});
    expect(world.do('town.thaw', {})).toEqual([]);
    expect('estop' in world.data.town.get('town')!).toBe(false);
    world.do('merge.pause', { rig: 'rust' });
    expect(world.do('merge.pause', { rig: 'rust' })).toEqual([]);
    expect(world.data.town.get('town')!.mergePaused.rust).toMatchObject({ by: 'operator' });
    expect(world.refusal('merge.pause', { rig: 'none' })).toMatch(/^not_found/);
    world.do('merge.resume', { rig: 'rust' });
    expect(world.data.town.get('town')!.mergePaused).toEqual({});
    world.do('town.dispatch', { paused: 'no memory' }, TOWN);
    expect(world.do('town.dispatch', { paused: 'no memory' }, TOWN)).toEqual([]);
    world.do('town.dispatch', {}, TOWN);
    expect(world.data.town.get('town')!.dispatchPaused).toBeUndefined();
  });

  it('that is stopped puts nothing on a hook and starts no session', () => {
    const world = town();
    const [one, two] = [world.slung(), world.slung()];
    world.do('hook.set', { bead: one, polecat: NUX }, MAYOR);
    world.do('town.estop', { reason: 'fire' });
    expect(world.refusal('hook.set', { bead: two, polecat: 'rust/ace' }, MAYOR)).toBe(
      'conflict: The town is stopped: fire.',
    );
    expect(() => world.started(one)).toThrow('The town is stopped');
  });
});

describe('rigs', () => {
  it('refuses bad and taken names, reserved and shared prefixes, and gates of one name', () => {
    const world = town();
    const rig = { id: 'iron', origin: '/x', branch: 'main', prefix: 'ir', gates: [] };
    for (const id of ['..', 'a/b', 'town', '', 'x'.repeat(41)])
      expect(world.refusal('rig.add', { ...rig, id })).toMatch(/^invalid/);
    expect(world.refusal('rig.add', { ...rig, id: 'rust' })).toMatch(/^already_exists/);
    expect(world.refusal('rig.add', { ...rig, prefix: 'gt' })).toMatch(/^conflict: The rig rust already uses/);
    expect(world.refusal('rig.add', { ...rig, prefix: 'mr' })).toMatch(/^invalid/);
    expect(world.refusal('rig.add', { ...rig, prefix: 'No' })).toMatch(/^invalid/);
    const gate = { name: 'test', command: 'true' };
    expect(world.refusal('rig.add', { ...rig, gates: [gate, gate] })).toMatch(/^invalid: Two gates/);
  });

  it('can be removed when nothing of it is under way, and added again', () => {
    const world = town();
    const { merge } = world.queued();
    expect(world.refusal('rig.remove', { id: 'rust' })).toContain(merge);
    world.land(merge);
    const session = world.working(world.slung());
    expect(world.refusal('rig.remove', { id: 'rust' })).toContain('on the hook of rust/nux');
    world.land(world.done(session));
    world.do('rig.remove', { id: 'rust' });
    world.do('rig.add', { id: 'rust', origin: '/y', branch: 'dev', prefix: 'gt', gates: [] });
    expect(world.data.rigs.get('rust')).toMatchObject({ origin: '/y', branch: 'dev' });
    expect(world.data.rigs.get('rust')!.removedAt).toBeUndefined();
  });

  it('changes field by field, but not its branch under open requests', () => {
    const world = town();
    world.do('rig.update', { id: 'rust', setup: 'npm ci', agent: 'claude' });
    expect(world.data.rigs.get('rust')).toMatchObject({
      setup: 'npm ci',
      agent: 'claude',
      policy: 'auto',
      branch: 'main',
    });
    world.do('rig.update', { id: 'rust', setup: '' });
    expect('setup' in world.data.rigs.get('rust')!).toBe(false);
    world.queued();
    expect(world.refusal('rig.update', { id: 'rust', branch: 'dev' })).toMatch(/^conflict/);
  });
});

describe('sling', () => {
  it('wishes a bead onto a hook, once, with a wish for a polecat and an agent', () => {
    const world = town();
    const id = world.id('bead.create', { title: 'x' });
    world.do('bead.sling', { id, polecat: NUX, agent: 'claude' });
    expect(world.bead(id).town).toMatchObject({ dispatch: { by: 'operator', polecat: NUX }, agent: 'claude' });
    expect(world.do('bead.sling', { id, polecat: NUX })).toEqual([]);
    expect(world.refusal('hook.set', { bead: id, polecat: 'rust/ace' }, MAYOR)).toMatch(/meant for rust\/nux/);
    world.do('bead.unsling', { id });
    expect(world.bead(id).town.dispatch).toBeUndefined();
    expect(world.do('bead.unsling', { id })).toEqual([]);
  });

  it('takes deferred and blocked beads back to open, and refuses what is closed, claimed, hooked, queued or pinned', () => {
    const world = town();
    const id = world.id('bead.create', { title: 'x' });
    world.do('bead.update', { id, set: { status: 'deferred', defer_until: '2027-01-01T00:00:00.000Z' } });
    world.do('bead.sling', { id });
    expect(world.bead(id)).toMatchObject({ status: 'open', town: { dispatch: {} } });
    expect('defer_until' in world.bead(id)).toBe(false);
    const session = world.working(id);
    expect(world.refusal('bead.sling', { id })).toMatch(/on the hook/);
    expect(world.refusal('bead.unsling', { id })).toMatch(/on the hook/);
    world.land(world.done(session));
    expect(world.refusal('bead.sling', { id })).toMatch(/is closed/);
    const claimed = world.id('bead.create', { title: 'x' });
    world.do('bead.claim', { id: claimed, assignee: 'ann' });
    expect(world.refusal('bead.sling', { id: claimed })).toMatch(/worked on by ann/);
    const pinned = world.id('bead.create', { title: 'x' });
    world.do('bead.update', { id: pinned, set: { status: 'pinned' } });
    expect(world.refusal('bead.sling', { id: pinned })).toMatch(/is pinned/);
  });
});

describe('the hook', () => {
  it('takes a wanted bead, makes a new polecat, and both know', () => {
    const world = town();
    const bead = world.slung();
    world.do('hook.set', { bead, polecat: NUX }, MAYOR, 'it is ready');
    expect(world.bead(bead)).toMatchObject({ status: 'hooked', assignee: NUX });
    expect(world.bead(bead).town.dispatch).toBeUndefined();
    expect(world.polecat(NUX)).toMatchObject({ rig: 'rust', name: 'nux', state: 'slung', hook: bead, landed: 0 });
    expect(world.why(bead).at(-1)).toBe('mayor hook.set: it is ready');
    expect(world.why(NUX)).toEqual(['mayor hook.set: it is ready']);
  });

  it('holds one bead, and a bead is on one hook', () => {
    const world = town();
    const [one, two] = [world.slung(), world.slung()];
    world.do('hook.set', { bead: one, polecat: NUX }, MAYOR);
    expect(world.refusal('hook.set', { bead: two, polecat: NUX }, MAYOR)).toBe(
      `conflict: rust/nux already has ${one} on its hook.`,
    );
    expect(world.refusal('hook.set', { bead: one, polecat: 'rust/ace' }, MAYOR)).toMatch(
      /^conflict: .* is hooked, not open/,
    );
  });

  it('refuses what is not wanted, blocked, of another rig, or for a polecat that rests or still ends a session', () => {
    const world = town();
    const blocker = world.id('bead.create', { title: 'b' });
    const bead = world.slung();
    expect(world.refusal('hook.set', { bead: blocker, polecat: NUX }, MAYOR)).toMatch(/not wanted/);
    world.do('dep.add', { dependency: { issue_id: bead, depends_on_id: blocker, type: 'blocks' } });
    expect(world.refusal('hook.set', { bead, polecat: NUX }, MAYOR)).toBe(`conflict: ${bead} waits for ${blocker}.`);
    world.do('bead.close', { id: blocker });
    for (const bad of ['nux', 'iron/nux', 'rust/', 'rust/../x', 'rust/a/b'])
      expect(world.refusal('hook.set', { bead, polecat: bad }, MAYOR)).toMatch(/^invalid/);
    const session = world.working(bead);
    world.do('hook.release', { polecat: NUX, requeue: true }, MAYOR);
    expect(world.refusal('hook.set', { bead, polecat: NUX }, MAYOR)).toContain(`${session} of rust/nux has not ended`);
    world.do('session.end', { id: session, outcome: 'stopped' }, TOWN);
    world.do('polecat.state', { id: NUX, state: 'quarantined' }, WITNESS);
    expect(world.refusal('hook.set', { bead, polecat: NUX }, MAYOR)).toMatch(/is quarantined, not idle/);
  });

  it('lets go with or without another try, and prefers the same polecat only when told', () => {
    const world = town();
    const bead = world.slung();
    world.do('hook.set', { bead, polecat: NUX }, MAYOR);
    world.do('hook.release', { polecat: NUX, requeue: true, prefer: true }, WITNESS);
    expect(world.bead(bead)).toMatchObject({ status: 'open', town: { dispatch: { prefer: NUX } } });
    expect('assignee' in world.bead(bead)).toBe(false);
    expect(world.polecat(NUX)).toMatchObject({ state: 'idle' });
    world.do('hook.set', { bead, polecat: NUX }, MAYOR);
    world.do('hook.release', { polecat: NUX, requeue: true }, WITNESS);
    expect(world.bead(bead).town.dispatch!.prefer).toBeUndefined();
    world.do('hook.set', { bead, polecat: NUX }, MAYOR);
    world.do('hook.release', { polecat: NUX, requeue: false }, WITNESS);
    expect(world.bead(bead).town.dispatch).toBeUndefined();
    expect(world.refusal('hook.release', { polecat: NUX, requeue: true }, WITNESS)).toMatch(
      /^conflict: Nothing is on the hook/,
    );
  });

  it('keeps a polecat from being idle with a bead, or at work without one', () => {
    const world = town();
    const bead = world.slung();
    world.do('hook.set', { bead, polecat: NUX }, MAYOR);
    expect(world.refusal('polecat.state', { id: NUX, state: 'idle' }, WITNESS)).toMatch(/^conflict/);
    expect(world.refusal('polecat.state', { id: NUX, state: 'quarantined' }, WITNESS)).toMatch(/^conflict/);
    world.do('hook.release', { polecat: NUX, requeue: false }, WITNESS);
    expect(world.refusal('polecat.state', { id: NUX, state: 'working' }, WITNESS)).toMatch(/^conflict/);
    world.do('polecat.state', { id: NUX, state: 'quarantined' }, WITNESS);
    expect(world.polecat(NUX).state).toBe('quarantined');
  });
});

describe('a session', () => {
  it('starts for what is on the hook, counts the attempt, and runs', () => {
    const world = town();
    const bead = world.slung();
    const session = world.working(bead);
    expect(world.session(session)).toMatchObject({
      status: 'running',
      pid: 4242,
      attempt: 1,
      rig: 'rust',
      bead,
      polecat: NUX,
    });
    expect(world.bead(bead)).toMatchObject({
      status: 'in_progress',
      started_at: expect.any(String),
      town: { attempts: 1 },
    });
    expect(world.polecat(NUX)).toMatchObject({ state: 'working', session });
    expect(world.do('session.running', { id: session, pid: 4242 }, TOWN)).toEqual([]);
  });

  it('does not start twice, for another bead, or under a taken id', () => {
    const world = town();
    const bead = world.slung();
    const session = world.working(bead);
    expect(() => world.started(bead)).toThrow(`The session ${session} of rust/nux has not ended yet.`);
    expect(() => world.started(world.slung())).toThrow('is not on the hook of rust/nux');
    world.do('session.end', { id: session, outcome: 'died' }, TOWN);
    const start = { polecat: NUX, bead, agent: 'shell', base: sha('1'), checkout: '/c', tokenHash: 'f'.repeat(64) };
    expect(world.refusal('session.start', { id: session, ...start }, TOWN)).toMatch(/^already_exists/);
    expect(world.refusal('session.start', { id: '../x', ...start }, TOWN)).toMatch(/^invalid/);
  });

  it('takes the last report of its own polecat, until it ended', () => {
    const world = town();
    const session = world.working(world.slung());
    world.do('session.report', { id: session, kind: 'escalated', summary: 'help' }, polecat(NUX));
    world.do('session.report', { id: session, kind: 'done', noChange: true }, polecat(NUX));
    expect(world.session(session).reported).toMatchObject({ kind: 'done', noChange: true });
    expect(world.session(session).reported!.summary).toBeUndefined();
    expect(world.refusal('session.report', { id: session, kind: 'done' }, polecat('rust/ace'))).toMatch(/^forbidden/);
    world.do('session.end', { id: session, outcome: 'stopped' }, TOWN);
    expect(world.refusal('session.report', { id: session, kind: 'done' }, polecat(NUX))).toMatch(
      /^conflict: .* has ended/,
    );
  });

  it.each([
    ['failed', 1],
    ['died', 1],
    ['stalled', 1],
    ['lost', 1],
    ['handoff', 0],
    ['stopped', 0],
  ] as const)('that %s leaves the bead on the hook and counts %i', (outcome, count) => {
    const world = town();
    const bead = world.slung();
    const session = world.working(bead);
    const cause = { kind: 'died', summary: 'signal 9', at: '2026-11-23T12:00:00.000Z' } as const;
    world.do('session.end', { id: session, outcome, exitCode: 1, cause, note: 'see x.ts' }, TOWN);
    expect(world.session(session)).toMatchObject({ status: 'ended', outcome, exitCode: 1, note: 'see x.ts', cause });
    expect(world.bead(bead)).toMatchObject({ status: 'hooked', assignee: NUX, town: { respawns: count, cause } });
    expect(world.polecat(NUX)).toMatchObject({ state: 'slung', hook: bead, failed: count });
    expect(world.polecat(NUX).restarts).toHaveLength(count);
    expect(world.do('session.end', { id: session, outcome }, TOWN)).toEqual([]);
    expect(world.refusal('session.end', { id: session, outcome: outcome === 'died' ? 'lost' : 'died' }, TOWN)).toMatch(
      /^conflict/,
    );
    world.started(bead);
    expect(world.bead(bead).town.attempts).toBe(2);
  });

  it('that ends after its bead was taken back touches neither bead nor hook', () => {
    const world = town();
    const bead = world.slung();
    const session = world.working(bead);
    world.do('hook.release', { polecat: NUX, requeue: true }, WITNESS);
    const before = world.bead(bead);
    world.do('session.end', { id: session, outcome: 'died' }, TOWN);
    expect(world.bead(bead)).toBe(before);
    expect(world.polecat(NUX).state).toBe('idle');
  });

  it('keeps the last ten restarts of a polecat', () => {
    const world = town();
    const bead = world.slung();
    world.do('hook.set', { bead, polecat: NUX }, MAYOR);
    for (let n = 0; n < 12; n++) world.do('session.end', { id: world.started(bead), outcome: 'died' }, TOWN);
    expect(world.polecat(NUX).restarts).toHaveLength(10);
    expect(world.polecat(NUX).failed).toBe(12);
  });
});

describe('work that is done', () => {
  it('is one transaction: request queued, session ended, hook free', () => {
    const world = town();
    const bead = world.slung({ title: 'Add it', priority: 1 });
    const session = world.working(bead);
    world.do('session.end', { id: session, outcome: 'died' }, TOWN);
    const merge = world.done(world.started(bead));
    expect(world.merge(merge)).toMatchObject({
      state: 'queued',
      bead,
      polecat: NUX,
      title: 'Add it',
      priority: 1,
      target: 'main',
      head: sha('2'),
      base: sha('1'),
      files: 3,
    });
    expect(world.bead(bead)).toMatchObject({ status: 'in_progress', town: { merge, respawns: 0, attempts: 2 } });
    expect(world.polecat(NUX).state).toBe('idle');
    expect('hook' in world.polecat(NUX)).toBe(false);
    expect(world.session(world.merge(merge).session!)).toMatchObject({ status: 'ended', outcome: 'done' });
  });

  it('counts once', () => {
    const world = town();
    const session = world.working(world.slung());
    world.done(session);
    expect(() => world.done(session)).toThrow('has ended (done)');
    expect(world.data.merges.size).toBe(1);
  });

  it('of a session that works for nobody any more is refused', () => {
    const world = town();
    const session = world.working(world.slung());
    world.do('hook.release', { polecat: NUX, requeue: true }, WITNESS);
    expect(() => world.done(session)).toThrow('works for nobody');
    expect(world.refusal('work.nothing', { session }, TOWN)).toMatch(/^conflict/);
  });

  it('may be nothing: the bead closes, and its convoy with it', () => {
    const world = town();
    const convoy = world.id('plan.import', {
      title: 'p',
      rig: 'rust',
      beads: [{ key: 'a', title: 'A' }],
      approve: true,
    });
    const [bead] = world.data.convoys.get(convoy)!.beads as [string];
    world.do('work.nothing', { session: world.working(bead), summary: 'was fine' }, TOWN);
    expect(world.bead(bead)).toMatchObject({ status: 'closed', close_reason: 'No change needed: was fine' });
    expect(world.bead(bead).town.landed_sha).toBeUndefined();
    expect(world.polecat(NUX).state).toBe('idle');
    expect(world.data.convoys.get(convoy)!.status).toBe('landed');
  });
});

describe('parking', () => {
  const cause = { kind: 'red', summary: 'tests fail', at: '2026-11-23T12:00:00.000Z' } as const;

  it('takes the bead off its hook and asks a person, once', () => {
    const world = town();
    const bead = world.slung();
    const session = world.working(bead);
    world.do('session.end', { id: session, outcome: 'died' }, TOWN);
    expect(world.do('bead.park', { id: bead, reason: 'too often', cause, severity: 'high' }, WITNESS)[0]).toMatchObject(
      { kind: 'beads', id: bead },
    );
    expect(world.bead(bead)).toMatchObject({ status: 'blocked', town: { parked: { reason: 'too often' }, cause } });
    expect('assignee' in world.bead(bead)).toBe(false);
    expect(world.polecat(NUX).state).toBe('idle');
    expect([...world.data.escalations.values()]).toMatchObject([
      { severity: 'high', subject: bead, title: `${bead} is parked: Do it`, body: 'too often\n\ntests fail' },
    ]);
    expect(world.do('bead.park', { id: bead, reason: 'again' }, WITNESS)).toEqual([]);
  });

  it('ends with a sling: open, wanted, counted anew, the question answered', () => {
    const world = town();
    const bead = world.slung();
    world.do('session.end', { id: world.working(bead), outcome: 'died' }, TOWN);
    world.do('bead.park', { id: bead, reason: 'x' }, WITNESS);
    world.do('bead.sling', { id: bead });
    expect(world.bead(bead)).toMatchObject({ status: 'open', town: { dispatch: {}, respawns: 0, reworks: 0 } });
    expect('parked' in world.bead(bead).town).toBe(false);
    expect([...world.data.escalations.values()][0]!.closedAt).toBeDefined();
  });

  it('brings a request in the queue back first', () => {
    const world = town();
    const { bead, merge } = world.queued();
    world.do('bead.park', { id: bead, reason: 'stop it' });
    expect(world.merge(merge)).toMatchObject({ state: 'bounced', cause: { summary: 'stop it' } });
    expect(world.bead(bead)).toMatchObject({ status: 'blocked', town: { parked: { reason: 'stop it' } } });
    expect('merge' in world.bead(bead).town || 'dispatch' in world.bead(bead).town).toBe(false);
  });

  it('is over when the bead closes', () => {
    const world = town();
    const bead = world.slung();
    world.do('bead.park', { id: bead, reason: 'x' }, WITNESS);
    world.do('bead.close', { id: bead, force: true });
    expect([...world.data.escalations.values()][0]!.closedAt).toBeDefined();
    expect(world.refusal('bead.park', { id: bead, reason: 'x' }, WITNESS)).toMatch(/^conflict/);
  });
});
