import { describe, expect, test } from 'vitest';
import type { Cost, Town } from '../../../source/ledger/schema.ts';
import { recallLast, rememberLast } from '../../../source/town/last-actions.ts';
import { createTrend, TREND_STEP_MS, TREND_STEPS } from '../../../source/town/meter/trend.ts';
import { createBudgetGauges } from '../../../source/town/project/budget-gauges.ts';
import { healthView } from '../../../source/town/project/health.ts';
import type { ProjectionInput } from '../../../source/town/project/input.ts';
import { trendsOf } from '../../../source/town/project/trends.ts';
import { createWorld, type World } from '../../../source/town/world.ts';
import { ago, MINUTE, merge, NOW, rig, town, type WorldParts, world } from '../../roles/world.ts';

const input = (
  parts: WorldParts = {},
  { seen = createWorld(NOW - 60 * MINUTE), seq = 1 }: { seen?: World; seq?: number } = {},
): ProjectionInput => {
  const { ledger, settings } = world(parts);
  return { ledger: { data: ledger, seq, committedSeq: seq }, world: seen, config: { settings }, now: NOW } as never;
};

describe('what roles did last', () => {
  const twoRigs = { rigs: [rig(), rig({ id: 'lib' })] };

  test('is known for the Witness of each rig by itself', () => {
    const seen = createWorld(NOW);
    const given = input({ records: { ...twoRigs, merges: [merge('m1', { rig: 'lib' })] } }, { seen });
    const last = { at: NOW - MINUTE, action: 'nudge m1', because: 'it was silent' };
    rememberLast(seen, given.ledger.data, { role: 'witness', subject: 'm1', last });
    const witnesses = healthView(given, undefined).roles.filter(({ name }) => name === 'witness');
    expect(witnesses.map(row => [row.rig, row.because, row.lastActionAt])).toEqual([
      ['app', undefined, undefined],
      ['lib', 'it was silent', NOW - MINUTE],
    ]);
  });

  test('is known after a restart from the reasons on records, the newest', () => {
    const entry = (by: string, minutesAgo: number, because: string) => ({
      at: ago(minutesAgo * MINUTE),
      by,
      action: 'hook.set',
      because,
    });
    const seen = createWorld(NOW);
    const decisions = [
      { id: 'b1', rev: 1, entries: [entry('mayor', 3, 'earlier'), entry('operator', 1, 'a person')] },
      { id: 'b2', rev: 1, entries: [entry('mayor', 2, 'later'), entry('dog', 5, 'tidied')] },
    ];
    const given = input({ records: { decisions } }, { seen });
    recallLast(seen, given.ledger.data);
    const roles = new Map(healthView(given, undefined).roles.map(row => [row.name, row]));
    expect(roles.get('mayor')).toMatchObject({ lastAction: 'assigned b2', because: 'later' });
    expect(roles.get('dogs')?.because).toBe('tidied');
    expect(roles.get('refinery')?.because).toBeUndefined();
  });
});

describe('a dog', () => {
  const dogOf = (fields: Partial<Town> = {}, change: (seen: World) => void = () => {}) => {
    const seen = createWorld(NOW - MINUTE);
    change(seen);
    const { dogs } = healthView(input({ records: { town: [town(fields)] } }, { seen }), undefined);
    return dogs.find(({ name }) => name === 'reaper')!;
  };

  test('is due an interval after its last run, and before its first one after the start of the town', () => {
    expect(dogOf().nextRunAt).toBe(NOW + 4 * MINUTE);
    expect(dogOf({}, seen => seen.dogs.set('reaper', { lastRunAt: NOW, ok: true, note: '' })).nextRunAt).toBe(
      NOW + 5 * MINUTE,
    );
  });

  test('that is long due says no time: it waits for something to do', () => {
    const idle = dogOf({}, seen => seen.dogs.set('reaper', { lastRunAt: NOW - 60 * MINUTE, ok: true, note: '' }));
    expect(idle).not.toHaveProperty('nextRunAt');
  });

  test('that a person switched off is due at no time, and says who did it', () => {
    const off = dogOf({ dogsOff: { reaper: { at: ago(0), by: 'operator' } } });
    expect(off).toMatchObject({ offBy: 'operator' });
    expect(off).not.toHaveProperty('nextRunAt');
  });

  test('says that it runs', () => {
    expect(dogOf({}, seen => seen.dogsRunning.add('reaper')).running).toBe(true);
  });
});

describe('budgets as gauges', () => {
  const cost = (bead: string, usd: number): Cost =>
    ({
      id: `${bead}:m:2026-11-23`,
      rev: 1,
      session: 's1',
      bead,
      polecat: 'app/fern',
      rig: 'app',
      agent: 'claude',
      model: 'm',
      day: '2026-11-23',
      source: 'meter',
      calls: 1,
      usage: { uncachedIn: 1, cacheRead: 0, cacheWrite: 0, out: 1, reasoning: 0 },
      nanos: usd * 1_000_000_000,
      unpriced: 0,
      at: ago(0),
    }) as Cost;

  test('are none without a limit', () => {
    expect(createBudgetGauges()(input({ records: { costs: [cost('b1', 3)] } }))).toBeUndefined();
  });

  test('begin with the town and the day, then come those nearest to their end, and say how near', () => {
    const seen = createWorld(NOW);
    seen.money = { today: '2026-11-23' } as World['money'];
    const costs = [cost('b1', 1), cost('b2', 4.5), cost('b3', 5)];
    const given = input({ records: { costs }, settings: { budgets: { bead: 5, day: 100 } } }, { seen });
    expect(createBudgetGauges()(given)?.map(({ key, spentUsd, state }) => [key, spentUsd, state])).toEqual([
      ['day:2026-11-23', 10.5, 'ok'],
      ['b3', 5, 'stopped'],
      ['b2', 4.5, 'asks'],
      ['b1', 1, 'ok'],
    ]);
  });

  test('are made anew only when the ledger changed', () => {
    const gauges = createBudgetGauges();
    const settings = { budgets: { bead: 5 } };
    const before = gauges(input({ records: { costs: [cost('b1', 1)] }, settings }));
    expect(gauges(input({ records: { costs: [cost('b1', 2)] }, settings }))).toBe(before);
    expect(gauges(input({ records: { costs: [cost('b1', 2)] }, settings }, { seq: 2 }))?.[0]?.spentUsd).toBe(2);
  });
});

describe('how the last hours went', () => {
  test('is counted in spans, the last one being under way, and forgets what is older', () => {
    const trend = createTrend();
    trend.add({ at: NOW - TREND_STEPS * TREND_STEP_MS, nanos: 7, tokens: 7 });
    trend.add({ at: NOW - TREND_STEP_MS, nanos: 1, tokens: 10 });
    trend.add({ at: NOW, nanos: 2, tokens: 20 });
    trend.add({ at: NOW + 1, nanos: 3, tokens: 30 });
    const { nanos, tokens } = trend.series(NOW);
    expect(nanos).toHaveLength(TREND_STEPS);
    expect(nanos.slice(-3)).toEqual([0, 1, 5]);
    expect(tokens.slice(-2)).toEqual([10, 50]);
    expect(nanos[0]).toBe(0);
  });

  test('counts what landed in each span, and knows no money before the meter was looked at', () => {
    const landed = (id: string, agoMs: number) => merge(id, { state: 'landed', since: ago(agoMs) });
    const merges = [landed('m1', 0), landed('m2', TREND_STEP_MS), landed('m3', TREND_STEP_MS), merge('m4')];
    const trends = trendsOf(input({ records: { merges } }));
    expect(trends.landings.slice(-3)).toEqual([0, 2, 1]);
    expect(trends.costUsd).toEqual(Array.from({ length: TREND_STEPS }, () => 0));
    expect(trends.lastAt).toBe(NOW);
  });
});
