import { describe, expect, test } from 'vitest';
import { deacon as decide } from '../../roles/deacon.ts';
import { type MachineObservation, ROLE_NAMES } from '../../roles/role.ts';
import type { Session } from '../../source/ledger/schema.ts';
import { ago, bodyOf, escalation, lines, MINUTE, NOW, SECOND, session, town, world } from './world.ts';

const HOUR = 60 * MINUTE;
const GIB = 1_073_741_824;
const well: MachineObservation = {
  freeDiskBytes: 10 * GIB,
  freeMemoryBytes: 4 * GIB,
  totalMemoryBytes: 8 * GIB,
  loopLagMs: 5,
  load1: 1,
  cores: 4,
};

const paused = (reason: string, agoMs = MINUTE) => town({ dispatchPaused: { at: ago(agoMs), reason } });
const pressed = (machine: Partial<MachineObservation> | undefined, one = town()) =>
  decide(world({ records: { town: [one] }, observed: machine ? { machine: { ...well, ...machine } } : {} }));
/** The reason dispatch is paused for; `on` when it goes on, undefined when nothing changes. */
const decision = (...given: Parameters<typeof pressed>) => {
  const body = bodyOf(pressed(...given), 'town.dispatch');
  return body && (body.paused ?? 'on');
};

describe('pressure', () => {
  test.each([
    ['nothing is short', {}, town(), undefined],
    ['nothing is known of the machine', undefined, town(), undefined],
    ['the disk is nearly full', { freeDiskBytes: GIB - 1 }, town(), 'disk: 1023 MiB free, 1024 MiB needed'],
    ['memory is short', { freeMemoryBytes: 100 * 1_048_576 }, town(), 'memory: 100 MiB free, 512 MiB needed'],
    ['the loop lags', { loopLagMs: 1_500 }, town(), "loop: the town's own loop lags 1500 ms, 1000 ms at most"],
    ['the disk is short and dispatch is paused for it', { freeDiskBytes: GIB - 5 }, paused('disk: x'), undefined],
    ['the disk recovered by less than a tenth', { freeDiskBytes: GIB * 1.05 }, paused('disk: x'), undefined],
    ['the disk recovered by a tenth', { freeDiskBytes: GIB * 1.1 }, paused('disk: x'), 'on'],
    ['the loop recovered by less than a tenth', { loopLagMs: 950 }, paused('loop: x'), undefined],
    ['the loop recovered', { loopLagMs: 900 }, paused('loop: x'), 'on'],
    ['all is fine but the pause is only 2 s old', {}, paused('disk: x', 2 * SECOND), undefined],
    [
      'another thing became short meanwhile',
      { freeMemoryBytes: 0 },
      paused('disk: x'),
      'memory: 0 MiB free, 512 MiB needed',
    ],
    ['a person paused dispatch', {}, paused('lunch'), undefined],
  ])('when %s', (_, machine, one, expected) => {
    expect(decision(machine, one)).toBe(expected);
  });
});

test('where most of the memory is to stay free, 256 MiB more are enough to go on', () => {
  const decided = (freeMemoryBytes: number) =>
    bodyOf(
      decide(
        world({
          settings: { deacon: { minFreeMemoryBytes: 20 * GIB } },
          records: { town: [paused('memory: x')] },
          observed: { machine: { ...well, freeMemoryBytes } },
        }),
      ),
      'town.dispatch',
    );
  expect(decided(20.2 * GIB)).toBeUndefined();
  expect(decided(20.25 * GIB)).toEqual({});
});

describe('mass death', () => {
  const dead = (bead: string, agoMs: number, fields: Partial<Session> = {}) =>
    session(`s-${bead}-${agoMs}`, { bead, status: 'ended', outcome: 'died', endedAt: ago(agoMs), ...fields });
  const decided = (sessions: readonly Session[], one = town()) =>
    bodyOf(decide(world({ records: { town: [one], sessions } })), 'town.dispatch');
  const three = [dead('b1', SECOND), dead('b2', 2 * SECOND), dead('b3', 3 * SECOND, { outcome: 'lost' })];

  test('pauses dispatch when the sessions of three beads died within 30 s', () => {
    expect(decided(three)).toEqual({ paused: 'deaths: the sessions of 3 beads died within 30s' });
  });
  test.each([
    ['one bead dies again and again', [dead('b1', SECOND), dead('b1', 2 * SECOND), dead('b1', 3 * SECOND)]],
    ['the deaths are further apart', [dead('b1', SECOND), dead('b2', 2 * SECOND), dead('b3', 30 * SECOND)]],
    ['sessions failed rather than died', three.map(one => ({ ...one, outcome: 'failed' as const }))],
  ])('does not pause when %s', (_, sessions) => {
    expect(decided(sessions)).toBeUndefined();
  });
  test('ends after a minute without a death', () => {
    expect(decided([dead('b1', 59 * SECOND)], paused('deaths: x'))).toBeUndefined();
    expect(decided([dead('b1', 60 * SECOND)], paused('deaths: x'))).toEqual({});
  });
});

describe('the escalation clock', () => {
  test.each([
    ['nobody acknowledged for four hours climbs', { at: ago(4 * HOUR) }, true],
    ['climbed four hours ago climbs again', { at: ago(9 * HOUR), climbs: 1, climbedAt: ago(4 * HOUR) }, true],
    ['is younger does not', { at: ago(4 * HOUR - 1) }, false],
    ['climbed a while ago does not', { at: ago(9 * HOUR), climbs: 1, climbedAt: ago(HOUR) }, false],
    ['climbed twice does not', { at: ago(90 * HOUR), climbs: 2, climbedAt: ago(50 * HOUR) }, false],
    ['was acknowledged does not', { at: ago(9 * HOUR), acknowledgedAt: ago(HOUR) }, false],
    ['was closed does not', { at: ago(9 * HOUR), closedAt: ago(HOUR) }, false],
    ['is critical already does not', { at: ago(9 * HOUR), severity: 'critical' as const }, false],
  ])('what %s', (_, fields, climbs) => {
    expect(lines(decide(world({ records: { escalations: [escalation('e1', fields)] } })))).toEqual(
      climbs ? ['escalation.climb id=e1'] : [],
    );
  });
});

describe('an escalation that was acknowledged', () => {
  test.each([
    ['a day ago and never closed is put before people again', { acknowledgedAt: ago(24 * HOUR) }, true],
    ['a while ago is left to whoever looks after it', { acknowledgedAt: ago(23 * HOUR) }, false],
    ['and closed is over', { acknowledgedAt: ago(48 * HOUR), closedAt: ago(HOUR) }, false],
  ])('%s', (_, fields, reminds) => {
    const records = { escalations: [escalation('e1', { at: ago(90 * HOUR), ...fields })] };
    expect(lines(decide(world({ records })))).toEqual(reminds ? ['escalation.remind id=e1'] : []);
  });

  test('climbs again only a while after it was put before people again', () => {
    const again = (agoMs: number) => [escalation('e1', { at: ago(90 * HOUR), remindedAt: ago(agoMs) })];
    expect(decide(world({ records: { escalations: again(HOUR) } }))).toEqual([]);
    expect(lines(decide(world({ records: { escalations: again(5 * HOUR) } })))).toEqual(['escalation.climb id=e1']);
  });
});

describe('a role loop', () => {
  const beats = (silent: Partial<Record<(typeof ROLE_NAMES)[number], number>>) =>
    new Map(ROLE_NAMES.map(role => [role, NOW - (silent[role] ?? SECOND)]));

  test('that stands still is told to a person once', () => {
    const observed = { heartbeats: beats({ refinery: 40 * SECOND }) };
    const actions = decide(world({ observed }));
    expect(bodyOf(actions, 'escalation.open')).toMatchObject({
      title: 'The refinery loop has been silent for 39s',
      key: `silent:refinery:${NOW - 40 * SECOND}`,
    });
    const told = [escalation('e1', { key: `silent:refinery:${NOW - 40 * SECOND}` })];
    expect(decide(world({ observed, records: { escalations: told } }))).toEqual([]);
  });
  test('that never began is told too', () => {
    const heartbeats = beats({});
    heartbeats.delete('witness');
    expect(bodyOf(decide(world({ observed: { heartbeats } })), 'escalation.open')).toMatchObject({
      title: expect.stringContaining('witness'),
    });
  });
  test('is not blamed when the whole machine slept', () => {
    const heartbeats = new Map(ROLE_NAMES.map(role => [role, NOW - HOUR]));
    expect(decide(world({ observed: { heartbeats } }))).toEqual([]);
  });
});

test('an idle town gives it nothing to do', () => {
  const heartbeats = new Map(ROLE_NAMES.map(role => [role, NOW - SECOND]));
  expect(decide(world({ observed: { machine: well, heartbeats } }))).toEqual([]);
  expect(decide(world({ records: { town: [] }, observed: { heartbeats: new Map() } }))).toEqual([]);
});

describe('an effect that fails', () => {
  const failing = (failures: number) =>
    new Map([
      [
        'launch:gastown/nux',
        { subject: 'gastown/nux', failures, since: NOW - MINUTE, error: 'The folder is not ours. Move it away.' },
      ],
    ]);

  test('is told to a person once, with what it said, when it failed four times in a row', () => {
    expect(decide(world({ observed: { failing: failing(3) } }))).toEqual([]);
    const told = bodyOf(decide(world({ observed: { failing: failing(4) } })), 'escalation.open');
    expect(told).toMatchObject({ subject: 'gastown/nux', title: 'launch:gastown/nux failed 4 times in a row' });
    expect(told!.body).toContain('Move it away.');
    const records = { escalations: [escalation('e1', { key: String(told!.key) })] };
    expect(decide(world({ observed: { failing: failing(9) }, records }))).toEqual([]);
  });

  test('is no news as long as it only waits', () => {
    const waiting = new Map([...failing(900)].map(([key, one]) => [key, { ...one, waitsOn: 'person' as const }]));
    expect(decide(world({ observed: { failing: waiting } }))).toEqual([]);
  });
});
