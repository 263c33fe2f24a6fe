import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findRepositoryRoot, inspectOrigin, isUrl } from '../../source/git/repository.ts';
import { makeOrigin, sh, temporary } from './repositories.ts';

const failure = async (given: string, options?: { branch?: string }) => {
  const error = await inspectOrigin(given, options).then(
    found => ({ found }),
    error => error,
  );
  expect(error).toMatchObject({ name: 'GastownError', hint: expect.any(String) });
  return error;
};

describe('inspectOrigin', () => {
  test('describes a checkout with the branch that HEAD names', async () => {
    const origin = makeOrigin(temporary());
    expect(await inspectOrigin(origin)).toEqual({
      origin,
      branch: 'main',
      tip: sh('git rev-parse HEAD', origin),
      kind: 'checkout',
      checkedOut: true,
    });
  });

  test('takes another branch by name, which is not checked out', async () => {
    const origin = makeOrigin(temporary());
    sh('git branch develop', origin);
    expect(await inspectOrigin(origin, { branch: 'develop' })).toMatchObject({ branch: 'develop', checkedOut: false });
  });

  test('gives the real path of a repository behind a link, and of a file URL', async () => {
    const dir = temporary();
    const origin = makeOrigin(dir);
    symlinkSync(origin, path.join(dir, 'link'));
    expect((await inspectOrigin(path.join(dir, 'link'))).origin).toBe(origin);
    expect((await inspectOrigin(`file://${origin}`)).origin).toBe(origin);
  });

  test('describes a bare repository, and knows a work tree that leans on it', async () => {
    const dir = temporary();
    makeOrigin(dir);
    sh('git clone -q --bare origin bare.git', dir);
    const bare = path.join(dir, 'bare.git');
    expect(await inspectOrigin(bare)).toMatchObject({ origin: bare, kind: 'bare', checkedOut: false });
    sh('git worktree add -q ../tree main', bare);
    expect(await inspectOrigin(bare)).toMatchObject({ kind: 'bare', checkedOut: true });
  });

  test('says that there is no such folder', async () => {
    const error = await failure('/nonexistent/repository');
    expect(error).toMatchObject({ code: 'not_found', message: 'There is no folder /nonexistent/repository.' });
  });

  test('says that a folder is not a repository', async () => {
    const dir = temporary();
    const error = await failure(dir);
    expect(error).toMatchObject({ code: 'repository_invalid', message: `${dir} is not a Git repository.` });
  });

  test('says that a file is not a repository', async () => {
    const file = path.join(temporary(), 'file');
    writeFileSync(file, '');
    expect((await failure(file)).message).toContain('is a file');
  });

  test('names the top folder when given one inside a repository', async () => {
    const origin = makeOrigin(temporary(), { 'src/a.txt': 'a\n' });
    const error = await failure(path.join(origin, 'src'));
    expect(error.code).toBe('repository_invalid');
    expect(error.hint).toContain(origin);
  });

  test.each([
    ['a new one', 'git init -q -b main .'],
    ['a new bare one', 'git init -q --bare -b main .'],
  ])('says that a repository without a commit is empty: %s', async (_, script) => {
    const dir = temporary();
    sh(script, dir);
    for (const options of [{}, { branch: 'main' }]) {
      expect(await failure(dir, options)).toMatchObject({
        code: 'repository_invalid',
        message: `${dir} is empty: it has no commit yet.`,
      });
    }
  });

  test('says that the branch of HEAD has no commit yet, and lists others', async () => {
    const origin = makeOrigin(temporary());
    sh('git checkout -q --orphan fresh', origin);
    const error = await failure(origin);
    expect(error).toMatchObject({
      code: 'repository_invalid',
      message: expect.stringContaining('fresh, which has no commit yet'),
    });
    expect(error.hint).toContain('main');
    expect(await inspectOrigin(origin, { branch: 'main' })).toMatchObject({ branch: 'main', checkedOut: false });
  });

  test('asks for a branch when HEAD is detached', async () => {
    const origin = makeOrigin(temporary());
    sh('git checkout -q --detach', origin);
    const error = await failure(origin);
    expect(error).toMatchObject({ code: 'repository_invalid', message: expect.stringContaining('detached') });
    expect(error.hint).toBe('Name the branch with `--branch` (main).');
  });

  test('lists names like the branch that is missing', async () => {
    const origin = makeOrigin(temporary());
    sh('for b in develop release/1 release/2 feature-a zebra yak; do git branch $b; done', origin);
    const error = await failure(origin, { branch: 'devlop' });
    expect(error).toMatchObject({ code: 'branch_missing', message: `${origin} has no branch devlop.` });
    expect(error.hint).toMatch(/^Its branches include develop, /);
  });

  test.each(['-x', 'a..b', '../x', 'a b', 'x.lock', 'HEAD', ''])(
    'refuses `%s` as the name of a branch',
    async branch => {
      expect((await failure(makeOrigin(temporary()), { branch })).code).toBe('branch_missing');
    },
  );

  test.runIf(process.getuid?.() !== 0)('says that a folder cannot be read', async () => {
    const dir = temporary();
    const origin = makeOrigin(dir);
    chmodSync(path.join(origin, '.git'), 0o000);
    expect((await failure(origin)).code).toBe('repository_invalid');
  });

  test('says that a repository of somebody else is not read, as Git itself would', async () => {
    const dir = temporary();
    mkdirSync(path.join(dir, 'x'));
    writeFileSync(path.join(dir, 'x', '.git'), 'gitdir: /nonexistent/elsewhere\n');
    expect((await failure(path.join(dir, 'x'))).code).toBe('repository_invalid');
  });

  test.each(['ext::sh -c "touch /tmp/x"', 'fd::17', 'gopher://example.invalid/x'])(
    'refuses the transport of %s',
    async url => {
      expect(await failure(url)).toMatchObject({
        code: 'repository_invalid',
        message: expect.stringContaining('not a kind of URL'),
      });
    },
  );

  test('refuses a URL with a password, without repeating it', async () => {
    const error = await failure('https://me:s3cret@example.invalid/x.git');
    expect(error.code).toBe('repository_invalid');
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });

  test('cleans a path full of escape codes before it is shown', async () => {
    expect((await failure('/nonexistent/\u001b]0;x\u0007')).message).not.toContain('\u001b');
  });
});

test('tells URLs from paths', () => {
  const urls = ['https://h/x', 'ssh://git@h/x', 'git@host:x/y.git', 'host:x', 'ext::sh'];
  const paths = ['/a/b', './a:b', '../x', 'a/b:c', '.', 'file:///a', 'C:'];
  expect(urls.filter(isUrl)).toEqual(urls);
  expect(paths.filter(isUrl)).toEqual([]);
});

describe('findRepositoryRoot', () => {
  test('finds the top of a checkout from deep inside, and nothing outside', async () => {
    const dir = temporary();
    const origin = makeOrigin(dir, { 'a/b/c.txt': 'c\n' });
    expect(await findRepositoryRoot(path.join(origin, 'a', 'b'))).toBe(origin);
    expect(await findRepositoryRoot(dir)).toBeUndefined();
  });

  test('finds a bare repository', async () => {
    const dir = temporary();
    sh('git init -q --bare .', dir);
    expect(await findRepositoryRoot(dir)).toBe(dir);
  });
});
