import { describe, expect, test } from 'vitest';
import { gatesKey } from '../../../roles/refinery/round.ts';
import { type Standings, standingsOf } from '../../../roles/refinery/trials.ts';
import { chainKey } from '../../../roles/role.ts';
import type { Merge } from '../../../source/ledger/schema.ts';
import { ago, merge, rigSeen, SECOND, sha, TIP, verdict, type WorldParts, world } from '../world.ts';

const testing = (id: string, fields: Partial<Merge> = {}) =>
  merge(id, { state: 'testing', group: 'ladder', ...fields });
const suspected = (id: string, run: string) =>
  testing(id, { suspicion: { run, since: ago(SECOND), reds: 0, passed: 0 } });
const tree = (...ids: string[]) => sha(`t-${ids.join('')}`);

/** Every one of these lists is stacked on the tip. So much was bad of late that the first two are tested one by one, in two slots. */
const standings = (merges: readonly Merge[], stacks: readonly string[][], parts: WorldParts = {}) => {
  const bounced = Array.from({ length: 8 }, (_, at) =>
    merge(`x${at}`, { state: 'bounced', cause: { kind: 'red', summary: 'red', at: ago(SECOND) } }),
  );
  const chains = stacks.map(ids => ({
    tip: TIP,
    key: chainKey(ids.map(id => merges.find(one => one.id === id)!)),
    links: ids.map((id, at) => ({
      merge: id,
      outcome: 'stacked' as const,
      commit: sha(`c-${id}`),
      candidate: sha(`k-${id}`),
      tree: tree(...ids.slice(0, at + 1)),
    })),
  }));
  const view = world({
    ...parts,
    records: { merges: [...merges, ...bounced], ...parts.records },
    observed: { rigs: new Map([['app', rigSeen()]]), chains: new Map([['app', chains]]) },
    settings: { refinery: { slots: 2 } },
  });
  return standingsOf(view, view.ledger.rigs.get('app')!);
};
const short = (found: Standings | undefined) =>
  found?.trials.map(({ kind, ids, state }) => `${kind} ${ids.join('')} ${state}`);

describe('the ladder as it stands', () => {
  const four = ['a', 'b', 'c', 'd'].map(id => testing(id));
  const chain = [['a', 'b', 'c', 'd']];

  test('is none where nothing is under test', () => {
    expect(standings([merge('a')], [])).toBeUndefined();
  });

  test('has no trials before the requests are stacked', () => {
    expect(standings(four, [])?.trials).toEqual([]);
  });

  test('shows the prefixes that are tested or come next, and none between them', () => {
    expect(short(standings(four, chain))).toEqual(['prefix a waits', 'prefix ab waits']);
    const running = [gatesKey('app', tree('a', 'b', 'c', 'd'))];
    expect(short(standings(four, chain, { running }))).toEqual([
      'prefix a waits',
      'prefix ab waits',
      'prefix abcd running',
    ]);
  });

  test('shows what the gates said, also of a prefix that is no cut any more', () => {
    const records = { verdicts: [verdict(tree('a'), ['pass']), verdict(tree('a', 'b', 'c'), ['fail'])] };
    expect(short(standings(four, chain, { records }))).toEqual([
      'prefix a passed',
      'prefix ab waits',
      'prefix abc failed',
    ]);
  });

  test('names those that are suspected together, and tries an accused one by itself', () => {
    const merges = [testing('a'), suspected('b', 's1'), suspected('c', 's1'), suspected('d', 's2')];
    const records = { verdicts: [verdict(tree('d'), ['fail'])] };
    const found = standings(merges, [['a', 'b', 'c'], ['d']], { records });
    expect(found).toMatchObject({ suspects: [['b', 'c']], accused: ['d'] });
    expect(short(found)).toContain('alone d failed');
  });
});
