import { describe, expect, test } from 'vitest';
import { deacon } from '../../../roles/deacon.ts';
import { polecat as polecatRole } from '../../../roles/polecat.ts';
import type { Action, AgentObservation, SessionObservation } from '../../../roles/role.ts';
import { witness } from '../../../roles/witness.ts';
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
  type WorldParts,
  wanted,
  world,
} from '../world.ts';

/**
 * Every class of trouble that people report of fleets of agents, and the one answer to it. The rows say which role answers
 * and with what; the details of each rule are in the tests beside this one.
 */
const HOUR = 60 * MINUTE;
const still = (ms: number): Partial<SessionObservation> => ({ startedAt: NOW - 2 * HOUR, lastProgressAt: NOW - ms });
const agent = (state: AgentObservation['state'], fields: Partial<AgentObservation> = {}): AgentObservation => ({
  state,
  since: NOW - HOUR,
  source: 'protocol',
  evidence: '',
  turns: 1,
  asks: 0,
  ...fields,
});

/** `app/fern` works on `b1` in session `s1`, as it is seen. */
const atWork = (
  observed: Partial<SessionObservation> | undefined,
  fields: Partial<Session> = {},
  parts: WorldParts & { polecat?: Partial<Polecat> } = {},
) =>
  world({
    ...parts,
    records: {
      beads: [bead('b1', { status: 'in_progress', assignee: 'app/fern' })],
      polecats: [polecat('app/fern', { state: 'working', hook: 'b1', session: 's1', ...parts.polecat })],
      sessions: [session('s1', { agent: 'claude', startedAt: ago(2 * HOUR), ...fields })],
      ...parts.records,
    },
    observed: { sessions: new Map(observed ? [['s1', seen(observed)]] : []), ...parts.observed },
  });

const badEnds = (count: number, fields: (index: number) => Partial<Session>) =>
  Array.from({ length: count }, (_, index) =>
    session(`s${index}`, {
      status: 'ended',
      outcome: 'failed',
      agent: 'claude',
      endedAt: ago(index * SECOND),
      ...fields(index),
    }),
  );

const everyone = (view: ReturnType<typeof world>): string[] =>
  [...witness(view), ...polecatRole(view), ...deacon(view)].map(named);
const named = (action: Action): string => `${action.role}: ${lines([action])[0]}`;

describe('trouble and the answer to it', () => {
  test.each<[string, ReturnType<typeof world>, string[]]>([
    [
      'start-up silence',
      atWork({ startedAt: NOW - 90 * SECOND, bytesOut: 0, lastProgressAt: NOW }),
      [
        'witness: polecat.state id=app/fern state=stalled',
        'witness: session.ladder id=s1 step=1',
        'witness: session.interrupt session=s1',
      ],
    ],
    [
      'start-up silence that goes on though its process is busy',
      atWork(
        { startedAt: NOW - 3 * MINUTE, bytesOut: 0, lastProgressAt: NOW },
        { ladder: { step: 2, at: ago(MINUTE) } },
        { polecat: { state: 'stalled' } },
      ),
      ['witness: session.finish session=s1 outcome=stalled'],
    ],
    [
      'waiting unseen',
      atWork(
        { ...still(16 * MINUTE), agent: agent('waiting', { since: NOW - 15 * MINUTE, asks: 1 }) },
        {},
        { polecat: { state: 'waiting' } },
      ),
      ['witness: escalation.open subject=b1'],
    ],
    [
      'stall',
      atWork(still(15 * MINUTE)),
      [
        'witness: polecat.state id=app/fern state=stalled',
        'witness: session.ladder id=s1 step=1',
        'witness: session.interrupt session=s1',
      ],
    ],
    ['silent death', atWork({ alive: false, signal: 9 }), ['witness: session.finish session=s1 outcome=died']],
    ['a session nobody knows', atWork(undefined), ['witness: session.finish session=s1 outcome=lost']],
    ['exit without report', atWork({ alive: false, exitCode: 0 }), ['polecat: session.collect session=s1']],
    [
      'exit with an error',
      atWork({ alive: false, exitCode: 1 }),
      ['witness: session.finish session=s1 outcome=failed'],
    ],
    [
      'report without work: looked for before it counts',
      atWork({ ...still(MINUTE), agent: agent('idle') }, { reported: { kind: 'done', at: ago(MINUTE) } }),
      ['polecat: session.collect session=s1'],
    ],
    [
      'work without report',
      atWork({ ...still(MINUTE), agent: agent('idle', { since: NOW - 10 * SECOND }) }),
      ['witness: session.reminded id=s1 count=1', 'witness: session.nudge session=s1'],
    ],
    [
      'work without report, though told twice',
      atWork({ ...still(MINUTE), agent: agent('idle', { since: NOW - 10 * SECOND }) }, { reminded: 2 }),
      ['witness: session.finish session=s1 outcome=failed'],
    ],
    [
      'a hung tool',
      atWork({ ...still(15 * MINUTE), agent: agent('working', { doing: 'runs npm test' }) }),
      [
        'witness: polecat.state id=app/fern state=stalled',
        'witness: session.ladder id=s1 step=1',
        'witness: session.interrupt session=s1',
      ],
    ],
    ['a slow model', atWork({ ...still(29 * MINUTE), modelCall: true, agent: agent('working') }), []],
    [
      'a model that hangs',
      atWork({ ...still(30 * MINUTE), modelCall: true, agent: agent('working') }),
      [
        'witness: polecat.state id=app/fern state=stalled',
        'witness: session.ladder id=s1 step=1',
        'witness: session.interrupt session=s1',
      ],
    ],
    [
      'a crash loop of a bead',
      world({ records: { beads: [wanted('b1', { town: { respawns: 3 } })] } }),
      ['witness: bead.park id=b1'],
    ],
    [
      'a crash loop of a polecat',
      world({
        records: {
          beads: [bead('b1', { status: 'hooked', assignee: 'app/fern', town: { respawns: 1 } })],
          polecats: [
            polecat('app/fern', { state: 'slung', hook: 'b1', restarts: Array.from({ length: 5 }, () => ago(MINUTE)) }),
          ],
        },
        running: ['launch:app/fern'],
      }),
      [
        'witness: hook.release polecat=app/fern requeue=true prefer=false',
        'witness: polecat.state id=app/fern state=quarantined',
        'witness: escalation.open subject=app/fern',
      ],
    ],
    [
      'a zombie after done',
      world({
        records: {
          beads: [bead('b1', { status: 'in_progress' })],
          polecats: [polecat('app/fern', { session: 's1' })],
          sessions: [session('s1', { status: 'ended', outcome: 'done', endedAt: ago(10 * SECOND) })],
        },
        observed: { sessions: new Map([['s1', seen()]]) },
      }),
      ['witness: session.abandon session=s1'],
    ],
    [
      'a zombie in the checkout of the next session: first it goes',
      world({
        records: {
          beads: [bead('b1', { status: 'hooked', assignee: 'app/fern' })],
          polecats: [polecat('app/fern', { state: 'slung', hook: 'b1', session: 's1' })],
          sessions: [session('s1', { status: 'ended', outcome: 'died', endedAt: ago(10 * SECOND) })],
        },
        observed: { sessions: new Map([['s1', seen()]]) },
      }),
      ['witness: session.abandon session=s1'],
    ],
    [
      'a bead whose hook does not hold it',
      world({
        records: {
          beads: [bead('b1', { status: 'hooked', assignee: 'app/fern' })],
          polecats: [polecat('app/fern')],
        },
      }),
      ['witness: bead.sling id=b1'],
    ],
    [
      'a hook that holds what is closed',
      world({
        records: {
          beads: [bead('b1', { status: 'closed', assignee: 'app/fern' })],
          polecats: [polecat('app/fern', { state: 'slung', hook: 'b1' })],
        },
        running: ['launch:app/fern'],
      }),
      ['witness: hook.release polecat=app/fern requeue=false'],
    ],
    [
      'two polecats on one bead',
      world({
        records: {
          beads: [bead('b1', { status: 'hooked', assignee: 'app/oak' })],
          polecats: [
            polecat('app/oak', { state: 'slung', hook: 'b1' }),
            polecat('app/elm', { state: 'quarantined', hook: 'b1' }),
          ],
        },
        running: ['launch:app/oak', 'launch:app/elm'],
      }),
      ['witness: escalation.open subject=b1', 'witness: hook.release polecat=app/elm requeue=false'],
    ],
    [
      'a storm of respawns',
      world({ records: { sessions: badEnds(8, index => ({ bead: `b${index}` })) } }),
      ['deacon: town.dispatch paused=storm: 8 sessions of 8 beads ended badly within 15m, none well'],
    ],
    [
      'mass death',
      world({ records: { sessions: badEnds(3, index => ({ bead: `b${index}`, outcome: 'died' })) } }),
      ['deacon: town.dispatch paused=deaths: the sessions of 3 beads died within 30s'],
    ],
  ])('%s', (_, view, expected) => {
    expect(everyone(view)).toEqual(expected);
  });
});

describe('what an action rests on goes with it, to be looked at once more', () => {
  const restsOf = (view: ReturnType<typeof world>, type: string) => bodyOf(witness(view), type)?.rests;

  test.each<[string, ReturnType<typeof world>, string, object]>([
    [
      'an interrupt: its last progress',
      atWork(still(15 * MINUTE)),
      'session.interrupt',
      { process: 'alive', progressAt: NOW - 15 * MINUTE },
    ],
    [
      'an interrupt of one that never spoke: its silence',
      atWork({ startedAt: NOW - 90 * SECOND, bytesOut: 0, lastProgressAt: NOW }),
      'session.interrupt',
      { process: 'alive', silent: true },
    ],
    ['an end after death: that it is over', atWork({ alive: false, signal: 9 }), 'session.finish', { process: 'over' }],
    ['an end of what is lost: that nobody knows it', atWork(undefined), 'session.finish', { process: 'unknown' }],
    [
      'a reminder: its turns',
      atWork({ ...still(MINUTE), agent: agent('idle', { turns: 4, since: NOW - MINUTE }) }),
      'session.nudge',
      { process: 'alive', turns: 4 },
    ],
  ])('%s', (_, view, type, expected) => {
    expect(restsOf(view, type)).toEqual(expected);
  });
});

test('a hung tool is named, and a model that says nothing is not taken for one', () => {
  const because = (observed: Partial<SessionObservation>) => witness(atWork(observed))[0]?.because;
  expect(because({ ...still(15 * MINUTE), agent: agent('working', { doing: 'runs npm\ttest' }) })).toBe(
    'its tool hangs (runs npm test): no output and no processor use for 15m',
  );
  expect(because({ ...still(30 * MINUTE), modelCall: true, agent: agent('working', { doing: 'x' }) })).toBe(
    'its model has said nothing for 30m',
  );
});

describe('an agent that waits unseen', () => {
  const since = NOW - 15 * MINUTE;
  const waiting = (fields: Partial<AgentObservation> = {}) => ({
    ...still(16 * MINUTE),
    agent: agent('waiting', { since, asks: 1, ...fields }),
  });
  const told = (fields = {}) => escalation('e1', { key: `unseen:s1:${since}`, subject: 'b1', ...fields });
  const decided = (observed: Partial<SessionObservation>, records: WorldParts['records'] = {}, fields = {}) =>
    lines(witness(atWork(observed, fields, { records: { ...records }, polecat: { state: 'waiting' } })));

  test('is told once', () => {
    expect(decided(waiting(), { escalations: [told()] })).toEqual([]);
    expect(decided(waiting(), { escalations: [told({ closedAt: ago(SECOND) })] })).toEqual([]);
  });
  test('is not told while it asked through the town, which climbs by itself', () => {
    const asked = escalation('e2', { question: { session: 's1', choices: [] } });
    expect(decided(waiting(), { escalations: [asked] })).toEqual([]);
  });
  test('is not told before 15 minutes, nor while a person has its terminal', () => {
    expect(decided(waiting({ since: since + 1 }))).toEqual([]);
    expect(decided({ ...waiting(), attached: true })).toEqual([]);
  });
  test('needs nobody any more once it goes on, asks something else, or is over', () => {
    const gone = ['escalation.close id=e1'];
    expect(decided({ ...still(0), agent: agent('working') }, { escalations: [told()] })).toEqual(gone);
    expect(decided(waiting({ since: NOW }), { escalations: [told()] })).toEqual(gone);
    const ended = session('s1', { status: 'ended', outcome: 'died', agent: 'claude' });
    expect(lines(witness(world({ records: { sessions: [ended], escalations: [told()] } })))).toEqual(gone);
  });
  test('is still told when nothing is known of it', () => {
    expect(decided({ ...still(0), agent: agent('unknown') }, { escalations: [told()] })).toEqual([]);
    expect(decided(still(0), { escalations: [told()] })).toEqual([]);
  });
});

describe('a hook and its bead', () => {
  test('are left alone while they belong together, and while a session runs for them', () => {
    expect(witness(atWork(still(0)))).toEqual([]);
    const closed = [bead('b1', { status: 'closed', assignee: 'app/fern' })];
    expect(witness(atWork(still(0), {}, { records: { beads: closed } }))).toEqual([]);
  });
  test('are not put in order for a person who claimed the bead, or for a repository that was removed', () => {
    const claimed = [bead('b1', { status: 'in_progress', assignee: 'somebody' })];
    expect(witness(world({ records: { beads: claimed } }))).toEqual([]);
    const rigs = [rig({ removedAt: ago(SECOND) })];
    expect(witness(world({ records: { rigs, beads: [bead('b1', { status: 'hooked', assignee: 'app/x' })] } }))).toEqual(
      [],
    );
  });
});

test('a process that goes on is no zombie a moment after its end, nor by the word of an unreachable host', () => {
  const view = (endedAgo: number, parts: WorldParts = {}) =>
    world({
      ...parts,
      records: { sessions: [session('s1', { status: 'ended', outcome: 'done', endedAt: ago(endedAgo) })] },
      observed: { sessions: new Map([['s1', seen()]]), ...parts.observed },
    });
  expect(witness(view(9 * SECOND))).toEqual([]);
  expect(witness(view(MINUTE, { observed: { host: { reachable: false } } }))).toEqual([]);
  expect(witness(view(MINUTE, { running: ['end:s1'] }))).toEqual([]);
  expect(lines(witness(view(MINUTE)))).toEqual(['session.abandon session=s1']);
});
