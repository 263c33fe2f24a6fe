import { describe, expect, test } from 'vitest';
import { polecat as decide } from '../../roles/polecat.ts';
import type { SessionObservation } from '../../roles/role.ts';
import { whyHookWaits } from '../../roles/unstarted.ts';
import type { Session } from '../../source/ledger/schema.ts';
import {
  ago,
  bead,
  bodyOf,
  lines,
  MINUTE,
  NOW,
  polecat,
  rig,
  SECOND,
  seen,
  session,
  town,
  type WorldParts,
  wanted,
  world,
} from './world.ts';

/** One polecat at work on b1 with session s1, seen as given (undefined: the host does not know it). */
const atWork = (
  observed: Partial<SessionObservation> | undefined,
  fields: Partial<Session> = {},
  parts: WorldParts & { state?: 'working' | 'waiting' | 'starting' | 'stalled' } = {},
) =>
  world({
    ...parts,
    records: {
      beads: [bead('b1', { status: 'in_progress', assignee: 'app/fern' })],
      polecats: [polecat('app/fern', { state: parts.state ?? 'working', hook: 'b1', session: 's1' })],
      sessions: [session('s1', fields)],
      ...parts.records,
    },
    observed: { sessions: new Map(observed ? [['s1', seen(observed)]] : []), ...parts.observed },
  });

const reported = (kind: 'done' | 'failed' | 'handoff' | 'escalated', agoMs: number, summary?: string) => ({
  reported: { kind, at: ago(agoMs), ...(summary && { summary }) },
});

describe('a session of a polecat', () => {
  const collect = ['session.collect session=s1'];
  const table: [string, Partial<SessionObservation> | undefined, Partial<Session>, string[]][] = [
    ['is left alone while it works', {}, {}, []],
    ['is collected when it ended with exit code 0', { alive: false, exitCode: 0 }, {}, collect],
    ['is left to the Witness when it ended with another exit code', { alive: false, exitCode: 1 }, {}, []],
    ['is left to the Witness when a signal ended it', { alive: false, exitCode: 0, signal: 9 }, {}, []],
    ['is left to the Witness when the host does not know it', undefined, {}, []],
    [
      'is collected when a script reported done and ended well',
      { alive: false, exitCode: 0 },
      reported('done', SECOND),
      collect,
    ],
    [
      'is not collected when a script reported done and then failed',
      { alive: false, exitCode: 2 },
      reported('done', SECOND),
      [],
    ],
    ['is not collected while the script that reported done still runs', {}, reported('done', MINUTE), []],
    [
      'is not collected at once when an agent reported done: its turn may go on',
      {},
      { agent: 'claude', ...reported('done', 2 * SECOND) },
      [],
    ],
    [
      'is collected three seconds after an agent reported done',
      {},
      { agent: 'claude', ...reported('done', 3 * SECOND) },
      collect,
    ],
    [
      'is collected when an agent reported done and then ended in any way',
      { alive: false, exitCode: 143 },
      { agent: 'claude', ...reported('done', SECOND) },
      collect,
    ],
    [
      'is collected when an agent reported done and its terminal is lost',
      undefined,
      { agent: 'claude', ...reported('done', SECOND) },
      collect,
    ],
    ['is not collected when a script reported done and its terminal is lost', undefined, reported('done', SECOND), []],
    [
      'is handed over when it asked to and ended',
      { alive: false, exitCode: 1 },
      reported('handoff', SECOND),
      ['session.finish session=s1 outcome=handoff'],
    ],
    [
      'is handed over three seconds after it asked to',
      {},
      reported('handoff', 3 * SECOND),
      ['session.finish session=s1 outcome=handoff'],
    ],
    ['is not handed over in the middle of its turn', {}, reported('handoff', SECOND), []],
    [
      'has failed when it said so and ended',
      { alive: false, exitCode: 0 },
      reported('failed', SECOND),
      ['session.finish session=s1 outcome=failed'],
    ],
    [
      'has failed when an agent said so three seconds ago',
      {},
      { agent: 'claude', ...reported('failed', 3 * SECOND) },
      ['session.finish session=s1 outcome=failed'],
    ],
    ['is waited for when a script said that it failed and still runs', {}, reported('failed', MINUTE), []],
    [
      'is collected when a script asked for help and did its work all the same',
      { alive: false, exitCode: 0 },
      reported('escalated', SECOND),
      ['session.collect session=s1'],
    ],
    [
      'has failed when an agent asked for help and ended',
      { alive: false, exitCode: 0 },
      { ...reported('escalated', SECOND), agent: 'helper' },
      ['session.finish session=s1 outcome=failed'],
    ],
    [
      'is shown as waiting when it asked for help and is still',
      { lastProgressAt: NOW - MINUTE },
      reported('escalated', MINUTE),
      ['polecat.state id=app/fern state=waiting'],
    ],
    [
      'is shown as working when it goes on after asking for help',
      { lastProgressAt: NOW },
      reported('escalated', MINUTE),
      [],
    ],
    [
      'of which nothing was recorded but its start is collected as well',
      { alive: false, exitCode: 0 },
      { status: 'starting' },
      collect,
    ],
  ];
  test.each(table)('%s', (_, observed, fields, expected) => {
    expect(lines(decide(atWork(observed, fields)))).toEqual(expected);
  });

  test('is judged by nobody while the host is unreachable', () => {
    expect(
      decide(
        atWork(
          { alive: false, exitCode: 0 },
          {},
          {
            observed: { host: { reachable: false }, sessions: new Map([['s1', seen({ alive: false, exitCode: 0 })]]) },
          },
        ),
      ),
    ).toEqual([]);
  });

  test('is not collected twice at once', () => {
    expect(decide(atWork({ alive: false, exitCode: 0 }, {}, { running: ['end:s1'] }))).toEqual([]);
  });

  test('is collected under the emergency stop too: it starts, tests and lands nothing', () => {
    const stopped = { records: { town: [town({ estop: { at: ago(SECOND), by: 'operator', reason: 'x' } })] } };
    expect(lines(decide(atWork({ alive: false, exitCode: 0 }, {}, stopped)))).toEqual(collect);
  });

  const estop = { records: { town: [town({ estop: { at: ago(SECOND), by: 'operator', reason: 'fire' } })] } };
  test.each<[string, Parameters<typeof atWork>, string[]]>([
    ['at work', [{}, {}, estop], ['session.finish session=s1 outcome=stopped']],
    ['that asks for help', [{}, reported('escalated', MINUTE), estop], ['session.finish session=s1 outcome=stopped']],
    ['that said that it is done', [{}, reported('done', SECOND), estop], []],
    ['whose terminal a person has', [{ attached: true }, {}, estop], []],
  ])('under the emergency stop is ended while nobody is at it: one %s', (_, given, expected) => {
    const actions = decide(atWork(...given));
    expect(lines(actions).filter(one => one.startsWith('session.'))).toEqual(expected);
    if (expected.length > 0) expect(actions[0]!.because).toBe('emergency stop: fire');
  });

  test('hands its own words on to the next session', () => {
    const actions = decide(atWork({ alive: false, exitCode: 0 }, reported('failed', SECOND, 'no\u001b[31m API\nkey')));
    expect(bodyOf(actions, 'session.finish')).toMatchObject({
      cause: { kind: 'failed', summary: expect.stringContaining('no[31m API key') },
    });
  });

  test('goes back from waiting to working on the first progress after its question', () => {
    expect(lines(decide(atWork({ lastProgressAt: NOW }, reported('escalated', MINUTE), { state: 'waiting' })))).toEqual(
      ['polecat.state id=app/fern state=working'],
    );
    expect(
      decide(atWork({ lastProgressAt: NOW - MINUTE }, reported('escalated', MINUTE), { state: 'waiting' })),
    ).toEqual([]);
  });

  test('whose start was cut short by a restart is shown as working once it is seen to run', () => {
    expect(lines(decide(atWork({}, { status: 'starting' }, { state: 'starting' })))).toEqual([
      'polecat.state id=app/fern state=working',
    ]);
    expect(decide(atWork({}, { status: 'starting' }, { state: 'starting', running: ['launch:app/fern'] }))).toEqual([]);
  });

  test('whose bead is no longer on the hook is stopped, its checkout saved first', () => {
    const records = { polecats: [polecat('app/fern', { state: 'idle', session: 's1' })] };
    expect(lines(decide(atWork({}, {}, { records })))).toEqual(['session.finish session=s1 outcome=stopped']);
    expect(decide(atWork({}, {}, { records, observed: { host: { reachable: false } } }))).toEqual([]);
  });

  test('is ended for a person who wants its terminal, and again when they leave it', () => {
    const attach = (mode: 'wired' | 'terminal', next: 'wired' | 'terminal') =>
      lines(
        decide(
          atWork(
            {},
            { agent: 'claude', mode },
            {
              records: {
                polecats: [
                  polecat('app/fern', {
                    state: 'working',
                    hook: 'b1',
                    session: 's1',
                    next: { mode: next, at: ago(SECOND) },
                  }),
                ],
              },
            },
          ),
        ),
      );
    const stopped = ['session.finish session=s1 outcome=stopped'];
    expect(attach('wired', 'terminal')).toEqual(stopped);
    expect(attach('terminal', 'wired')).toEqual(stopped);
    expect(attach('terminal', 'terminal')).toEqual([]);
  });

  describe('that speaks a protocol', () => {
    const says = (state: 'working' | 'waiting' | 'idle' | 'failed', evidence = state as string) => ({
      agent: { state, since: NOW - MINUTE, source: 'protocol' as const, evidence, turns: 1, asks: 0 },
    });
    const claude = (fields: Partial<Session> = {}) => ({ agent: 'claude', mode: 'wired' as const, ...fields });

    test('is waited for while the turn goes on in which it reported, for a minute at most', () => {
      for (const state of ['working', 'waiting'] as const) {
        const done = (agoMs: number) => decide(atWork(says(state), claude(reported('done', agoMs))));
        expect(lines(done(59 * SECOND)).filter(line => line.startsWith('session.'))).toEqual([]);
        expect(lines(done(MINUTE))).toEqual(collect);
      }
      expect(lines(decide(atWork(says('idle'), claude(reported('done', 3 * SECOND)))))).toEqual(collect);
    });

    test('has failed when it says that it cannot go on, with what it says', () => {
      const actions = decide(atWork(says('failed', 'the key is refused'), claude()));
      expect(lines(actions)).toEqual(['session.finish session=s1 outcome=failed']);
      expect(bodyOf(actions, 'session.finish')).toMatchObject({ cause: { summary: 'the key is refused' } });
    });
  });

  test('that is stalled keeps the word the Witness gave it', () => {
    expect(decide(atWork({}, {}, { state: 'stalled' }))).toEqual([]);
  });
});

describe('a launch', () => {
  const slung = (id: string, beadId: string, fields = {}) =>
    polecat(`app/${id}`, { state: 'slung', hook: beadId, ...fields });
  const hooked = (id: string, fields: Parameters<typeof bead>[1] = {}) => bead(id, { status: 'hooked', ...fields });

  test('starts a session for what is on the hook', () => {
    const view = world({ records: { beads: [hooked('b1')], polecats: [slung('fern', 'b1')] } });
    expect(lines(decide(view))).toEqual(['session.launch polecat=app/fern bead=b1']);
    expect(decide(view)[0]).toMatchObject({
      key: 'launch:app/fern',
      because: expect.stringContaining('on the hook of app/fern'),
    });
  });

  const NEXT = 'its session is next to be started';
  const blocked: [string, WorldParts, string][] = [
    [
      'under the emergency stop',
      { records: { town: [town({ estop: { at: ago(SECOND), by: 'operator', reason: 'x' } })] } },
      'emergency stop: x',
    ],
    [
      'while dispatch is paused',
      { records: { town: [town({ dispatchPaused: { at: ago(SECOND), reason: 'disk: full' } })] } },
      'disk: full',
    ],
    [
      'while the host is unreachable',
      { observed: { host: { reachable: false } } },
      'the terminal host cannot be reached',
    ],
    ['while it is under way', { running: ['launch:app/fern'] }, NEXT],
    ['for a rig that was removed', { records: { rigs: [rig({ removedAt: ago(SECOND) })] } }, 'its rig app was removed'],
    [
      'for a bead at its cap: the Witness parks it',
      { records: { beads: [hooked('b1', { town: { respawns: 3 } })] } },
      '3 sessions ended without finished work',
    ],
    [
      'for a bead that rests',
      {
        records: {
          beads: [hooked('b1', { town: { respawns: 2 } })],
          polecats: [{ ...slung('fern', 'b1'), session: 's1' }],
          sessions: [session('s1', { bead: 'b1', status: 'ended', outcome: 'died', endedAt: ago(SECOND) })],
        },
      },
      `its last session ended badly, as one before it: the next is started at ${ago(-14 * SECOND)}`,
    ],
    ['in a ledger without a town', { records: { town: [] } }, NEXT],
  ];
  test.each(blocked)('does not happen %s, and says why', (_, parts, why) => {
    const view = world({
      ...parts,
      records: { beads: [hooked('b1')], polecats: [slung('fern', 'b1')], ...parts.records },
    });
    expect(decide(view)).toEqual([]);
    expect(whyHookWaits(view, view.ledger.polecats.get('app/fern')!)).toBe(why);
  });

  test('happens for at most maxStarting at once, urgent beads first, counting those under way', () => {
    const view = world({
      settings: { mayor: { maxStarting: 3 } },
      running: ['launch:app/fig'],
      records: {
        beads: [
          hooked('b1', { priority: 3 }),
          hooked('b2', { priority: 0 }),
          hooked('b3', { priority: 1 }),
          hooked('b4'),
        ],
        polecats: [slung('ash', 'b1'), slung('elm', 'b2'), slung('oak', 'b3'), slung('fig', 'b4')],
      },
    });
    expect(lines(decide(view))).toEqual([
      'session.launch polecat=app/elm bead=b2',
      'session.launch polecat=app/oak bead=b3',
    ]);
  });

  describe('among others that start', () => {
    const four = {
      beads: ['b1', 'b2', 'b3', 'b4'].map(id => hooked(id)),
      polecats: ['ash', 'elm', 'fig', 'oak'].map((name, at) => slung(name, `b${at + 1}`)),
    };
    const machine = { freeDiskBytes: 1e12, totalMemoryBytes: 1e12, loopLagMs: 0, load1: 0 };
    const launches = (parts: WorldParts) => decide(world({ records: four, ...parts })).length;

    test('leaves a core to each', () => {
      for (const cores of [1, 3]) {
        expect(launches({ observed: { machine: { ...machine, cores, freeMemoryBytes: 1e12 } } })).toBe(cores);
      }
    });

    test('takes no more memory than is free above the limit, and one always tries', () => {
      const free = (bytes: number) =>
        launches({
          settings: { mayor: { maxStarting: 4, sessionBytes: 100 }, deacon: { minFreeMemoryBytes: 1_000 } },
          observed: { machine: { ...machine, cores: 4, freeMemoryBytes: bytes } },
        });
      expect([1_300, 1_299, 1_000, 0].map(free)).toEqual([3, 2, 1, 1]);
    });

    test('waits for an agent whose process runs, until its first turn begins or 20 s have passed', () => {
      const launchesAt = (state: 'starting' | 'working', startedMsAgo: number) =>
        launches({
          settings: { mayor: { maxStarting: 1 } },
          records: {
            beads: [hooked('b1'), bead('b2', { status: 'in_progress' })],
            polecats: [slung('ash', 'b1'), polecat('app/fern', { state: 'working', hook: 'b2', session: 's1' })],
            sessions: [session('s1', { bead: 'b2', agent: 'claude', mode: 'wired' })],
          },
          observed: {
            sessions: new Map([
              [
                's1',
                seen({
                  startedAt: NOW - startedMsAgo,
                  agent: { state, since: NOW, source: 'protocol', evidence: 'x', turns: 0, asks: 0 },
                }),
              ],
            ]),
          },
        });
      expect(launchesAt('starting', SECOND)).toBe(0);
      expect(launchesAt('working', SECOND)).toBe(1);
      expect(launchesAt('starting', 20 * SECOND)).toBe(1);
    });
  });

  test('counts a start that a restart cut short, until its process is seen', () => {
    const records = {
      beads: [hooked('b1'), hooked('b2')],
      polecats: [slung('ash', 'b1'), polecat('app/fern', { state: 'starting', hook: 'b2', session: 's1' })],
      sessions: [session('s1', { bead: 'b2', status: 'starting', startedAt: ago(SECOND) })],
    };
    expect(decide(world({ settings: { mayor: { maxStarting: 1 } }, records }))).toEqual([]);
    const alive = new Map([['s1', seen()]]);
    expect(
      lines(decide(world({ settings: { mayor: { maxStarting: 1 } }, records, observed: { sessions: alive } }))),
    ).toContain('session.launch polecat=app/ash bead=b1');
  });

  test('follows the first bad end at once, and rests longer after each further one', () => {
    const launchesAfter = (respawns: number, endedMsAgo: number) =>
      lines(
        decide(
          world({
            settings: { witness: { maxRespawns: 5, respawnDelayMs: 10 * SECOND } },
            records: {
              beads: [hooked('b1', { town: { respawns } })],
              polecats: [slung('fern', 'b1', { session: 's1' })],
              sessions: [session('s1', { status: 'ended', outcome: 'died', endedAt: ago(endedMsAgo) })],
            },
          }),
        ),
      );
    const launched = ['session.launch polecat=app/fern bead=b1'];
    expect(launchesAfter(1, 0)).toEqual(launched);
    expect(launchesAfter(2, 9 * SECOND)).toEqual([]);
    expect(launchesAfter(2, 10 * SECOND)).toEqual(launched);
    expect(launchesAfter(3, 19 * SECOND)).toEqual([]);
    expect(launchesAfter(3, 20 * SECOND)).toEqual(launched);
  });

  test('follows a session that ended, whatever word the state still shows', () => {
    const view = world({
      records: {
        beads: [wanted('b1', { status: 'in_progress' })],
        polecats: [polecat('app/fern', { state: 'stalled', hook: 'b1', session: 's1' })],
        sessions: [session('s1', { status: 'ended', outcome: 'stalled' })],
      },
    });
    expect(lines(decide(view))).toEqual(['polecat.state id=app/fern state=slung']);
  });
});

test('an idle polecat needs nothing', () => {
  expect(
    decide(world({ records: { polecats: [polecat('app/fern'), polecat('app/ivy', { state: 'quarantined' })] } })),
  ).toEqual([]);
});
