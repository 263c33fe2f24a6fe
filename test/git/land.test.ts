import { chmodSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeRig, makeWork, sh, write } from './repositories.ts';

const rigWithWork = async (script = 'echo more >> a.txt; echo n > new.txt', options?: { bare?: boolean }) => {
  const rig = await makeRig(undefined, options);
  const head = await makeWork(rig, { base: rig.tip, name: 'toast', script });
  const tipNow = () => sh('git rev-parse refs/heads/main', rig.origin);
  return { ...rig, head, tipNow, land: () => rig.landing.land({ old: rig.tip, new: head }) };
};

const hook = (origin: string, name: string, script: string): void => {
  const dir = path.join(origin, '.git', 'hooks');
  mkdirSync(dir, { recursive: true });
  write(dir, { [name]: `#!/bin/sh\n${script}\n` });
  chmodSync(path.join(dir, name), 0o755);
};

describe('land', () => {
  test('moves a clean checkout along with its branch, ignored and untracked files untouched', async () => {
    const { origin, head, land, tipNow } = await rigWithWork();
    write(origin, { untracked: 'mine\n' });
    expect(await land()).toEqual({ outcome: 'landed' });
    expect(tipNow()).toBe(head);
    expect(sh('cat a.txt new.txt untracked && git status --porcelain', origin)).toBe('a\nmore\nn\nmine\n?? untracked');
  });

  test('moves the branch of a bare repository', async () => {
    const { head, land, tipNow } = await rigWithWork(undefined, { bare: true });
    expect(await land()).toEqual({ outcome: 'landed' });
    expect(tipNow()).toBe(head);
  });

  test('moves a branch that nobody has checked out, and leaves the work tree alone', async () => {
    const { origin, head, land, tipNow } = await rigWithWork();
    sh('git checkout -q -b other && echo mine >> a.txt', origin);
    expect(await land()).toEqual({ outcome: 'landed' });
    expect(tipNow()).toBe(head);
    expect(sh('git status --porcelain && cat a.txt', origin)).toBe('M a.txt\na\nmine');
  });

  test.each([
    ['checkout', false],
    ['bare repository', true],
  ])('moves along a second work tree of a %s that has the branch', async (_, bare) => {
    const { dir, origin, head, land } = await rigWithWork(undefined, { bare });
    if (!bare) sh('git checkout -q -b other', origin);
    sh('git worktree add -q ../tree main', origin);
    expect(await land()).toEqual({ outcome: 'landed' });
    expect(sh('git rev-parse HEAD && git status --porcelain && cat new.txt', path.join(dir, 'tree'))).toBe(
      `${head}\nn`,
    );
  });

  test.each([
    ['unstaged', 'echo mine >> c.txt', 'uncommitted changes'],
    ['staged', 'echo mine > s.txt && git add s.txt', 'uncommitted changes'],
    ['conflicting untracked', 'echo mine > new.txt', 'untracked files where landed ones must go'],
  ])('is blocked by %s changes in the target’s checkout, which stay as they are', async (_, script, reason) => {
    const { origin, tip, land, tipNow } = await rigWithWork();
    sh(script, origin);
    const before = sh('git status --porcelain; cat ./*.txt', origin);
    expect(await land()).toEqual({ outcome: 'blocked', reason: expect.stringContaining(reason) });
    expect(tipNow()).toBe(tip);
    expect(sh('git status --porcelain; cat ./*.txt', origin)).toBe(before);
  });

  test('lands once the checkout is clean again', async () => {
    const { origin, head, land, tipNow } = await rigWithWork();
    sh('echo mine >> c.txt', origin);
    expect((await land()).outcome).toBe('blocked');
    sh('git checkout -q c.txt', origin);
    expect((await land()).outcome).toBe('landed');
    expect(tipNow()).toBe(head);
  });

  test('never overwrites a target that moved', async () => {
    const { origin, land, tipNow } = await rigWithWork();
    sh('echo theirs > theirs.txt && git add -A && git commit -qm theirs', origin);
    const theirs = tipNow();
    expect(await land()).toEqual({ outcome: 'moved', tip: theirs });
    expect(tipNow()).toBe(theirs);
  });

  test('never overwrites a target that moves between the look and the push', async () => {
    const { origin, landing, tip, head, tipNow } = await rigWithWork(undefined, { bare: true });
    // Commits in the last moment before the ref would move.
    const theirs = sh(`git commit-tree ${tip}^{tree} -p ${tip} -m theirs`, origin);
    mkdirSync(path.join(origin, 'hooks'), { recursive: true });
    write(path.join(origin, 'hooks'), {
      'pre-receive': `#!/bin/sh\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/main ${theirs}\n`,
    });
    chmodSync(path.join(origin, 'hooks', 'pre-receive'), 0o755);
    sh('git config receive.denyNonFastForwards false', origin);
    expect(await landing.land({ old: tip, new: head })).toEqual({ outcome: 'moved', tip: theirs });
    expect(tipNow()).toBe(theirs);
  });

  test('never overwrites a target that its owner set back', async () => {
    const { origin, landing, tip, head } = await rigWithWork();
    await landing.land({ old: tip, new: head });
    const next = await makeWork(
      { dir: path.dirname(origin), landing },
      { base: head, name: 'next', script: 'echo x > x' },
    );
    sh(`git reset -q --hard ${tip}`, origin);
    expect(await landing.land({ old: head, new: next })).toEqual({ outcome: 'moved', tip });
  });

  test('of what has landed is landed, also when the target went on since', async () => {
    const { origin, land, tipNow } = await rigWithWork();
    await land();
    expect(await land()).toEqual({ outcome: 'landed' });
    sh('echo later > later.txt && git add -A && git commit -qm later', origin);
    const later = tipNow();
    expect(await land()).toEqual({ outcome: 'landed' });
    expect(tipNow()).toBe(later);
  });

  test('refuses what does not build on the target', async () => {
    const { landing, head, tip, tipNow } = await rigWithWork();
    const stray = sh(`git commit-tree ${head}^{tree} -m stray`, landing.dir);
    await expect(landing.land({ old: tip, new: stray })).rejects.toMatchObject({ code: 'invalid' });
    expect(tipNow()).toBe(tip);
  });

  test('says what the origin said when it refuses', async () => {
    const { origin, tip, land, tipNow } = await rigWithWork();
    hook(origin, 'pre-receive', 'echo "Only on weekdays." >&2; exit 1');
    const result = await land();
    expect(result).toEqual({
      outcome: 'refused',
      reason: expect.stringContaining('pre-receive hook declined (Only on weekdays.)'),
    });
    expect(tipNow()).toBe(tip);
  });

  test('runs the hooks of the user’s own repository', async () => {
    const { origin, dir, land } = await rigWithWork();
    hook(origin, 'post-receive', `cat > ${dir}/received`);
    expect(await land()).toEqual({ outcome: 'landed' });
    expect(sh('cat received', dir)).toContain('refs/heads/main');
  });

  test('fails when the origin cannot be asked, and can be settled later', async () => {
    const { dir, origin, landing, tip, head, land } = await rigWithWork();
    renameSync(origin, path.join(dir, 'away'));
    await expect(land()).rejects.toMatchObject({ code: 'not_found' });
    renameSync(path.join(dir, 'away'), origin);
    expect(await landing.settle({ old: tip, new: head })).toBe('not_landed');
  });
});

describe('settle', () => {
  test('asks Git whether a landing happened', async () => {
    const { origin, landing, tip, head } = await rigWithWork();
    const settle = () => landing.settle({ old: tip, new: head });
    expect(await settle()).toBe('not_landed');
    sh('git commit -q --allow-empty -m theirs', origin);
    expect(await settle()).toBe('moved');
    sh(`git reset -q --hard ${tip}`, origin);
    await landing.land({ old: tip, new: head });
    expect(await settle()).toBe('landed');
    sh('git commit -q --allow-empty -m later', origin);
    expect(await settle()).toBe('landed');
  });

  test('calls a commit that is not known any more not landed', async () => {
    const { origin, landing, tip } = await rigWithWork();
    expect(await landing.settle({ old: tip, new: '1'.repeat(40) })).toBe('not_landed');
    sh('git commit -q --allow-empty -m theirs', origin);
    expect(await landing.settle({ old: tip, new: '1'.repeat(40) })).toBe('moved');
  });
});
