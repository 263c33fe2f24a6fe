import { describe, expect, test } from 'vitest';
import { FLAKY_TEST, flakes } from '../../../roles/dogs/flakes.ts';
import type { GateRun, Verdict } from '../../../source/ledger/schema.ts';
import { ago, bead, MINUTE, rig, sha, world } from '../world.ts';

const GATE = { name: 'test', command: 'x', timeoutMs: 1_000 };
const RIG = rig({ id: 'app', gates: [GATE] });
const run = (outcome: GateRun['outcome'], minutesAgo: number, failed: string[] = []): GateRun => ({
  outcome,
  at: ago(minutesAgo * MINUTE),
  durationMs: 5,
  tests: { from: 'tap', total: 3, failed },
});
const tree = (at: number, runs: GateRun[]): Verdict => ({
  ...{ id: `v${at}`, rev: 1, rig: 'app', tree: sha(String(at)), gate: 'test', environment: 'e', runs },
});
const flaked = (at: number) => tree(at, [run('fail', at + 2, ['tides']), run('pass', at + 1)]);
const decide = (verdicts: Verdict[], beads: ReturnType<typeof bead>[] = []) =>
  flakes(world({ records: { rigs: [RIG], verdicts, beads } })).map(action => action.key);

describe('the flakes dog', () => {
  test('makes a bead of a test that was red and green on two trees, and of no other', () => {
    expect(decide([flaked(1)])).toEqual([]);
    expect(decide([flaked(1), flaked(2)])).toEqual(['flaky:app:test:tides']);
    expect(decide([1, 2].map(at => tree(at, [run('fail', at, ['tides']), run('fail', at, ['tides'])])))).toEqual([]);
  });

  test('makes one only, and another when it is flaky after it was closed', () => {
    const title = 'Flaky test in gate test: tides';
    const known = (fields: Parameters<typeof bead>[1]) => {
      const made = bead('b1', { title, labels: [FLAKY_TEST], ...fields });
      return { ...made, town: { ...made.town, rig: 'app' } };
    };
    const verdicts = [flaked(1), flaked(2)];
    expect(decide(verdicts, [known({})])).toEqual([]);
    expect(decide(verdicts, [known({ status: 'closed', closed_at: ago(0) })])).toEqual([]);
    expect(decide(verdicts, [known({ status: 'closed', closed_at: ago(60 * MINUTE) })])).toHaveLength(1);
  });

  test('tells a person of a gate that is flaky too often', () => {
    const green = Array.from({ length: 44 }, (_, at) => tree(100 + at, [run('pass', 100 + at)]));
    const unnamed = (at: number) => tree(at, [run('fail', at + 2), run('pass', at + 1)]);
    expect(decide([...green, unnamed(1), unnamed(2), unnamed(3)])).toEqual(['escalate:flaky-gate:app:test']);
    expect(decide([...green, unnamed(1), tree(2, [run('pass', 1)])])).toEqual([]);
  });
});
