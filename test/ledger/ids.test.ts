import { describe, expect, it } from 'vitest';
import { adaptiveLength, beadId, childId, depthOf, hashId, mintId } from '../../source/ledger/ids.ts';

const seed = {
  title: 'Fix login',
  description: 'Details',
  creator: 'jira-import',
  createdAt: '2024-01-02T03:04:05.006Z',
};

describe('hashId', () => {
  it.each([
    [3, 'bd-vju'],
    [4, 'bd-8d8e'],
    [5, 'bd-bi3tk'],
    [6, 'bd-8bi3tk'],
    [7, 'bd-r5sr6bm'],
    [8, 'bd-8r5sr6bm'],
  ])('agrees with Beads at length %i', (length, id) => {
    expect(hashId('bd', seed, { length, nonce: 0 })).toBe(id);
  });

  it('changes with the nonce and with what it is made from', () => {
    const ids = [
      hashId('bd', seed, { length: 8, nonce: 0 }),
      hashId('bd', seed, { length: 8, nonce: 1 }),
      hashId('bd', { ...seed, title: 'Fix logout' }, { length: 8, nonce: 0 }),
      hashId('bd', { ...seed, nanoseconds: 1 }, { length: 8, nonce: 0 }),
    ];
    expect(new Set(ids).size).toBe(4);
  });
});

describe('adaptiveLength', () => {
  it.each([
    [0, 3],
    [163, 3],
    [164, 4],
    [983, 4],
    [984, 5],
    [5_898, 5],
    [5_899, 6],
    [35_389, 6],
    [35_390, 7],
    [212_339, 7],
    [212_340, 8],
    [10_000_000, 8],
  ])('of %i beads is %i', (count, length) => {
    expect(adaptiveLength(count)).toBe(length);
  });
});

describe('beadId', () => {
  it('tries ten nonces at a length before it takes a longer one', () => {
    const tried: string[] = [];
    const id = beadId('bd', seed, { count: 0, isTaken: candidate => tried.push(candidate) <= 10 });
    expect(tried.slice(0, 10)).toEqual(
      Array.from({ length: 10 }, (_, nonce) => hashId('bd', seed, { length: 3, nonce })),
    );
    expect(id).toBe(hashId('bd', seed, { length: 4, nonce: 0 }));
  });

  it('finds a free one when every length is taken for ten nonces', () => {
    const taken = new Set<string>();
    for (let length = 3; length <= 8; length++)
      for (let nonce = 0; nonce < 10; nonce++) taken.add(hashId('bd', seed, { length, nonce }));
    const id = beadId('bd', seed, { count: 0, isTaken: candidate => taken.has(candidate) });
    expect(taken.has(id)).toBe(false);
    expect(id).toHaveLength('bd-'.length + 8);
  });
});

describe('childId', () => {
  it('counts up from one and stops at depth three', () => {
    const taken = new Set(['gt-a.1', 'gt-a.2']);
    expect(childId('gt-a', id => taken.has(id))).toBe('gt-a.3');
    expect(childId('gt-a.1.4', () => false)).toBe('gt-a.1.4.1');
    expect(childId('gt-a.1.4.1', () => false)).toBeUndefined();
    expect([depthOf('gt-a'), depthOf('gt-a.b'), depthOf('gt-a.1.2')]).toEqual([0, 0, 2]);
  });
});

describe('mintId', () => {
  it('is a prefix and eight random digits', () => {
    const ids = Array.from({ length: 1_000 }, () => mintId('mr'));
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^mr-[0-9a-z]{8}$/);
  });
});
