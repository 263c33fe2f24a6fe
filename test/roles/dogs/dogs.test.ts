import { describe, expect, test } from 'vitest';
import { dogs as decide } from '../../../roles/dogs/index.ts';
import type { DogName, DogObservation } from '../../../roles/role.ts';
import {
  ago,
  bead,
  bodyOf,
  lines,
  MINUTE,
  merge,
  NOW,
  polecat,
  rig,
  rigSeen,
  SECOND,
  seen,
  session,
  sha,
  TIP,
  TIP_TREE,
  town,
  verdict,
  type WorldParts,
  world,
} from '../world.ts';

const HOUR = 60 * MINUTE;
const ALL: readonly DogName[] = ['checkpoint', 'reaper', 'backup', 'main-test', 'doctor', 'compactor', 'pruner'];
const INTERVALS: Record<DogName, number> = {
  checkpoint: 10 * MINUTE,
  reaper: 5 * MINUTE,
  backup: 15 * MINUTE,
  'main-test': 30 * MINUTE,
  doctor: 5 * MINUTE,
  compactor: 24 * 60 * MINUTE,
  pruner: 60 * MINUTE,
};

const ran = (agoMs: number): DogObservation => ({ lastRunAt: NOW - agoMs, ok: true, note: '', seq: 9 });
/** Only the Dog in question is due, and it last ran so long ago. */
const only = (dog: DogName, agoMs: number, parts: WorldParts = {}) =>
  world({
    ...parts,
    observed: { dogs: new Map(ALL.map(name => [name, ran(name === dog ? agoMs : 0)])), ...parts.observed },
  });

const busy: Record<DogName, WorldParts> = {
  checkpoint: { records: { sessions: [session('s1')] }, observed: { sessions: new Map([['s1', seen()]]) } },
  reaper: {
    records: { sessions: [session('s1', { status: 'ended' })] },
    observed: { sessions: new Map([['s1', seen({ alive: false })]]) },
  },
  backup: { observed: { ledgerSeq: 10 } },
  'main-test': { observed: { rigs: new Map([['app', rigSeen()]]) } },
  doctor: { records: { polecats: [polecat('app/fern', { state: 'working', hook: 'b1' })] } },
  compactor: { records: { beads: [bead('b1', { status: 'closed', closed_at: ago(31 * 24 * 60 * MINUTE) })] } },
  pruner: { records: { polecats: [polecat('app/fern', { since: ago(24 * 60 * MINUTE) })] } },
};
const merged = (dog: DogName, agoMs: number) =>
  only(dog, agoMs, { ...busy[dog], observed: { ...only(dog, agoMs).observed, ...busy[dog].observed } });

describe.each(ALL)('the %s dog', dog => {
  test('runs once its interval has passed and it has something to do', () => {
    expect(lines(decide(merged(dog, INTERVALS[dog])))).toEqual([
      dog === 'main-test' ? 'dog.run dog=main-test rig=app' : `dog.run dog=${dog}`,
    ]);
  });
  test('does not run before', () => {
    expect(decide(merged(dog, INTERVALS[dog] - 1))).toEqual([]);
  });
  test('does not run without something to do', () => {
    expect(decide(only(dog, 24 * 60 * MINUTE))).toEqual([]);
  });
  test('is switched off by an interval of 0', () => {
    const key = dog === 'main-test' ? 'mainTestMs' : (`${dog}Ms` as const);
    const view = merged(dog, INTERVALS[dog]);
    expect(decide({ ...view, settings: { ...view.settings, dogs: { ...view.settings.dogs, [key]: 0 } } })).toEqual([]);
  });
});

test('the first run is one interval after the start, not at it', () => {
  const parts = busy.backup;
  expect(decide(world({ ...parts, observed: { ...parts.observed, startedAt: NOW - 15 * MINUTE + 1 } }))).toEqual([]);
  expect(lines(decide(world({ ...parts, observed: { ...parts.observed, startedAt: NOW - 15 * MINUTE } })))).toEqual([
    'dog.run dog=backup',
  ]);
});

test.each<[string, DogObservation | undefined, boolean]>([
  ['none was ever made', undefined, true],
  ['the last one failed, and nothing was written since', { ...ran(HOUR), ok: false, seq: 8 }, true],
  ['the first one failed', { lastRunAt: NOW - HOUR, ok: false, note: '' }, true],
  ['the last one has all', ran(HOUR), false],
])('when %s', (_, backup, isMade) => {
  const dogs = new Map(ALL.map(name => [name, ran(0)]));
  if (backup) dogs.set('backup', backup);
  else dogs.delete('backup');
  expect(lines(decide(world({ observed: { dogs } })))).toEqual(isMade ? ['dog.run dog=backup'] : []);
});

test('nothing is saved or reaped by the word of an unreachable host', () => {
  for (const dog of ['checkpoint', 'reaper'] as const) {
    const view = merged(dog, INTERVALS[dog]);
    expect(decide({ ...view, observed: { ...view.observed, host: { reachable: false } } })).toEqual([]);
  }
});

describe('the target', () => {
  const due = 30 * MINUTE;
  const tip = { rigs: new Map([['app', rigSeen()]]) };
  const on = (parts: WorldParts) =>
    decide(
      only('main-test', due, { ...parts, observed: { ...only('main-test', due).observed, ...tip, ...parts.observed } }),
    );

  test.each([
    ['it was tested green', { records: { verdicts: [verdict(TIP_TREE, ['pass'])] } }],
    [
      'the queue needs the gates',
      { records: { merges: [merge('m1', { held: { at: ago(MINUTE), by: 'operator' } })] } },
    ],
    ['gates run already', { running: ['gates:app:x'] }],
    ['the rig has no gates', { records: { rigs: [rig({ gates: [] })] } }],
    ['the rig was removed', { records: { rigs: [rig({ removedAt: ago(SECOND) })] } }],
    ['the town is stopped', { records: { town: [town({ estop: { at: ago(SECOND), by: 'operator', reason: 'x' } })] } }],
  ] as [string, WorldParts][])('is not tested while %s', (_, parts) => {
    expect(on(parts)).toEqual([]);
  });

  test('is tested again after one red run', () => {
    expect(lines(on({ records: { verdicts: [verdict(TIP_TREE, ['fail'])] } }))).toEqual([
      'dog.run dog=main-test rig=app',
    ]);
  });

  const red = [verdict(TIP_TREE, ['fail', 'fail'])];
  test('that is red twice becomes a bead with the output, not dispatched', () => {
    const actions = on({ records: { verdicts: red } });
    expect(bodyOf(actions, 'bead.create')).toMatchObject({
      title: `main is red: gate test fails at ${TIP.slice(0, 12)}`,
      labels: ['target-red', `tip-${TIP.slice(0, 12)}`],
      rig: 'app',
      description: expect.stringContaining('not ok 1 - adds'),
    });
    expect(bodyOf(actions, 'bead.create')).not.toHaveProperty('dispatch');
  });
  test.each([
    [
      'the same tip has one, though closed',
      bead('b1', { status: 'closed', labels: ['target-red', `tip-${TIP.slice(0, 12)}`] }),
    ],
    ['an earlier one is still open', bead('b1', { labels: ['target-red', 'tip-000000000000'] })],
  ])('does not become a second bead while %s', (_, existing) => {
    expect(on({ records: { verdicts: red, beads: [existing] } })).toEqual([]);
  });
  test('that is red anew after a repair becomes a new bead', () => {
    const repaired = bead('b1', { status: 'closed', labels: ['target-red', `tip-${sha('old').slice(0, 12)}`] });
    expect(lines(on({ records: { verdicts: red, beads: [repaired] } }))).toEqual([
      'bead.create priority=1 issue_type=bug rig=app',
    ]);
  });
});

describe('a checkout', () => {
  const DAY = 24 * 60 * MINUTE;
  const idle = (fields: Parameters<typeof polecat>[1] = {}) =>
    polecat('app/fern', { since: ago(DAY + MINUTE), ...fields });
  const pruned = (records: WorldParts['records'], lastRunAgo: number | undefined = 2 * 60 * MINUTE) => {
    const view = only('pruner', lastRunAgo, { records });
    return lines(decide(view));
  };

  test.each<[string, WorldParts['records']]>([
    ['its worker has been idle for less than a day', { polecats: [idle({ since: ago(DAY - 1) })] }],
    ['its worker is at work', { polecats: [idle({ state: 'working', hook: 'b1' })] }],
    ['its worker is quarantined', { polecats: [idle({ state: 'quarantined' })] }],
    [
      'a session of its worker is being ended',
      { polecats: [idle({ session: 's1' })], sessions: [session('s1', { status: 'running' })] },
    ],
    [
      'work of it is on its way to the target',
      { polecats: [idle()], merges: [merge('m1', { held: { at: ago(DAY), by: 'operator' } })] },
    ],
    [
      'work of it landed less than a day ago',
      { polecats: [idle()], merges: [merge('m1', { state: 'landed', since: ago(DAY - MINUTE) })] },
    ],
    ['its repository was removed', { polecats: [idle()], rigs: [rig({ removedAt: ago(SECOND) })] }],
  ])('is kept while %s', (_, records) => {
    expect(pruned(records)).not.toContain('dog.run dog=pruner');
  });

  test('is looked at again only when its worker has had something to do since', () => {
    expect(pruned({ polecats: [idle()] }, 2 * 60 * MINUTE)).toEqual(['dog.run dog=pruner']);
    expect(pruned({ polecats: [idle({ since: ago(30 * DAY) })] })).toEqual([]);
  });
});

test('a dog that a person switched off runs no more by itself, and another one does', () => {
  const off = (dog: DogName) => ({
    ...merged('backup', 60 * MINUTE),
    ledger: {
      ...merged('backup', 60 * MINUTE).ledger,
      town: new Map([['town', town({ dogsOff: { [dog]: { at: ago(MINUTE), by: 'operator' } } })]]),
    },
  });
  expect(lines(decide(off('reaper')))).toEqual(['dog.run dog=backup']);
  expect(decide(off('backup'))).toEqual([]);
});

test('no dog runs again within the cool-down, however short its interval', () => {
  const view = (agoMs: number) => ({
    ...merged('backup', agoMs),
    settings: world({ settings: { dogs: { backupMs: 1 } } }).settings,
  });
  expect(decide(view(29 * SECOND))).toEqual([]);
  expect(lines(decide(view(30 * SECOND)))).toEqual(['dog.run dog=backup']);
});
