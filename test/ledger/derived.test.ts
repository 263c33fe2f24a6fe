import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { derived, Table } from '../../source/common/table.ts';
import { costsBy, costsInAll } from '../../source/ledger/costs.ts';
import { recentRunsOf } from '../../source/ledger/recent-runs.ts';
import { requestsOf } from '../../source/ledger/requests.ts';
import {
  type Cost,
  emptyData,
  type GateRun,
  MERGE_STATES,
  type Merge,
  type Verdict,
} from '../../source/ledger/schema.ts';

// What is kept up a change at a time must be what a walk over all records finds: a plain map is walked each time.

const time = (minute: number): string =>
  new Date(Date.parse('2026-11-01T00:00:00.000Z') + minute * 60_000).toISOString();
const RIGS = ['app', 'lib'] as const;

const merges = fc.array(
  fc.record({
    id: fc.constantFrom('mr-1', 'mr-2', 'mr-3', 'mr-4', 'mr-5', 'mr-6'),
    rig: fc.constantFrom(...RIGS),
    bead: fc.constantFrom('b-1', 'b-2'),
    state: fc.constantFrom(...MERGE_STATES),
    since: fc.integer({ min: 0, max: 9 }).map(time),
    cause: fc.constantFrom({ kind: 'red' }, { kind: 'conflict' }),
  }),
  { maxLength: 40 },
) as unknown as fc.Arbitrary<Merge[]>;

const verdicts = fc.array(
  fc.record({
    id: fc.constantFrom('v-1', 'v-2', 'v-3', 'v-4'),
    rig: fc.constantFrom(...RIGS),
    gate: fc.constantFrom('lint', 'test'),
    tree: fc.constantFrom('t-0', 't-1'),
    runs: fc.array(
      fc.record({
        outcome: fc.constantFrom<GateRun['outcome']>('pass', 'fail', 'could_not_run'),
        at: fc.integer({ min: 0, max: 9 }).map(time),
        durationMs: fc.integer({ min: 1, max: 1_000 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  { maxLength: 30 },
) as unknown as fc.Arbitrary<Verdict[]>;

const costs = fc.array(
  fc.record({
    id: fc.constantFrom('c-1', 'c-2', 'c-3'),
    day: fc.constantFrom('2026-11-01', '2026-11-02'),
    bead: fc.constantFrom('b-1', 'b-2'),
    calls: fc.integer({ min: 1, max: 9 }),
    nanos: fc.nat(),
    unpriced: fc.nat({ max: 3 }),
    usage: fc.record({
      uncachedIn: fc.nat(),
      cacheRead: fc.nat(),
      cacheWrite: fc.nat(),
      out: fc.nat(),
      reasoning: fc.nat(),
    }),
  }),
  { maxLength: 20 },
) as unknown as fc.Arbitrary<Cost[]>;

/** All that can be asked of requests. Those of a bead or in the queue have no order of their own. */
const answersOf = (records: ReadonlyMap<string, Merge>) => {
  const requests = requestsOf({ merges: records });
  const ids = (found: readonly Merge[]) => found.map(({ id }) => id).sort();
  return {
    open: ids(requests.open()),
    ofRig: RIGS.map(rig => ids(requests.open(rig))),
    ofBead: ids(requests.ofBead('b-1')),
    ended: requests.ended(50),
    since: RIGS.map(rig => requests.since(rig, time(5))),
    landed: requests.landedSince(time(3)),
  };
};

const gateAnswersOf = (records: ReadonlyMap<string, Verdict>) => {
  const runs = recentRunsOf({ verdicts: records });
  return RIGS.map(rig => ({
    flaky: runs.flakyShare(rig),
    usual: ['lint', 'test'].map(gate => runs.usualMs(rig, gate)),
    newest: ['lint', 'test'].flatMap(gate =>
      ['t-0', 't-1'].map(tree => runs.newest({ rig, gate, tree })?.runs.at(-1)?.at),
    ),
    verdicts: runs
      .verdicts(rig)
      .map(({ id }) => id)
      .sort(),
  }));
};

describe('what is derived from a table', () => {
  test('is made once and then kept up', () => {
    let made = 0;
    const sumOf = derived<number, { sum: number }>(() => {
      made++;
      const value = { sum: 0 };
      return {
        value,
        change(after = 0, before = 0) {
          value.sum += after - before;
        },
      };
    });
    const table = new Table<number>();
    table.set('a', 1);
    expect(sumOf(table).sum).toBe(1);
    table.set('a', 5).set('b', 2);
    table.delete('a');
    expect(sumOf(table).sum).toBe(2);
    table.clear();
    expect(sumOf(table).sum).toBe(0);
    expect(made).toBe(1);
    expect(sumOf(new Map([['a', 7]])).sum).toBe(7);
    expect(made).toBe(2);
  });

  test('of merge requests is what a walk over all of them finds, whatever they went through', () => {
    fc.assert(
      fc.property(merges, changes => {
        const { merges: table } = emptyData();
        answersOf(table);
        for (const change of changes) table.set(change.id, change);
        expect(answersOf(table)).toEqual(answersOf(new Map(table)));
      }),
    );
  });

  test('of gate runs is what a walk over all of them finds, and its version rises with each', () => {
    fc.assert(
      fc.property(verdicts, changes => {
        const { verdicts: table } = emptyData();
        gateAnswersOf(table);
        for (const change of changes) {
          const before = recentRunsOf({ verdicts: table }).version(change.rig);
          // A verdict stays that of its rig and gate.
          const { rig, gate } = table.get(change.id) ?? change;
          table.set(change.id, { ...change, rig, gate });
          if (rig === change.rig) expect(recentRunsOf({ verdicts: table }).version(rig)).toBeGreaterThan(before);
        }
        expect(gateAnswersOf(table)).toEqual(gateAnswersOf(new Map(table)));
      }),
    );
  });

  test('of costs is the sum of all records, however often each was replaced', () => {
    const sumsOf = (costs: ReadonlyMap<string, Cost>) => ({
      days: [...costsBy({ costs, beads: new Map() }, 'day')].filter(([, sum]) => sum.calls > 0),
      all: costsInAll({ costs }),
    });
    fc.assert(
      fc.property(costs, changes => {
        const { costs: table } = emptyData();
        sumsOf(table);
        for (const change of changes) table.set(change.id, change);
        const [kept, walked] = [sumsOf(table), sumsOf(new Map(table))];
        expect(new Map(kept.days)).toEqual(new Map(walked.days));
        expect(kept.all).toEqual(walked.all);
      }),
    );
  });

  test('of gate runs looks at the fifty last by time, in whatever order they came', () => {
    const verdict = (at: number, outcomes: GateRun['outcome'][]): Verdict => ({
      id: `v-${at}`,
      rev: 1,
      rig: 'app',
      gate: 'test',
      tree: '0'.repeat(40),
      environment: 'e',
      runs: outcomes.map(outcome => ({ outcome, at: time(at), durationMs: at < 40 ? 9_000 : 100 })),
    });
    const mixed = Array.from({ length: 40 }, (_, at) => verdict(at, ['fail', 'pass']));
    const clean = Array.from({ length: 60 }, (_, at) => verdict(at + 40, ['pass']));
    const runs = recentRunsOf({ verdicts: new Map([...clean, ...mixed].map(one => [one.id, one])) });
    expect(runs.flakyShare('app')).toBe(0);
    expect(runs.usualMs('app', 'test')).toBe(100);
  });
});
