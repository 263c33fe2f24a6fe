import { afterAll, describe, expect, test } from 'vitest';
import { guardsOf, removeRepository, repository, said } from './support.ts';

afterAll(removeRepository);

describe('links', () => {
  test.each([
    ['/etc/passwd', 'outside of the repository'],
    ['../outside', 'outside of the repository'],
    ['../../x', 'outside of the repository'],
    ['C:\\Windows', 'outside of the repository'],
    ['~/x', 'outside of the repository'],
    ['.git/config', 'Git’s own folder'],
    ['.GIT/hooks', 'Git’s own folder'],
    ['deep/../b', 'goes back through a folder'],
  ])('to %s are blocked', async (target, why) => {
    const repo = repository();
    const found = await repo.look(repo.commit(repo.tip, { link: `link:${target}` }));
    expect(said(found)).toEqual([expect.stringMatching(/^symlinks block: link is a link to/)]);
    expect(found[0]!.summary).toContain(why);
  });

  test.each(['a.ts', './a.ts', '../a.ts', 'deep/x'])('to %s inside of the tree pass', async target => {
    const repo = repository();
    const at = target.startsWith('../') ? 'sub/link' : 'link';
    expect(await repo.look(repo.commit(repo.tip, { [at]: `link:${target}` }))).toEqual([]);
  });
});

describe('repositories inside of the repository', () => {
  const gitlink = (repo: ReturnType<typeof repository>, file: string) =>
    repo.sh(
      `git update-index --add --cacheinfo 160000,${repo.tip},${file} && git commit -qm 'Link it' && git rev-parse HEAD`,
    );

  test('are blocked where nothing says what they are', async () => {
    const repo = repository();
    expect(said(await repo.look(gitlink(repo, 'vendor/x')))).toEqual([
      'submodules block: vendor/x is a repository of its own, and .gitmodules says nothing of it',
    ]);
  });

  test('are asked about where .gitmodules does', async () => {
    const repo = repository();
    repo.commit(repo.tip, { '.gitmodules': '[submodule "x"]\n\tpath = vendor/x\n\turl = https://example.com/x\n' });
    expect(said(await repo.look(gitlink(repo, 'vendor/x')))).toEqual([
      'submodules ask: adds .gitmodules, which says where code comes from',
      'submodules ask: adds the submodule vendor/x',
    ]);
  });
});

describe('.gitattributes', () => {
  test('that has Git start a program is asked about', async () => {
    const repo = repository();
    const text = '*.bin filter=lfs diff=lfs merge=lfs -text\n*.x merge=ours\n# *.y filter=no\n';
    expect(said(await repo.look(repo.commit(repo.tip, { 'sub/.gitattributes': text })))).toEqual([
      'attributes ask: sub/.gitattributes has Git start a program for files: filter=lfs, diff=lfs, merge=lfs, merge=ours',
    ]);
  });

  test('is not for what Git does by itself, nor for what the target has already', async () => {
    const repo = repository({ '.gitattributes': '*.bin filter=lfs\n' });
    const text = '*.bin filter=lfs\n*.ts text eol=lf diff=python merge=union\n';
    expect(await repo.look(repo.commit(repo.tip, { '.gitattributes': text }))).toEqual([]);
  });
});

describe('names', () => {
  /** A tree that Git's own commands refuse to make from a work tree. */
  const named = (repo: ReturnType<typeof repository>, bytes: string): string => {
    const blob = repo.sh('echo x | git hash-object -w --stdin');
    return repo.sh(
      `tree=$( (git ls-tree -z ${repo.tip}; printf '100644 blob ${blob}\\t${bytes}\\000') | git mktree -z)\ngit commit-tree -p ${repo.tip} -m 'Odd name' $tree`,
    );
  };

  test.each([
    ['.git', '.git'],
    ['capitals', '.GIT'],
    ['NTFS: a dot at the end', '.git.'],
    ['NTFS: a space at the end', '.git '],
    ['NTFS: the short name', 'git~1'],
    ['NTFS: a stream', '.git::$INDEX_ALLOCATION'],
    ['HFS+: a character that does not count', '.g\\342\\200\\214it'],
  ])('that are Git’s own folder somewhere are blocked: %s', async (_, bytes) => {
    const repo = repository();
    const found = await repo.look(named(repo, bytes.replace('$', '\\$')));
    expect(said(found)).toContainEqual(expect.stringMatching(/^names block: .* is a name of Git’s own folder/));
  });

  test.each([
    ['a line break', 'a\\nb'],
    ['an escape', 'a\\033[31mb'],
    ['text that turns around', 'a\\342\\200\\256txt.exe'],
    ['a space without width', 'a\\342\\200\\213b'],
  ])('with %s are blocked, and shown without it', async (_, bytes) => {
    const repo = repository();
    const found = await repo.look(named(repo, bytes));
    expect(guardsOf(found)).toEqual(['names block']);
    expect(found[0]!.summary).toMatch(/^a<U\+[0-9A-F]{4}>/);
    expect(`${found[0]!.summary}${found[0]!.path}`).not.toMatch(/[\u001b\n\u202e\u200b]/);
  });

  test('that are no UTF-8, or that mean something else on Windows, are asked about', async () => {
    const repo = repository();
    expect(said(await repo.look(named(repo, 'caf\\351')))).toEqual([
      expect.stringContaining('a name that is not UTF-8'),
    ]);
    expect(said(await repo.look(named(repo, 'a\\\\b')))).toEqual([expect.stringContaining('on Windows')]);
  });

  test('of any language pass', async () => {
    const repo = repository();
    const head = repo.commit(repo.tip, {
      'größe.ts': 'x',
      '日本語.md': 'x',
      '.github/x.md': 'x',
      '.gitignore': 'x',
      'git.ts': 'x',
    });
    expect(await repo.look(head)).toEqual([]);
  });

  test('that are one on some systems are asked about, folders too', async () => {
    const repo = repository({ 'README.md': 'a', 'src/a.ts': 'a', 'caf\u00e9.md': 'a' });
    const head = repo.commit(repo.tip, { 'ReadMe.md': 'b', 'Src/b.ts': 'b', 'cafe\u0301.md': 'b', 'src/c.ts': 'c' });
    expect(said(await repo.look(head)).sort()).toEqual(
      [
        'collisions ask: ReadMe.md and README.md are one name on some systems',
        'collisions ask: Src and src are one name on some systems',
        'collisions ask: cafe\u0301.md and caf\u00e9.md are one name on some systems',
      ].sort(),
    );
  });
});

describe('modes and sizes', () => {
  test('a file that becomes a program is asked about; a new script is read like any code', async () => {
    const repo = repository({ 'data.txt': 'echo one\necho two\n' });
    const head = repo.commit(repo.tip, { 'data.txt': '+x:echo one\necho two\n', 'run.sh': '+x:#!/bin/sh\ntrue\n' });
    expect(said(await repo.look(head))).toEqual(['modes ask: makes data.txt a program that can be started']);
  });

  test('what is too large is asked about, also when a later commit takes it out again', async () => {
    const repo = repository();
    const rig = { gates: [], guards: { maxFileBytes: 20_000, maxBinaryBytes: 1_000 } };
    const large = repo.commit(repo.tip, {
      'big.txt': 'some text\n'.repeat(3_000),
      'big.bin': Buffer.alloc(2_000),
      'small.bin': Buffer.alloc(900),
      'fine.txt': 'some text\n'.repeat(1_000),
    });
    const head = repo.commit(large, { 'big.txt': null });
    expect(said(await repo.look(head, { rig })).sort()).toEqual([
      'sizes ask: big.bin is a binary file of 2 kB; from 1 kB on a person is asked',
      'sizes ask: big.txt is 29 kB; from 20 kB on a person is asked',
    ]);
    expect(await repo.look(head)).toEqual([]);
  });

  test('a file for keys is asked about by its name', async () => {
    const repo = repository();
    expect(said(await repo.look(repo.commit(repo.tip, { 'certs/app.p12': Buffer.from([0, 1, 2]) })))).toEqual([
      'secrets ask: certs/app.p12 is a file for keys',
    ]);
  });
});

test('an ordinary branch raises nothing, and one that the target has already is not looked at', async () => {
  const repo = repository({ 'src/a.ts': 'export const a = 1;\n', 'README.md': 'An app\n' });
  const head = repo.commit(repo.tip, {
    'src/a.ts': 'export const a = 2;\n',
    'src/b.ts': 'export const b = 1;\n',
    'README.md': null,
  });
  expect(await repo.look(head)).toEqual([]);
  const ci = repo.commit(repo.tip, { '.github/workflows/ci.yml': 'on: push\n' });
  expect(await repo.look(ci, { tip: ci })).toEqual([]);
});

test('what the target brought into a branch is not the branch’s own', async () => {
  const repo = repository();
  const target = repo.commit(repo.tip, { '.github/workflows/ci.yml': 'on: push\n' });
  const work = repo.commit(repo.tip, { 'b.ts': 'export const b = 1;\n' });
  const head = repo.sh(
    `git checkout -q ${work} && git merge -q -m 'Take the target in' ${target} >/dev/null && git rev-parse HEAD`,
  );
  expect(await repo.look(head, { tip: target })).toEqual([]);
});
