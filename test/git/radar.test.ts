import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RadarBranch } from '../../source/git/radar.ts';
import { makeRig, makeWork, sh } from './repositories.ts';

type Rig = Awaited<ReturnType<typeof makeRig>>;

const FILES = { 'a.txt': '1\n2\n3\n', 'b.txt': '1\n2\n3\n', 'c.txt': '1\n2\n3\n' };

/** One branch for each named script, on the rig's first tip. */
const branchesOf = async (rig: Rig, scripts: Record<string, string>): Promise<RadarBranch[]> => {
  const branches: RadarBranch[] = [];
  for (const [id, script] of Object.entries(scripts))
    branches.push({ id, base: rig.tip, head: await makeWork(rig, { base: rig.tip, name: id, script }) });
  return branches;
};

const objectsOf = (rig: Rig): string => sh('find objects -type f | sort && git for-each-ref', rig.landing.dir);

describe('the radar', () => {
  test('sees which branches conflict, in what, and leaves nothing in the repository', async () => {
    const rig = await makeRig(FILES);
    const branches = await branchesOf(rig, {
      one: 'echo one > a.txt; echo n > n.txt',
      two: 'echo two > a.txt; git rm -q b.txt',
      three: 'echo three >> b.txt',
      four: 'echo four > four.txt',
    });
    const before = objectsOf(rig);
    const picture = await rig.landing.radar.look({ tip: rig.tip, branches });
    expect(picture).toEqual({
      tip: rig.tip,
      branches: branches.map(({ id, head }, at) => ({
        id,
        head,
        files: [['a.txt', 'n.txt'], ['a.txt', 'b.txt'], ['b.txt'], ['four.txt']][at],
      })),
      conflicts: [
        { id: 'one', other: 'two', files: ['a.txt'], conflicts: [{ kind: 'content', files: ['a.txt'] }] },
        { id: 'two', other: 'three', files: ['b.txt'], conflicts: [{ kind: 'modify/delete', files: ['b.txt'] }] },
      ],
      left: 0,
      // `two` takes a file from the top folder: the others could lie where it was moved from.
      merges: 4 + 3,
    });
    expect(objectsOf(rig)).toBe(before);
    expect(existsSync(path.join(rig.landing.dir, 'radar'))).toBe(false);
  });

  test('blames the target for what conflicts with it, and not every branch that is up to date', async () => {
    const rig = await makeRig(FILES);
    const [stale] = await branchesOf(rig, { stale: 'echo mine > a.txt' });
    sh('echo theirs > a.txt && git commit -qam theirs', rig.origin);
    const { tip } = await rig.landing.refresh();
    const fresh = await makeWork(rig, { base: tip, name: 'fresh', script: 'echo f > f.txt' });
    // The heads themselves do conflict, by the base that they happen to share.
    expect((await rig.landing.mergeTree.merge(stale!.head, fresh)).outcome).toBe('conflict');
    const branches = [stale!, { id: 'fresh', base: tip, head: fresh }];
    const { conflicts } = await rig.landing.radar.look({ tip, branches });
    expect(conflicts).toEqual([{ id: 'stale', files: ['a.txt'], conflicts: expect.any(Array) }]);
  });

  test('asks again only about what moved', async () => {
    const rig = await makeRig(FILES);
    const branches = await branchesOf(rig, {
      one: 'echo one > a.txt',
      two: 'echo two > b.txt',
      three: 'echo three > c.txt',
      four: 'echo four > four.txt',
    });
    const { radar } = rig.landing;
    const look = async (some: readonly RadarBranch[]) => {
      const { merges, conflicts } = await radar.look({ tip: rig.tip, branches: some });
      return { merges, pairs: conflicts.map(({ id, other }) => `${id} ${other}`) };
    };
    expect(await look(branches), 'no two of them meet').toEqual({ merges: 4, pairs: [] });
    expect(await look(branches)).toEqual({ merges: 0, pairs: [] });
    const moved = await makeWork(rig, { base: rig.tip, name: 'again', script: 'echo four > a.txt' });
    const next = [...branches.slice(0, 3), { ...branches[3]!, head: moved }];
    expect(await look(next)).toEqual({ merges: 1 + 1, pairs: ['one four'] });
    expect(await look(next.slice(1))).toEqual({ merges: 0, pairs: [] });
    sh('echo on >> c.txt && git commit -qam on', rig.origin);
    const { tip } = await rig.landing.refresh();
    expect((await radar.look({ tip, branches: next })).merges).toBe(4 + 1);
  });

  test('asks Git where two meet without a file in common: a folder moved away under new files, a file where a folder goes', async () => {
    const rig = await makeRig({ 'd/a.txt': '1\n2\n3\n', 'd/b.txt': '4\n5\n6\n', 'far/x.txt': 'x\n' });
    const branches = await branchesOf(rig, {
      moves: 'git mv d e',
      adds: 'mkdir -p d/sub && echo new > d/sub/new.txt',
      file: 'echo file > place',
      folder: 'mkdir place && echo inside > place/inside',
      apart: 'echo y > far/y.txt',
    });
    const { conflicts, merges } = await rig.landing.radar.look({ tip: rig.tip, branches });
    expect(conflicts.map(({ id, other }) => `${id} ${other}`)).toEqual(['file folder']);
    expect(merges, 'only those two of ten pairs').toBe(5 + 2);
  });

  test('passes over branches that are not there, and makes file names safe', async () => {
    const rig = await makeRig(FILES);
    const name = "$(printf 'x\\033[31mred')";
    const branches = await branchesOf(rig, { one: `echo one > "${name}"`, two: `echo two > "${name}"` });
    const gone = { id: 'gone', base: rig.tip, head: '1'.repeat(40) };
    const picture = await rig.landing.radar.look({ tip: rig.tip, branches: [gone, ...branches] });
    expect(picture.branches.map(({ id }) => id)).toEqual(['one', 'two']);
    expect(picture.conflicts[0]!.files).toEqual(['x[31mred']);
    expect(picture.branches[0]!.files).toEqual(['x[31mred']);
    const lost = await rig.landing.radar.look({ tip: '2'.repeat(40), branches });
    expect(lost).toMatchObject({ branches: [], conflicts: [] });
  });
});
