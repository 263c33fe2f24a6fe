import { describe, expect, test } from 'vitest';
import { radar } from '../../../roles/refinery/radar.ts';
import type { RadarObservation } from '../../../roles/role.ts';
import {
  ago,
  bodyOf,
  lines,
  MINUTE,
  merge,
  NOW,
  rig,
  rigSeen,
  SECOND,
  session,
  sha,
  TIP,
  town,
  type WorldParts,
  world,
} from '../world.ts';

const seenTip = { rigs: new Map([['app', rigSeen()]]) };
const merges = [merge('m1'), merge('m2', { priority: 0 }), merge('m3', { state: 'landed', landedSha: TIP })];
const records = { merges, sessions: [session('s1'), session('s2', { status: 'ended', outcome: 'done' })] };

const asks = (parts: WorldParts = {}) =>
  radar(world({ ...parts, records: { ...records, ...parts.records }, observed: { ...seenTip, ...parts.observed } }));

/** As it was seen a while ago. */
const picture = (key: string, agoMs: number): RadarObservation => ({
  key,
  at: NOW - agoMs,
  tip: TIP,
  branches: [],
  conflicts: [],
  left: 0,
});
const keyNow = (): string => bodyOf(asks(), 'radar.run')!.key as string;

describe('a look of the radar', () => {
  test('is asked for with all that is in flight, those ahead in the queue first', () => {
    const actions = asks();
    expect(lines(actions)).toEqual([`radar.run rig=app tip=${TIP} merges=m2+m1 sessions=s1`]);
    expect(actions[0]!.because).toContain('2 requests and 1 session in flight');
  });

  const still: [string, WorldParts][] = [
    ['where nothing is in flight', { records: { merges: [merges[2]!], sessions: [records.sessions[1]!] } }],
    ['where the target is not known', { observed: { rigs: new Map() } }],
    ['in a town that is stopped', { records: { town: [town({ estop: { at: ago(SECOND), by: 'me', reason: 'x' } })] } }],
    ['in a rig that was removed', { records: { rigs: [rig({ removedAt: ago(SECOND) })] } }],
    ['where nothing moved', { observed: { radar: new Map([['app', picture(keyNow(), 60 * MINUTE)]]) } }],
    ['a moment after the last', { observed: { radar: new Map([['app', picture('other', 2 * SECOND)]]) } }],
  ];
  test.each(still)('is not asked for %s', (_, parts) => {
    expect(asks(parts)).toEqual([]);
  });

  const moved: [string, WorldParts][] = [
    ['the target', { observed: { rigs: new Map([['app', rigSeen({ tip: sha('next') })]]) } }],
    ['a head', { records: { merges: [merge('m1'), merge('m2', { head: sha('other') })] } }],
    ['a session, by ending', { records: { sessions: [] } }],
    [
      'what was saved of a session',
      { observed: { dogs: new Map([['checkpoint', { lastRunAt: NOW, ok: true, note: '' }]]) } },
    ],
  ];
  test.each(moved)('is asked for again when %s moved', (_, parts) => {
    const last = new Map([['app', picture(keyNow(), 10 * SECOND)]]);
    expect(asks({ ...parts, observed: { ...parts.observed, radar: last } })).toHaveLength(1);
  });
});
