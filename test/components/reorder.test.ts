import { describe, expect, test } from 'vitest';
import { queueOrder } from '../../roles/refinery/order.ts';
import type { Merge } from '../../source/ledger/schema.ts';
import type { OperatorIntent } from '../../source/town/view.ts';
import { ago, MINUTE, merge, NOW } from '../roles/world.ts';
import { play } from './play.ts';
import { beadRow, mergeRow, smallView } from './small-view.ts';

// Keys give places, and what follows from places is the Refinery's own order: both together are what a person sees.

const inOrder = (merges: readonly Merge[]): Merge[] => queueOrder(merges, { now: NOW, priorityAgeMs: 15 * MINUTE });

/** A queue, and what it is after `key` was pressed on one of its requests. */
const press = (queue: readonly Merge[], id: string, key: 'J' | 'K' | 'm'): Merge[] => {
  const merges = inOrder(queue).map(({ order }, at) =>
    mergeRow(inOrder(queue)[at]!.id, { position: at + 1, ...(order !== undefined && { order }) }),
  );
  const ids = merges.map(row => row.id);
  const [intent] = play(smallView({ merges })).setIds('refinery', ids).at('refinery', id).press(key).intents();
  const { payload } = intent as Extract<OperatorIntent, { type: 'merge.order' }>;
  const given = new Map([payload, ...(payload.others ?? [])].map(one => [one.id, one.order ?? undefined]));
  return inOrder(queue.map(one => (given.has(one.id) ? { ...one, order: given.get(one.id)! } : one)));
};
const ids = (queue: readonly Merge[]): string => queue.map(({ id }) => id).join(' ');

describe('J and K in the queue', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map((id, at) => merge(id, { createdAt: ago((9 - at) * MINUTE) }));

  test.each<[string, 'J' | 'K', string]>([
    ['a', 'J', 'b a c d e'],
    ['d', 'J', 'a b c e d'],
    ['c', 'K', 'a c b d e'],
    ['e', 'K', 'a b c e d'],
  ])('%s with %s changes places with its neighbour alone, however many stand behind', (id, key, expected) => {
    expect(ids(press(five, id, key))).toBe(expected);
  });

  test('again and again goes place by place, also past one that was put first', () => {
    const first = press(five, 'd', 'm');
    expect(ids(first)).toBe('d a b c e');
    expect(ids(press(first, 'd', 'J'))).toBe('a d b c e');
    expect(ids(press(press(first, 'd', 'J'), 'd', 'J'))).toBe('a b d c e');
    expect(ids(press(press(press(five, 'e', 'K'), 'e', 'K'), 'e', 'K'))).toBe('a e b c d');
  });
});

describe('J and K in the plan', () => {
  const view = smallView({
    beads: new Map(
      [
        beadRow('gt-1', { convoy: 'cv-1' }),
        beadRow('gt-2', { convoy: 'cv-1', status: 'closed', phase: 'landed' }),
        beadRow('gt-3', { convoy: 'cv-1' }),
        beadRow('gt-4'),
      ].map(bead => [bead.id, bead]),
    ),
    convoys: [{ ...smallView().convoys[0]!, beads: ['gt-1', 'gt-2', 'gt-3'], closed: 1 }],
    loose: ['gt-4'],
  });
  const at = (id: string) => play(view).at('plan', id);

  test('change places with the next one that is still to do', () => {
    const order = { type: 'convoy.order', payload: { id: 'cv-1', beads: ['gt-3', 'gt-2', 'gt-1'] } };
    expect(at('gt-1').press('J').intents()).toEqual([order]);
    expect(at('gt-3').press('K').intents()).toEqual([order]);
  });

  test.each([
    ['gt-1', 'K', 'gt-1 is first already.'],
    ['gt-3', 'J', 'gt-3 is last already.'],
    ['gt-2', 'J', 'gt-2 is finished.'],
    ['gt-4', 'J', 'gt-4 belongs to no convoy: p and P change its priority.'],
    ['cv-1', 'J', 'Select a bead: convoys are in the order in which they were made.'],
  ])('%s with %s is refused: %s', (id, key, reason) => {
    const game = at(id).press(key);
    expect(game.intents()).toEqual([]);
    expect(game.flash).toBe(reason);
  });
});

describe('o on a dog', () => {
  const dogs = (fields: object) =>
    smallView({
      health: {
        ...smallView().health,
        dogs: [{ name: 'reaper', plain: 'cleans up', ok: true, note: '', intervalMs: 1_000, ...fields }],
      },
    });

  test('switches it off, and on again', () => {
    const press = (fields: object) => play(dogs(fields)).at('health', 'reaper').press('o');
    expect(press({}).intents()).toEqual([{ type: 'town.dog', payload: { dog: 'reaper', off: true } }]);
    expect(press({ offBy: 'operator' }).intents()).toEqual([
      { type: 'town.dog', payload: { dog: 'reaper', off: false } },
    ]);
    expect(press({ intervalMs: 0 }).flash).toMatch(/off in the config/);
  });
});
