import { describe, expect, test } from 'vitest';
import { gatesKey } from '../../../roles/refinery/round.ts';
import { chainKey } from '../../../roles/role.ts';
import { createGateRecords } from '../../../source/town/project/gate-records.ts';
import type { ProjectionInput } from '../../../source/town/project/input.ts';
import { roundRows } from '../../../source/town/project/rounds.ts';
import { createWorld } from '../../../source/town/world.ts';
import { ago, MINUTE, merge, NOW, rig, rigSeen, SECOND, sha, TIP, verdict, world } from '../../roles/world.ts';

const GATES = ['lint', 'test'].map(name => ({ name, command: name, timeoutMs: 1_000 }));
const TREE = sha('tree');

describe('what a rig tests', () => {
  const merges = ['a', 'b'].map(id => merge(id, { state: 'testing', group: 'ladder' }));
  const links = merges.map(({ id }, at) => ({
    merge: id,
    outcome: 'stacked' as const,
    commit: sha(`c-${id}`),
    candidate: sha(`k-${id}`),
    tree: at === 1 ? TREE : sha('first'),
  }));
  const chains = new Map([['app', [{ tip: TIP, key: chainKey(merges), links }]]]);
  const usual = verdict(sha('earlier'), ['pass'], { gate: 'test' });

  const rows = (running: boolean) => {
    const seen = createWorld(NOW);
    seen.rigs.set('app', rigSeen());
    if (running)
      seen.gatesRunning.set(`app:${TREE}`, {
        rig: 'app',
        tree: TREE,
        gate: 'test',
        startedAt: NOW - 3 * SECOND,
        stop: () => {},
      });
    const view = world({
      records: { rigs: [rig({ gates: GATES })], merges, verdicts: [usual, verdict(TREE, ['pass'], { gate: 'lint' })] },
      observed: { rigs: seen.rigs, chains },
      running: running ? [gatesKey('app', TREE)] : [],
    });
    return roundRows({ ledger: { data: view.ledger }, world: seen, now: NOW } as unknown as ProjectionInput, view);
  };

  test('names the gate that runs, since when, how long it usually takes, and how many have passed', () => {
    expect(rows(true)).toMatchObject([
      {
        rig: 'app',
        target: 'main',
        tip: TIP,
        trials: [
          { ids: ['a', 'b'], state: 'running', gate: 'test', startedAt: NOW - 3 * SECOND, usualMs: 10, passedGates: 1 },
        ],
      },
    ]);
  });

  test('names the gate that comes next where none runs', () => {
    const [trial] = rows(false)[0]!.trials;
    expect(trial).toMatchObject({ state: 'waits', gate: 'test', passedGates: 1 });
    expect(trial).not.toHaveProperty('startedAt');
  });
});

describe('how far gates can be trusted', () => {
  const until = new Date(NOW + MINUTE).toISOString();
  const quarantine = [{ gate: 'test', test: 'sleeps', at: ago(MINUTE), until, by: 'operator' }];
  const records = createGateRecords();
  const look = (now: number, ...outcomes: ('pass' | 'fail')[][]) => {
    const { ledger } = world({
      records: { rigs: [rig({ quarantine })], verdicts: outcomes.map((runs, at) => verdict(sha(`t${at}`), runs)) },
    });
    return records(ledger, { rig: ledger.rigs.get('app')!, now });
  };

  test('is counted from runs: red on a tree on which another was green is a flake', () => {
    expect(look(NOW, ['pass'], ['fail', 'pass'], ['fail'])).toEqual([
      {
        gate: 'test',
        runs: 4,
        flakes: 1,
        usualMs: 10,
        flakyTests: [],
        quarantined: [{ test: 'sleeps', until }],
      },
    ]);
  });

  test('forgets a quarantine once its time is over, though no gate has run since', () => {
    expect(look(NOW + 2 * MINUTE, ['pass'], ['fail', 'pass'], ['fail'])![0]!.quarantined).toEqual([]);
  });

  test('is not known of a rig without gates', () => {
    const { ledger } = world({ records: { rigs: [rig({ gates: [] })] } });
    expect(records(ledger, { rig: ledger.rigs.get('app')!, now: NOW })).toBeUndefined();
  });
});
