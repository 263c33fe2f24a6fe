import { describe, expect, test } from 'vitest';
import type { Effect } from '../../roles/role.ts';
import { digestLine, digestLines, digestOf, isNothingNew } from '../../source/town/digest.ts';
import { explain } from '../../source/town/why.ts';
import { attentionRow } from '../components/small-view.ts';
import { ago, bead, MINUTE, merge, NOW, polecat, session, type WorldParts, world } from '../roles/world.ts';

const HOUR = 60 * MINUTE;
const SINCE = NOW - 8 * HOUR;
const digest = (records: WorldParts['records'] = {}, rows: Parameters<typeof digestOf>[2] = []) =>
  digestOf(world({ records }).ledger, SINCE, rows);

const cost = (id: string, fields: { session: string; at: string; nanos: number }) => ({
  id,
  rev: 1,
  bead: 'b1',
  polecat: 'app/fern',
  rig: 'app',
  agent: 'claude',
  model: 'm',
  day: '2026-11-23',
  source: 'meter' as const,
  calls: 1,
  usage: { uncachedIn: 0, cacheRead: 0, cacheWrite: 0, out: 1, reasoning: 0 },
  unpriced: 0,
  ...fields,
});

describe('what happened since a moment', () => {
  const records: WorldParts['records'] = {
    merges: [
      merge('m2', { state: 'landed', since: ago(HOUR) }),
      merge('m1', { state: 'landed', since: ago(2 * HOUR), title: 'The\tfirst' }),
      merge('m0', { state: 'landed', since: ago(9 * HOUR) }),
      merge('m3', {
        state: 'bounced',
        since: ago(HOUR),
        cause: { kind: 'red', summary: 'gate test fails', at: ago(HOUR) },
      }),
      merge('m4', { state: 'queued', since: ago(HOUR) }),
    ],
    beads: [
      bead('b1', { status: 'blocked', town: { parked: { at: ago(HOUR), reason: 'died 3 times' } } }),
      bead('b2', { status: 'blocked', town: { parked: { at: ago(9 * HOUR), reason: 'long ago' } } }),
      bead('b3', { status: 'closed', closed_at: ago(HOUR), close_reason: 'no change needed' }),
      bead('b4', { status: 'closed', closed_at: ago(HOUR), town: { landed_sha: 'a'.repeat(40) } }),
    ],
    sessions: [
      session('s1', { status: 'ended', outcome: 'died', startedAt: ago(2 * HOUR), endedAt: ago(HOUR) }),
      session('s2', { status: 'ended', outcome: 'done', startedAt: ago(2 * HOUR), endedAt: ago(HOUR) }),
      session('s3', { status: 'ended', outcome: 'died', startedAt: ago(10 * HOUR), endedAt: ago(9 * HOUR) }),
    ],
    costs: [
      cost('c1', { session: 's1', at: ago(HOUR), nanos: 2_000_000_000 }),
      cost('c2', { session: 's3', at: ago(9 * HOUR), nanos: 5_000_000_000 }),
    ],
  };

  test('is what landed, came back, was given up or closed, what failed and what it cost', () => {
    const found = digest(records, [attentionRow('approval:m9')]);
    expect(found.landed.map(({ id, title }) => [id, title])).toEqual([
      ['m1', 'The first'],
      ['m2', 'Merge m2'],
    ]);
    expect(found.bounced).toMatchObject([{ id: 'm3', why: 'gate test fails' }]);
    expect(found.parked).toMatchObject([{ id: 'b1', why: 'died 3 times' }]);
    expect(found.closed).toMatchObject([{ id: 'b3', why: 'no change needed' }]);
    expect(found).toMatchObject({ lostSessions: 1, costUsd: 2, isCostAtMost: false, since: ago(8 * HOUR) });
    expect(digestLine(found, NOW)).toBe(
      'Since you left 8h 00m ago: 2 landed, 1 came back, 1 given up, 1 closed without a change, 1 session ended badly, $2.00; 1 waits for you ({attention})',
    );
    expect(digestLines(found, NOW)).toEqual([
      `Since ${ago(8 * HOUR)} (8h 00m ago):`,
      '2 landed:',
      '  m1  The first',
      '  m2  Merge m2',
      '1 came back:',
      '  m3  Merge m3: gate test fails',
      '1 given up:',
      '  b1  Bead b1: died 3 times',
      '1 closed without a change:',
      '  b3  Bead b3: no change needed',
      '1 session ended badly',
      'cost $2.00',
      '1 waits for you:',
      '  mr-1  Question approval:m9  (medium)',
    ]);
  });

  test('costs at most what a session spent that was at work before', () => {
    const found = digest({
      sessions: [session('s1', { startedAt: ago(9 * HOUR) })],
      costs: [cost('c1', { session: 's1', at: ago(HOUR), nanos: 1_500_000_000 })],
    });
    expect(digestLine(found, NOW)).toBe('Since you left 8h 00m ago: at most $1.50; nothing waits for you');
    expect(isNothingNew(found)).toBe(false);
  });

  test('is nothing in a town that was idle', () => {
    expect(isNothingNew(digest())).toBe(true);
    expect(digestLines(digest(), NOW).slice(1)).toEqual(['nothing happened', 'nothing waits for you']);
  });
});

describe('why', () => {
  const decision = (id: string, ...entries: [number, string, string, string][]) => ({
    id,
    rev: 1,
    entries: entries.map(([agoMs, by, action, because]) => ({ at: ago(agoMs), by, action, because })),
  });
  const { ledger } = world({
    records: {
      beads: [bead('b1')],
      polecats: [polecat('app/fern', { session: 's1' })],
      sessions: [session('s1')],
      merges: [merge('m1', { bead: 'b1' }), merge('m2', { bead: 'b2' })],
      decisions: [
        decision('b1', [9 * MINUTE, 'mayor', 'hook.set', 'ready'], [5 * MINUTE, 'town', 'session.end', 'died']),
        decision(
          's1',
          [8 * MINUTE, 'witness', 'session.ladder', 'no output'],
          [5 * MINUTE, 'town', 'session.end', 'died'],
        ),
        decision('m1', [MINUTE, 'refinery', 'merge.landed', 'green']),
        decision('m2', [MINUTE, 'refinery', 'merge.landed', 'another']),
      ],
    },
  });
  const did = (subject: string, effect: Effect) => ({
    at: NOW - 7 * MINUTE,
    role: 'witness' as const,
    subject,
    effect,
    because: 'no\toutput',
  });
  const recent = [
    did('b1', { type: 'session.interrupt', session: 's1' }),
    did('town', { type: 'dog.run', dog: 'backup' }),
    did('b2', { type: 'rig.refresh', rig: 'y' }),
  ];

  test('a bead: its own decisions, those about its sessions and requests, and what was done in passing, each once', () => {
    expect(explain(ledger, 'b1', { recent }).map(line => line.replace(/^\S+ {2}/, ''))).toEqual([
      'mayor  assigned: ready',
      'witness  took a step with s1: no output',
      'witness  interrupted: no output',
      'town  ended: died',
      'refinery  landed m1: green',
    ]);
  });
  test('a polecat: with its session; a dog by its name; without a running town only what is on record', () => {
    expect(explain(ledger, 'app/fern')).toHaveLength(2);
    expect(explain(ledger, 'backup', { recent })).toEqual([expect.stringContaining('ran backup: no output')]);
    expect(explain(ledger, 'b1')).toHaveLength(4);
  });
});
