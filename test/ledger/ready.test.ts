import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockedBy, isFailureClose, isReady, openReadiness, readyBeads } from '../../source/ledger/ready.ts';
import type { Bead, Dependency } from '../../source/ledger/schema.ts';

const NOW = Date.parse('2026-11-23T12:00:00.000Z');
const iso = (hoursAgo: number): string => new Date(NOW - hoursAgo * 3_600_000).toISOString();

type Edge = [type: string, target: string, metadata?: unknown];

const bead = (id: string, fields: Partial<Bead> = {}, edges: Edge[] = []): Bead => ({
  id,
  rev: 1,
  title: id,
  status: 'open',
  priority: 2,
  issue_type: 'task',
  created_at: iso(1),
  updated_at: iso(1),
  town: { attempts: 0, respawns: 0, reworks: 0 },
  dependencies: edges.map(
    ([type, target, metadata]): Dependency => ({
      issue_id: id,
      depends_on_id: target,
      type,
      ...(metadata !== undefined && { metadata }),
    }),
  ),
  ...fields,
});

const data = (...beads: Bead[]) => ({ beads: new Map(beads.map(one => [one.id, one])) });
const ready = (...beads: Bead[]): string[] =>
  readyBeads(data(...beads), NOW)
    .map(({ id }) => id)
    .sort();
const closed = { status: 'closed', closed_at: iso(1) } as const;

describe('ready work', () => {
  it.each<[string, Partial<Bead>, boolean]>([
    ['open', {}, true],
    ['in progress', { status: 'in_progress' }, true],
    ['hooked', { status: 'hooked' }, false],
    ['blocked by hand', { status: 'blocked' }, false],
    ['closed', closed, false],
    ['deferred', { status: 'deferred' }, false],
    ['pinned', { status: 'pinned' }, false],
    ['a tombstone', { status: 'tombstone' }, false],
    ['flagged as pinned', { pinned: true }, false],
    ['ephemeral', { ephemeral: true }, false],
    ['deferred until later', { defer_until: iso(-1) }, false],
    ['deferred until a past time', { defer_until: iso(1) }, true],
    ['an epic', { issue_type: 'epic' }, true],
    ['a molecule', { issue_type: 'molecule' }, false],
    ['a merge request', { issue_type: 'merge-request' }, false],
    ['a message', { issue_type: 'message' }, false],
  ])('a bead that is %s', (_, fields, expected) => {
    const one = bead('gt-a', fields);
    expect(isReady(data(one), one, NOW)).toBe(expected);
    expect(ready(one)).toEqual(expected ? ['gt-a'] : []);
  });

  it.each(['gt-mol-a', 'gt-wisp-a'])('leaves out %s by its id', id => {
    expect(ready(bead(id))).toEqual([]);
  });

  it.each<[string, Edge, Partial<Bead>, boolean]>([
    ['blocks an open target', ['blocks', 'gt-t'], {}, false],
    ['blocks a hooked target', ['blocks', 'gt-t'], { status: 'hooked' }, false],
    ['blocks a closed target', ['blocks', 'gt-t'], closed, true],
    ['blocks a pinned target', ['blocks', 'gt-t'], { status: 'pinned' }, true],
    ['blocks a deleted target', ['blocks', 'gt-t'], { status: 'tombstone' }, true],
    ['blocks a target that does not exist', ['blocks', 'gt-none'], {}, true],
    ['conditional on an open target', ['conditional-blocks', 'gt-t'], {}, false],
    [
      'conditional on a target that succeeded',
      ['conditional-blocks', 'gt-t'],
      { ...closed, close_reason: 'Done' },
      false,
    ],
    [
      'conditional on a target that failed',
      ['conditional-blocks', 'gt-t'],
      { ...closed, close_reason: 'FAILED: tests' },
      true,
    ],
    ['conditional on a deleted target', ['conditional-blocks', 'gt-t'], { status: 'tombstone' }, true],
    ['conditional on a pinned target', ['conditional-blocks', 'gt-t'], { status: 'pinned' }, true],
    ['a child of an open parent', ['parent-child', 'gt-t'], {}, true],
    ['a child of a deferred parent', ['parent-child', 'gt-t'], { status: 'deferred' }, false],
    ['a child of a parent deferred until later', ['parent-child', 'gt-t'], { defer_until: iso(-1) }, false],
    ['a child of a parent blocked by hand', ['parent-child', 'gt-t'], { status: 'blocked' }, false],
    ['a child of a closed parent', ['parent-child', 'gt-t'], closed, true],
    ['related', ['related', 'gt-t'], {}, true],
    ['of any other type', ['tracks', 'gt-t'], {}, true],
    ['waiting for a target without children', ['waits-for', 'gt-t'], {}, false],
    ['waiting for a closed target without children', ['waits-for', 'gt-t'], closed, true],
    ['on an unknown capability', ['blocks', 'external:lib:v2'], {}, false],
  ])('with a dependency: %s', (_, edge, target, expected) => {
    expect(ready(bead('gt-a', {}, [edge]), bead('gt-t', target)).includes('gt-a')).toBe(expected);
  });

  it('passes a block down from parent to grandchild', () => {
    const family = [
      bead('gt-top', {}, [['blocks', 'gt-x']]),
      bead('gt-mid', {}, [['parent-child', 'gt-top']]),
      bead('gt-low', {}, [['parent-child', 'gt-mid']]),
    ];
    expect(ready(...family, bead('gt-x'))).toEqual(['gt-x']);
    expect(ready(...family, bead('gt-x', closed))).toEqual(['gt-low', 'gt-mid', 'gt-top']);
    expect(blockedBy(data(...family, bead('gt-x')), family[2]!)).toEqual(['gt-mid']);
  });

  it('waits for all children, or for any one', () => {
    const all = bead('gt-all', {}, [['waits-for', 'gt-s', { gate: 'all-children' }]]);
    const any = bead('gt-any', {}, [['waits-for', 'gt-s', '{"gate":"any-children"}']]);
    const spawner = bead('gt-s');
    const one = (fields: Partial<Bead>) => bead('gt-s.1', fields, [['parent-child', 'gt-s']]);
    const two = (fields: Partial<Bead>) => bead('gt-s.2', fields, [['parent-child', 'gt-s']]);
    expect(ready(all, any, spawner, one({}), two({}))).not.toContain('gt-any');
    expect(ready(all, any, spawner, one(closed), two({}))).toContain('gt-any');
    expect(ready(all, any, spawner, one(closed), two({}))).not.toContain('gt-all');
    expect(ready(all, any, spawner, one(closed), two(closed))).toContain('gt-all');
  });

  it('takes a capability from a closed bead of the other project', () => {
    const waiting = bead('gt-a', {}, [['blocks', 'external:lib:v2']]);
    expect(ready(waiting, bead('lib-1', { ...closed, labels: ['provides:v2'] }))).toEqual(['gt-a']);
    expect(ready(waiting, bead('lib-1', { labels: ['provides:v2'] }))).toEqual(['lib-1']);
    expect(ready(waiting, bead('other-1', { ...closed, labels: ['provides:v2'] }))).toEqual([]);
  });

  it('ends on a circle of parents and on a circle of blocks', () => {
    expect(ready(bead('gt-a', {}, [['parent-child', 'gt-b']]), bead('gt-b', {}, [['parent-child', 'gt-a']]))).toEqual([
      'gt-a',
      'gt-b',
    ]);
    expect(ready(bead('gt-a', {}, [['blocks', 'gt-b']]), bead('gt-b', {}, [['blocks', 'gt-a']]))).toEqual([]);
  });

  it('agrees with the rule computed the slow way on any graph of blocks and parents', () => {
    const graph = fc.array(
      fc.record({
        status: fc.constantFrom<Bead['status'][]>('open', 'closed', 'deferred', 'in_progress'),
        edges: fc.array(fc.tuple(fc.constantFrom('blocks', 'parent-child'), fc.nat({ max: 7 })), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(graph, nodes => {
        const beads = nodes.map(({ status, edges }, n) =>
          // Edges only to earlier beads: circles are refused when they are made.
          bead(
            `gt-${n}`,
            { status },
            edges.filter(([, target]) => target < n).map(([type, target]) => [type, `gt-${target}`]),
          ),
        );
        const held = new Set<string>();
        for (let changed = true; changed; ) {
          changed = false;
          for (const one of beads) {
            const isHeld = one.dependencies!.some(edge => {
              const target = beads[Number(edge.depends_on_id.slice(3))]!;
              if (target.status === 'closed') return false;
              return edge.type === 'blocks' || target.status === 'deferred' || held.has(target.id);
            });
            if (isHeld && !held.has(one.id)) {
              held.add(one.id);
              changed = true;
            }
          }
        }
        const expected = beads.filter(
          one => (one.status === 'open' || one.status === 'in_progress') && !held.has(one.id),
        );
        expect(ready(...beads)).toEqual(expected.map(({ id }) => id).sort());
      }),
    );
  });

  it('ends on parents 20,000 deep', () => {
    const beads = Array.from({ length: 20_000 }, (_, n) =>
      bead(`gt-${n}`, {}, n === 0 ? [] : [['parent-child', `gt-${n - 1}`]]),
    );
    expect(readyBeads(data(...beads), NOW)).toHaveLength(20_000);
    expect(readyBeads(data({ ...beads[0]!, status: 'deferred' }, ...beads.slice(1)), NOW)).toHaveLength(0);
  });

  it('orders young beads by priority, then old ones by age', () => {
    const beads = [
      bead('gt-old-p0', { priority: 0, created_at: iso(60) }),
      bead('gt-oldest', { priority: 4, created_at: iso(90) }),
      bead('gt-young-p3', { priority: 3, created_at: iso(40) }),
      bead('gt-young-p0', { priority: 0, created_at: iso(2) }),
    ];
    const order = (sort?: 'priority' | 'oldest') =>
      readyBeads(data(...beads), NOW, sort && { sort }).map(({ id }) => id);
    expect(order()).toEqual(['gt-young-p0', 'gt-young-p3', 'gt-oldest', 'gt-old-p0']);
    expect(order('priority')).toEqual(['gt-young-p0', 'gt-old-p0', 'gt-young-p3', 'gt-oldest']);
    expect(order('oldest')).toEqual(['gt-oldest', 'gt-old-p0', 'gt-young-p3', 'gt-young-p0']);
  });

  it('knows the words of failure', () => {
    expect(['Failed', "won't fix", 'Cancelled with its plan', 'TIMEOUT'].every(isFailureClose)).toBe(true);
    expect([undefined, '', 'Done', 'Landed on main as abc'].some(isFailureClose)).toBe(false);
  });

  it('passes a block on inside a circle of parents, whichever of them is asked first', () => {
    const a = bead('gt-a', {}, [
      ['parent-child', 'gt-b'],
      ['blocks', 'gt-x'],
    ]);
    const b = bead('gt-b', {}, [['parent-child', 'gt-a']]);
    const c = bead('gt-c', {}, [['parent-child', 'gt-b']]);
    for (const beads of [
      [a, b, c],
      [c, b, a],
      [b, c, a],
    ]) {
      const all = data(...beads, bead('gt-x'));
      expect(readyBeads(all, NOW).map(({ id }) => id)).toEqual(['gt-x']);
      for (const one of beads) expect(isReady(all, one, NOW)).toBe(false);
    }
  });

  it('gives the same answer for one bead as for all of them, in any graph with circles', () => {
    const node = fc.record({
      status: fc.constantFrom('open', 'closed', 'deferred', 'in_progress', 'blocked', 'pinned', 'in_review'),
      deferred: fc.boolean(),
      reason: fc.constantFrom('Done', 'failed'),
      edges: fc.array(
        fc.tuple(fc.constantFrom('blocks', 'parent-child', 'conditional-blocks', 'waits-for'), fc.nat({ max: 7 })),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(fc.array(node, { minLength: 1, maxLength: 8 }), nodes => {
        const beads = nodes.map(({ status, deferred, reason, edges }, n) =>
          bead(
            `gt-${n}`,
            {
              status,
              ...(status === 'closed' && { closed_at: iso(1), close_reason: reason }),
              ...(deferred && { defer_until: iso(-1) }),
            },
            edges.map(([type, target]) => [type, `gt-${target}`]),
          ),
        );
        const all = data(...beads);
        const readiness = openReadiness(all, NOW);
        const graph = openReadiness(all);
        for (const one of beads) {
          expect(readiness.isReady(one)).toBe(isReady(all, one, NOW));
          expect(graph.blockedBy(one)).toEqual(blockedBy(all, one));
          if (readiness.isReady(one)) expect(blockedBy(all, one)).toEqual([]);
        }
      }),
    );
  });

  it('counts a status of the town’s own as ready when it is active, and any status that is asked for', () => {
    const config = { id: 'town', rev: 1, name: 'T', createdAt: iso(9), mergePaused: {} };
    const beads = [
      bead('gt-a', { status: 'in_review' }),
      bead('gt-b', { status: 'qa' }),
      bead('gt-c', { status: 'blocked' }),
    ];
    const all = {
      ...data(...beads),
      town: new Map([['town', { ...config, beadsConfig: { 'status.custom': 'in_review:active,qa:wip' } }]]),
    };
    expect(readyBeads(all, NOW).map(({ id }) => id)).toEqual(['gt-a']);
    expect(isReady(all, beads[0]!, NOW)).toBe(true);
    expect(isReady(data(...beads), beads[0]!, NOW)).toBe(false);
    expect(readyBeads(all, NOW, { statuses: ['blocked', 'qa'] }).map(({ id }) => id)).toEqual(['gt-b', 'gt-c']);
  });

  it('takes a capability whose name has colons', () => {
    const waiting = bead('gt-a', {}, [['blocks', 'external:lib:api:v2']]);
    expect(ready(waiting, bead('lib-1', { ...closed, labels: ['provides:api:v2'] }))).toEqual(['gt-a']);
  });

  it('looks at each bead of 10,000 as often as at each of 1,000, in a deep graph with every kind of dependency', () => {
    const looksPerBead = (count: number): number => {
      let looks = 0;
      const types = ['blocks', 'parent-child', 'waits-for', 'conditional-blocks'];
      const beads = Array.from({ length: count }, (_, n) => {
        const edges: Edge[] =
          n === 0
            ? []
            : [
                [types[n % 4]!, `gt-${n - 1}`],
                ['parent-child', `gt-${n >> 1}`],
                ['blocks', 'external:lib:v1'],
              ];
        const one = bead(`gt-${n}`, {}, edges);
        const { dependencies } = one;
        return Object.defineProperty(one, 'dependencies', {
          get() {
            looks++;
            return dependencies;
          },
        });
      });
      const all = data(...beads);
      const readiness = openReadiness(all, NOW);
      for (const one of beads) {
        readiness.isReady(one);
        readiness.blockedBy(one);
      }
      expect(readyBeads(all, NOW)).toHaveLength(1);
      return looks / count;
    };
    const few = looksPerBead(1_000);
    expect(few).toBeLessThan(10);
    expect(looksPerBead(10_000) / few).toBeCloseTo(1, 1);
  });
});
