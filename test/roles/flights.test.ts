import { describe, expect, test } from 'vitest';
import { mayor } from '../../roles/mayor.ts';
import { overlapping } from '../../roles/overlap.ts';
import type { RadarObservation } from '../../roles/role.ts';
import { ago, bead, MINUTE, merge, NOW, polecat, session, sha, TIP, type WorldParts, wanted, world } from './world.ts';

const branch = (id: string, ...files: string[]) => ({ id, head: sha(`h-${id}`), files });
const radarOf = (...branches: RadarObservation['branches']): WorldParts['observed'] => ({
  radar: new Map([['app', { key: 'k', at: NOW, tip: TIP, branches, conflicts: [], left: 0 }]]),
});

const order = (parts: WorldParts) => mayor(world(parts)).map(action => action.subject);
const flying = { beads: [bead('b9', { status: 'in_progress' })], merges: [merge('m9', { bead: 'b9' })] };
const first = { priority: 0, town: { touches: ['src/a.ts'] } };

describe('a bead that will meet work under way', () => {
  test('is put behind others, and taken up with what it may conflict with', () => {
    const parts = {
      records: { ...flying, beads: [...flying.beads, wanted('b1', first), wanted('b2')] },
      observed: radarOf(branch('m9', 'src/a.ts')),
    };
    const actions = mayor(world(parts));
    expect(actions.map(action => action.subject)).toEqual(['b2', 'b1']);
    expect(actions[1]!.because).toContain('may conflict with m9 in src/a.ts');
    expect(actions[0]!.because).not.toContain('conflict');
  });

  test('is known by the files that it did not fit in before', () => {
    const cause = { kind: 'conflict' as const, summary: 's', files: ['src/a.ts'], at: ago(MINUTE) };
    const again = wanted('b1', { priority: 0, town: { cause, dispatch: { at: ago(MINUTE), by: 'refinery' } } });
    const records = { ...flying, beads: [...flying.beads, again, wanted('b2')] };
    expect(order({ records, observed: radarOf(branch('m9', 'src/a.ts')) })).toEqual(['b2', 'b1']);
  });

  test('meets what a session was seen to change', () => {
    const records = {
      beads: [bead('b9'), wanted('b1', first), wanted('b2')],
      polecats: [polecat('app/fern', { state: 'working', hook: 'b9', session: 's9' })],
      sessions: [session('s9', { bead: 'b9' })],
    };
    expect(order({ records, observed: radarOf(branch('s9', 'src/a.ts')) })).toEqual(['b2', 'b1']);
    expect(order({ records, observed: radarOf(branch('s9', 'src/b.ts')) })).toEqual(['b1', 'b2']);
  });

  test.each([
    ['has been passed over for long', { dispatch: { at: ago(15 * MINUTE), by: 'operator' } }, 'm9'],
    ['is of another repository', { rig: 'web' }, 'm9'],
    ['meets only what has ended since', {}, 'gone'],
  ])('is not put behind others when it %s', (_, more, id) => {
    const mine = wanted('b1', { priority: 0, town: { touches: ['src/a.ts'], ...more } });
    const web = world({}).ledger.rigs.get('app')!;
    const records = {
      ...flying,
      rigs: [web, { ...web, id: 'web' }],
      beads: [...flying.beads, mine, wanted('b2')],
    };
    expect(order({ records, observed: radarOf(branch(id, 'src/a.ts')) })).toEqual(['b1', 'b2']);
  });
});

test('the path on which two sets meet is one of the other', () => {
  expect(overlapping(['src/*.ts'], ['docs/a.md', 'src/b.ts'])).toBe('src/b.ts');
  expect(overlapping(['src/a.ts'], ['src'])).toBe('src');
  expect(overlapping([], ['src'])).toBeUndefined();
});
