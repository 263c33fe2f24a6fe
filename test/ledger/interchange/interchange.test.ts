import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIssues } from '../../../source/ledger/interchange/read.ts';
import { exportIssues } from '../../../source/ledger/interchange/write.ts';
import { act, command, freshLedger, polecat, temporaryFolder } from '../helpers.ts';
import { town, World } from '../world.ts';

/** A town without anything, to import into. */
const fresh = (): World => {
  const world = new World();
  world.do('town.create', { name: 'Fresh' });
  return world;
};

const take = (world: World, text: string, options: { stale?: boolean } = {}) =>
  world.do('beads.import', { ...readIssues(text), ...options });

const through = (text: string): string => {
  const world = fresh();
  take(world, text);
  return exportIssues(world.data, { memories: true });
};

const line = (issue: object): string => `${JSON.stringify(issue)}\n`;

const issue = (fields: object = {}) => ({
  id: 'bd-a1b2',
  title: 'Fix login',
  status: 'open',
  priority: 2,
  issue_type: 'task',
  created_at: '2025-10-16T20:46:08.971822-07:00',
  updated_at: '2025-10-16T20:46:08.971822-07:00',
  ...fields,
});

/** One line as bd 0.49 wrote it, with everything that is gone from newer ones. */
const GIT_ERA = [
  '{"id":"bd-1","title":"Agent \\u003cnux\\u003e","description":"a \\u0026 b","status":"in_progress","priority":0,"issue_type":"agent","assignee":"nux","estimated_minutes":0,"created_at":"2025-11-02T14:22:08.123456789-08:00","created_by":"steve","updated_at":"2025-11-02T23:00:00.1Z","external_ref":"gh-9","labels":["b","a"],"dependencies":[{"issue_id":"bd-1","depends_on_id":"bd-2","type":"blocks","created_at":"2025-11-02T14:22:09.1234567-08:00","created_by":"steve"},{"issue_id":"bd-1","depends_on_id":"external:lib:v2","type":"made-up","created_at":"2025-11-02T00:00:00Z","created_by":"steve","metadata":"{\\"gate\\":\\"any-children\\"}","thread_id":"t-1"}],"comments":[{"id":17,"issue_id":"bd-1","author":"ada","text":"hi\\nthere","created_at":"2025-11-02T14:22:10+05:30"}],"crystallizes":true,"hook_bead":"bd-9","role_bead":"bd-8","agent_state":"working","last_activity":"2025-11-02T14:22:08.5-08:00","role_type":"polecat","rig":"gastown"}',
  '{"id":"bd-2","title":"Gone","status":"tombstone","priority":2,"issue_type":"bug","created_at":"2025-01-01T00:00:00Z","updated_at":"2025-02-01T00:00:00Z","closed_at":"2025-01-15T00:00:00Z","deleted_at":"2025-02-01T00:00:00.000000001Z","deleted_by":"ada","delete_reason":"twice","original_type":"bug"}',
  '{"id":"bd-3","title":"Done","status":"closed","priority":4,"issue_type":"made_up","created_at":"2025-01-01T00:00:00Z","updated_at":"2025-02-01T00:00:00Z","closed_at":"2025-02-01T00:00:00.5Z","close_reason":"done","closed_by_session":"s-1","metadata":{"z":1,"a":[12345678901234567890,1e2,-0],"n":null},"compaction_level":1,"original_size":900}',
  '',
].join('\n');

const NEWER = [
  '{"_type":"issue","id":"bdsa-00r","title":"Edited","status":"in_review","priority":2,"issue_type":"task","owner":"a@b.c","created_at":"2026-08-13T15:10:20Z","created_by":"Mac","updated_at":"2026-08-13T15:10:54Z","metadata":{"cn_dot":"A:7"},"ephemeral":false,"await_type":"timer","timeout":3600000000000,"waiters":["a/b"],"dependency_count":0,"dependent_count":0,"comment_count":0}',
  '{"_type":"memory","key":"auth","value":"Tokens expire"}',
  '',
].join('\n');

describe('issues.jsonl', () => {
  it.each([
    ['of the Git era', GIT_ERA],
    ['of a newer version, with a memory', NEWER],
    ['with an empty object and list', line(issue({ metadata: {}, labels: [], dependencies: [], comments: [] }))],
    ['with nulls', line(issue({ closed_at: null, labels: null, comments: null, extra: null }))],
    ['with metadata that is no object', line(issue({ metadata: [1, 'two'] }))],
    ['with fields of the names that the ledger uses', line(issue({ as_written: 3, rev: 'x', town: { a: 1 } }))],
    ['with somebody else’s gastown', line(issue({ metadata: { gastown: 'mine' }, gastown: 1 }))],
  ])('comes out of a ledger byte for byte as it went in: %s', (_, text) => {
    expect(through(text)).toBe(text);
  });

  it('is written sorted by id, with the fields in the order of Beads', () => {
    const text = through(line({ ...issue({ id: 'bd-b' }), zebra: 1, design: 'x' }) + line(issue({ id: 'bd-a' })));
    expect(text.split('\n').map(one => one.slice(0, 14))).toEqual(['{"id":"bd-a","', '{"id":"bd-b","', '']);
    expect(Object.keys(JSON.parse(text.split('\n')[1]!) as object)).toEqual([
      'id',
      'title',
      'design',
      'status',
      'priority',
      'issue_type',
      'created_at',
      'updated_at',
      'zebra',
    ]);
  });

  it('needs only an id and a title, and takes an absent priority for the usual one', () => {
    const world = fresh();
    take(world, '{"id":"bd-1","title":"x"}\n{"id":"bd-2","title":"y","priority":0}\n');
    expect(world.bead('bd-1')).toMatchObject({ status: 'open', priority: 2, issue_type: 'task' });
    expect(world.bead('bd-2').priority).toBe(0);
  });

  it('passes over empty lines, a byte order mark, carriage returns and the header', () => {
    const world = fresh();
    take(world, `\ufeff{"_schema":"beads-jsonl/1"}\r\n\r\n${line(issue())}\r\n`);
    expect([...world.data.beads.keys()]).toEqual(['bd-a1b2']);
  });

  it('changes only the text of what has changed', () => {
    const world = fresh();
    take(world, GIT_ERA);
    world.do('bead.comment', { id: 'bd-1', text: 'more' });
    world.do('dep.remove', { issue_id: 'bd-1', depends_on_id: 'bd-2' });
    const [before, after] = [GIT_ERA, exportIssues(world.data)].map(text => text.split('\n')[0]!);
    expect(after).toContain('"created_at":"2025-11-02T14:22:08.123456789-08:00"');
    expect(after).toContain('"last_activity":"2025-11-02T14:22:08.5-08:00"');
    expect(after).toContain(
      '{"id":17,"issue_id":"bd-1","author":"ada","text":"hi\\nthere","created_at":"2025-11-02T14:22:10+05:30"},',
    );
    expect(after).not.toContain('2025-11-02T14:22:09');
    expect(after).not.toContain('2025-11-02T23:00:00.1Z');
    expect(after).toContain('"text":"more"');
    expect(before).not.toBe(after);
    world.do('bead.update', { id: 'bd-3', set: { setMetadata: { k: 1 } } });
    expect(exportIssues(world.data)).toContain('"metadata":{"z":1,"a":[12345678901234567890,1e2,-0],"n":null,"k":1}');
  });
});

describe('what only the town knows', () => {
  it('goes along under metadata, and into another town with the same rigs', () => {
    const world = town();
    const a = world.slung({ agent: 'claude', touches: ['src/a.ts'], metadata: { mine: 1 } });
    const b = world.id('bead.create', { id: 'x-1', title: 'Elsewhere', rig: 'rust', metadata: [1] });
    const { bead, merge } = world.queued('rust/ace');
    world.land(merge);
    const text = exportIssues(world.data);
    const of = (id: string) =>
      JSON.parse(text.split('\n').find(one => one.startsWith(`{"id":"${id}"`))!) as { metadata: unknown };
    expect(of(a).metadata).toEqual({ mine: 1, gastown: { agent: 'claude', touches: ['src/a.ts'] } });
    expect(of(b)).toMatchObject({ metadata: [1], gastown: { rig: 'rust' } });
    expect(of(bead).metadata).toEqual({ gastown: { attempts: 1, landed_sha: world.bead(bead).town.landed_sha } });

    const other = town();
    take(other, text);
    expect(exportIssues(other.data)).toBe(text);
    for (const { id, town: data } of world.data.beads.values()) {
      const { dispatch: _wish, ...rest } = data;
      expect(other.bead(id).town).toEqual(rest);
    }
  });

  it('never sets an agent to work by an import', () => {
    const world = town();
    const wish = { dispatch: { at: '2026-11-23T10:00:00.000Z', by: 'operator' }, merge: 'mr-1' };
    take(world, line(issue({ metadata: { gastown: wish } })));
    expect(world.bead('bd-a1b2').town).not.toHaveProperty('dispatch');
    expect(world.bead('bd-a1b2').town).not.toHaveProperty('merge');
  });

  it('gives a bead to the rig whose prefix it bears, else to the one named', () => {
    const world = town();
    take(world, line(issue({ id: 'gt-1' })) + line(issue({ id: 'bd-1' })));
    expect([world.bead('gt-1').town.rig, world.bead('bd-1').town.rig]).toEqual(['rust', undefined]);
    world.do('beads.import', { ...readIssues(line(issue({ id: 'bd-2' }))), rig: 'rust' });
    expect(world.bead('bd-2').town.rig).toBe('rust');
    expect(world.refusal('beads.import', { beads: [], rig: 'none' })).toMatch(/^not_found/);
  });
});

describe('an import into a town that has the record', () => {
  const OLD = '2026-01-01T00:00:00Z';
  const NEW = '2026-02-01T00:00:00Z';

  it('writes nothing when nothing differs', () => {
    const world = town();
    take(world, GIT_ERA);
    world.queued();
    expect(take(world, GIT_ERA)).toEqual([]);
    expect(take(world, exportIssues(world.data))).toEqual([]);
    expect(take(world, GIT_ERA, { stale: true })).toEqual([]);
  });

  it('takes the newer one field by field, takes away what is gone from it, and keeps the newer one here', () => {
    const world = fresh();
    take(world, line(issue({ updated_at: OLD, priority: 1, assignee: 'ada', custom: 'ours' })));
    take(world, line(issue({ updated_at: NEW, priority: 0, title: 'Newer' })));
    expect(world.bead('bd-a1b2')).toMatchObject({ title: 'Newer', priority: 0, custom: 'ours' });
    expect(world.bead('bd-a1b2')).not.toHaveProperty('assignee');
    expect(take(world, line(issue({ updated_at: OLD, title: 'Older' })))).toEqual([]);
    take(world, line(issue({ updated_at: OLD, title: 'Older' })), { stale: true });
    expect(world.bead('bd-a1b2').title).toBe('Older');
  });

  it('unites labels, comments and dependencies, whichever is newer', () => {
    const edge = (to: string, type = 'blocks') => ({ issue_id: 'bd-a1b2', depends_on_id: to, type });
    const said = (id: number, text: string) => ({ id, issue_id: 'bd-a1b2', author: 'ada', text, created_at: OLD });
    const world = fresh();
    take(
      world,
      line(issue({ updated_at: NEW, labels: ['a', 'b'], dependencies: [edge('bd-x')], comments: [said(1, 'one')] })),
    );
    take(
      world,
      line(
        issue({
          updated_at: OLD,
          labels: ['b', 'c'],
          dependencies: [edge('bd-x', 'related'), edge('bd-y')],
          comments: [said(9, 'one'), said(1, 'two')],
        }),
      ),
    );
    const bead = world.bead('bd-a1b2');
    expect(bead.labels).toEqual(['a', 'b', 'c']);
    expect(bead.dependencies?.map(({ depends_on_id, type }) => [depends_on_id, type])).toEqual([
      ['bd-x', 'blocks'],
      ['bd-y', 'blocks'],
    ]);
    expect(bead.comments?.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('never removes what is not there, and never brings back what was deleted', () => {
    const world = fresh();
    take(world, line(issue({ id: 'bd-1' })) + line(issue({ id: 'bd-2' })));
    world.do('bead.delete', { id: 'bd-1' });
    take(world, line(issue({ id: 'bd-1', updated_at: '2030-01-01T00:00:00Z' })), { stale: true });
    expect([world.bead('bd-1').status, world.bead('bd-2').status]).toEqual(['tombstone', 'open']);
    take(world, line(issue({ id: 'bd-2', status: 'tombstone', updated_at: NEW, deleted_at: NEW })));
    expect(world.bead('bd-2').status).toBe('tombstone');
  });

  it('leaves a bead on a hook or in the merge queue to who works on it', () => {
    const world = town();
    const working = world.slung();
    world.working(working, 'rust/ace');
    const { bead: queued } = world.queued('rust/nux');
    const far = '2030-01-01T00:00:00Z';
    const closed = { status: 'closed', closed_at: far, updated_at: far, title: 'Closed elsewhere' };
    take(world, line(issue({ id: working, ...closed })) + line(issue({ id: queued, ...closed })));
    expect(world.bead(working)).toMatchObject({
      status: 'in_progress',
      assignee: 'rust/ace',
      title: 'Closed elsewhere',
    });
    expect(world.bead(queued)).toMatchObject({ status: 'in_progress', title: 'Closed elsewhere' });
    expect(world.bead(queued)).not.toHaveProperty('closed_at');
    expect(world.bead(queued).town.merge).toBeDefined();
  });

  it('is not for agents', () => {
    expect(town().refusal('beads.import', { beads: [] }, polecat('rust/nux'))).toMatch(/^forbidden/);
  });
});

describe('a broken file', () => {
  it.each([
    ['no JSON', '{"id":"bd-2",', /^notes\.jsonl, line 3: it is no JSON/],
    ['a conflict marker', '<<<<<<< HEAD', /line 3: it is the marker of a merge conflict/],
    ['the middle of a conflict', '=======', /line 3: it is the marker of a merge conflict/],
    ['a list', '[]', /line 3: expected a JSON object/],
    ['no id', '{"title":"x"}', /line 3: it has no id/],
    ['no title', '{"id":"bd-2"}', /line 3: title:/],
    ['a priority that is none', '{"id":"bd-2","title":"x","priority":7}', /line 3: priority:/],
    ['a time that is none', '{"id":"bd-2","title":"x","due_at":"soon"}', /line 3: due_at: expected a time such as/],
    ['a status that is none', '{"id":"bd-2","title":"x","status":3}', /line 3: status:/],
    ['an issue twice', '{"id":"bd-1","title":"again"}', /line 3: bd-1 is already on line 1/],
    ['another kind of record', '{"_type":"route","id":"x","title":"x"}', /line 3: it is of the type "route"/],
    ['a memory without a text', '{"_type":"memory","key":"k"}', /line 3: a memory needs/],
  ])('with %s is refused as a whole, naming the line', (_, third, message) => {
    const text = `${line(issue({ id: 'bd-1' }))}\n${third}\n${line(issue({ id: 'bd-3' }))}`;
    expect(() => readIssues(text, 'notes.jsonl')).toThrow(message);
  });

  it('leaves the ledger as it was when one of its issues cannot be kept', () => {
    const world = fresh();
    expect(() => take(world, line(issue({ id: 'bd-1' })) + line(issue({ id: '../../etc' })))).toThrow(
      /cannot be the id/,
    );
    expect(world.data.beads.size).toBe(0);
  });
});

describe('any issues', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const moment = fc
    .tuple(
      fc.date({ min: new Date('2000-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
      fc.stringMatching(/^(\.\d{1,9})?$/),
      fc.constantFrom('Z', '+02:00', '-07:30', '+00:00'),
    )
    .map(([date, fraction, zone]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`);
  const edge = fc.record(
    {
      issue_id: fc.constant('bd-x'),
      depends_on_id: fc.oneof(fc.stringMatching(/^bd-[a-z]{2}$/), fc.constant('external:lib:v1')),
      type: fc.constantFrom('blocks', 'waits-for', 'parent-child', 'made-up'),
      created_at: moment,
      metadata: fc.oneof(text, fc.json()),
      thread_id: text,
      surprise: fc.jsonValue(),
    },
    { requiredKeys: ['issue_id', 'depends_on_id', 'type', 'created_at'] },
  );
  const comment = fc.record(
    { id: fc.oneof(fc.nat(), fc.uuid()), issue_id: text, author: text, text, created_at: moment, more: fc.jsonValue() },
    { requiredKeys: ['id', 'author', 'text', 'created_at'] },
  );
  const known = fc.record(
    {
      title: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      description: text,
      status: fc.constantFrom('open', 'in_progress', 'deferred', 'hooked', 'in_review', 'Weird Status'),
      priority: fc.integer({ min: 0, max: 4 }),
      issue_type: fc.constantFrom('bug', 'agent', 'made_up'),
      assignee: fc.option(text, { nil: null }),
      estimated_minutes: fc.nat(),
      created_at: moment,
      updated_at: moment,
      due_at: moment,
      defer_until: moment,
      external_ref: text,
      metadata: fc.jsonValue(),
      pinned: fc.boolean(),
      labels: fc.array(text, { maxLength: 4 }),
      dependencies: fc.uniqueArray(edge, { maxLength: 4, selector: one => one.depends_on_id }),
      comments: fc.array(comment, { maxLength: 4 }),
      last_activity: moment,
      hook_bead: text,
    },
    { requiredKeys: ['title', 'status', 'priority', 'issue_type', 'created_at', 'updated_at'] },
  );
  const strange = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,8}$/), fc.jsonValue(), { maxKeys: 4 });
  const file = fc
    .uniqueArray(fc.tuple(fc.stringMatching(/^bd-[a-z0-9]{1,6}(\.[1-9]){0,2}$/), known, strange), {
      maxLength: 6,
      selector: ([id]) => id,
    })
    .map(all => all.map(([id, fields, more]) => ({ id, ...fields, ...more })));

  it('come out with every value as it was, and once written so byte for byte', () => {
    fc.assert(
      fc.property(file, issues => {
        const first = through(issues.map(line).join(''));
        const byId = new Map(
          first
            .split('\n')
            .filter(Boolean)
            .map(one => [(JSON.parse(one) as { id: string }).id, JSON.parse(one)]),
        );
        expect(byId.size).toBe(issues.length);
        for (const one of issues) expect(byId.get(one.id)).toEqual(JSON.parse(JSON.stringify(one)));
        expect(through(first)).toBe(first);
      }),
    );
  });

  it('are taken in twice as once, and in any order of two files to the same fields', () => {
    const plain = ({ data }: World) => exportIssues(data);
    fc.assert(
      fc.property(file, file, (a, b) => {
        const [first, second] = [a, b].map(issues => issues.map(line).join('')) as [string, string];
        const world = fresh();
        take(world, first);
        take(world, second);
        const once = plain(world);
        take(world, first);
        take(world, second);
        expect(plain(world)).toBe(once);
        const ids = new Set([...a, ...b].map(({ id }) => id));
        expect(world.data.beads.size).toBe(ids.size);
        for (const { id, labels = [] } of [...a, ...b])
          expect(world.bead(id).labels ?? []).toEqual(expect.arrayContaining(labels));
      }),
    );
  });
});

it('come back from Git byte for byte, in one command for the whole file', async () => {
  const dir = await temporaryFolder();
  const ledger = await freshLedger({ dir });
  await act(ledger, 'town.create', { name: 'Fresh' });
  const { written } = await ledger.execute(command('beads.import', readIssues(GIT_ERA + NEWER)));
  expect(written.filter(({ kind }) => kind === 'beads').map(({ id }) => id)).toEqual([
    'bd-1',
    'bd-2',
    'bd-3',
    'bdsa-00r',
  ]);
  await ledger.close();
  const again = await freshLedger({ dir });
  expect(exportIssues(again.data, { memories: true })).toBe(GIT_ERA + NEWER);
});
