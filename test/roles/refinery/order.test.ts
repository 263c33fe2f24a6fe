import { expect, test } from 'vitest';
import { queueOrder } from '../../../roles/refinery/order.ts';
import { ordinal } from '../../../roles/refinery/why.ts';
import { merge, NOW } from '../world.ts';

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
