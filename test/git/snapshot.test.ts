import { describe, expect, test } from 'vitest';
import { AUTHOR, makeCheckout, makeRig, sh } from './repositories.ts';

const REF = 'refs/gastown/wip/app/toast';

const rigWithCheckout = async (files?: Record<string, string>) => {
  const rig = await makeRig(files);
  const checkout = await makeCheckout(rig, rig.tip);
  const snapshot = (head = rig.tip) =>
    rig.landing.snapshot({ checkout, head, author: AUTHOR, message: 'left over', ref: REF });
  const show = (sha: string) => sh(`git ls-tree -r --name-only ${sha}`, rig.landing.dir).split('\n');
  return { ...rig, checkout, snapshot, show };
};

describe('snapshot', () => {
  test('of a clean checkout is its head', async () => {
    const { landing, checkout, snapshot, tip } = await rigWithCheckout();
    expect(await snapshot()).toEqual({ sha: tip, changed: false });
    expect(await landing.resolve(REF)).toBe(tip);
    expect(await landing.isClean({ checkout, head: tip })).toBe(true);
  });

  test('commits changed, new, deleted and executable files on top of the head, in the given name', async () => {
    const { landing, checkout, snapshot, show, tip } = await rigWithCheckout();
    sh('echo more >> a.txt; rm b.txt; mkdir -p d; echo n > "d/n w.txt"; chmod +x c.txt; ln -s a.txt link', checkout);
    expect(await landing.isClean({ checkout, head: tip })).toBe(false);
    const { sha, changed } = await snapshot();
    expect(changed).toBe(true);
    expect(show(sha)).toEqual(['a.txt', 'c.txt', 'd/n w.txt', 'link']);
    expect(sh(`git ls-tree ${sha} c.txt link | cut -d' ' -f1`, landing.dir)).toBe('100755\n120000');
    expect(sh(`git show -s --format='%an <%ae>|%cn|%P|%B' ${sha}`, landing.dir)).toBe(
      `${AUTHOR.name} <${AUTHOR.email}>|${AUTHOR.name}|${tip}|left over`,
    );
    expect(await landing.resolve(REF)).toBe(sha);
    expect(await landing.isClean({ checkout, head: sha })).toBe(true);
  });

  test('changes neither the checkout nor its index', async () => {
    const { checkout, snapshot } = await rigWithCheckout();
    sh('echo staged > s.txt && git add s.txt && echo more >> a.txt && echo u > u.txt', checkout);
    const before = sh('git status --porcelain; git stash list; sha256sum .git/index', checkout);
    await snapshot();
    expect(sh('git status --porcelain; git stash list; sha256sum .git/index', checkout)).toBe(before);
  });

  test('leaves ignored files out, also by a .gitignore that is new', async () => {
    const { checkout, snapshot, show } = await rigWithCheckout({ '.gitignore': 'out/\n', 'a.txt': 'a\n' });
    sh('mkdir out sub; echo x > out/x; echo "*.log" > sub/.gitignore; echo l > sub/l.log; echo k > sub/k', checkout);
    expect(show((await snapshot()).sha)).toEqual(['.gitignore', 'a.txt', 'sub/.gitignore', 'sub/k']);
  });

  test('keeps tracked files that are ignored now', async () => {
    const { checkout, snapshot, show } = await rigWithCheckout();
    sh('echo "a.txt" > .gitignore; echo more >> a.txt', checkout);
    const { sha } = await snapshot();
    expect(show(sha)).toContain('a.txt');
    expect(sh(`git show ${sha}:a.txt`, checkout.replace(/checkouts.*/, 'landing.git'))).toBe('a\nmore');
  });

  test('passes over nested repositories, with and without commits', async () => {
    const { checkout, snapshot, show } = await rigWithCheckout();
    sh('git init -q nested && cd nested && echo x > x && git add x && git commit -qm x', checkout);
    sh('git init -q empty && echo y > empty/y; echo z > z.txt', checkout);
    expect(show((await snapshot()).sha)).toEqual(['a.txt', 'b.txt', 'c.txt', 'z.txt']);
  });

  test('takes a file replaced by a repository as deleted, not as a submodule', async () => {
    const { checkout, snapshot, show } = await rigWithCheckout();
    sh('rm b.txt && git init -q b.txt && cd b.txt && echo x > x && git add x && git commit -qm x', checkout);
    expect(show((await snapshot()).sha)).toEqual(['a.txt', 'c.txt']);
  });

  test('keeps a submodule of the project as it is', async () => {
    const { origin, dir, landing } = await makeRig();
    sh('git init -q -b main sub && cd sub && echo s > s && git add s && git commit -qm s', dir);
    sh('git -c protocol.file.allow=always submodule add -q ../sub sub && git commit -qm submodule', origin);
    const { tip } = await landing.refresh();
    const checkout = await makeCheckout({ dir, landing }, tip);
    sh('echo more >> a.txt', checkout);
    const { sha } = await landing.snapshot({ checkout, head: tip, author: AUTHOR, message: 'm', ref: REF });
    expect(await landing.changedFiles(tip, sha)).toEqual(['a.txt']);
    expect(sh(`git ls-tree ${sha} sub`, landing.dir)).toMatch(/^160000 commit/);
  });

  test('follows a file that became a folder and a folder that became a file', async () => {
    const { checkout, snapshot, show } = await rigWithCheckout({ 'a.txt': 'a\n', 'd/x': 'x\n' });
    sh('rm a.txt && mkdir a.txt && echo in > a.txt/in && rm -r d && echo d > d', checkout);
    expect(show((await snapshot()).sha)).toEqual(['a.txt/in', 'd']);
  });

  test('keeps all other files when one cannot be read or stored', async () => {
    const { checkout, snapshot, show } = await rigWithCheckout();
    sh('rm a.txt b.txt && mkfifo a.txt && mkfifo pipe && echo n > n.txt && echo more >> c.txt', checkout);
    const { sha } = await snapshot();
    expect(show(sha)).toEqual(['a.txt', 'c.txt', 'n.txt']);
  });

  test('takes files as they are when their attributes do not fit them', async () => {
    const { checkout, snapshot, landing } = await rigWithCheckout();
    sh(
      'echo "*.txt working-tree-encoding=UTF-16" > .gitattributes; echo more >> a.txt; echo n > \'q"uo te.txt\'; chmod +x b.txt; echo o > o.dat',
      checkout,
    );
    const { sha } = await snapshot();
    expect(
      sh(
        `git show ${sha}:a.txt; git show ${sha}:'q"uo te.txt'; git show ${sha}:o.dat; git ls-tree ${sha} b.txt`,
        landing.dir,
      ),
    ).toMatch(/^a\nmore\nn\no\n100755 /);
  });

  test('takes names of any bytes', async () => {
    const { checkout, snapshot, landing } = await rigWithCheckout();
    sh(
      `printf x > "$(printf 'caf\\351')"; printf y > "$(printf 'line\\nbreak')"; printf z > '#z '; printf o > --option`,
      checkout,
    );
    const { sha } = await snapshot();
    expect(sh(`git ls-tree --name-only ${sha}`, landing.dir).split('\n')).toEqual([
      '#z ',
      '--option',
      'a.txt',
      'b.txt',
      'c.txt',
      '"caf\\351"',
      '"line\\nbreak"',
    ]);
  });

  test('of uncommitted work on a head that the agent made keeps both', async () => {
    const { landing, checkout, snapshot, tip } = await rigWithCheckout();
    sh('echo one > one && git add one && git commit -qm one && echo two > two', checkout);
    const head = await landing.fetchWork(checkout, REF);
    const { sha } = await snapshot(head);
    expect(await landing.changedFiles(tip, sha)).toEqual(['one', 'two']);
    expect((await landing.commitInfo(sha)).parents).toEqual([head]);
  });

  test('works when the checkout’s own repository is gone', async () => {
    const { checkout, snapshot, show } = await rigWithCheckout();
    sh('rm -rf .git && echo n > n.txt', checkout);
    expect(show((await snapshot()).sha)).toEqual(['a.txt', 'b.txt', 'c.txt', 'n.txt']);
  });

  test('fails with git_failed when there is no checkout', async () => {
    const { checkout, snapshot } = await rigWithCheckout();
    sh('rm -rf toast', `${checkout}/..`);
    await expect(snapshot()).rejects.toMatchObject({ code: 'git_failed' });
  });
});
