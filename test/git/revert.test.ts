import { describe, expect, test } from 'vitest';
import { buildChain } from '../../source/git/chain.ts';
import type { Landing } from '../../source/git/landing.ts';
import { makeRevert } from '../../source/git/revert.ts';
import { AUTHOR, makeRig, makeWork, sh } from './repositories.ts';

const NOW = Date.parse('2026-11-23T12:00:00.000Z');

/** Three requests landed in one step, as a batch does. */
const landedBatch = async () => {
  const rig = await makeRig({ 'a.txt': 'a\n', 'b.txt': 'b\n' }, { bare: true });
  const { landing, tip: base } = rig;
  const work = async (name: string, script: string) => ({
    id: name,
    base,
    title: name,
    author: AUTHOR,
    head: await makeWork(rig, { base, name, script }),
  });
  const merges = [
    await work('one', 'echo one > one.txt'),
    await work('two', 'echo two >> a.txt; echo two > two.txt; git rm -q b.txt'),
    await work('three', 'echo three > three.txt'),
  ];
  const { candidate } = await buildChain(landing, { tip: base, merges });
  expect(await landing.land({ old: base, new: candidate!.commit })).toEqual({ outcome: 'landed' });
  return { ...rig, base, landed: candidate!.commit, two: merges[1]!.head };
};

const revert = (landing: Landing, question: { tip: string; landed: string; head: string }) =>
  makeRevert(landing, { ...question, author: AUTHOR, message: 'Revert two\n', now: NOW });

describe('taking one landed request back', () => {
  test('leaves those that landed in the same step, and all that came since', async () => {
    const { landing, origin, landed, two } = await landedBatch();
    sh(
      'git clone -q . ../other; cd ../other; echo later > later.txt; git add .; git commit -qm later; git push -q',
      origin,
    );
    const { tip } = await landing.refresh();
    const answer = await revert(landing, { tip, landed, head: two });
    expect(answer).toMatchObject({ outcome: 'made', files: ['a.txt', 'b.txt', 'two.txt'] });
    const commit = answer.outcome === 'made' ? answer.commit : '';
    expect(await landing.commitInfo(commit)).toMatchObject({ parents: [tip], subject: 'Revert two' });
    expect(await landing.rootOf(commit)).toEqual(['a.txt', 'b.txt', 'later.txt', 'one.txt', 'three.txt']);
    expect(await landing.fileAt(commit, 'a.txt')).toBe('a\n');
    expect(await landing.resolve('refs/remotes/origin/main')).toBe(tip);
  });

  test('and taking that back again brings it all back', async () => {
    const { landing, landed, two } = await landedBatch();
    const first = await revert(landing, { tip: landed, landed, head: two });
    const head = first.outcome === 'made' ? first.commit : '';
    const { candidate } = await buildChain(landing, {
      tip: landed,
      merges: [{ id: 'r', base: landed, head, title: 'Revert', author: AUTHOR }],
    });
    await landing.land({ old: landed, new: candidate!.commit });
    const again = await revert(landing, { tip: candidate!.commit, landed: candidate!.commit, head });
    const tree = again.outcome === 'made' ? await landing.treeOf(again.commit) : '';
    expect(tree).toBe(await landing.treeOf(landed));
  });

  test('names the files on which later work stands in its way', async () => {
    const { landing, origin, landed, two } = await landedBatch();
    sh('git clone -q . ../other; cd ../other; echo more >> a.txt; git commit -qam more; git push -q', origin);
    const { tip } = await landing.refresh();
    expect(await revert(landing, { tip, landed, head: two })).toEqual({ outcome: 'conflict', files: ['a.txt'] });
  });

  test('says so when there is nothing left of it, or it never brought anything of its own', async () => {
    const { landing, base, landed, two } = await landedBatch();
    const made = await revert(landing, { tip: landed, landed, head: two });
    const tip = made.outcome === 'made' ? made.commit : '';
    expect(await revert(landing, { tip, landed, head: two })).toEqual({ outcome: 'nothing' });
    expect(await revert(landing, { tip: landed, landed, head: base })).toMatchObject({ outcome: 'impossible' });
    expect(await revert(landing, { tip: base, landed, head: two })).toMatchObject({
      outcome: 'impossible',
      reason: expect.stringContaining('not in the history'),
    });
  });

  test('works on a landing that squashed it', async () => {
    const { landing, origin, tip, dir } = await makeRig({ 'a.txt': 'a\n' }, { bare: true });
    const work = await makeWork({ dir, landing }, { base: tip, name: 'w', script: 'echo w > w.txt' });
    sh(
      `git clone -q . ../other; cd ../other; git fetch -q ${landing.dir} ${work}:w; git merge -q --squash w; git commit -qm squashed; git push -q`,
      origin,
    );
    const { tip: squashed } = await landing.refresh();
    expect(await revert(landing, { tip: squashed, landed: squashed, head: work })).toMatchObject({
      outcome: 'made',
      files: ['w.txt'],
    });
  });
});
