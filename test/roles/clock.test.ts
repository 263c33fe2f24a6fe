import { describe, expect, test } from 'vitest';
import { respawnCap, restsUntil } from '../../roles/caps.ts';
import { deacon } from '../../roles/deacon.ts';
import { fateOf } from '../../roles/fate.ts';
import { ROLE_NAMES } from '../../roles/role.ts';
import { ago, bead, NOW, polecat, SECOND, seen, session, world } from './world.ts';

const DAY_MS = 86_400_000;
const tomorrow = ago(-DAY_MS);

describe('after the clock was set back by a day', () => {
  test('a report is settled at once instead of a day later', () => {
    const reported = session('s1', {
      agent: 'claude',
      reported: { kind: 'done', at: tomorrow, summary: 'done' } as never,
    });
    const view = world({
      records: {
        beads: [bead('b1')],
        polecats: [polecat('app/fern', { hook: 'b1', session: 's1' })],
        sessions: [reported],
      },
      observed: { sessions: new Map([['s1', seen({ alive: true })]]) },
    });
    expect(fateOf(view, reported)).toMatchObject({ kind: 'collect' });
  });

  test('a session that the host does not know is lost, not unknown for a day', () => {
    const begun = session('s1', { startedAt: tomorrow });
    const view = world({ records: { sessions: [begun] }, observed: { sessions: new Map() } });
    expect(fateOf(view, begun)).toEqual({ kind: 'lost', forMs: 0 });
  });

  test('a bead rests no longer than it would have', () => {
    const tired = bead('b1', { town: { ...bead('b1').town, respawns: 2 } } as never);
    expect(respawnCap(world({ records: { beads: [tired] } }), tired)).toBeUndefined();
    const ended = (at: string) => session('s1', { bead: 'b1', status: 'ended', endedAt: at });
    expect(restsUntil(world(), tired, ended(tomorrow))).toBe(0);
    expect(restsUntil(world(), tired, ended(ago(SECOND)))).toBeGreaterThan(0);
  });

  test('no role is called silent because the Deacon last beat by the clock of before', () => {
    const heartbeats = new Map(ROLE_NAMES.map(role => [role, role === 'deacon' ? NOW + DAY_MS : NOW]));
    expect(deacon(world({ observed: { heartbeats } }))).toEqual([]);
    const silent = new Map(ROLE_NAMES.map(role => [role, role === 'mayor' ? NOW - DAY_MS : NOW]));
    expect(deacon(world({ observed: { heartbeats: silent } }))).toHaveLength(1);
  });
});
