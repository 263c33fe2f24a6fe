import { describe, expect, test } from 'vitest';
import { chainKey } from '../../../roles/role.ts';
import type { ProjectionInput } from '../../../source/town/project/input.ts';
import { createProjector } from '../../../source/town/project/view.ts';
import { createWorld } from '../../../source/town/world.ts';
import { merge, NOW, rigSeen, SECOND, sha, TIP, verdict, world } from '../../roles/world.ts';

/** A town with two requests stacked, and how its queue is told at `now`. */
const queue = (runs: boolean) => {
  const merges = ['a', 'b'].map(id => merge(id, { state: 'testing', group: 'ladder' }));
  const { ledger, settings } = world({ records: { merges, verdicts: [verdict(sha('earlier'), ['pass'])] } });
  const seen = createWorld(NOW);
  seen.rigs.set('app', rigSeen());
  const links = merges.map(({ id }) => ({
    merge: id,
    outcome: 'stacked' as const,
    commit: sha(`c-${id}`),
    candidate: sha(`k-${id}`),
    tree: sha(`t-${id}`),
  }));
  seen.chains.set('app', [{ tip: TIP, key: chainKey(merges), links }]);
  if (runs)
    seen.gatesRunning.set(`app:${sha('t-b')}`, {
      rig: 'app',
      tree: sha('t-b'),
      gate: 'test',
      startedAt: NOW - SECOND,
      stop: () => {},
    });
  const project = createProjector();
  const look = (now: number) =>
    project(
      {
        ledger: { data: ledger, seq: 1, committedSeq: 1 },
        world: seen,
        config: { settings, name: 'town' },
        paths: { dir: '/' },
        now,
      } as unknown as ProjectionInput,
      [],
    );
  return look;
};

test('what gates said of landed work is told also by a town that was just opened', () => {
  const landing = { tree: sha('landed'), old: TIP, new: sha('c'), at: new Date(NOW).toISOString() };
  const merges = [merge('a', { state: 'landed', landing, landedSha: sha('c') })];
  const { ledger, settings } = world({
    records: {
      merges,
      verdicts: [verdict(sha('landed'), ['pass'])],
    },
  });
  const project = (isKnown: boolean) => {
    const seen = createWorld(NOW);
    if (isKnown) seen.rigs.set('app', rigSeen());
    const input = {
      ledger: { data: ledger, seq: 1, committedSeq: 1 },
      world: seen,
      config: { settings, name: 'town' },
      paths: { dir: '/' },
      now: NOW,
    };
    return createProjector()(input as unknown as ProjectionInput, []).merges[0]?.gates;
  };
  expect(project(true)).toEqual([{ name: 'test', outcome: 'pass' }]);
  expect(project(false)).toEqual(project(true));
});

describe('a view of the town', () => {
  test('says of a request that it is tested, with whom and for how long, once its gates run', () => {
    expect(queue(false)(NOW).merges[0]?.why).toBe('1st, gates are about to run, about 0s to go');
    const [first] = queue(true)(NOW).merges;
    expect(first?.why).toBe('1st, tested with 1 other, about 0s to go');
    expect(first?.gates).toEqual([{ name: 'test', outcome: 'running', startedAt: NOW - SECOND, usualMs: 10 }]);
  });

  test.each([
    ['conflict', 'conflicts with the target at 9c8b7f1 in a.js', 'conflicts with the target at 9c8b7f1 in a.js'],
    ['red', 'the gate test failed', 'red: the gate test failed'],
  ] as const)('says once why a request came back: %s, %s', (kind, summary, why) => {
    const { ledger, settings } = world({
      records: {
        merges: [merge('a', { state: 'bounced', cause: { kind, summary, at: new Date(NOW).toISOString() } })],
      },
    });
    const input = {
      ledger: { data: ledger, seq: 1, committedSeq: 1 },
      world: createWorld(NOW),
      config: { settings, name: 'town' },
      paths: { dir: '/' },
      now: NOW,
    };
    expect(createProjector()(input as unknown as ProjectionInput, []).merges[0]?.why).toBe(why);
  });

  test('keeps every row that did not change, so that it is not drawn again', () => {
    const look = queue(true);
    const [before, after] = [look(NOW), look(NOW + SECOND)];
    expect(after).not.toBe(before);
    expect(after.merges.map((row, at) => row === before.merges[at])).toEqual([true, true]);
    expect(after.rounds?.[0]).toBe(before.rounds?.[0]);
    expect(after.rigs[0]).toBe(before.rigs[0]);
    expect(after.trends).toBe(before.trends);
  });
});
