import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLanding } from '../../source/git/landing.ts';
import { makeCheckout, makeRig, makeWork, sh, temporary, write } from './repositories.ts';

describe('openLanding', () => {
  test('makes a bare repository that never collects and checks what it receives', async () => {
    const { landing } = await makeRig();
    const config = sh('git config --list --local', landing.dir);
    for (const line of [
      'core.bare=true',
      'gc.auto=0',
      'gc.pruneexpire=never',
      'transfer.fsckobjects=true',
      'receive.denydeletes=true',
    ]) {
      expect(config.split('\n')).toContain(line);
    }
    expect(sh('ls hooks 2>/dev/null || true', landing.dir)).toBe('');
  });

  test('opens again what is there, with its objects and refs', async () => {
    const rig = await makeRig();
    await rig.landing.keep('refs/gastown/merges/mr-1', rig.tip);
    const again = await openLanding({ dir: rig.landing.dir, origin: rig.origin, branch: 'main' });
    expect(await again.resolve('refs/gastown/merges/mr-1')).toBe(rig.tip);
  });

  test('removes locks and half-written files of a Git that was killed, and nothing else', async () => {
    const rig = await makeRig();
    const stale = [
      'packed-refs.lock',
      'refs/gastown/x.lock',
      'objects/pack/tmp_pack_abc',
      'objects/aa/tmp_obj_x',
      'gastown-index-1-x',
    ];
    write(rig.landing.dir, Object.fromEntries(stale.map(name => [name, ''])));
    const again = await openLanding({ dir: rig.landing.dir, origin: rig.origin, branch: 'main' });
    expect(stale.filter(name => existsSync(path.join(rig.landing.dir, name)))).toEqual([]);
    await again.keep('refs/gastown/x', rig.tip);
    expect(sh('git fsck --strict', rig.landing.dir)).toBe('');
  });

  test('follows an origin of SHA-256 objects', async () => {
    const dir = temporary();
    sh(
      'git init -q --object-format=sha256 -b main origin && cd origin && echo a > a && git add -A && git commit -qm base',
      dir,
    );
    const landing = await openLanding({
      dir: path.join(dir, 'landing.git'),
      origin: path.join(dir, 'origin'),
      branch: 'main',
    });
    const { tip } = await landing.refresh();
    expect(tip).toHaveLength(64);
    const head = await makeWork({ dir, landing }, { base: tip, name: 'toast', script: 'echo b > b' });
    expect(await landing.isAncestor(tip, head)).toBe(true);
  });
});

test('compacting joins packs and keeps commits that no ref names', async () => {
  const rig = await makeRig();
  const checkout = await makeCheckout(rig, rig.tip);
  const ref = 'refs/gastown/work/x';
  const heads: string[] = [];
  for (let at = 0; at <= 40; at++) {
    sh(`echo ${at} > a.txt && git commit -q --amend -am ${at}`, checkout);
    heads.push(await rig.landing.fetchWork(checkout, ref));
  }
  const packs = () => Number(sh('ls objects/pack/*.pack | wc -l', rig.landing.dir));
  expect(packs()).toBeGreaterThan(40);
  expect(await rig.landing.compact()).toBe(true);
  expect(packs()).toBeLessThan(10);
  expect(await rig.landing.compact()).toBe(false);
  for (const head of heads) expect(await rig.landing.fileAt(head, 'a.txt')).toBe(`${heads.indexOf(head)}\n`);
});

describe('refresh', () => {
  test('answers the tip and its tree, and follows the origin', async () => {
    const { origin, landing, tip } = await makeRig();
    expect(await landing.refresh()).toEqual({ tip, tree: sh('git rev-parse HEAD^{tree}', origin) });
    sh('echo more >> a.txt && git commit -qam more', origin);
    expect((await landing.refresh()).tip).toBe(sh('git rev-parse HEAD', origin));
  });

  test('follows a branch that its owner rewrote', async () => {
    const { origin, landing } = await makeRig();
    sh('git commit -q --amend -m rewritten', origin);
    expect((await landing.refresh()).tip).toBe(sh('git rev-parse HEAD', origin));
  });

  test.each([
    ['changed', 'echo dirty >> a.txt', 'a.txt'],
    ['staged', 'echo new > n.txt && git add n.txt', 'n.txt'],
    ['deleted', 'rm b.txt && echo x >> a.txt', 'a.txt and 1 more'],
  ])('is blocked by %s files of the target’s checkout, and names them', async (_, script, named) => {
    const { origin, landing } = await makeRig();
    sh(script, origin);
    const { blocked } = await landing.refresh();
    expect(blocked).toContain(`The checkout at ${origin} has uncommitted changes (${named})`);
    sh('git stash -q -u', origin);
    expect((await landing.refresh()).blocked).toBeUndefined();
  });

  test('is not blocked by untracked files, by touched ones, nor by dirt on another branch', async () => {
    const { origin, landing } = await makeRig();
    sh('echo x > untracked && touch -d "2 days ago" a.txt', origin);
    expect((await landing.refresh()).blocked).toBeUndefined();
    sh('git checkout -q -b other && echo dirty >> a.txt', origin);
    expect((await landing.refresh()).blocked).toBeUndefined();
  });

  test('is blocked while the target is being rebased', async () => {
    const { origin, landing } = await makeRig();
    sh(
      'echo one > a.txt && git commit -qam one && git checkout -q -b side HEAD~ && echo two > a.txt && git commit -qam two',
      origin,
    );
    sh('git checkout -q main && git rebase side >/dev/null 2>&1 || true', origin);
    expect((await landing.refresh()).blocked).toContain('A rebase of main is under way');
    sh('git rebase --abort', origin);
    expect((await landing.refresh()).blocked).toBeUndefined();
  });

  test('never writes to the user’s index', async () => {
    const { origin, landing } = await makeRig();
    sh('touch -d "2 days ago" a.txt', origin);
    const before = sh('stat -c %Y.%Z .git/index', origin);
    await landing.refresh();
    expect(sh('stat -c %Y.%Z .git/index', origin)).toBe(before);
  });

  test('fails when the origin or its branch is gone, and recovers', async () => {
    const { dir, origin, landing, tip } = await makeRig();
    renameSync(origin, path.join(dir, 'away'));
    await expect(landing.refresh()).rejects.toMatchObject({ code: 'not_found' });
    renameSync(path.join(dir, 'away'), origin);
    sh('git branch -m renamed', origin);
    await expect(landing.refresh()).rejects.toMatchObject({ code: 'branch_missing' });
    sh('git branch -m main', origin);
    expect((await landing.refresh()).tip).toBe(tip);
  });
});

describe('fetchWork', () => {
  test('fetches the HEAD of a checkout by path into a ref, also again after it was rewritten', async () => {
    const rig = await makeRig();
    const checkout = await makeCheckout(rig, rig.tip);
    sh('echo work > w && git add w && git commit -qm work', checkout);
    const ref = 'refs/gastown/work/toast';
    expect(await rig.landing.fetchWork(checkout, ref)).toBe(sh('git rev-parse HEAD', checkout));
    sh('git commit -q --amend -m again', checkout);
    expect(await rig.landing.fetchWork(checkout, ref)).toBe(sh('git rev-parse HEAD', checkout));
    expect(await rig.landing.resolve(ref)).toBe(sh('git rev-parse HEAD', checkout));
  });

  test.each([
    ['no repository', 'rm -rf .git'],
    ['no commit', 'git checkout -q --orphan none && git rm -rqf .'],
    ['a HEAD that names nothing', 'echo "ref: refs/heads/nothing" > .git/HEAD'],
    ['a broken HEAD', 'echo garbage > .git/HEAD'],
    ['a link to another repository', 'rm -rf .git && ln -s ../../origin/.git .git'],
    ['a pointer to another repository', 'rm -rf .git && echo "gitdir: ../../origin/.git" > .git'],
    ['objects of another repository', 'rm -rf .git/objects && ln -s ../../../origin/.git/objects .git/objects'],
    ['borrowed objects of another repository', 'echo /nonexistent/objects >> .git/objects/info/alternates'],
    ['refs of another repository', 'echo ../../../origin/.git > .git/commondir'],
  ])('fails with git_failed on a checkout with %s', async (_, script) => {
    const rig = await makeRig();
    const checkout = await makeCheckout(rig, rig.tip);
    sh(script, checkout);
    await expect(rig.landing.fetchWork(checkout, 'refs/gastown/work/toast')).rejects.toMatchObject({
      code: 'git_failed',
    });
    expect(await rig.landing.resolve('refs/gastown/work/toast')).toBeUndefined();
  });

  test('refuses objects that are not sound', async () => {
    const rig = await makeRig();
    const checkout = await makeCheckout(rig, rig.tip);
    // A tree with a `.git` entry: checked out, it would plant a repository.
    sh(
      `blob=$(echo x | git hash-object -w --stdin)
       tree=$(printf '100644 blob %s\\t.git\\n' $blob | git mktree)
       git update-ref HEAD $(git commit-tree $tree -p HEAD -m bad)`,
      checkout,
    );
    await expect(rig.landing.fetchWork(checkout, 'refs/gastown/work/toast')).rejects.toMatchObject({
      code: 'git_failed',
    });
  });

  test('refuses to write refs that are not the town’s', async () => {
    const rig = await makeRig();
    const checkout = await makeCheckout(rig, rig.tip);
    for (const ref of ['refs/heads/main', 'HEAD', 'refs/gastown/../heads/x', '--upload-pack=x', 'refs/gastown/a b']) {
      await expect(rig.landing.fetchWork(checkout, ref)).rejects.toMatchObject({ code: 'invalid' });
    }
  });
});

describe('refs', () => {
  test('move only from the value expected', async () => {
    const { landing, tip, dir } = await makeRig();
    const head = await makeWork({ dir, landing }, { base: tip, name: 'toast', script: 'echo x > x' });
    const ref = 'refs/gastown/merges/mr-1';
    await landing.setRef(ref, tip, null);
    await expect(landing.setRef(ref, head, null)).rejects.toMatchObject({ code: 'conflict' });
    await expect(landing.setRef(ref, head, head)).rejects.toMatchObject({ code: 'conflict' });
    await landing.setRef(ref, head, tip);
    await expect(landing.deleteRef(ref, tip)).rejects.toMatchObject({ code: 'conflict' });
    expect(await landing.resolve(ref)).toBe(head);
    await landing.deleteRef(ref, head);
    await landing.deleteRef(ref);
    expect(await landing.resolve(ref)).toBeUndefined();
  });
});

describe('history', () => {
  const rigWithWork = async () => {
    const rig = await makeRig();
    const head = await makeWork(rig, {
      base: rig.tip,
      name: 'toast',
      script: 'echo more >> a.txt; git mv b.txt moved.txt; printf "\\033[31mred\\n" > "sp ace.txt"; rm c.txt',
    });
    return { ...rig, head };
  };

  test('answers ancestry, merge base, tree and commits', async () => {
    const { landing, tip, head } = await rigWithWork();
    expect([await landing.isAncestor(tip, head), await landing.isAncestor(head, tip)]).toEqual([true, false]);
    expect(await landing.mergeBase(tip, head)).toBe(tip);
    const info = await landing.commitInfo(head);
    expect(info).toMatchObject({
      sha: head,
      parents: [tip],
      subject: 'work of toast',
      tree: await landing.treeOf(head),
    });
    expect((await landing.firstParents(head, 5)).map(commit => commit.sha)).toEqual([head, tip]);
    expect(await landing.firstParents(head, 1)).toHaveLength(1);
    expect((await landing.log(tip, head)).map(commit => commit.subject)).toEqual(['work of toast']);
    await expect(landing.isAncestor('1'.repeat(40), head)).rejects.toMatchObject({ code: 'git_failed' });
    await expect(landing.treeOf('HEAD')).rejects.toMatchObject({ code: 'invalid' });
  });

  test('lists changed files, renames as two', async () => {
    const { landing, tip, head } = await rigWithWork();
    expect(await landing.changedFiles(tip, head)).toEqual(['a.txt', 'b.txt', 'c.txt', 'moved.txt', 'sp ace.txt']);
  });

  test('gives one patch id to the same change on different bases', async () => {
    const { origin, landing, tip, dir } = await makeRig();
    const one = await makeWork({ dir, landing }, { base: tip, name: 'one', script: 'echo same >> a.txt' });
    sh('echo later >> c.txt && git commit -qam later', origin);
    const { tip: next } = await landing.refresh();
    const two = await makeWork({ dir, landing }, { base: next, name: 'two', script: 'echo same >> a.txt' });
    const other = await makeWork({ dir, landing }, { base: next, name: 'other', script: 'echo other >> a.txt' });
    const id = await landing.patchId(tip, one);
    expect(id).toMatch(/^[0-9a-f]{40}$/);
    expect(await landing.patchId(next, two)).toBe(id);
    expect(await landing.patchId(next, other)).not.toBe(id);
    expect(await landing.patchId(tip, tip)).toBeUndefined();
  });

  test('reads files of a commit', async () => {
    const { landing, head } = await rigWithWork();
    expect(await landing.fileAt(head, 'a.txt')).toBe('a\nmore\n');
    expect(await landing.fileAt(head, 'no/such')).toBeUndefined();
    expect(await landing.rootOf(head)).toEqual(['a.txt', 'moved.txt', 'sp ace.txt']);
  });
});

test('a checkout that links its folders elsewhere is read for what it is', async () => {
  const rig = await makeRig({ 'src/a.txt': 'a\n' });
  const checkout = await makeCheckout(rig, rig.tip);
  const secret = path.join(rig.dir, 'secret');
  mkdirSync(secret);
  writeFileSync(path.join(secret, 'a.txt'), 'secret\n');
  rmSync(path.join(checkout, 'src'), { recursive: true });
  symlinkSync(secret, path.join(checkout, 'src'));
  const { sha } = await rig.landing.snapshot({
    checkout,
    head: rig.tip,
    author: { name: 'x', email: 'x@y' },
    message: 'm',
    ref: 'refs/gastown/wip/x',
  });
  expect(sh(`git ls-tree -r ${sha}`, rig.landing.dir)).toMatch(/^120000 blob \w+\tsrc$/);
});
