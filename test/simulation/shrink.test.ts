import { describe, expect, test } from 'vitest';
import { BrokenTown, type Life, lifeOf, live } from './life.ts';
import { MISCHIEF } from './mischief.ts';
import { shrink } from './shrink.ts';
import { linesOf } from './state.ts';
import { openTown } from './town.ts';

const anything = (life: Life): Life => ({ ...life, mischief: [...MISCHIEF], trouble: 0.5, flakes: 0.15, beads: 12 });

describe('a town that breaks a promise', () => {
  test('is shrunk to what it takes to break it', () => {
    const life = anything(lifeOf(3, { mischief: true }));
    const failure = new BrokenTown(openTown(life), new Error('broken'));
    const fails = (smaller: Life) =>
      smaller.beads >= 3 && smaller.mischief.includes('late') && smaller.faultsMs >= 20_000 ? failure : undefined;
    const small = shrink(life, failure, fails).life;
    expect(small).toMatchObject({ beads: 3, mischief: ['late'], disturbed: false, meddled: false });
    expect(small).toMatchObject({ trouble: 0, flakes: 0, brokenTarget: false });
    expect(small.faultsMs).toBeLessThan(21_000);
  });

  test('does so again when its seed is run again: a life is the same each time', () => {
    const life = lifeOf(5, { mischief: true });
    expect(linesOf(live(life).state)).toEqual(linesOf(live(life).state));
  });
});

test('every kind of mischief happens, and a town lives through each of them alone', () => {
  const lives = [11, 12, 13, 14].map(seed => ({
    ...lifeOf(seed, { mischief: false }),
    agent: 'claude' as const,
    beads: 8,
  }));
  const calm = lives.map(life => linesOf(live(life).state));
  for (const kind of MISCHIEF) {
    const troubled = lives.map(life => linesOf(live({ ...life, mischief: [kind] }).state));
    expect(troubled, kind).not.toEqual(calm);
  }
});
