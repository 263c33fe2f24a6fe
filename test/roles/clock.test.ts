import { describe, expect, test } from 'vitest';
import { respawnCap, restsUntil } from '../../roles/caps.ts';
import { deacon } from '../../roles/deacon.ts';
import { isDue } from '../../roles/dogs/due.ts';
import { fateOf, isWaiting } from '../../roles/fate.ts';
import { stateOf } from '../../roles/refinery/verdicts.ts';
import { refinery } from '../../roles/refinery.ts';
import { ROLE_NAMES } from '../../roles/role.ts';
import { quarantine } from '../../roles/witness/quarantine.ts';
import {
  ago,
  bead,
  escalation,
  lines,
  MINUTE,
  merge,
  NOW,
  polecat,
  rigSeen,
  SECOND,
  seen,
  session,
  sha,
  verdict,
  world,
} from './world.ts';

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

  test('an agent that its service turned away is not waited for a day longer', () => {
    const limited = (since: number) => {
      const agent = { state: 'limited' as const, since, source: 'protocol' as const, evidence: '', turns: 1, asks: 0 };
      return seen({ alive: true, agent: { ...agent, limitedUntil: NOW + DAY_MS } });
    };
    const begun = session('s1', { agent: 'claude' });
    expect(isWaiting(world(), begun, limited(NOW - SECOND))).toBe(true);
    expect(isWaiting(world(), begun, limited(NOW + SECOND))).toBe(false);
  });

  test('a bead rests no longer than it would have', () => {
    const tired = bead('b1', { town: { ...bead('b1').town, respawns: 2 } } as never);
    expect(respawnCap(world({ records: { beads: [tired] } }), tired)).toBeUndefined();
    const ended = (at: string) => session('s1', { bead: 'b1', status: 'ended', endedAt: at });
    expect(restsUntil(world(), tired, ended(tomorrow))).toBe(0);
    expect(restsUntil(world(), tired, ended(ago(SECOND)))).toBeGreaterThan(0);
  });

  test('gates that could not run are tried again after their pause, not a day later', () => {
    const m1 = merge('m1', { state: 'testing', group: 'ladder' });
    const stack = { commit: sha('c'), tree: sha('t'), members: [m1] };
    const ranAgo = (lastAgoMs: number) => {
      const verdicts = [verdict(sha('t'), ['could_not_run'], { lastAgoMs })];
      const view = world({ records: { merges: [m1], verdicts } });
      const [only] = view.ledger.rigs.values();
      return stateOf({ view, rig: only!, seen: rigSeen(), members: [m1] }, stack);
    };
    expect([ranAgo(0), ranAgo(MINUTE), ranAgo(-DAY_MS)]).toEqual(['resting', 'open', 'open']);
  });

  test('a look at the target is new when it is by the new clock, whenever the request last changed, and old when it is by the other', () => {
    const asked = (seenAt: number, since: string) =>
      lines(
        refinery(
          world({
            records: { merges: [merge('m1', { state: 'testing', group: 'ladder', since })] },
            observed: { rigs: new Map([['app', rigSeen({ at: seenAt })]]) },
          }),
        ),
      ).filter(line => line.startsWith('rig.refresh'));
    expect(asked(NOW, tomorrow)).toEqual([]);
    expect(asked(NOW + DAY_MS, ago(SECOND))).toHaveLength(1);
    expect(asked(NOW - SECOND, ago(0))).toHaveLength(1);
  });

  test('Dogs run, escalations climb, a quarantine ends, and the dead of tomorrow are no mass death', () => {
    const dogs = new Map([['doctor' as const, { lastRunAt: NOW + DAY_MS, ok: true, note: '' }]]);
    expect(isDue(world({ observed: { dogs } }), 'doctor', MINUTE)).toBe(true);
    const open = { ...escalation('e1'), at: tomorrow };
    expect(lines(deacon(world({ records: { escalations: [open] } })))).toEqual([
      expect.stringContaining('escalation.climb'),
    ]);
    const resting = polecat('app/fern', { state: 'quarantined', since: tomorrow });
    expect(quarantine(world(), resting)).toHaveLength(1);
    const dead = [1, 2, 3, 4].map(n =>
      session(`s${n}`, { bead: `b${n}`, status: 'ended', outcome: 'died', endedAt: tomorrow }),
    );
    expect(lines(deacon(world({ records: { sessions: dead } })))).toEqual([]);
  });

  test('no role is called silent because the Deacon last beat by the clock of before', () => {
    const heartbeats = new Map(ROLE_NAMES.map(role => [role, role === 'deacon' ? NOW + DAY_MS : NOW]));
    expect(deacon(world({ observed: { heartbeats } }))).toEqual([]);
    const silent = new Map(ROLE_NAMES.map(role => [role, role === 'mayor' ? NOW - DAY_MS : NOW]));
    expect(deacon(world({ observed: { heartbeats: silent } }))).toHaveLength(1);
  });
});
