import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetsOf } from '../../../source/ledger/budgets.ts';
import { COST_GROUPS, costsBy, sumCosts, usdOf } from '../../../source/ledger/costs.ts';
import { polecat, sha, TOWN } from '../helpers.ts';
import { town } from '../world.ts';

const usage = { uncachedIn: 100, cacheRead: 10, cacheWrite: 1, out: 5, reasoning: 2 };
const LOG = 'log-1';

const started = () => {
  const world = town();
  const bead = world.slung();
  return { world, bead, session: world.working(bead) };
};

const entry = (session: string, more: object = {}) => ({
  session,
  model: 'claude-sonnet-5',
  day: '2026-11-23',
  source: 'meter' as const,
  calls: 1,
  usage,
  nanos: 1_234_567,
  unpriced: 0,
  ...more,
});

describe('usage', () => {
  it('adds up in one record for each session, model, day and source', () => {
    const { world, bead, session } = started();
    const add = (offset: number, entries: ReturnType<typeof entry>[]) =>
      world.do('usage.add', { log: LOG, offset, entries }, TOWN);
    add(100, [entry(session), entry(session, { model: 'gpt-5.4', nanos: 0, unpriced: 1 })]);
    add(200, [entry(session), entry(session, { day: '2026-11-24' }), entry(session, { source: 'cli' })]);
    const costs = [...world.data.costs.values()];
    expect(costs).toHaveLength(4);
    expect(costs[0]).toMatchObject({ bead, session, calls: 2, nanos: 2_469_134, upto: { log: LOG, offset: 200 } });
    expect(costs[0]!.usage).toEqual({ uncachedIn: 200, cacheRead: 20, cacheWrite: 2, out: 10, reasoning: 4 });
    expect(sumCosts(costs)).toMatchObject({ calls: 5, nanos: 4 * 1_234_567, unpriced: 1 });
  });

  it('is not counted twice', () => {
    const { world, session } = started();
    world.do('usage.add', { log: LOG, offset: 200, entries: [entry(session)] }, TOWN);
    expect(world.refusal('usage.add', { log: LOG, offset: 100, entries: [entry(session)] }, TOWN)).toMatch(/^conflict/);
    expect(world.refusal('usage.add', { log: LOG, offset: 200, entries: [entry(session)] }, TOWN)).toMatch(/^conflict/);
    world.do('usage.add', { log: 'log-2', offset: 50, entries: [entry(session)] }, TOWN);
    expect(sumCosts(world.data.costs.values()).calls).toBe(2);
  });

  it('of a transcript replaces what that transcript told before', () => {
    const { world, session } = started();
    const { source: _source, ...told } = entry(session);
    world.do('usage.set', { entries: [told] }, TOWN);
    world.do('usage.set', { entries: [{ ...told, calls: 3, nanos: 9 }] }, TOWN);
    expect([...world.data.costs.values()]).toMatchObject([{ source: 'transcript', calls: 3, nanos: 9 }]);
  });

  it('is written by the town alone, and explains nothing', () => {
    const { world, session } = started();
    const payload = { log: LOG, offset: 1, entries: [entry(session)] };
    expect(world.refusal('usage.add', payload, polecat('rust/nux'))).toMatch(/^forbidden/);
    expect(world.refusal('usage.add', payload)).toMatch(/^forbidden/);
    world.do('usage.add', payload, TOWN);
    expect(world.data.decisions.has([...world.data.costs.keys()][0]!)).toBe(false);
  });

  it('sums to the same whole amount whichever way it is cut, and to the cent', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            nanos: fc.integer({ min: 0, max: 30_000_000_000 }),
            model: fc.constantFrom('a', 'b', 'c'),
            day: fc.constantFrom('2026-11-22', '2026-11-23'),
          }),
          { maxLength: 60 },
        ),
        calls => {
          const { world, session } = started();
          for (const [index, { nanos, model, day }] of calls.entries()) {
            world.do('usage.add', { log: LOG, offset: index, entries: [entry(session, { nanos, model, day })] }, TOWN);
          }
          const total = calls.reduce((sum, { nanos }) => sum + nanos, 0);
          for (const by of COST_GROUPS.filter(group => group !== 'change' && group !== 'convoy')) {
            expect(sumCosts(costsBy(world.data, by).values()).nanos).toBe(total);
          }
          expect(Math.abs(usdOf(total) * 100 - total / 10_000_000)).toBeLessThan(0.001);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('belongs to a change once the bead has landed', () => {
    const { world, bead, session } = started();
    world.do('usage.add', { log: LOG, offset: 1, entries: [entry(session)] }, TOWN);
    expect(costsBy(world.data, 'change').size).toBe(0);
    world.data.beads.set(bead, {
      ...world.bead(bead),
      town: { ...world.bead(bead).town, landed_sha: sha('a') },
    });
    expect([...costsBy(world.data, 'change').keys()]).toEqual([sha('a')]);
  });
});

describe('a budget', () => {
  it('is set for all, for one, or for a day, and taken back', () => {
    const { world, bead, session } = started();
    world.do('usage.add', { log: LOG, offset: 1, entries: [entry(session, { nanos: 2_000_000_000 })] }, TOWN);
    const limits = { bead: 1, convoy: 0, day: 0, town: 0 };
    const seen = () =>
      budgetsOf(world.data, { limits, today: '2026-11-23' }).map(one => [one.key, one.limitNanos / 1e9]);
    expect(seen()).toEqual([[bead, 1]]);
    world.do('budget.set', { scope: bead, usd: 5 });
    world.do('budget.set', { scope: 'day:2026-11-23', usd: 7, letStop: true });
    world.do('budget.set', { scope: 'town', usd: 100 });
    expect(seen()).toEqual([
      [bead, 5],
      ['day:2026-11-23', 7],
      ['town', 100],
    ]);
    world.do('budget.set', { scope: bead, usd: null });
    expect(seen()[0]).toEqual([bead, 1]);
  });

  it('is refused for what does not exist, and for agents', () => {
    const { world } = started();
    expect(world.refusal('budget.set', { scope: 'no-such', usd: 1 })).toMatch(/^not_found/);
    expect(world.refusal('budget.set', { scope: 'town', usd: null })).toMatch(/^invalid/);
    expect(world.refusal('budget.set', { scope: 'town', usd: 1 }, polecat('rust/nux'))).toMatch(/^forbidden/);
  });
});
