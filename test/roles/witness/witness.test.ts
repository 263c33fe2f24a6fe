import { describe, expect, test } from 'vitest';
import type { AgentObservation, SessionObservation } from '../../../roles/role.ts';
import { witness as decide } from '../../../roles/witness.ts';
import type { Polecat, Session } from '../../../source/ledger/schema.ts';
import {
  ago,
  bead,
  bodyOf,
  escalation,
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
} from '../world.ts';

const atWork = (
  observed: Partial<SessionObservation> | undefined,
  fields: Partial<Session> = {},
  parts: WorldParts & { state?: Polecat['state'] } = {},
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

const still = (ms: number): Partial<SessionObservation> => ({ startedAt: NOW - 60 * MINUTE, lastProgressAt: NOW - ms });
const interrupted = (agoMs: number, step = 1): Partial<Session> => ({ ladder: { step, at: ago(agoMs) } });

describe('a session that is gone', () => {
  const table: [string, Partial<SessionObservation> | undefined, Partial<Session>, string[]][] = [
    [
      'is lost when the host has not known it for 20 s',
      undefined,
      { startedAt: ago(20 * SECOND) },
      ['session.finish session=s1 outcome=lost'],
    ],
    ['is not lost yet while it is younger', undefined, { startedAt: ago(19 * SECOND) }, []],
    ['died when a signal ended it', { alive: false, signal: 9 }, {}, ['session.finish session=s1 outcome=died']],
    ['died when nothing is known of its end', { alive: false }, {}, ['session.finish session=s1 outcome=died']],
    [
      'failed when it ended with an exit code',
      { alive: false, exitCode: 3 },
      {},
      ['session.finish session=s1 outcome=failed'],
    ],
    [
      'was stalled when it ended after an interrupt',
      { alive: false, exitCode: 130 },
      interrupted(SECOND),
      ['session.finish session=s1 outcome=stalled'],
    ],
    [
      'was stalled when an interrupted script ended as if it were well',
      { alive: false, exitCode: 0 },
      interrupted(SECOND),
      ['session.finish session=s1 outcome=stalled'],
    ],
    ["is the Polecat role's when it ended well", { alive: false, exitCode: 0 }, {}, []],
    [
      "is the Polecat role's when an interrupted agent ended well",
      { alive: false, exitCode: 0 },
      { agent: 'claude', ...interrupted(SECOND) },
      [],
    ],
    [
      "is the Polecat role's when it said that it failed",
      { alive: false, exitCode: 1 },
      { reported: { kind: 'failed', at: ago(SECOND) } },
      [],
    ],
  ];
  test.each(table)('%s', (_, observed, fields, expected) => {
    expect(lines(decide(atWork(observed, fields)))).toEqual(expected);
  });

  test('carries what is known of its end as the cause', () => {
    expect(bodyOf(decide(atWork({ alive: false, exitCode: 3 })), 'session.finish')?.cause).toEqual({
      kind: 'failed',
      summary: 'ended with exit code 3, 1m after its start',
      at: ago(0),
    });
  });

  test.each([
    ['the host is unreachable', { observed: { host: { reachable: false } } }],
    ['it is being ended', { running: ['end:s1'] }],
    ['it is being started', { running: ['launch:app/fern'] }],
  ] as [string, WorldParts][])('is not touched while %s', (_, parts) => {
    expect(decide(atWork(undefined, {}, parts))).toEqual([]);
  });
});

describe('a session without progress', () => {
  const first = [
    'polecat.state id=app/fern state=stalled',
    'session.ladder id=s1 step=1',
    'session.interrupt session=s1',
  ];
  const table: [string, Partial<SessionObservation>, Partial<Session>, Polecat['state'], string[]][] = [
    ['is left alone before 15 minutes', still(15 * MINUTE - 1), {}, 'working', []],
    ['is interrupted after 15 minutes', still(15 * MINUTE), {}, 'working', first],
    [
      'is interrupted when an agent printed nothing for 90 s from its start',
      { startedAt: NOW - 90 * SECOND, bytesOut: 0, lastProgressAt: NOW },
      { agent: 'claude' },
      'working',
      first,
    ],
    [
      'may be a script that prints nothing',
      { startedAt: NOW - 90 * SECOND, bytesOut: 0, lastProgressAt: NOW },
      {},
      'working',
      [],
    ],
    ['waits a minute after the interrupt', still(16 * MINUTE), interrupted(59 * SECOND), 'stalled', []],
    [
      'is a script that ends a minute after the interrupt',
      still(16 * MINUTE),
      interrupted(MINUTE),
      'stalled',
      ['session.finish session=s1 outcome=stalled'],
    ],
    [
      'is an agent that is nudged a minute after the interrupt',
      still(16 * MINUTE),
      { agent: 'claude', ...interrupted(MINUTE) },
      'stalled',
      ['session.ladder id=s1 step=2', 'session.nudge session=s1'],
    ],
    [
      'is an agent that gives way a minute after the nudge',
      still(17 * MINUTE),
      { agent: 'claude', ...interrupted(MINUTE, 2) },
      'stalled',
      ['session.finish session=s1 outcome=stalled'],
    ],
    [
      'is not taken for lively because the interrupt echoed',
      { startedAt: NOW - 60 * MINUTE, lastProgressAt: NOW - 58 * SECOND },
      interrupted(MINUTE),
      'stalled',
      ['session.finish session=s1 outcome=stalled'],
    ],
    [
      'comes off the ladder on real progress',
      { startedAt: NOW - 60 * MINUTE, lastProgressAt: NOW - 50 * SECOND },
      interrupted(MINUTE),
      'stalled',
      ['session.ladder id=s1 step=0', 'polecat.state id=app/fern state=working'],
    ],
    [
      'is shown as stalled as long as it is on the ladder',
      still(16 * MINUTE),
      interrupted(SECOND),
      'working',
      ['polecat.state id=app/fern state=stalled'],
    ],
    [
      'is shown as working again once off the ladder',
      still(SECOND),
      { ladder: { step: 0, at: ago(SECOND) } },
      'stalled',
      ['polecat.state id=app/fern state=working'],
    ],
    [
      'may wait for an answer as long as it takes',
      still(60 * MINUTE),
      { agent: 'claude', reported: { kind: 'escalated', at: ago(60 * MINUTE) } },
      'waiting',
      [],
    ],
    [
      'has only begun to work again when it reported a moment ago',
      still(60 * MINUTE),
      { reported: { kind: 'done', at: ago(SECOND) } },
      'working',
      [],
    ],
    [
      'is judged again when its report is old',
      still(60 * MINUTE),
      { reported: { kind: 'done', at: ago(59 * MINUTE) } },
      'working',
      first,
    ],
    [
      'comes off the ladder when it asks for help',
      still(60 * SECOND),
      { agent: 'claude', ...interrupted(MINUTE), reported: { kind: 'escalated', at: ago(60 * SECOND) } },
      'waiting',
      ['session.ladder id=s1 step=0'],
    ],
  ];
  test.each(table)('%s', (_, observed, fields, state, expected) => {
    expect(lines(decide(atWork(observed, fields, { state })))).toEqual(expected);
  });

  test('is not judged under the emergency stop', () => {
    const records = { town: [town({ estop: { at: ago(SECOND), by: 'operator', reason: 'x' } })] };
    expect(decide(atWork(still(60 * MINUTE), {}, { records }))).toEqual([]);
  });

  test('is not judged on the first look after the machine slept', () => {
    const observed = { sessions: new Map([['s1', seen(still(60 * MINUTE))]]) };
    expect(
      decide(atWork({}, {}, { observed: { ...observed, heartbeats: new Map([['witness', NOW - 40 * MINUTE]]) } })),
    ).toEqual([]);
    expect(
      lines(decide(atWork({}, {}, { observed: { ...observed, heartbeats: new Map([['witness', NOW - SECOND]]) } }))),
    ).toEqual(first);
  });
});

describe('an agent between two turns', () => {
  const idle = (forMs: number, fields: Partial<AgentObservation> = {}) => ({
    ...still(forMs),
    agent: {
      state: 'idle' as const,
      since: NOW - forMs,
      source: 'protocol' as const,
      evidence: 'turn ended',
      turns: 1,
      asks: 0,
      ...fields,
    },
  });
  const told = ['session.reminded id=s1 count=1', 'session.nudge session=s1'];

  test.each<[string, Partial<SessionObservation>, Partial<Session>, string[]]>([
    ['is left to end its turn in peace', idle(9 * SECOND), {}, []],
    ['is told to report', idle(10 * SECOND), {}, told],
    ['is told a second time', idle(10 * SECOND), { reminded: 1 }, ['session.reminded id=s1 count=2', told[1]!]],
    [
      'gives way to a fresh session after that',
      idle(10 * SECOND),
      { reminded: 2 },
      ['session.finish session=s1 outcome=failed'],
    ],
    ['is not told again before it can have heard', idle(MINUTE), { reminded: 1, remindedAt: ago(9 * SECOND) }, []],
    ['nor given up', idle(MINUTE), { reminded: 2, remindedAt: ago(9 * SECOND) }, []],
    [
      'is told again after that',
      idle(MINUTE),
      { reminded: 1, remindedAt: ago(10 * SECOND) },
      ['session.reminded id=s1 count=2', told[1]!],
    ],
    ['may take its time before its first turn', idle(89 * SECOND, { turns: 0 }), {}, []],
    ['is told when it has not begun by then', idle(90 * SECOND, { turns: 0 }), {}, told],
    [
      'gives way to a fresh session when it never begins',
      idle(90 * SECOND, { turns: 0 }),
      { reminded: 2, remindedAt: ago(90 * SECOND) },
      ['session.finish session=s1 outcome=failed'],
    ],
    ['is not told while it waits for a person', idle(MINUTE), { reported: { kind: 'escalated', at: ago(MINUTE) } }, []],
    ['is the person’s who has its terminal', { ...idle(60 * MINUTE), attached: true }, {}, []],
    [
      'that waits for a permission may wait as long as it takes, and a person is told',
      idle(60 * MINUTE, { state: 'waiting', asks: 1 }),
      {},
      ['escalation.open subject=b1'],
    ],
    ['that its model turns away may wait as long as it takes', idle(60 * MINUTE, { state: 'limited' }), {}, []],
    [
      'that its model turns away for a time is left alone until then',
      idle(MINUTE, { state: 'limited', limitedUntil: NOW + SECOND }),
      {},
      [],
    ],
  ])('%s', (_, observed, fields, expected) => {
    const waits = fields.reported || observed.agent!.state !== 'idle';
    const state = waits ? 'waiting' : 'working';
    expect(lines(decide(atWork(observed, { agent: 'claude', ...fields }, { state })))).toEqual(expected);
  });
});

describe('an agent whose model turned it away until a moment ago', () => {
  const limited = (heardAgo: number) => ({
    ...still(heardAgo),
    agent: {
      state: 'limited' as const,
      since: NOW - heardAgo,
      source: 'protocol' as const,
      evidence: '429',
      turns: 1,
      asks: 0,
      limitedUntil: NOW - SECOND,
    },
  });

  const said = (agoMs: number) => ({ ladder: { step: 0, at: ago(agoMs) } });
  const hours = { ...limited(5 * 60 * MINUTE), agent: { ...limited(0).agent, limitedUntil: NOW - 16 * MINUTE } };
  test.each<[string, Partial<SessionObservation>, Partial<Session>, string[]]>([
    ['is told to go on', limited(MINUTE), {}, ['session.ladder id=s1 step=0', 'session.nudge session=s1']],
    ['is told so once', limited(MINUTE), said(500), []],
    ['has as long as any other from then on', hours, said(15 * MINUTE - 1), []],
    [
      'is stuck when nothing comes of it',
      hours,
      said(15 * MINUTE),
      ['polecat.state id=app/fern state=stalled', 'session.ladder id=s1 step=1', 'session.interrupt session=s1'],
    ],
    ['is not told again once it was heard of', limited(0), {}, []],
    ['is the person’s who has its terminal', { ...limited(MINUTE), attached: true }, {}, []],
  ])('%s', (_, observed, fields, expected) => {
    const one = { agent: 'codex', ...fields };
    expect(lines(decide(atWork(observed, one, { state: 'working' })))).toEqual(expected);
  });

  test('is stuck like any other when it does not go on', () => {
    const observed = { ...limited(59 * MINUTE), agent: { ...limited(0).agent, limitedUntil: NOW - 60 * MINUTE } };
    const decided = lines(decide(atWork(observed, { agent: 'codex' }, { state: 'working' })));
    expect(decided).toContain('session.interrupt session=s1');
  });
});

describe('caps', () => {
  const between = (town: object, sessions: readonly Session[] = []) =>
    world({
      records: {
        beads: [bead('b1', { status: 'hooked', assignee: 'app/fern', town })],
        polecats: [polecat('app/fern', { state: 'slung', hook: 'b1', session: 's9' })],
        sessions,
      },
    });
  const cause = { kind: 'died' as const, summary: 'ended by signal 9', at: ago(SECOND) };

  test('a bead that cost three sessions is parked with the evidence', () => {
    const actions = decide(between({ respawns: 3, cause }));
    expect(lines(actions)).toEqual(['bead.park id=b1']);
    expect(bodyOf(actions, 'bead.park')).toMatchObject({
      reason: '3 sessions ended without finished work; last: ended by signal 9',
      cause,
    });
  });
  test('a bead that cost two sessions is not', () => {
    expect(decide(between({ respawns: 2, cause }))).toEqual([]);
  });

  const ended = (attempt: number, outcome: Session['outcome'], agent = 'shell') =>
    session(`s${attempt}`, { status: 'ended', outcome, attempt, agent });
  test('a script that failed twice in a row is parked', () => {
    expect(lines(decide(between({ respawns: 2 }, [ended(1, 'failed'), ended(2, 'failed')])))).toEqual([
      'bead.park id=b1',
    ]);
  });
  test.each([
    ['it failed once', 1, [ended(1, 'failed')]],
    ['it died between', 2, [ended(1, 'failed'), ended(2, 'died')]],
    ['it is an agent that thinks', 2, [ended(1, 'failed', 'claude'), ended(2, 'failed', 'claude')]],
    ['a person slung it anew since', 1, [ended(1, 'failed'), ended(2, 'failed'), ended(3, 'failed')]],
  ] as [string, number, Session[]][])('a script gets another run while %s', (_, respawns, sessions) => {
    expect(decide(between({ respawns }, sessions))).toEqual([]);
  });

  test('a bead at its cap that only waits for a hook is parked as well', () => {
    expect(lines(decide(world({ records: { beads: [wanted('b1', { town: { respawns: 3 } })] } })))).toEqual([
      'bead.park id=b1',
    ]);
  });
  test('a bead at its cap is not parked under a running session', () => {
    const view = atWork(
      {},
      {},
      { records: { beads: [bead('b1', { status: 'in_progress', assignee: 'app/fern', town: { respawns: 3 } })] } },
    );
    expect(decide(view)).toEqual([]);
  });
  test('a bead that was parked is not parked again', () => {
    expect(
      decide(
        world({
          records: {
            beads: [bead('b1', { status: 'blocked', town: { respawns: 3, parked: { at: ago(SECOND), reason: 'x' } } })],
          },
        }),
      ),
    ).toEqual([]);
  });

  const restarts = (count: number, agoMs = MINUTE) =>
    Array.from({ length: count }, (_, index) => ago(agoMs + (count - index) * SECOND));

  test('a polecat with five restarts in 15 minutes is quarantined and its bead goes to another', () => {
    const view = world({
      records: {
        beads: [bead('b1', { status: 'hooked', assignee: 'app/fern', town: { respawns: 1 } })],
        polecats: [polecat('app/fern', { state: 'slung', hook: 'b1', restarts: restarts(5) })],
      },
    });
    expect(lines(decide(view))).toEqual([
      'hook.release polecat=app/fern requeue=true prefer=false',
      'polecat.state id=app/fern state=quarantined',
      'escalation.open subject=app/fern',
    ]);
  });
  test('quarantine is finished when a crash cut it short after the release', () => {
    const view = world({ records: { polecats: [polecat('app/fern', { restarts: restarts(5) })] } });
    expect(lines(decide(view))).toEqual([
      'polecat.state id=app/fern state=quarantined',
      'escalation.open subject=app/fern',
    ]);
  });
  test.each([
    ['four restarts', { state: 'slung' as const, hook: 'b1', restarts: restarts(4) }],
    ['five restarts over a longer time', { state: 'slung' as const, hook: 'b1', restarts: restarts(5, 15 * MINUTE) }],
    ['quarantine that is not over', { state: 'quarantined' as const, restarts: restarts(5), since: ago(14 * MINUTE) }],
  ])('%s lead to nothing', (_, fields) => {
    expect(
      decide(
        world({ records: { beads: [bead('b1', { status: 'hooked' })], polecats: [polecat('app/fern', fields)] } }),
      ),
    ).toEqual([]);
  });
  test('a quarantined polecat may work again after it rested', () => {
    const view = world({
      records: {
        polecats: [
          polecat('app/fern', { state: 'quarantined', restarts: restarts(5, 15 * MINUTE), since: ago(15 * MINUTE) }),
        ],
      },
    });
    expect(lines(decide(view))).toEqual(['polecat.state id=app/fern state=idle']);
  });
  test('a polecat is not quarantined under a running session', () => {
    const polecats = [polecat('app/fern', { state: 'working', hook: 'b1', session: 's1', restarts: restarts(5) })];
    expect(decide(atWork({}, {}, { records: { polecats } }))).toEqual([]);
  });
});

describe('one bead on two hooks', () => {
  const polecats = [
    polecat('app/oak', { state: 'slung', hook: 'b1' }),
    polecat('app/elm', { state: 'slung', hook: 'b1' }),
  ];
  test("is a person's to settle", () => {
    const actions = decide(world({ records: { beads: [bead('b1', { status: 'hooked' })], polecats } }));
    expect(bodyOf(actions, 'escalation.open')).toMatchObject({
      key: 'double-hook:b1:app/elm+app/oak',
      severity: 'high',
      title: 'b1 is on 2 hooks',
    });
  });
  test('is told once', () => {
    const told = [escalation('e1', { key: 'double-hook:b1:app/elm+app/oak', closedAt: ago(SECOND) })];
    expect(
      decide(world({ records: { beads: [bead('b1', { status: 'hooked' })], polecats, escalations: told } })),
    ).toEqual([]);
  });
});

describe('a bead without a place', () => {
  test('is parked when its rig was removed, and when it has none', () => {
    const homeless = wanted('b2', { town: { rig: undefined } });
    const actions = decide(
      world({ records: { rigs: [rig({ removedAt: ago(SECOND) })], beads: [wanted('b1'), homeless] } }),
    );
    expect(actions.map(action => [lines([action])[0], action.because])).toEqual([
      ['bead.park id=b1', 'its rig app was removed'],
      ['bead.park id=b2', 'it belongs to no rig'],
    ]);
  });
});
