import { describe, expect, test } from 'vitest';
import { CHANGE_LINES } from '../../source/git/changes.ts';
import { makeRig, makeWork, sh } from './repositories.ts';

type Rig = Awaited<ReturnType<typeof makeRig>>;
const work = (rig: Rig, name: string, script: string, base = rig.tip) => makeWork(rig, { base, name, script });

describe('what a request changes', () => {
  test('is told file by file, with counts, renames, modes and numbered hunks, as safe text', async () => {
    const rig = await makeRig();
    const head = await work(
      rig,
      'toast',
      'echo more >> a.txt; git mv b.txt moved.txt; printf "\\033[31mred\\n" > "sp ace.txt"; rm c.txt; printf "x\\0y" > bin; echo "diff --git a/a b/b" > fake; printf odd > "$(printf "n\\033w\\tl")"',
    );
    const { files, cut } = await rig.landing.changes({ base: rig.tip, head });
    expect(cut).toBeUndefined();
    expect(files.map(({ path, status, added, removed, was }) => [path, status, added, removed, was])).toEqual([
      ['a.txt', 'modified', 1, 0, undefined],
      ['bin', 'added', undefined, undefined, undefined],
      ['c.txt', 'deleted', 0, expect.any(Number), undefined],
      ['fake', 'added', 1, 0, undefined],
      ['moved.txt', 'renamed', 0, 0, 'b.txt'],
      ['nw l', 'added', 1, 0, undefined],
      ['sp ace.txt', 'added', 1, 0, undefined],
    ]);
    expect(files[0]!.hunks).toEqual([{ title: '', oldStart: 1, newStart: 1, lines: [' a', '+more'] }]);
    expect(files[3]!.hunks[0]!.lines).toEqual(['+diff --git a/a b/b']);
    expect(files[5]!.hunks[0]!.lines).toEqual(['+odd', '\\ No newline at end of file']);
    expect(files[6]!.hunks[0]!.lines).toEqual(['+[31mred']);
  });

  test('tells a changed mode, and a file that became a link as both of its halves', async () => {
    const rig = await makeRig();
    const head = await work(rig, 'toast', 'chmod +x a.txt; rm b.txt; ln -s a.txt b.txt; echo z >> c.txt');
    const { files } = await rig.landing.changes({ base: rig.tip, head });
    expect(files[0]).toMatchObject({ path: 'a.txt', modes: '100644 → 100755', hunks: [] });
    expect(files[1]).toMatchObject({ path: 'b.txt', status: 'retyped' });
    expect(files[1]!.hunks.flatMap(hunk => hunk.lines)).toContain('+a.txt');
    expect(files[2]!.hunks.flatMap(hunk => hunk.lines)).toContain('+z');
  });

  test('leaves out what the target did meanwhile', async () => {
    const rig = await makeRig();
    const head = await work(rig, 'toast', 'echo more >> a.txt');
    sh('echo theirs > theirs.txt && git add -A && git commit -qm theirs', rig.origin);
    const { tip } = await rig.landing.refresh();
    const { files } = await rig.landing.changes({ base: tip, head });
    expect(files.map(file => file.path)).toEqual(['a.txt']);
  });

  test('is cut where it is huge, and says so; every file is listed all the same', async () => {
    const rig = await makeRig();
    const head = await work(rig, 'toast', `seq 1 ${CHANGE_LINES + 1} > big.txt; echo small > small.txt`);
    const { files, cut } = await rig.landing.changes({ base: rig.tip, head });
    expect(files).toMatchObject([
      { path: 'big.txt', added: CHANGE_LINES + 1, hunks: [], cut: true },
      { path: 'small.txt', hunks: [{ lines: ['+small'] }] },
    ]);
    expect(cut).toMatch(/larger than is shown/);
  });

  test('nothing is nothing, and what is missing is an error', async () => {
    const { landing, tip } = await makeRig();
    expect(await landing.changes({ base: tip, head: tip })).toEqual({ files: [] });
    await expect(landing.changes({ base: tip, head: '1'.repeat(40) })).rejects.toMatchObject({ code: 'git_failed' });
    await expect(landing.changes({ base: tip, head: '--output=x' })).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('what is new since earlier work', () => {
  const lines = (set: { files: readonly { hunks: readonly { lines: readonly string[] }[] }[] }) =>
    set.files.flatMap(file => file.hunks.flatMap(hunk => hunk.lines)).filter(line => !line.startsWith(' '));

  test('is the commits on top of it, and only what they do', async () => {
    const rig = await makeRig();
    const first = await work(rig, 'one', 'echo one >> a.txt');
    const next = await work(rig, 'two', 'echo two > two.txt', first);
    const last = await work(rig, 'three', 'echo three > three.txt', next);
    const since = await rig.landing.changesSince({ base: rig.tip, head: first }, { base: rig.tip, head: last });
    expect(since).toMatchObject({ commits: 2, rewritten: false, conflicts: false });
    expect(lines(since)).toEqual(['+three', '+two']);
  });

  test('of work done again on a moved target leaves out what the target did', async () => {
    const rig = await makeRig();
    const first = await work(rig, 'one', 'echo one >> a.txt; echo same > same.txt');
    sh('echo theirs > theirs.txt && git add -A && git commit -qm theirs', rig.origin);
    const { tip } = await rig.landing.refresh();
    const again = await work(rig, 'again', 'echo better >> a.txt; echo same > same.txt', tip);
    const since = await rig.landing.changesSince({ base: rig.tip, head: first }, { base: tip, head: again });
    expect(since).toMatchObject({ commits: 1, rewritten: true, conflicts: false });
    expect(lines(since)).toEqual(['-one', '+better']);
  });

  test('of work that no longer fits onto the target shows where, and says so', async () => {
    const rig = await makeRig();
    const first = await work(rig, 'one', 'echo one > a.txt');
    sh('echo theirs > a.txt && git commit -qam theirs', rig.origin);
    const { tip } = await rig.landing.refresh();
    const again = await work(rig, 'again', 'echo both > a.txt', tip);
    const since = await rig.landing.changesSince({ base: rig.tip, head: first }, { base: tip, head: again });
    expect(since).toMatchObject({ rewritten: true, conflicts: true });
    expect(lines(since)).toEqual(expect.arrayContaining(['-one', '-theirs', '+both']));
  });
});
