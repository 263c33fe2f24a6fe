import { describe, expect, test } from 'vitest';
import { startRefusal } from '../../roles/budget.ts';
import { mayor } from '../../roles/mayor.ts';
import { polecat as decide } from '../../roles/polecat.ts';
import type { AgentObservation, ServiceLimit, SessionObservation } from '../../roles/role.ts';
import { witness } from '../../roles/witness.ts';
import { type BudgetLimits, budgetsOf, refusesAtNanos } from '../../source/ledger/budgets.ts';
import type { Cost, Session } from '../../source/ledger/schema.ts';
import {
  ago,
  at,
  bead,
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

const USD = 1_000_000_000;
const TODAY = '2026-11-23';

const cost = (usd: number, fields: Partial<Cost> = {}): Cost => ({
  id: `c${usd}.${fields.bead ?? 'b1'}.${fields.day ?? TODAY}`,
  rev: 1,
  session: 's0',
  bead: 'b1',
  convoy: 'cv1',
  polecat: 'app/fern',
  rig: 'app',
  agent: 'claude',
  model: 'm',
  day: TODAY,
  source: 'meter',
  calls: 1,
  usage: { uncachedIn: 1, cacheRead: 0, cacheWrite: 0, out: 1, reasoning: 0 },
  nanos: usd * USD,
  unpriced: 0,
  at: ago(MINUTE),
  ...fields,
});

const money = (limits: ReadonlyMap<string, ServiceLimit> = new Map()) => ({
  money: { today: TODAY, limits },
});

const AGENT: AgentObservation = {
  state: 'idle',
  since: NOW - SECOND,
  source: 'protocol',
  evidence: 'it ended its turn',
  turns: 1,
  asks: 0,
};

/** Claude at work on b1 of a convoy, which has cost ten dollars today. */
const atWork = (agent: Partial<AgentObservation>, parts: WorldParts & { session?: Partial<Session> } = {}) =>
  world({
    ...parts,
    records: {
      rigs: [rig({ agent: 'claude' })],
      beads: [bead('b1', { status: 'in_progress', assignee: 'app/fern', town: { convoy: 'cv1' } })],
      polecats: [polecat('app/fern', { state: 'working', hook: 'b1', session: 's1' })],
      sessions: [session('s1', { agent: 'claude', ...parts.session })],
      costs: [cost(10)],
      ...parts.records,
    },
    observed: { sessions: new Map([['s1', seen({ agent: { ...AGENT, ...agent } })]]), ...money(), ...parts.observed },
  });

const slung = (parts: WorldParts = {}) =>
  world({
    ...parts,
    records: {
      rigs: [rig({ agent: 'claude' })],
      beads: [wanted('b1', { town: { convoy: 'cv1' } }), wanted('b2')],
      costs: [cost(10)],
      ...parts.records,
    },
    observed: { ...money(), ...parts.observed },
  });

const dispatched = (view: ReturnType<typeof world>) => lines(mayor(view)).map(line => line.replace(/ polecat=.*/, ''));

describe('a spent budget', () => {
  test.each([
    ['of the bead', { bead: 10 }, ['hook.set bead=b2']],
    ['of its convoy', { convoy: 10 }, ['hook.set bead=b2']],
    ['of the day', { day: 10 }, []],
    ['of the town', { town: 10 }, []],
    [
      'that has a cent left',
      { bead: 10.01, convoy: 10.01, day: 10.01, town: 10.01 },
      ['hook.set bead=b1', 'hook.set bead=b2'],
    ],
  ])('%s keeps new work off the hooks', (_, budgets, expected) => {
    expect(dispatched(slung({ settings: { budgets } }))).toEqual(expected);
  });

  test('counts the day where the town is, and all days for the rest', () => {
    const records = { costs: [cost(10, { day: '2026-11-22' })] };
    expect(dispatched(slung({ settings: { budgets: { day: 10 } }, records }))).toHaveLength(2);
    expect(dispatched(slung({ settings: { budgets: { town: 10 } }, records }))).toEqual([]);
  });

  test('is what a person set last, for all or for this very one', () => {
    const set = (budgets: Record<string, number>) => ({
      town: [
        town({
          budgets: Object.fromEntries(
            Object.entries(budgets).map(([key, usd]) => [key, { usd, at: at(NOW), by: 'operator' }]),
          ),
        }),
      ],
    });
    const settings = { budgets: { bead: 10, day: 10 } };
    expect(dispatched(slung({ settings, records: set({ b1: 20, [`day:${TODAY}`]: 30 }) }))).toHaveLength(2);
    expect(dispatched(slung({ settings, records: set({ bead: 20, day: 30 }) }))).toHaveLength(2);
    expect(dispatched(slung({ records: set({ town: 5 }) }))).toEqual([]);
    expect(dispatched(slung({ records: set({ cv1: 0 }) }))).toEqual(['hook.set bead=b2']);
  });

  test('lets scripts go on, which cost nothing', () => {
    const view = slung({ settings: { budgets: { day: 1 } }, records: { rigs: [rig({ agent: 'shell' })] } });
    expect(dispatched(view)).toHaveLength(2);
  });

  test('stops an agent between two turns, with its bead left on the hook', () => {
    const settings = { budgets: { bead: 10 } };
    const pause = ['session.finish session=s1 outcome=stopped'];
    expect(lines(decide(atWork({}, { settings })))).toEqual(pause);
    expect(decide(atWork({}, { settings }))[0]!.because).toBe(
      'paused between two turns: the budget of bead b1 is spent: $10.00 of $10.00',
    );
    expect(lines(decide(atWork({ state: 'limited' }, { settings })))).toEqual(pause);
  });

  test('lets a turn end, a report count, and a person keep the terminal', () => {
    const settings = { budgets: { bead: 10 } };
    expect(lines(decide(atWork({ state: 'working' }, { settings })))).toEqual([]);
    expect(lines(decide(atWork({ turns: 0 }, { settings })))).toEqual([]);
    const reported = { reported: { kind: 'done' as const, at: ago(MINUTE) } };
    expect(lines(decide(atWork({}, { settings, session: reported })))).toEqual(['session.collect session=s1']);
    const sessions = new Map([['s1', seen({ attached: true, agent: AGENT })]]);
    expect(lines(decide(atWork({}, { settings, observed: { ...money(), sessions } })))).toEqual([]);
  });

  test('does not count against an agent whose calls the meter refused', () => {
    const failed = { state: 'failed' as const, evidence: 'billing_error' };
    expect(lines(decide(atWork(failed, { settings: { budgets: { bead: 10 } } })))).toEqual([
      'session.finish session=s1 outcome=stopped',
    ]);
    expect(lines(decide(atWork(failed)))).toEqual(['session.finish session=s1 outcome=failed']);
  });

  test('does not count against an agent that ended because its calls were refused, unless a signal ended it', () => {
    const ended = (fields: Partial<SessionObservation>, usd: number) => {
      const sessions = new Map([['s1', seen({ alive: false, ...fields })]]);
      return lines(witness(atWork({}, { settings: { budgets: { bead: usd } }, observed: { ...money(), sessions } })));
    };
    expect(ended({ exitCode: 1 }, 10)).toEqual([expect.stringContaining('session.finish session=s1 outcome=stopped')]);
    expect(ended({ exitCode: 1 }, 11)).toEqual([expect.stringContaining('session.finish session=s1 outcome=failed')]);
    expect(ended({ exitCode: 1, signal: 9 }, 10)).toEqual([
      expect.stringContaining('session.finish session=s1 outcome=died'),
    ]);
  });

  test('keeps a paused polecat waiting, until it is raised', () => {
    const paused = (bead_: number) =>
      atWork(
        {},
        {
          settings: { budgets: { bead: bead_ } },
          session: { status: 'ended', outcome: 'stopped', endedAt: ago(SECOND) },
          records: { polecats: [polecat('app/fern', { state: 'slung', hook: 'b1', session: 's1' })] },
        },
      );
    expect(lines(decide(paused(10)))).toEqual([]);
    expect(lines(decide(paused(15)))).toEqual(['session.launch polecat=app/fern bead=b1']);
  });
});

describe('while nobody is at the screen', () => {
  /** Six of ten dollars were spent when the person left. */
  const absenceOf = (share: number) => ({
    ...money(),
    absence: { since: NOW - MINUTE, share, day: TODAY, dayNanos: 6 * USD, townNanos: 6 * USD },
  });
  const left = (usd: number, share: number, budgets: Partial<BudgetLimits>) =>
    dispatched(slung({ settings: { budgets }, records: { costs: [cost(usd)] }, observed: absenceOf(share) }));

  test.each([
    ['half of what was left of the day', 8, 0.5, { day: 10 }, 0],
    ['less than that', 7.99, 0.5, { day: 10 }, 2],
    ['half of what was left of the town', 8, 0.5, { town: 10 }, 0],
    ['nothing, and nothing may be', 6, 0, { town: 10 }, 0],
    ['all that was left', 10, 1, { day: 10 }, 0],
    ['less than all', 9.99, 1, { day: 10 }, 2],
    ['more than a share of what bounds a bead', 9, 0.1, { bead: 10, convoy: 10 }, 2],
  ])('a share of the budgets counts: %s is spent', (_, usd, share, budgets, started) => {
    expect(left(usd, share, budgets)).toHaveLength(started);
  });

  test('a new day has its own share, of all of it', () => {
    const view = (usd: number) =>
      slung({
        settings: { budgets: { day: 10 } },
        records: { costs: [cost(usd)] },
        observed: { ...money(), absence: { ...absenceOf(0.5).absence, day: '2026-11-22' } },
      });
    expect(dispatched(view(4.99))).toHaveLength(2);
    expect(dispatched(view(5))).toEqual([]);
  });

  test('the reason says so, and calls are refused a fifth above the share', () => {
    const view = slung({
      settings: { budgets: { day: 10 } },
      records: { costs: [cost(8)] },
      observed: absenceOf(0.5),
    });
    expect(startRefusal(view, view.ledger.beads.get('b1')!)).toBe(
      `the budget of ${TODAY} while nobody is at the screen is spent: $8.00 of $8.00`,
    );
    const [budget] = budgetsOf(view.ledger, {
      limits: view.settings.budgets,
      today: TODAY,
      absence: view.observed.absence,
    });
    expect([budget!.limitNanos, refusesAtNanos(budget!)]).toEqual([8 * USD, 8.4 * USD]);
  });
});

describe('a service that turns calls away', () => {
  const limits = (until: number, since = NOW - MINUTE) => new Map([['claude', { since, until, message: 'Too many.' }]]);

  test('gets no new session of that agent until its time is over', () => {
    expect(dispatched(slung({ observed: money(limits(NOW + SECOND)) }))).toEqual([]);
    expect(dispatched(slung({ observed: money(limits(NOW)) }))).toHaveLength(2);
    // Learned before the clock was set back.
    expect(dispatched(slung({ observed: money(limits(NOW + 60 * MINUTE, NOW + SECOND)) }))).toHaveLength(2);
    const other = slung({ observed: money(limits(NOW + SECOND)), records: { rigs: [rig({ agent: 'codex' })] } });
    expect(dispatched(other)).toHaveLength(2);
  });

  test('is named with its time', () => {
    const view = slung({ observed: money(limits(NOW + MINUTE)) });
    expect(startRefusal(view, view.ledger.beads.get('b1')!)).toBe(
      'claude is turned away by its service until 2026-11-23T10:01:00.000Z: Too many.',
    );
  });
});
