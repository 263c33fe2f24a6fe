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
const grouped = (id: string, fields: Partial<Merge> = {}) =>
  merge(id, { state: 'testing', group: 'ladder', ...fields });
const held = (reason?: string) => merge('m1', { held: { at: ago(SECOND), by: 'operator', ...(reason && { reason }) } });

/** Seen on its rig, all under test stacked, and each that is accused also alone. */
const view = (merges: readonly Merge[], parts: WorldParts = {}) => {
  const members = merges.filter(one => one.state === 'testing');
  const chained = members.filter(one => !one.suspicion).sort((a, b) => a.id.localeCompare(b.id));
  const accused = members.filter(one => one.suspicion);
  const chainOf = (stack: readonly Merge[]) => ({
    tip: TIP,
    key: chainKey(stack),
    links: stack.map(({ id }, at) => ({
      merge: id,
      outcome: 'stacked' as const,
      commit: sha(`c-${id}`),
      tree: at === stack.length - 1 ? TREE : sha(`t${at}`),
      candidate: sha(`k${at}`),
    })),
  });
  return world({
    ...parts,
    records: { merges, ...parts.records },
    observed: {
      rigs: new Map([['app', rigSeen()]]),
      chains: new Map([['app', [chainOf(chained), ...accused.map(one => chainOf([one]))]]]),
      ...parts.observed,
    },
  });
};
const accused = (reds: number) => grouped('m1', { suspicion: { run: 's1', since: ago(SECOND), reds, passed: 0 } });

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
  ['1st, tested next', [merge('m1')], {}],
  ['2nd, tested next', [merge('m1'), merge('m0', { priority: 0 })], {}],
  ['2nd, tested with the next ones', [merge('m1'), grouped('m0', { priority: 0 })], {}],
  [`1st, being stacked on ${TIP.slice(0, 12)}`, [grouped('m1')], { observed: { chains: new Map() } }],
  ['1st, gates are about to run', [grouped('m1')], {}],
  ['1st, tested with 1 other', [grouped('m1'), grouped('m2')], { running: [`gates:app:${TREE}`] }],
  [
    '1st, tested alone, about 4m to go',
    [grouped('m1')],
    {
      running: [`gates:app:${TREE}`],
      records: {
        verdicts: [
          { ...verdict(sha('old'), ['pass']), runs: [{ outcome: 'pass', at: ago(SECOND), durationMs: 240_000 }] },
        ],
      },
    },
  ],
  ['2nd, tested after those ahead of it', [grouped('m2'), grouped('m1')], { running: [`gates:app:${sha('t0')}`] }],
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
    '1st, test could not run (1 time, 1m ago): npm: not found',
    [grouped('m1', { since: ago(90 * SECOND) })],
    { records: { verdicts: [verdict(TREE, ['could_not_run'])] } },
  ],
  [
    '1st, one of 2 that were red together: the culprit is being looked for',
    [accused(0), grouped('m2', { suspicion: { run: 's1', since: ago(SECOND), reds: 0, passed: 0 } })],
    {},
  ],
  ['1st, suspected: tested alone next', [accused(0)], {}],
  ['1st, red alone 1 time, confirming', [accused(1)], {}],
  ['1st, red alone, checking whether the target is red too', [accused(2)], {}],
  ['1st, red alone 2 times, going back', [accused(2)], { records: { verdicts: [verdict(TIP_TREE, ['pass'])] } }],
  [
    '1st, tested green alone, about to land',
    [grouped('m1')],
    { records: { rigs: [rig({ gates: [] })], approvals: [approval(grouped('m1'))] } },
  ],
];

test.each(table)('a request says: %s', (expected, merges, parts) => {
  const given = view(merges, { ...parts, records: { ...parts.records, merges } });
  expect(whyWaiting(given, merges[0]!)).toBe(expected);
});
