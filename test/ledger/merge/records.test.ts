import { describe, expect, test } from 'vitest';
import { guardPolicy } from '../../../source/ledger/guards.ts';
import { mergeLedgers } from '../../../source/ledger/merge/ledgers.ts';
import { mergeRecords } from '../../../source/ledger/merge/records.ts';
import type { Bead, Convoy, Escalation, Memory, Rig, Session } from '../../../source/ledger/schema.ts';
import { contentOf, Hub, Replica } from './replicas.ts';

const at = (second: number) => `2026-11-23T10:00:${String(second).padStart(2, '0')}.000Z`;

const bead = (patch: Partial<Bead> = {}): Bead =>
  ({
    id: 'gt-1',
    rev: 1,
    title: 'Do it',
    status: 'open',
    priority: 2,
    issue_type: 'task',
    created_at: at(0),
    updated_at: at(0),
    town: { attempts: 0, respawns: 0, reworks: 0 },
    ...patch,
  }) as Bead;

/** Merges both ways round, and says what came of it. */
const merge = (base: Bead | undefined, ours: Bead, theirs: Bead): Bead => {
  const merged = mergeRecords('beads', { base, ours, theirs });
  expect(mergeRecords('beads', { base, ours: theirs, theirs: ours })).toEqual(merged);
  expect(mergeRecords('beads', { base, ours: merged, theirs })).toEqual(merged);
  expect(mergeRecords('beads', { base, ours, theirs: merged })).toEqual(merged);
  return merged;
};

describe('a bead that two machines changed', () => {
  test('gets both changes where they touch different fields', () => {
    const merged = merge(
      bead(),
      bead({ rev: 2, title: 'Do it well', updated_at: at(1) }),
      bead({ rev: 2, priority: 1, labels: ['x'], updated_at: at(2) }),
    );
    expect(merged).toMatchObject({ rev: 3, title: 'Do it well', priority: 1, labels: ['x'], updated_at: at(2) });
    expect(merged).not.toHaveProperty('comments');
  });

  test('keeps the more urgent priority of two new ones, and 0 is the most urgent, not an absence', () => {
    expect(merge(bead(), bead({ rev: 2, priority: 0 }), bead({ rev: 5, priority: 1 })).priority).toBe(0);
    expect(
      merge(bead({ priority: 0 }), bead({ rev: 2, priority: 0, title: 'X' }), bead({ rev: 2, priority: 3 })).priority,
    ).toBe(3);
    expect(merge(undefined, bead({ priority: 0, title: 'X' }), bead({ priority: 4 })).priority).toBe(0);
  });

  test('unites labels, comments and dependencies; a removal holds against what the other side left as it was', () => {
    const edge = (to: string) => ({ issue_id: 'gt-1', depends_on_id: to, type: 'blocks', created_at: at(0) });
    const comment = (id: string) => ({ id, author: 'a', text: id, created_at: at(3) });
    const base = bead({ labels: ['a', 'b'], dependencies: [edge('gt-2'), edge('gt-3')], comments: [comment('c-1')] });
    const merged = merge(
      base,
      {
        ...base,
        rev: 2,
        labels: ['b', 'c'],
        dependencies: [edge('gt-3'), edge('gt-4')],
        comments: [comment('c-1'), comment('c-3')],
      },
      {
        ...base,
        rev: 4,
        labels: ['a', 'b', 'd'],
        dependencies: [edge('gt-2')],
        comments: [comment('c-1'), comment('c-2')],
      },
    );
    expect(merged.labels).toEqual(['b', 'c', 'd']);
    expect(merged.dependencies?.map(({ depends_on_id }) => depends_on_id)).toEqual(['gt-4']);
    expect(merged.comments?.map(({ id }) => id)).toEqual(['c-1', 'c-2', 'c-3']);
  });

  test('keeps the newer of two new texts, and the other as a comment, once', () => {
    const older = bead({ rev: 2, description: 'One way', updated_at: at(9) });
    const newer = bead({ rev: 3, description: 'Another way', updated_at: at(1) });
    const merged = merge(bead({ description: 'Some way' }), older, newer);
    expect(merged).toMatchObject({ rev: 4, description: 'Another way' });
    expect(merged.comments).toMatchObject([{ author: 'sync', created_at: at(9) }]);
    expect(merged.comments![0]!.text).toMatch(/description.*\n\nOne way$/s);
    const later = { ...merged, rev: 5, labels: ['x'] };
    expect(merge(bead({ description: 'Some way' }), later, older).comments).toHaveLength(1);
  });

  test('puts notes of both sides together, the earlier side’s first, none twice', () => {
    const base = bead({ notes: 'Begin' });
    const ours = bead({ rev: 3, notes: 'Begin\n\nOurs\n\nBoth' });
    const theirs = bead({ rev: 2, notes: 'Begin\n\nTheirs\n\nBoth' });
    expect(merge(base, ours, theirs).notes).toBe('Begin\n\nTheirs\n\nBoth\n\nOurs');
    expect(merge(bead(), bead({ rev: 2, notes: 'A' }), bead({ rev: 2, notes: 'B' })).notes).toMatch(
      /^(A\n\nB|B\n\nA)$/,
    );
    const [first, second] = [
      '[2026-11-23T10:00:01.000Z a] Found it.\n\nDone.',
      '[2026-11-23T10:00:02.000Z b] Fixed it.\n\nDone.',
    ];
    const both = merge(
      base,
      bead({ rev: 2, notes: `Begin\n\n${first}` }),
      bead({ rev: 3, notes: `Begin\n\n${second}\n\nPlain` }),
    );
    expect(both.notes).toBe(`Begin\n\n${first}\n\n${second}\n\nPlain`);
    const plain = merge(base, bead({ rev: 2, notes: `Begin\n\n${first}` }), bead({ rev: 3, notes: 'Begin\n\nPlain' }));
    expect(plain.notes).toBe(`Begin\n\nPlain\n\n${first}`);
    const rewritten = merge(base, ours, bead({ rev: 9, notes: 'All new' }));
    expect(rewritten.notes).toBe('All new');
    expect(rewritten.comments![0]!.text).toContain('Ours');
  });

  test('is closed when one side closed it, unless the other has reopened it since and is newer', () => {
    const closed = { status: 'closed', closed_at: at(5), close_reason: 'Done' } as const;
    expect(merge(bead(), bead({ rev: 2, ...closed }), bead({ rev: 9, status: 'in_progress' }))).toMatchObject(closed);
    const wasClosed = bead({ ...closed, rev: 3 });
    const again = bead({ rev: 5, status: 'closed', closed_at: at(8), close_reason: 'Again' });
    expect(merge(wasClosed, bead({ rev: 6, status: 'open' }), again)).toMatchObject({ status: 'open' });
    expect(merge(wasClosed, bead({ rev: 6, status: 'open' }), again)).not.toHaveProperty('closed_at');
    expect(merge(wasClosed, bead({ rev: 4, status: 'open' }), again)).toMatchObject({
      status: 'closed',
      close_reason: 'Again',
    });
  });

  test('stays deleted against any edit that did not know of it, and lives again only by an explicit act', () => {
    const gone = bead({ rev: 2, status: 'tombstone', deleted_at: at(4), deleted_by: 'operator' });
    expect(merge(bead(), gone, bead({ rev: 40, title: 'Edited', status: 'in_progress' }))).toMatchObject({
      status: 'tombstone',
      deleted_at: at(4),
    });
    expect(merge(undefined, gone, bead({ rev: 40 })).status).toBe('tombstone');
    expect(merge(bead(), gone, bead({ rev: 9, status: 'closed', closed_at: at(3) })).status).toBe('tombstone');
    expect(merge(gone, bead({ rev: 3, status: 'open' }), gone).status).toBe('open');
  });

  test('keeps fields that this version does not know, by key, lists as sets', () => {
    const base = bead({ metadata: { a: 1, gone: 1 }, waiters: [{ id: 'w1' }, { id: 'w2' }] } as never);
    const merged = merge(
      base,
      { ...base, rev: 2, metadata: { a: 1, b: 2 }, waiters: [{ id: 'w2' }, { id: 'w3' }], x_new: 0 } as never,
      {
        ...base,
        rev: 2,
        metadata: { a: 5, gone: 1, c: { d: 1 } },
        waiters: [{ id: 'w1' }, { id: 'w2' }, { id: 'w4' }],
      } as never,
    );
    expect(merged).toMatchObject({
      metadata: { a: 5, b: 2, c: { d: 1 } },
      waiters: [{ id: 'w2' }, { id: 'w3' }, { id: 'w4' }],
      x_new: 0,
    });
    expect(merged.metadata).not.toHaveProperty('gone');
  });

  test('has a revision that no other content has', () => {
    const ours = bead({ rev: 3, title: 'A' });
    expect(merge(bead(), ours, bead({ rev: 2, title: 'A' })).rev).toBe(3);
    expect(merge(bead(), ours, bead({ rev: 7, labels: ['x'] })).rev).toBe(8);
    expect(merge(bead(), ours, bead({ rev: 5 })).rev).toBe(6);
  });
});

describe('other records that two machines changed', () => {
  test('a memory that one side forgot is forgotten, its text gone', () => {
    const base = { id: 'mem-1', rev: 1, text: 'Secret', by: 'operator', at: at(0) } as Memory;
    const forgotten = { ...base, rev: 2, text: '', forgottenAt: at(1) };
    const edited = { ...base, rev: 8, text: 'Secret, really', at: at(2) };
    const merged = mergeRecords('memories', { base, ours: edited, theirs: forgotten });
    expect(merged).toMatchObject({ text: '', forgottenAt: at(1) });
    expect(JSON.stringify(merged)).not.toContain('Secret');
  });

  test('an escalation keeps the higher severity and whatever answer it got', () => {
    const base = {
      id: 'e-1',
      rev: 1,
      severity: 'low',
      title: 'T',
      body: '',
      by: 'x',
      at: at(0),
      climbs: 0,
    } as Escalation;
    expect(
      mergeRecords('escalations', {
        base,
        ours: { ...base, rev: 2, severity: 'medium', climbs: 1, climbedAt: at(4) },
        theirs: { ...base, rev: 2, acknowledgedAt: at(3), closedAt: at(5) },
      }),
    ).toMatchObject({ severity: 'medium', climbs: 1, acknowledgedAt: at(3), closedAt: at(5) });
  });

  test('a convoy keeps its beads’ order, takes new ones of both, and its other title', () => {
    const base = {
      id: 'cv-1',
      rev: 1,
      title: 'Plan',
      status: 'proposed',
      rig: 'r',
      beads: ['z', 'a'],
      createdAt: at(0),
      createdBy: 'x',
    } as Convoy;
    const merged = mergeRecords('convoys', {
      base,
      ours: { ...base, rev: 3, title: 'Plan A', status: 'approved', approvedAt: at(1), beads: ['z', 'a', 'n'] },
      theirs: { ...base, rev: 2, title: 'Plan B', beads: ['z', 'a', 'm'] },
    });
    expect(merged).toMatchObject({
      title: 'Plan A',
      status: 'approved',
      beads: ['z', 'a', 'm', 'n'],
      gaveWay: [{ field: 'title', value: 'Plan B' }],
    });
  });

  test('a convoy has the notes of both, each whole, and the other design is kept', () => {
    const base = {
      id: 'cv-1',
      rev: 1,
      title: 'Plan',
      status: 'approved',
      rig: 'r',
      beads: [],
      createdAt: at(0),
      createdBy: 'x',
      notes: '[t0 x] first',
    } as Convoy;
    const ours = { ...base, rev: 2, notes: '[t0 x] first\n\n[t1 a] one\n \nDone.', design: 'A' };
    const theirs = { ...base, rev: 3, notes: '[t0 x] first\n\n[t2 b] two\n \nDone.', design: 'B' };
    const merged = mergeRecords('convoys', { base, ours, theirs });
    expect(merged).toMatchObject({
      notes: '[t0 x] first\n\n[t1 a] one\n \nDone.\n\n[t2 b] two\n \nDone.',
      design: 'B',
      gaveWay: [{ field: 'design', value: 'A' }],
    });
    expect(mergeRecords('convoys', { base, ours: theirs, theirs: ours })).toEqual(merged);
    expect(mergeRecords('convoys', { base, ours: merged, theirs })).toEqual(merged);
  });

  test('a rig keeps gates of both, and an emergency stop that either pulled holds', () => {
    const gate = (name: string, command: string) => ({ name, command, timeoutMs: 1_000 });
    const base = {
      id: 'r',
      rev: 1,
      origin: '/o',
      branch: 'main',
      prefix: 'r',
      gates: [gate('test', 'a')],
      policy: 'guarded',
      agent: 'shell',
      createdAt: at(0),
    } as Rig;
    const merged = mergeRecords('rigs', {
      base,
      ours: { ...base, rev: 2, gates: [gate('test', 'b')], policy: 'all' },
      theirs: { ...base, rev: 2, gates: [gate('test', 'a'), gate('lint', 'c')] },
    });
    expect(merged).toMatchObject({ policy: 'all', gates: [{ name: 'test', command: 'b' }, { name: 'lint' }] });
  });
});

describe('two ledgers', () => {
  const two = () => {
    const [one, other] = [new Replica('a'), new Replica('b')];
    const hub = new Hub();
    one.do('town.create', { name: 'home' }, { role: 'town', name: 'town' });
    one.do('rig.add', { id: 'rust', origin: '/o', branch: 'main', prefix: 'r', gates: [] });
    return { one, other, hub };
  };

  test('what one side lacks is no deletion', () => {
    const { one, hub, other } = two();
    const id = one.do('bead.create', { title: 'Here' });
    hub.sync(one);
    hub.sync(other);
    const theirs = { ...hub.data, beads: new Map() };
    expect(mergeLedgers({ base: one.base, ours: one.data, theirs }).writes).toEqual([]);
    expect(other.data.beads.get(id)).toBeDefined();
  });

  test('two beads that got the same id stay two beads, each with what speaks of it', () => {
    const { one, other, hub } = two();
    const parent = one.do('bead.create', { title: 'Parent' });
    hub.sync(one);
    hub.sync(other);
    other.now = one.now + 60_000;
    const first = one.do('bead.create', { title: 'From one', parent });
    expect(other.do('bead.create', { title: 'From the other', parent })).toBe(first);
    const needs = other.do('bead.create', { title: 'Needs it' });
    other.do('dep.add', { dependency: { issue_id: needs, depends_on_id: first, type: 'blocks' } });
    for (const replica of [one, other, one]) hub.sync(replica);
    expect(contentOf(one.data)).toEqual(contentOf(other.data));
    const children = [...one.data.beads.values()].filter(({ id }) => id.startsWith(`${parent}.`));
    expect(children.map(({ title }) => title).sort()).toEqual(['From one', 'From the other']);
    const renamed = children.find(({ title }) => title === 'From the other')!;
    expect(renamed.id).not.toBe(first);
    expect(one.data.beads.get(needs)?.dependencies).toMatchObject([{ depends_on_id: renamed.id }]);
    expect(one.data.decisions.has(renamed.id)).toBe(true);
  });

  test('needs that close a circle are both kept, and a person is told', () => {
    const { one, other, hub } = two();
    const [x, y] = [one.do('bead.create', { title: 'X' }), one.do('bead.create', { title: 'Y' })];
    hub.sync(one);
    hub.sync(other);
    one.do('dep.add', { dependency: { issue_id: x, depends_on_id: y, type: 'blocks' } });
    other.do('dep.add', { dependency: { issue_id: y, depends_on_id: x, type: 'blocks' } });
    hub.sync(one);
    const { notes } = mergeLedgers({ base: other.base, ours: other.data, theirs: hub.data });
    expect(notes).toMatchObject([{ text: expect.stringContaining('wait for each other') }]);
  });

  test('a bead closed elsewhere leaves the hook of the machine that works, whose session then ends', () => {
    const { one, other, hub } = two();
    const id = one.do('bead.create', { title: 'Both want it', dispatch: true });
    hub.sync(one);
    hub.sync(other);
    one.do('hook.set', { bead: id, polecat: 'rust/nux' }, { role: 'mayor', name: 'mayor' });
    other.do('bead.close', { id, reason: 'Not needed' });
    hub.sync(other);
    hub.sync(one);
    expect(one.data.beads.get(id)).toMatchObject({ status: 'closed', close_reason: 'Not needed' });
    expect(one.data.polecats.get('rust/nux')).toMatchObject({ state: 'idle' });
    expect(one.data.polecats.get('rust/nux')).not.toHaveProperty('hook');
  });

  test('after the town moved, what the old machine went on with has ended, and what it landed has landed', () => {
    const { one, other, hub } = two();
    const TOWN = { role: 'town', name: 'town' } as const;
    const MAYOR = { role: 'mayor', name: 'mayor' } as const;
    const REFINERY = { role: 'refinery', name: 'refinery' } as const;
    const sha = (digit: string) => digit.repeat(40);
    const work = (bead: string, name: string) => {
      one.do('hook.set', { bead, polecat: `rust/${name}` }, MAYOR);
      one.do(
        'session.start',
        {
          id: `s-${name}`,
          polecat: `rust/${name}`,
          bead,
          agent: 'shell',
          base: sha('1'),
          checkout: '/c',
          tokenHash: 'f'.repeat(64),
        },
        TOWN,
      );
    };
    const hand = (name: string) =>
      one.do(
        'work.done',
        { session: `s-${name}`, merge: `mr-${name}`, ref: 'refs/x', base: sha('1'), head: sha('2') },
        TOWN,
      );
    const beads = ['Lands', 'Queued', 'Works'].map(title =>
      one.do('bead.create', { title, dispatch: true, rig: 'rust' }),
    );
    one.touch('town', 'town', { home: { replica: 'a', host: 'here', at: at(0) } });
    hub.sync(one);
    hub.sync(other);
    other.touch('town', 'town', { home: { replica: 'b', host: 'there', at: at(30) } });
    for (const [index, id] of beads.entries()) work(id, ['nux', 'slit', 'ace'][index]!);
    hand('nux');
    hand('slit');
    one.do('merge.approve', { id: 'mr-nux', head: sha('2') });
    const look = { head: sha('2'), base: sha('1'), policy: guardPolicy({}), findings: [] };
    one.do('merge.guard', { id: 'mr-nux', ...look }, REFINERY);
    one.do('merge.group', { ids: ['mr-nux'], group: 'g' }, REFINERY);
    one.do('merge.landing', { ids: ['mr-nux'], old: sha('1'), new: sha('b'), tree: sha('a') }, REFINERY);
    one.do('merge.landed', { ids: ['mr-nux'], sha: sha('b') }, REFINERY);
    hub.sync(other);
    hub.sync(one);
    const { data } = one;
    expect(data.town.get('town')?.home).toMatchObject({ replica: 'b' });
    expect(data.merges.get('mr-nux')).toMatchObject({ state: 'landed' });
    expect(data.beads.get(beads[0]!)).toMatchObject({ status: 'closed', town: { landed_sha: sha('b') } });
    expect(data.merges.get('mr-slit')).toMatchObject({ state: 'bounced', cause: { kind: 'could_not_run' } });
    expect(data.beads.get(beads[1]!)).toMatchObject({ status: 'open', town: { dispatch: {}, cause: {} } });
    expect(data.sessions.get('s-ace') as Session).toMatchObject({ status: 'ended', outcome: 'lost' });
    expect(data.beads.get(beads[2]!)).toMatchObject({ status: 'open', town: { dispatch: {} } });
    expect([...data.polecats.values()].every(({ hook, state }) => hook === undefined && state === 'idle')).toBe(true);
    hub.sync(other);
    expect(contentOf(other.data)).toEqual(contentOf(one.data));
    expect(hub.sync(one)).toBe(0);
  });
});
