import { afterEach, describe, expect, test } from 'vitest';
import { budget, costs } from '../../source/commands/costs.ts';
import type { Invocation } from '../../source/commands/invocation.ts';
import { createOutput } from '../../source/commands/output.ts';
import { openAccess } from '../../source/town/access.ts';
import { MAYOR_ACTOR, OPERATOR, TOWN_ACTOR } from '../../source/town/context.ts';
import { holdTown } from '../../source/town/hold-town.ts';
import { dayOf } from '../../source/town/meter/day.ts';
import { type Bench, bench, cleanUpAll } from '../town/harness.ts';

afterEach(cleanUpAll);

const TODAY = dayOf(Date.now());
const usage = { uncachedIn: 1000, cacheRead: 500, cacheWrite: 0, out: 100, reasoning: 10 };
const SHA = 'a'.repeat(40);

/** A town that does not run, with one bead that two models worked on, today and the day before. */
const spentTown = async (
  budgets: Record<string, number> = {},
): Promise<{ town: Bench; bead: string; session: string }> => {
  const town = await bench('costs', { started: false, settings: { budgets } });
  const open = await holdTown({ dir: town.town, env: town.env, purpose: 'test' });
  const { execute } = open.context;
  const made = await execute(OPERATOR, {
    type: 'bead.create',
    payload: { title: 'Do it', rig: 'app', dispatch: true },
  });
  const bead = made.written.find(({ kind }) => kind === 'beads')!.id;
  await execute(MAYOR_ACTOR, { type: 'hook.set', payload: { bead, polecat: 'app/fern' } });
  const session = 's-1';
  await execute(TOWN_ACTOR, {
    type: 'session.start',
    payload: {
      id: session,
      polecat: 'app/fern',
      bead,
      agent: 'claude',
      base: SHA,
      checkout: '/c',
      tokenHash: 'f'.repeat(64),
    },
  });
  const entry = { session, usage, source: 'meter' as const, calls: 1, unpriced: 0 };
  await execute(TOWN_ACTOR, {
    type: 'usage.add',
    payload: {
      log: 'l',
      offset: 9,
      entries: [
        { ...entry, model: 'claude-sonnet-5', day: TODAY, nanos: 4_003_999_999 },
        { ...entry, model: 'claude-sonnet-5', day: '2026-01-01', nanos: 1_002_000_001 },
        { ...entry, model: 'house-model', day: TODAY, nanos: 0, unpriced: 1 },
      ],
    },
  });
  await open.close();
  return { town, bead, session };
};

const run = async (
  town: Bench,
  command: (invocation: Invocation, args: string[], options: Record<string, unknown>) => Promise<unknown>,
  call: { args?: string[]; by?: string; json?: boolean } = {},
): Promise<string[]> => {
  const written: string[] = [];
  const output = createOutput({ json: call.json ?? false, write: text => void written.push(text) });
  await command({ output, town: town.town, cwd: town.dir, env: town.env } as Invocation, call.args ?? [], {
    by: call.by ?? 'bead',
  });
  return written.join('').trimEnd().split('\n');
};

describe('gastown costs', () => {
  test('sums the records by bead, session, model and day, with what is unpriced beside it', async () => {
    const { town, bead, session } = await spentTown();
    const table = await run(town, costs, { by: 'model' });
    expect(table[1]).toMatch(/^claude-sonnet-5 +\$5\.01 +2 +2000 +1000 +200$/);
    expect(table[2]).toMatch(/^house-model +1 unpriced +1 +1000 +500 +100$/);
    expect(table[3]).toBe('Together $5.01 + 1 unpriced, $4.00 + 1 unpriced of it today.');
    for (const [by, key] of [
      ['bead', bead],
      ['session', session],
      ['polecat', 'app/fern'],
      ['agent', 'claude'],
    ] as const) {
      const [first, last] = (await run(town, costs, { by, json: true })).map(line => JSON.parse(line) as object);
      expect(first).toMatchObject({ type: 'cost', by, key, costUsd: 5.006, calls: 3, unpriced: 1 });
      expect(last).toMatchObject({ type: 'costs', costUsd: 5.006, todayUsd: 4.004 });
    }
    const days = await run(town, costs, { by: 'day' });
    expect([days[1], days[2]].map(line => line!.split(' ')[0])).toEqual(['2026-01-01', TODAY]);
  });

  test('agrees to the cent with the screen', async () => {
    const { town, bead } = await spentTown();
    const access = await openAccess({ dir: town.town, env: town.env });
    const view = await access.view();
    await access.close();
    const last = JSON.parse((await run(town, costs, { json: true })).at(-1)!) as { todayUsd: number };
    expect(view.counts.costTodayUsd).toBe(last.todayUsd);
    expect(view.counts.unpricedToday).toBe(1);
    expect(view.beads.get(bead)).toMatchObject({ costUsd: 5.006, unpriced: 1 });
    expect(view.polecats[0]).toMatchObject({ costUsd: 5.006 });
  });

  test('refuses a group that it does not know', async () => {
    const { town } = await spentTown();
    await expect(run(town, costs, { by: 'colour' })).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a budget', () => {
  const attention = async (town: Bench) => {
    const access = await openAccess({ dir: town.town, env: town.env });
    const rows = (await access.view()).attention;
    return { rows: rows.filter(({ kind }) => kind === 'budget'), access };
  };

  test('asks at four fifths, is raised by one key or let run out by another, and is not asked about again', async () => {
    const { town, bead } = await spentTown({ bead: 6, day: 5 });
    const { rows, access } = await attention(town);
    expect(rows.map(({ subject, title, yes, no }) => ({ subject, title, yes, no }))).toEqual([
      {
        subject: bead,
        title: `The budget of bead ${bead} is nearly spent (83 %)`,
        yes: 'raise it to $9.00',
        no: 'let it run out',
      },
      {
        subject: `day:${TODAY}`,
        title: `The budget of ${TODAY} is nearly spent (80 %)`,
        yes: 'raise it to $7.50',
        no: 'let it run out',
      },
    ]);
    const answer = (index: number, said: 'yes' | 'no') =>
      access.dispatch({ type: 'attention.answer', payload: { key: rows[index]!.key, answer: said } });
    expect((await answer(0, 'yes')).message).toContain('$9.00');
    await answer(1, 'no');
    await expect(answer(0, 'yes')).rejects.toMatchObject({ code: 'conflict' });
    expect((await access.view()).attention.filter(({ kind }) => kind === 'budget')).toEqual([]);
    await access.close();
  });

  test('that is spent says so until it is raised', async () => {
    const { town } = await spentTown({ town: 5 });
    const { rows, access } = await attention(town);
    expect(rows).toMatchObject([{ subject: 'town', title: 'The budget of the town is spent', severity: 'high' }]);
    expect(rows[0]!.no).toBeUndefined();
    await access.close();
    expect(await run(town, budget, { args: ['town', '20'] })).toEqual(['town: $20.00']);
    const after = await attention(town);
    expect(after.rows).toEqual([]);
    await after.access.close();
  });

  test('is listed with what was spent of it, set in USD, and taken back', async () => {
    const { town, bead } = await spentTown({ bead: 6 });
    expect((await run(town, budget))[1]).toMatch(new RegExp(`^${bead} +\\$5\\.01 +\\$6\\.00 +83 %$`));
    await run(town, budget, { args: ['day', '$40'] });
    expect(await run(town, budget, { json: true })).toHaveLength(2);
    await run(town, budget, { args: ['day', 'none'] });
    expect(await run(town, budget, { json: true })).toHaveLength(1);
    await expect(run(town, budget, { args: ['day', 'much'] })).rejects.toMatchObject({ code: 'usage' });
    await expect(run(town, budget, { args: ['no-such-bead', '5'] })).rejects.toMatchObject({ code: 'not_found' });
  });
});
