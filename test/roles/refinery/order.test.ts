import { expect, test } from 'vitest';
import { compareGroups, nextGroup, queueOrder } from '../../../roles/refinery/order.ts';
import { ordinal } from '../../../roles/refinery/why.ts';
import { merge, NOW } from '../world.ts';

test('groups are ordered by their numbers, a group before its parts', () => {
  const groups = ['g10', 'g2.1', 'g2', 'g2.0.1', 'g3', 'g2.0', 'g2.0.0'];
  expect(groups.sort(compareGroups)).toEqual(['g2', 'g2.0', 'g2.0.0', 'g2.0.1', 'g2.1', 'g3', 'g10']);
});

test('the first group is g1, the next one above all that ever were', () => {
  expect(nextGroup([])).toBe('g1');
  expect(nextGroup([merge('m1', { group: 'g9.1.0' }), merge('m2', { group: 'g10' }), merge('m3')])).toBe('g11');
});

test('ordering makes a new array', () => {
  const merges = [merge('m2'), merge('m1')];
  expect(queueOrder(merges, { now: NOW, priorityAgeMs: 0 }).map(one => one.id)).toEqual(['m1', 'm2']);
  expect(merges.map(one => one.id)).toEqual(['m2', 'm1']);
});

test('places have their English endings', () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111].map(ordinal)).toEqual([
    '1st',
    '2nd',
    '3rd',
    '4th',
    '11th',
    '12th',
    '13th',
    '21st',
    '22nd',
    '101st',
    '111th',
  ]);
});
