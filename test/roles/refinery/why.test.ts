import { expect, test } from 'vitest';
import { whyWaiting } from '../../../roles/refinery/why.ts';
import { chainKey } from '../../../roles/role.ts';
import type { Merge } from '../../../source/ledger/schema.ts';
import {
  ago,
  approval,
  merge,
  rig,
  rigSeen,
  SECOND,
  sha,
  TIP,
  TIP_TREE,
  town,
  verdict,
  type WorldParts,
  world,
} from '../world.ts';

const TREE = sha('tree');
const grouped = (id: string, fields: Partial<Merge> = {}) => merge(id, { state: 'testing', group: 'g1', ...fields });
const held = (reason?: string) => merge('m1', { held: { at: ago(SECOND), by: 'operator', ...(reason && { reason }) } });

/** Seen on its rig, stacked with everything in group g1. */
const view = (merges: readonly Merge[], parts: WorldParts = {}) => {
  const members = merges.filter(one => one.group === 'g1');
  return world({
    ...parts,
    records: { merges, ...parts.records },
    observed: {
      rigs: new Map([['app', rigSeen()]]),
      chains: new Map([
        ['app', { tip: TIP, key: chainKey(members), links: [], candidate: { commit: sha('c'), tree: TREE } }],
      ]),
      ...parts.observed,
    },
  });
};

const table: [string, readonly Merge[], WorldParts][] = [
  ['landed as 616263000000', [merge('m1', { state: 'landed', landedSha: sha('abc') })], {}],
  [
    'bounced: conflicts in a.ts',
    [merge('m1', { state: 'bounced', cause: { kind: 'conflict', summary: 'conflicts in a.ts', at: ago(SECOND) } })],
    {},
  ],
  ['rejected', [merge('m1', { state: 'rejected' })], {}],
  ['a newer request for the same work took its place', [merge('m1', { state: 'superseded' })], {}],
  [
    'emergency stop: fire',
    [merge('m1')],
    { records: { town: [town({ estop: { at: ago(SECOND), by: 'operator', reason: 'fire' } })] } },
  ],
  [
    'landing as 616263000000',
    [merge('m1', { state: 'landing', landing: { old: TIP, new: sha('abc'), tree: TREE, at: ago(SECOND) } })],
    {},
  ],
  ['held: wait for Monday', [held('wait for Monday')], {}],
  ['held by operator', [held()], {}],
  ['waits for your approval', [merge('m1')], { records: { rigs: [rig({ policy: 'all' })] } }],
  ['waits for your approval: the rig has no gates', [merge('m1')], { records: { rigs: [rig({ gates: [] })] } }],
  [
    'queue paused by operator',
    [merge('m1')],
    { records: { town: [town({ mergePaused: { app: { at: ago(SECOND), by: 'operator' } } })] } },
  ],
  ['its rig app was removed', [merge('m1')], { records: { rigs: [rig({ removedAt: ago(SECOND) })] } }],
  ['the target has not been read yet', [merge('m1')], { observed: { rigs: new Map() } }],
  [
    'the target cannot be read: no route',
    [merge('m1')],
    { observed: { rigs: new Map([['app', rigSeen({ error: 'no route' })]]) } },
  ],
  ['1st, next batch', [merge('m1')], {}],
  ['2nd, next batch', [merge('m1'), merge('m0', { priority: 0 })], {}],
  ['2nd, behind the batch under test', [merge('m1'), grouped('m0', { priority: 0 })], {}],
  [
    '2nd, behind 1 batch under test',
    [grouped('m1', { group: 'g1.1' }), grouped('m0', { priority: 0, group: 'g1.0' })],
    {},
  ],
  [`1st, being stacked alone on ${TIP.slice(0, 12)}`, [grouped('m1')], { observed: { chains: new Map() } }],
  ['1st, tested alone: gates are about to run', [grouped('m1')], {}],
  ['1st, tested with 1 other', [grouped('m1'), grouped('m2')], { running: ['gates:app'] }],
  ['1st, tested green alone, about to land', [grouped('m1')], { records: { verdicts: [verdict(TREE, ['pass'])] } }],
  [
    '1st, green, but nothing can land: dirty checkout',
    [grouped('m1')],
    {
      records: { verdicts: [verdict(TREE, ['pass'])] },
      observed: { rigs: new Map([['app', rigSeen({ blocked: 'dirty checkout' })]]) },
    },
  ],
  [
    '1st, test was red and green on the same tree: run again',
    [grouped('m1')],
    { records: { verdicts: [verdict(TREE, ['fail', 'pass'])] } },
  ],
  [
    '1st, test could not run (1 of 3, 1m ago): npm: not found',
    [grouped('m1', { since: ago(90 * SECOND) })],
    { records: { verdicts: [verdict(TREE, ['could_not_run'])] } },
  ],
  [
    '1st, red with others: being halved',
    [grouped('m1'), grouped('m2')],
    { records: { verdicts: [verdict(TREE, ['fail'])] } },
  ],
  ['1st, test red alone once, confirming', [grouped('m1')], { records: { verdicts: [verdict(TREE, ['fail'])] } }],
  [
    '1st, test red alone, checking whether the target is red too',
    [grouped('m1')],
    { records: { verdicts: [verdict(TREE, ['fail', 'fail'])] } },
  ],
  [
    '1st, test red alone 2 times, going back',
    [grouped('m1')],
    { records: { verdicts: [verdict(TREE, ['fail', 'fail']), verdict(TIP_TREE, ['pass'])] } },
  ],
  [
    '1st, about to land',
    [grouped('m1')],
    { records: { rigs: [rig({ gates: [] })], approvals: [approval(grouped('m1'))] } },
  ],
];

test.each(table)('a request says: %s', (expected, merges, parts) => {
  const given = view(merges, { ...parts, records: { ...parts.records, merges } });
  expect(whyWaiting(given, merges[0]!)).toBe(expected);
});
