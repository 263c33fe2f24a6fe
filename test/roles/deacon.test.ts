import { describe, expect, test } from 'vitest';
import { deacon as decide } from '../../roles/deacon.ts';
import { refinery } from '../../roles/refinery.ts';
import { type Effect, type MachineObservation, ROLE_NAMES } from '../../roles/role.ts';
import type { Session } from '../../source/ledger/schema.ts';
import {
  ago,
  bodyOf,
  escalation,
  lines,
  MINUTE,
  merge,
  NOW,
  polecat,
  rigSeen,
  SECOND,
  session,
  town,
  world,
} from './world.ts';

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
    [
      "most of the machine's terminals are in use",
      { ptys: { used: 461, max: 512 } },
      town(),
      "ptys: 461 of the machine's 512 terminals are in use",
    ],
    ['nine of ten terminals are in use', { ptys: { used: 90, max: 100 } }, town(), undefined],
    ['terminals became free, but less than a tenth', { ptys: { used: 82, max: 100 } }, paused('ptys: x'), undefined],
    ['terminals became free', { ptys: { used: 81, max: 100 } }, paused('ptys: x'), 'on'],
    [
      'file descriptors run out',
      { files: { used: 1_000, max: 1_024 } },
      town(),
      'files: 1000 of 1024 file descriptors are in use',
    ],
    [
      'file descriptors of the terminal host run out',
      { files: { used: 30, max: 1_024 }, hostFiles: { used: 1_000, max: 1_024 } },
      town(),
      "files: 1000 of the terminal host's 1024 file descriptors are in use",
    ],
    ['the terminal host has none short', { hostFiles: { used: 30, max: 1_024 } }, paused('files: x'), 'on'],
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

const LAUNCH: Effect = { type: 'session.launch', polecat: 'gastown/nux', bead: 'gt-1' };

describe('an effect that fails', () => {
  const failing = (failures: number) =>
    new Map([
      [
        'launch:gastown/nux',
        {
          effect: LAUNCH,
          subject: 'gastown/nux',
          failures,
          since: NOW - MINUTE,
          error: 'The folder is not ours. Move it away.',
        },
      ],
    ]);

  test('is told to a person once, with what it said, when it failed four times in a row', () => {
    expect(decide(world({ observed: { failing: failing(3) } }))).toEqual([]);
    const told = bodyOf(decide(world({ observed: { failing: failing(4) } })), 'escalation.open');
    expect(told).toMatchObject({
      subject: 'gastown/nux',
      title: 'Starting a worker (gastown/nux) failed 4 times in a row',
    });
    expect(told!.body).toContain('Move it away.');
    const records = { escalations: [escalation('e1', { key: String(told!.key) })] };
    expect(decide(world({ observed: { failing: failing(9) }, records }))).toEqual([]);
  });

  test('is no news as long as it only waits', () => {
    const waiting = new Map([...failing(900)].map(([key, one]) => [key, { ...one, waitsOn: 'person' as const }]));
    expect(decide(world({ observed: { failing: waiting } }))).toEqual([]);
  });
});

describe('a Dog that fails', () => {
  const failed = (times: number) =>
    new Map([
      ['backup' as const, { lastRunAt: NOW, ok: false, note: 'The disk is full.', failed: { times, since: NOW } }],
    ]);

  test('is told to a person once, with what it said, when it failed twice in a row', () => {
    expect(decide(world({ observed: { dogs: failed(1) } }))).toEqual([]);
    const told = bodyOf(decide(world({ observed: { dogs: failed(2) } })), 'escalation.open')!;
    expect(told).toMatchObject({ title: 'The backup job failed 2 times in a row' });
    expect(told.body).toMatch(/^The disk is full\..*gastown dog run backup/s);
    const escalations = [escalation('e1', { key: String(told.key) })];
    expect(decide(world({ observed: { dogs: failed(3) }, records: { escalations } }))).toEqual([]);
    expect(lines(decide(world({ records: { escalations } })))).toEqual(['escalation.close id=e1']);
  });

  test('is no news once a person switched it off', () => {
    const off = town({ dogsOff: { backup: { at: ago(MINUTE), by: 'operator' } } });
    expect(decide(world({ observed: { dogs: failed(2) }, records: { town: [off] } }))).toEqual([]);
  });
});

describe('what the town told of itself', () => {
  const PAUSED = `pause:storm:${ago(MINUTE)}`;
  const FAILING = 'launch:app/nux';
  const since = NOW - 5 * MINUTE;
  const fails = new Map([[FAILING, { effect: LAUNCH, subject: 'app/nux', failures: 9, since, error: 'x' }]]);
  const quarantined = polecat('app/nux', { state: 'quarantined', since: ago(MINUTE) });
  const storm = town({ dispatchPaused: { at: ago(MINUTE), reason: 'storm: x' } });

  test.each<[string, string, Parameters<typeof world>[0], boolean]>([
    ['a pause goes on', PAUSED, { records: { town: [storm] } }, false],
    ['a pause is over', PAUSED, {}, true],
    ['a later pause began', `pause:storm:${ago(HOUR)}`, { records: { town: [storm] } }, true],
    ['a polecat rests', 'quarantine:app/nux:x', { records: { polecats: [quarantined] } }, false],
    ['a polecat may work', 'quarantine:app/nux:x', { records: { polecats: [polecat('app/nux')] } }, true],
    ['an effect fails', `failing:${FAILING}:${since}`, { observed: { failing: fails } }, false],
    ['an effect failed before', `failing:${FAILING}:${since - 1}`, { observed: { failing: fails } }, true],
    ['an effect came off', `failing:${FAILING}:${since}`, {}, true],
    ['an effect failed in an earlier process', `failing:${FAILING}:${since}`, { observed: { startedAt: NOW } }, false],
    ['a role is silent', `silent:mayor:${NOW - 5 * SECOND}`, { observed: { heartbeats: new Map() } }, false],
    ['a role beats', `silent:mayor:${NOW - 5}`, { observed: { heartbeats: new Map([['mayor', NOW]]) } }, true],
    ['a person is asked for something else', 'main-red:app', {}, false],
    ['a fall that nobody has seen', 'boot:1', {}, false],
  ])('is closed when it is over, and not before: %s', (_, key, parts, isOver) => {
    const told = (fields: Parameters<typeof escalation>[1] = {}) => [
      escalation('e1', { key, subject: 'app/nux', at: ago(2 * SECOND), ...fields }),
    ];
    const closes = (escalations: ReturnType<typeof told>) =>
      lines(decide(world({ ...parts, records: { ...parts?.records, escalations } }))).filter(one =>
        one.startsWith('escalation.close'),
      );
    expect(closes(told())).toEqual(isOver ? ['escalation.close id=e1'] : []);
    expect(closes(told({ closedAt: ago(SECOND) }))).toEqual([]);
  });
});

test('a fall of the town that a person has seen asks for nothing more', () => {
  const seenFall = escalation('e1', { key: 'boot:1', at: ago(MINUTE), acknowledgedAt: ago(SECOND) });
  expect(lines(decide(world({ records: { escalations: [seenFall] } })))).toEqual(['escalation.close id=e1']);
});

describe('agents that fail in a row', () => {
  const ended = (count: number, fields: (index: number) => Partial<Session> = () => ({})) =>
    Array.from({ length: count }, (_, index) =>
      session(`s${index}`, {
        status: 'ended',
        outcome: 'failed',
        agent: 'claude',
        bead: `b${index}`,
        endedAt: ago((index + 1) * SECOND),
        ...fields(index),
      }),
    );
  const decided = (sessions: Session[], one = town()) => lines(decide(world({ records: { town: [one], sessions } })));
  const storm = 'storm: 8 sessions of 8 beads ended badly within 15m, none well';

  test.each<[string, Session[], string[]]>([
    ['pause dispatch at the eighth', ended(8), [`town.dispatch paused=${storm}`]],
    ['do not pause it before', ended(7), []],
    [
      'do not when one ended well among the last eight',
      ended(8, index => (index === 3 ? { outcome: 'done' } : {})),
      [],
    ],
    [
      'do when one ended well before them',
      ended(9, index => (index === 8 ? { outcome: 'done' } : {})),
      [`town.dispatch paused=${storm}`],
    ],
    ['do not when they are one bead’s, which has a cap of its own', ended(8, () => ({ bead: 'b1' })), []],
    ['do not when they are scripts', ended(8, () => ({ agent: 'shell' })), []],
    ['do not when they were stopped by a person', ended(8, () => ({ outcome: 'stopped' })), []],
    ['do not when it is long ago', ended(8, () => ({ endedAt: ago(15 * MINUTE) })), []],
  ])('%s', (_, sessions, expected) => {
    expect(decided(sessions)).toEqual(expected);
  });

  test('are told to a person once, and let dispatch go on when the window has passed', () => {
    const one = paused(storm, MINUTE);
    expect(decided(ended(8), one)).toEqual(['escalation.open subject=town']);
    const told = [escalation('e1', { key: `pause:storm:${ago(MINUTE)}`, closedAt: ago(SECOND) })];
    expect(lines(decide(world({ records: { town: [one], sessions: ended(8), escalations: told } })))).toEqual([]);
    expect(decided([], paused(storm))).toContain('town.dispatch');
  });
});

test('a pause of dispatch holds nothing back that is ready to be tested or landed', () => {
  const queue = (one: ReturnType<typeof town>) =>
    lines(
      refinery(
        world({
          records: { town: [one], merges: [merge('m1')] },
          observed: { rigs: new Map([['app', rigSeen()]]) },
        }),
      ),
    );
  expect(queue(town())).not.toEqual([]);
  for (const reason of ['disk: x', 'memory: x', 'deaths: x', 'storm: x', 'lunch'])
    expect(queue(paused(reason))).toEqual(queue(town()));
});
