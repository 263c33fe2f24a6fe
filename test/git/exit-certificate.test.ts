import { describe, expect, test } from 'vitest';
import { certifyCheckout } from '../../source/git/exit-certificate.ts';
import { AUTHOR, makeCheckout, makeRig, sh } from './repositories.ts';

const FILES = { 'a.txt': 'a\n', '.gitignore': 'out/\n' };
const MORE = 'echo more > more.txt && git add . && git commit -qm more';

/** What a checkout still holds after a script in it, and one in the origin. */
const holdsAfter = async (script: string, inOrigin = 'true', landedHeads?: (head: string) => readonly string[]) => {
  const rig = await makeRig(FILES);
  const checkout = await makeCheckout(rig, rig.tip);
  sh(script, checkout, { CHECKOUT: checkout });
  sh(inOrigin, rig.origin, { CHECKOUT: checkout });
  const { tip } = await rig.landing.refresh();
  const options = { landing: rig.landing, checkout, tip, ref: 'refs/gastown/wip/app/toast/pruned', author: AUTHOR };
  const certificate = await certifyCheckout({ ...options, ...(landedHeads && { landedHeads: landedHeads(tip) }) });
  expect(certificate.isEmpty).toBe(certificate.holds.length === 0);
  return { ...certificate, rig };
};

describe('nothing would be lost with a checkout', () => {
  test.each<[string, string, string?]>([
    ['in which nothing was done', 'true'],
    ['that holds only ignored files', 'mkdir out && echo x > out/built'],
    ['whose commits are on the target', MORE, 'git pull -q "$CHECKOUT" HEAD'],
    [
      'whose commits landed one by one as others with the same patch',
      MORE,
      `echo other > other.txt && git add . && git commit -qm other && ${MORE.replaceAll('git add .', 'git add more.txt')}`,
    ],
    [
      'whose commits landed as one',
      `${MORE} && echo again >> more.txt && git commit -qam again`,
      'echo other > o && git add . && git commit -qm o && printf "more\\nagain\\n" > more.txt && git add . && git commit -qm squashed',
    ],
  ])('%s', async (_, script, inOrigin) => {
    expect((await holdsAfter(script, inOrigin)).holds).toEqual([]);
  });

  test('whose files the town committed and landed itself', async () => {
    const commit = 'echo left > left.txt && git add . && git commit -qm "by the town"';
    expect((await holdsAfter('echo left > left.txt', commit, tip => [tip])).holds).toEqual([]);
    expect((await holdsAfter('echo left > left.txt', 'true', tip => [tip])).holds).toEqual([
      'files that were never committed',
    ]);
  });
});

describe('something would be lost with a checkout', () => {
  test.each<[string, string, string[]]>([
    ['with files that were never committed', 'echo x > draft', ['files that were never committed']],
    ['with a file that was changed', 'echo x >> a.txt', ['files that were never committed']],
    ['with commits that never landed', MORE, ['commits that never landed']],
    ['with a stash', 'echo x >> a.txt && git stash -q', ['a stash']],
    ['with a packed stash', 'echo x >> a.txt && git stash -q && git pack-refs --all && rm -rf .git/logs', ['a stash']],
    [
      'with another branch',
      `git checkout -qb side && ${MORE} && git checkout -q -`,
      ['1 other branch with commits that never landed'],
    ],
    [
      'with a packed branch and a tag',
      `git checkout -qb side && ${MORE} && git checkout -q - && git tag t side && git pack-refs --all`,
      ['2 other branches with commits that never landed'],
    ],
    ['with submodules', 'mkdir -p .git/modules/x', ['submodules, whose own work cannot be seen from here']],
    ['whose repository is broken', 'rm .git/HEAD', ['a repository that cannot be read']],
  ])('%s', async (_, script, expected) => {
    expect((await holdsAfter(script)).holds).toEqual(expected);
  });

  test('and all of its files are kept in the landing repository all the same', async () => {
    const { rig } = await holdsAfter('echo precious > draft');
    const kept = await rig.landing.resolve('refs/gastown/wip/app/toast/pruned');
    expect(await rig.landing.fileAt(kept!, 'draft')).toBe('precious\n');
  });
});
