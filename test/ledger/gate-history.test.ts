import { describe, expect, test } from 'vitest';
import { gateHistories, isTooFlaky, quarantineOf, shortBelowMs } from '../../source/ledger/gate-history.ts';
import type { GateRun, Rig, Verdict } from '../../source/ledger/schema.ts';
import { MAYOR, polecat, REFINERY } from './helpers.ts';
import { town } from './world.ts';

const NOW = Date.parse('2026-11-30T10:00:00.000Z');
const RIG = { id: 'rust', gates: [{ name: 'test', command: 'x', timeoutMs: 1_000 }] } as unknown as Rig;

let minute = 0;
const run = (outcome: GateRun['outcome'], failed?: string[], more: Partial<GateRun> = {}): GateRun => ({
  outcome,
  at: new Date(NOW - 86_400_000 + 60_000 * minute++).toISOString(),
  durationMs: 4_000,
  ...(failed && { tests: { from: 'tap', total: 5, failed } }),
  ...more,
});
const ledgerOf = (...trees: GateRun[][]) => ({
  verdicts: new Map(
    trees.map((runs, at): [string, Verdict] => [
      String(at),
      { id: String(at), rev: 1, rig: 'rust', tree: '0'.repeat(40), gate: 'test', environment: 'e', runs },
    ]),
  ),
});
const historyOf = (...trees: GateRun[][]) => gateHistories(ledgerOf(...trees), { rig: RIG, now: NOW })[0]!;

describe('what a gate has done', () => {
  test('counts a red run on a tree that was green as a flake, and names the test that did both', () => {
    const history = historyOf(
      [run('pass'), run('pass', [])],
      [run('fail', ['tides']), run('pass', [])],
      [run('fail', ['tides', 'ropes']), run('fail', ['ropes'])],
      [run('could_not_run')],
    );
    expect(history).toMatchObject({ runs: 6, passed: 3, flakes: 1, medianMs: 4_000 });
    expect(history.flakyTests).toMatchObject([{ test: 'tides', trees: 2 }]);
  });

  test('takes a red test for no flake that a later run may never have come to', () => {
    const stopped = run('fail', ['ropes'], { tests: { from: 'tap', total: 1, failed: ['ropes'] } });
    expect(historyOf([run('fail', ['tides', 'ropes']), stopped]).flakyTests).toEqual([]);
  });

  test('is too flaky above one in twenty of fifty runs, never with fewer', () => {
    const flaky = [run('fail'), run('pass'), run('pass')];
    const green = Array.from({ length: 41 }, () => [run('pass')]);
    expect(isTooFlaky(historyOf(...green, flaky, flaky, flaky))).toBe(true);
    expect(isTooFlaky(historyOf(...green, [run('pass'), run('pass'), run('pass')], flaky, flaky))).toBe(false);
    expect(isTooFlaky(historyOf(flaky, flaky, flaky))).toBe(false);
  });

  test('tells a suspiciously short run from ten passes on, of gates that take their time', () => {
    const key = { rig: 'rust', gate: 'test', environment: 'e' };
    const passes = (count: number, durationMs: number) =>
      ledgerOf(Array.from({ length: count }, () => run('pass', undefined, { durationMs })));
    expect(shortBelowMs(passes(10, 60_000), key)).toBe(6_000);
    expect(shortBelowMs(passes(9, 60_000), key)).toBeUndefined();
    expect(shortBelowMs(passes(10, 500), key)).toBeUndefined();
    expect(shortBelowMs(passes(10, 60_000), { ...key, environment: 'other' })).toBeUndefined();
  });
});

describe('a quarantine', () => {
  const days = (count: number) => new Date(town().now + count * 86_400_000).toISOString();
  const entry = (more: object = {}) => ({ rig: 'rust', gate: 'test', test: 'tides', until: days(7), ...more });
  const begin = () => town({ gates: [{ name: 'test', command: 'x', timeoutMs: 1_000 }] });

  test('is a person’s to say, ends by itself, and can be ended before', () => {
    const world = begin();
    world.do('quarantine.add', entry({ reason: 'Waits for the tide.' }));
    const rig = () => world.data.rigs.get('rust')!;
    expect(quarantineOf(rig(), 'test', Date.parse(days(6)))).toMatchObject([{ test: 'tides', by: expect.any(String) }]);
    expect(quarantineOf(rig(), 'test', Date.parse(days(8)))).toEqual([]);
    world.do('quarantine.remove', { rig: 'rust', gate: 'test', test: 'tides' });
    expect(rig().quarantine).toBeUndefined();
    for (const actor of [polecat('rust/nux'), REFINERY, MAYOR])
      expect(world.refusal('quarantine.add', entry(), actor)).toMatch(/^forbidden/);
  });

  test('is refused without an end, for a gate that there is not, and twice removed', () => {
    const world = begin();
    expect(world.refusal('quarantine.add', entry({ until: days(31) }))).toMatch(/^invalid/);
    expect(world.refusal('quarantine.add', entry({ until: days(-1) }))).toMatch(/^invalid/);
    expect(world.refusal('quarantine.add', entry({ gate: 'lint' }))).toMatch(/^not_found/);
    expect(world.refusal('quarantine.remove', { rig: 'rust', gate: 'test', test: 'tides' })).toMatch(/^not_found/);
  });
});
