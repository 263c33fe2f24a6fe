import { describe, expect, test } from 'vitest';
import { MAYOR } from '../helpers.ts';
import { town } from '../world.ts';

const planned = () => {
  const world = town();
  const id = world.id('plan.import', {
    title: 'Plan',
    rig: 'rust',
    beads: ['one', 'two', 'three'].map(key => ({ key, title: key, description: key, needs: [] })),
  });
  return { world, id, beads: world.data.convoys.get(id)!.beads };
};

describe('the order of a convoy', () => {
  test('is that of a person, and who gave it is kept', () => {
    const { world, id, beads } = planned();
    const order = [...beads].reverse();
    world.do('convoy.order', { id, beads: order });
    expect(world.data.convoys.get(id)).toMatchObject({ beads: order, ordered: { by: 'operator' } });
    expect(world.do('convoy.order', { id, beads: order })).toEqual([]);
  });

  test('is refused where it names other beads than the convoy has by now', () => {
    const { world, id, beads } = planned();
    expect(world.refusal('convoy.order', { id, beads: beads.slice(1) })).toMatch(/^conflict: .* other beads by now/);
    expect(world.refusal('convoy.order', { id, beads: [...beads, 'gt-x'] })).toMatch(/^conflict/);
  });

  test('is a decision of people alone', () => {
    const { world, id, beads } = planned();
    expect(world.refusal('convoy.order', { id, beads }, MAYOR)).toMatch(/^forbidden/);
  });
});

describe('a dog', () => {
  test('is switched off and on by a person, which is on record', () => {
    const world = town();
    world.do('town.dog', { dog: 'reaper', off: true });
    expect(world.data.town.get('town')?.dogsOff).toMatchObject({ reaper: { by: 'operator' } });
    expect(world.do('town.dog', { dog: 'reaper', off: true })).toEqual([]);
    world.do('town.dog', { dog: 'reaper', off: false });
    expect(world.data.town.get('town')?.dogsOff).toEqual({});
    expect(world.refusal('town.dog', { dog: 'reaper', off: true }, MAYOR)).toMatch(/^forbidden/);
  });
});
