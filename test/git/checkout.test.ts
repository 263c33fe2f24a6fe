import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareCheckout } from '../../source/git/checkout.ts';
import { isMarked, removeTree } from '../../source/git/worktree.ts';
import { ROOT } from '../support/process.ts';
import { AUTHOR, makeCheckout, makeRig, makeWork, sh, write } from './repositories.ts';

/**
 * Makes a checkout in a process of its own that ends itself with SIGKILL before it changes the disk, or as it has started
 * Git, for the `step`th time. False when it was through by then.
 */
const killedAt = async (
  step: number,
  work: { landing: string; origin: string; checkout: object },
): Promise<boolean> => {
  const program = `
    import childProcess from 'node:child_process';
    import fs from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    import { openLanding } from '${ROOT}/source/git/landing.ts';
    import { prepareCheckout } from '${ROOT}/source/git/checkout.ts';
    const landing = await openLanding({ dir: ${JSON.stringify(work.landing)}, origin: ${JSON.stringify(work.origin)}, branch: 'main' });
    let left = ${step};
    const step = () => --left || process.kill(process.pid, 'SIGKILL');
    for (const change of ['mkdir', 'writeFile', 'copyFile', 'rm']) {
      const real = fs[change];
      fs[change] = (...args) => (step(), real(...args));
    }
    const { spawn } = childProcess;
    childProcess.spawn = (...args) => {
      const git = spawn(...args);
      step();
      return git;
    };
    syncBuiltinESMExports();
    await prepareCheckout({ landing, ...${JSON.stringify(work.checkout)} });
    await landing.close();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  const [code, signal] = await once(child, 'close');
  if (signal !== 'SIGKILL') expect(code).toBe(0);
  return signal === 'SIGKILL';
};

/** A small checkout takes some thirty steps: each of them in long runs, every fifth in others. */
const STRIDE = process.env.GASTOWN_LONG ? 1 : 5;
const FILES = { 'a.txt': 'a\n', 'd/b.txt': 'b\n', '.gitignore': 'out/\n' };

describe('prepareCheckout', () => {
  test('gives a clean checkout of the base on a new branch in the polecat’s name', async () => {
    const rig = await makeRig(FILES);
    const checkout = await makeCheckout(rig, rig.tip);
    expect(sh('git status --porcelain=v2 --branch', checkout)).toBe(
      `# branch.oid ${rig.tip}\n# branch.head polecat/toast`,
    );
    expect(sh('cat a.txt d/b.txt', checkout)).toBe('a\nb');
    expect(sh('git config user.name; git config user.email', checkout)).toBe(`${AUTHOR.name}\n${AUTHOR.email}`);
    expect(sh('git fsck', checkout)).not.toMatch(/error|missing/);
  });

  test('killed at any step of the first time is taken up again: never refused as somebody else’s folder', async () => {
    const rig = await makeRig(FILES);
    const left = new Set<string>();
    const madeUntil = async (step: number): Promise<boolean> => {
      const dir = path.join(rig.dir, `checkout-${step}`);
      const options = { dir, base: rig.tip, branch: 'polecat/toast', author: AUTHOR };
      const killed = await killedAt(step, { landing: rig.landing.dir, origin: rig.origin, checkout: options });
      left.add(`${existsSync(dir)} ${existsSync(path.join(dir, '.git'))}`);
      await prepareCheckout({ landing: rig.landing, ...options });
      expect(sh('cat a.txt; git status --porcelain', dir)).toBe('a');
      return !killed;
    };
    let step = 1;
    while (!(await madeUntil(step))) step += STRIDE;
    // Nothing there yet, only the folder, all of it.
    expect([...left]).toEqual(['false false', 'true false', 'true true']);
    expect(step).toBeGreaterThan(20);
  });

  test('lets the agent fetch the target, and push nowhere', async () => {
    const rig = await makeRig(FILES);
    const checkout = await makeCheckout(rig, rig.tip);
    sh('echo later >> a.txt && git commit -qam later', rig.origin);
    const { tip } = await rig.landing.refresh();
    sh('git fetch -q origin', checkout);
    expect(sh('git rev-parse origin/main', checkout)).toBe(tip);
    expect(sh('git merge -q origin/main && cat a.txt', checkout)).toBe('a\nlater');
    expect(() => sh('git push origin HEAD:refs/heads/main 2>&1', checkout)).toThrow();
    expect(() => sh('git push 2>&1', checkout)).toThrow();
  });

  test('hides other polecats’ work from a fetch', async () => {
    const rig = await makeRig(FILES);
    await makeWork(rig, { base: rig.tip, name: 'other', script: 'echo x > x' });
    const checkout = await makeCheckout(rig, rig.tip);
    expect(sh('git ls-remote origin', checkout)).not.toContain('refs/gastown');
  });

  test('of a used folder has nothing of before: changes, ignored files, commits, configuration, hooks, branches', async () => {
    const rig = await makeRig(FILES);
    const checkout = await makeCheckout(rig, rig.tip);
    sh(
      `echo dirty >> a.txt; rm d/b.txt; mkdir -p out e/f; echo x > out/x; echo y > e/f/y; git add -A; git commit -qm mine; git init -q nested; echo u > u; git branch keep; git config alias.x '!true'; echo 'exit 1' > .git/hooks/pre-commit
       git stash -q || true; chmod +x a.txt`,
      checkout,
    );
    const again = await prepareCheckout({
      landing: rig.landing,
      dir: checkout,
      base: rig.tip,
      branch: 'polecat/next',
      author: AUTHOR,
    });
    expect(again).toEqual({ dir: checkout, reused: true });
    expect(
      sh(
        'git status --porcelain --ignored; git branch --format="%(refname:short)"; find . -path ./.git -prune -o -type f -print | sort',
        checkout,
      ),
    ).toBe('polecat/next\n./.gitignore\n./a.txt\n./d/b.txt');
    expect(
      sh('cat a.txt; test ! -x a.txt; git config alias.x || echo none; ls .git/hooks; git stash list', checkout),
    ).toBe('a\nnone');
  });

  test('of a used folder notices files of the same size and time', async () => {
    const rig = await makeRig(FILES);
    const checkout = await makeCheckout(rig, rig.tip);
    sh('touch -r a.txt ../stamp; printf "b\\n" > a.txt; touch -r ../stamp a.txt', checkout);
    await prepareCheckout({
      landing: rig.landing,
      dir: checkout,
      base: rig.tip,
      branch: 'polecat/next',
      author: AUTHOR,
    });
    expect(sh('cat a.txt', checkout)).toBe('a');
  });

  test('of a used folder follows the base to another commit, forth and back', async () => {
    const rig = await makeRig(FILES);
    const head = await makeWork(rig, {
      base: rig.tip,
      name: 'other',
      script: 'rm -r d; echo d > d; mkdir a; git mv a.txt a/; echo n > n',
    });
    const checkout = await makeCheckout(rig, rig.tip);
    for (const [base, files] of [
      [head, '.gitignore\na/a.txt\nd\nn'],
      [rig.tip, '.gitignore\na.txt\nd/b.txt'],
    ] as const) {
      await prepareCheckout({ landing: rig.landing, dir: checkout, base, branch: 'polecat/next', author: AUTHOR });
      expect(sh('git ls-files; git status --porcelain', checkout)).toBe(files);
      expect(sh('git rev-parse HEAD', checkout)).toBe(base);
    }
  });

  test.each([
    ['the folder is gone', 'cd .. && rm -rf toast'],
    ['the folder became a link', 'cd .. && rm -rf toast && ln -s ../origin toast'],
    ['the folder became a file', 'cd .. && rm -rf toast && echo x > toast'],
    ['its index of ours is broken', 'echo garbage > ../.toast.gastown/index'],
    ['its repository of ours is gone', 'rm -rf ../.toast.gastown/objects ../.toast.gastown/HEAD'],
    ['a file became a repository', 'rm a.txt && git init -q a.txt && echo x > a.txt/x'],
  ])('makes a fresh one when %s, and touches nothing else', async (_, script) => {
    const rig = await makeRig(FILES);
    const checkout = await makeCheckout(rig, rig.tip);
    sh(script, checkout);
    await prepareCheckout({
      landing: rig.landing,
      dir: checkout,
      base: rig.tip,
      branch: 'polecat/next',
      author: AUTHOR,
    });
    expect(sh('git status --porcelain; cat a.txt', checkout)).toBe('a');
    expect(sh('git status --porcelain; cat a.txt', rig.origin)).toBe('a');
  });

  test('refuses a folder that the town did not make', async () => {
    const rig = await makeRig(FILES);
    const dir = path.join(rig.dir, 'mine');
    write(dir, { 'precious.txt': 'x' });
    const prepared = prepareCheckout({ landing: rig.landing, dir, base: rig.tip, branch: 'b', author: AUTHOR });
    await expect(prepared).rejects.toMatchObject({ code: 'forbidden' });
    expect(sh('ls -A', dir)).toBe('precious.txt');
  });

  test('fails for a base that is not there', async () => {
    const rig = await makeRig(FILES);
    const dir = path.join(rig.dir, 'checkouts', 'x');
    const prepared = prepareCheckout({ landing: rig.landing, dir, base: '1'.repeat(40), branch: 'b', author: AUTHOR });
    await expect(prepared).rejects.toMatchObject({ code: 'git_failed' });
  });

  test('quotes a name that is not plain', async () => {
    const rig = await makeRig(FILES);
    const author = { name: 'A "B" \\ #;[x]', email: 'a@b' };
    const { dir } = await prepareCheckout({
      landing: rig.landing,
      dir: path.join(rig.dir, 'x'),
      base: rig.tip,
      branch: 'b',
      author,
    });
    expect(sh('git config user.name', dir)).toBe(author.name);
  });
});

describe('a checkout that is no longer needed', () => {
  test('is removed with folders that nobody may enter, and is fine when it is gone', async () => {
    const rig = await makeRig(FILES);
    const checkout = await makeCheckout(rig, rig.tip);
    sh('mkdir -p deep/er && chmod 000 deep', checkout);
    await removeTree(checkout);
    expect(existsSync(checkout)).toBe(false);
    await removeTree(checkout);
  });

  test('is known from folders without the marker, beside or around it, and behind links', async () => {
    const rig = await makeRig(FILES);
    const checkout = await makeCheckout(rig, rig.tip);
    const root = path.join(rig.dir, 'checkouts');
    mkdirSync(path.join(root, 'unmarked'));
    symlinkSync(rig.dir, path.join(root, 'link'));
    expect(await isMarked(checkout)).toBe(true);
    const others = [
      path.join(root, 'unmarked'),
      rig.origin,
      root,
      `${root}/../origin`,
      path.join(root, 'link', 'origin'),
      path.join(root, 'link', 'checkouts', 'toast'),
    ];
    for (const dir of others) expect(await isMarked(dir), dir).toBe(false);
  });
});
