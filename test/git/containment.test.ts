import { describe, expect, test } from 'vitest';
import { buildChain, type ChainMerge } from '../../source/git/chain.ts';
import type { Landing } from '../../source/git/landing.ts';
import { writeCommit } from '../../source/git/objects.ts';
import { AUTHOR, makeRig, makeWork, sh } from './repositories.ts';

const request = (id: string, base: string, head: string): ChainMerge => ({ id, base, head, title: id, author: AUTHOR });

/** A commit as a machine with a wrong idea would make it. */
const commitOf = (landing: Landing, tree: string, parents: readonly string[]): string =>
  writeCommit(landing, {
    tree,
    parents,
    author: 'Queue <queue@example.invalid>',
    seconds: 1_800_000_000,
    message: 'Merge',
  }).id;

/** Seven lines, so that two changes to one file can merge. */
const LINES = { 'long.txt': 'a\nb\nc\nd\ne\nf\ng\n', 'a.txt': 'a\n', 'b.txt': 'b\n' };

const stacked = async (landing: Landing, tip: string, merges: readonly ChainMerge[]) => {
  const { candidate, links } = await buildChain(landing, { tip, merges });
  expect(links.map(link => link.outcome)).toEqual(merges.map(() => 'stacked'));
  return candidate!;
};

describe('what is about to land', () => {
  test('is let through when it is exactly the requests, changed lines of one file and clock order aside', async () => {
    const rig = await makeRig(LINES);
    const { landing, tip } = rig;
    const one = await makeWork(rig, {
      base: tip,
      name: 'one',
      script: "sed -i 's/^a$/A/' long.txt; echo new > new.txt",
    });
    const two = await makeWork(rig, { base: tip, name: 'two', script: "sed -i 's/^g$/G/' long.txt; git rm -q b.txt" });
    const branches = [request('one', tip, one), request('two', tip, two)];
    const { commit, tree } = await stacked(landing, tip, branches);
    expect(await landing.checkContainment({ old: tip, new: commit, tree, branches })).toEqual({ contained: true });
  });

  test('is stopped when its tree is not the one that was tested, or does not build on the target', async () => {
    const rig = await makeRig(LINES);
    const { landing, tip } = rig;
    const one = await makeWork(rig, { base: tip, name: 'one', script: 'echo one > a.txt' });
    const two = await makeWork(rig, { base: tip, name: 'two', script: 'echo two > b.txt' });
    const branches = [request('one', tip, one)];
    const { commit, tree } = await stacked(landing, tip, branches);
    const other = await stacked(landing, tip, [request('two', tip, two)]);
    expect(await landing.checkContainment({ old: tip, new: commit, tree: other.tree, branches })).toMatchObject({
      contained: false,
      reason: expect.stringContaining('was tested'),
    });
    expect(await landing.checkContainment({ old: other.commit, new: commit, tree, branches })).toMatchObject({
      contained: false,
      reason: expect.stringContaining('first parent'),
    });
  });

  test('may follow a file to where the target has moved it', async () => {
    const text = Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n');
    const rig = await makeRig({ 'old.txt': `${text}\n`, 'lib/x.txt': `${text}\nx\n`, 'lib/y.txt': `${text}\ny\n` });
    const { landing, tip, origin } = rig;
    const work = await makeWork(rig, {
      base: tip,
      name: 'work',
      script: 'echo more >> old.txt; echo more >> lib/x.txt',
    });
    sh('git mv old.txt new.txt; git mv lib src; git commit -qm "Move"', origin);
    const { tip: moved } = await landing.refresh();
    const branches = [request('work', tip, work)];
    const { commit, tree } = await stacked(landing, moved, branches);
    expect(await landing.changedFiles(moved, commit)).toEqual(['new.txt', 'src/x.txt']);
    expect(await landing.checkContainment({ old: moved, new: commit, tree, branches })).toEqual({ contained: true });
  });

  test("is judged by the branches' own history when one of them has merged the target since", async () => {
    const rig = await makeRig(LINES);
    const { landing, tip, origin } = rig;
    sh('echo moved > a.txt; git commit -qam "Move on"', origin);
    const { tip: second } = await landing.refresh();
    const work = await makeWork(rig, {
      base: tip,
      name: 'work',
      script: `echo work > work.txt; git add work.txt; git commit -qm work; git -c user.name=p -c user.email=p@example.invalid merge -q ${second}; echo more >> work.txt`,
    });
    const branches = [request('work', tip, work)];
    const { commit, tree } = await stacked(landing, second, branches);
    expect(await landing.checkContainment({ old: second, new: commit, tree, branches })).toEqual({ contained: true });
  });
});

describe("GitHub's incident of 2026-04-23, replayed", () => {
  /** A squash of a group, made from where its branches began instead of from the target: what landed in between goes. */
  const incident = async () => {
    const rig = await makeRig({ ...LINES, 'c.txt': 'c\n' });
    const { landing, tip: old, origin } = rig;
    const one = await makeWork(rig, { base: old, name: 'one', script: 'echo one > one.txt; echo 1 >> a.txt' });
    const two = await makeWork(rig, { base: old, name: 'two', script: 'echo two > two.txt' });
    sh(
      'for i in $(seq 1 25); do echo "$i" > "landed-$i.txt"; done; echo fixed > c.txt; git add -A; git commit -qm "Work of others"',
      origin,
    );
    const { tip } = await landing.refresh();
    const branches = [request('one', old, one), request('two', old, two)];
    const wrong = await stacked(landing, old, branches);
    return { rig, old, tip, branches, wrong };
  };

  test('a group merged from the wrong base is stopped, with each file it would have taken back', async () => {
    const { rig, tip, branches, wrong } = await incident();
    const squash = commitOf(rig.landing, wrong.tree, [tip]);
    const answer = await rig.landing.checkContainment({ old: tip, new: squash, tree: wrong.tree, branches });
    expect(answer).toMatchObject({ contained: false, reason: expect.stringContaining('none of its requests changed') });
    const files = answer.contained ? [] : answer.files;
    expect(files).toHaveLength(26);
    expect(files).toContain('c.txt');
    expect(files).toContain('landed-25.txt');
    const right = await stacked(rig.landing, tip, branches);
    expect(await rig.landing.checkContainment({ old: tip, new: right.commit, tree: right.tree, branches })).toEqual({
      contained: true,
    });
  });

  test('a group that lost the work of one of its branches is stopped', async () => {
    const { rig, tip, branches } = await incident();
    const without = await stacked(rig.landing, tip, [branches[0]!]);
    const squash = commitOf(rig.landing, without.tree, [tip]);
    expect(await rig.landing.checkContainment({ old: tip, new: squash, tree: without.tree, branches })).toMatchObject({
      contained: false,
      reason: expect.stringContaining('drop what a request did to two.txt'),
      files: ['two.txt'],
    });
  });

  test('a request whose change the target has already, by another commit, is let through', async () => {
    const { rig, tip, branches } = await incident();
    const { landing, origin } = rig;
    sh('echo two > two.txt; git add -A; git commit -qm "The same by hand"', origin);
    const { tip: later } = await landing.refresh();
    const chain = await buildChain(landing, { tip: later, merges: branches });
    expect(chain.links.map(link => link.outcome)).toEqual(['stacked', 'contained']);
    const { commit, tree } = chain.candidate!;
    expect(tip).not.toBe(later);
    expect(await landing.checkContainment({ old: later, new: commit, tree, branches })).toEqual({ contained: true });
  });
});

/** What the design allows it in a landing. */
const BUDGET_MS = 10;
/** Of a machine that does other things at the same time; the bench measures it alone. */
const BUSY_FACTOR = 8;

test('looking costs a few milliseconds, also for many branches', async () => {
  const rig = await makeRig(Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`f/${at}.txt`, `${at}\n`])));
  const { landing, tip } = rig;
  const branches: ChainMerge[] = [];
  for (let at = 0; at < 8; at++)
    branches.push(
      request(`w${at}`, tip, await makeWork(rig, { base: tip, name: `w${at}`, script: `echo x > f/${at}.txt` })),
    );
  const { commit, tree } = await stacked(landing, tip, branches);
  const tookMs: number[] = [];
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    expect(await landing.checkContainment({ old: tip, new: commit, tree, branches })).toEqual({ contained: true });
    tookMs.push(performance.now() - start);
  }
  expect(Math.min(...tookMs)).toBeLessThan(BUDGET_MS * BUSY_FACTOR);
});
