import { describe, expect, test } from 'vitest';
import type { Severity } from '../../../source/ledger/schema.ts';
import { byCostOfWaiting, countBehind } from '../../../source/town/project/order.ts';
import { bead, NOW, world } from '../../roles/world.ts';

const HOUR = 60 * 60_000;
const row = (key: string, fields: { behind?: number; severity?: Severity; hours?: number } = {}) => ({
  key,
  behind: fields.behind ?? 0,
  severity: fields.severity ?? ('medium' as const),
  since: NOW - (fields.hours ?? 0) * HOUR,
});

describe('what costs most by waiting comes first', () => {
  test.each([
    ['what more beads wait behind', row('a', { behind: 2 }), row('b', { behind: 1 })],
    ['what is graver', row('a', { severity: 'high' }), row('b')],
    ['what is older', row('a', { hours: 1 }), row('b')],
    [
      'what is critical, before what three beads wait behind',
      row('a', { severity: 'critical' }),
      row('b', { behind: 3 }),
    ],
    [
      'what very many wait behind, before what is critical',
      row('a', { behind: 40 }),
      row('b', { severity: 'critical' }),
    ],
    [
      'what is small and has waited for a day, before what is high and new',
      row('a', { hours: 24 }),
      row('b', { severity: 'high' }),
    ],
    ['what many wait behind, before what is only old', row('a', { behind: 10 }), row('b', { hours: 5 })],
    ['the key, where all else is the same', row('a'), row('b')],
  ])('%s', (_, first, second) => {
    expect([second, first].sort(byCostOfWaiting)).toEqual([first, second]);
    expect([first, second].sort(byCostOfWaiting)).toEqual([first, second]);
  });
});

describe('beads that wait behind one', () => {
  const on = (id: string, ...edges: [string, string][]) =>
    bead(id, { dependencies: edges.map(([to, type]) => ({ issue_id: id, depends_on_id: to, type })) });
  const behind = (...beads: ReturnType<typeof bead>[]) => countBehind(world({ records: { beads } }).ledger);

  test('are counted through others, once, and in a circle too', () => {
    const counted = behind(
      bead('a'),
      on('b', ['a', 'blocks']),
      on('c', ['a', 'blocks'], ['b', 'blocks']),
      on('d', ['c', 'waits-for']),
      on('x', ['y', 'blocks']),
      on('y', ['x', 'blocks']),
    );
    expect(['a', 'b', 'c', 'd', 'x', 'nobody'].map(id => counted.get(id))).toEqual([3, 2, 1, 0, 1, 0]);
  });
  test('are neither closed nor merely related', () => {
    const closed = { ...on('b', ['a', 'blocks']), status: 'closed' };
    expect(behind(bead('a'), closed, on('c', ['a', 'related'])).get('a')).toBe(0);
  });
});
