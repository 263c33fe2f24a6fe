import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { git, gitMessage, requireGit, withoutCredentials } from '../../source/git/run.ts';
import { later, makeOrigin, sh, temporary } from './repositories.ts';

const fakeGit = (answer: string): string => {
  const file = path.join(temporary(), 'git');
  writeFileSync(file, `#!/bin/sh\n${answer}\n`);
  chmodSync(file, 0o755);
  return file;
};

describe('requireGit', () => {
  test('answers the version of the Git that is there', async () => {
    expect(await requireGit()).toMatch(/^2\.\d+/);
  });

  test('says that Git is missing and what to install', async () => {
    const error = await requireGit({ command: '/nonexistent/git' }).catch(error => error);
    expect(error).toMatchObject({ code: 'git_missing', message: expect.stringContaining('/nonexistent/git') });
    expect(error.hint).toContain('2.38');
  });

  test.each([
    ['git version 2.37.9', '2.37.9'],
    ['git version 2.9', '2.9'],
    ['git version 1.99.1.windows.2', '1.99.1.windows.2'],
  ])('names the version of a Git that is too old: %s', async (answer, found) => {
    const error = await requireGit({ command: fakeGit(`echo '${answer}'`) }).catch(error => error);
    expect(error).toMatchObject({ code: 'git_too_old', message: expect.stringContaining(found) });
    expect(error.hint).toContain('2.38');
  });

  test.each(['git version 2.38.0', 'git version 2.51.1 (Apple Git-200)', 'git version 3.0.0'])(
    'accepts %s',
    async answer => {
      expect(await requireGit({ command: fakeGit(`echo '${answer}'`) })).toMatch(/^\d/);
    },
  );

  test('shows the answer of something that is not Git, without its escape codes', async () => {
    const error = await requireGit({ command: fakeGit("printf '\\033[31mgoat 1.0'") }).catch(error => error);
    expect(error.code).toBe('git_missing');
    expect(error.message).toContain('goat 1.0');
    expect(error.message).not.toContain('\u001b');
  });
});

describe('git', () => {
  test('fails with one safe line that says why', async () => {
    const error = await git(['rev-parse', '--verify', 'no-such-branch'], { cwd: makeOrigin(temporary()) }).catch(
      error => error,
    );
    expect(error).toMatchObject({
      code: 'git_failed',
      message: 'git rev-parse failed (exit 128): Needed a single revision',
    });
  });

  test('is not led astray by variables of a surrounding Git, neither as town nor as user', async () => {
    const dir = temporary();
    const origin = makeOrigin(dir);
    process.env.GIT_DIR = '/nonexistent';
    process.env.GIT_INDEX_FILE = '/nonexistent/index';
    later(() => {
      delete process.env.GIT_DIR;
      delete process.env.GIT_INDEX_FILE;
    });
    for (const as of ['town', 'user'] as const) {
      expect((await git(['rev-parse', '--show-toplevel'], { cwd: origin, as })).stdout.trim()).toBe(origin);
    }
  });

  test('reads the user’s configuration only as user', async () => {
    const dir = temporary();
    const origin = makeOrigin(dir);
    writeFileSync(path.join(dir, 'config'), '[gastown]\n\tprobe = seen\n');
    const userEnv = { ...process.env, GIT_CONFIG_GLOBAL: path.join(dir, 'config') };
    const probe = (as: 'town' | 'user') =>
      git(['config', 'gastown.probe'], { cwd: origin, as, userEnv, okCodes: [0, 1] });
    expect((await probe('user')).stdout).toBe('seen\n');
    expect((await probe('town')).stdout).toBe('');
  });

  test('cuts output at its limit and says so', async () => {
    const origin = makeOrigin(temporary(), { 'big.txt': 'x'.repeat(200_000) });
    const answer = await git(['cat-file', 'blob', 'HEAD:big.txt'], { cwd: origin, maxOutputBytes: 1_000 });
    expect(answer.truncated).toBe(true);
    expect(answer.stdout).toHaveLength(1_000);
  });

  test('gives up after its timeout', async () => {
    const origin = makeOrigin(temporary());
    sh('git config alias.hang "!sleep 30"', origin);
    await expect(git(['hang'], { cwd: origin, timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
  }, 5_000);

  test('stops when asked, with the helpers that it started', async () => {
    const origin = makeOrigin(temporary());
    sh('git config alias.hang "!sleep 30; true"', origin);
    const stop = new AbortController();
    const hanging = git(['hang'], { cwd: origin, signal: stop.signal });
    stop.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'git_failed', message: 'git hang was stopped.' });
  }, 5_000);

  test('says that the folder it should work in is gone', async () => {
    await expect(git(['status'], { cwd: '/nonexistent/x' })).rejects.toMatchObject({
      code: 'git_failed',
      message: expect.stringContaining('/nonexistent/x is gone'),
    });
  });

  test('keeps credentials and escape codes out of messages', () => {
    const said = "fatal: unable to access 'https://me:s3cret@example.invalid/\u001b[31mx': no";
    expect(gitMessage(`warning: x\n${said}\n`)).toBe("unable to access 'https://***@example.invalid/[31mx': no");
    expect(withoutCredentials('ssh://git@host/a https://token@host/b')).toBe('ssh://***@host/a https://***@host/b');
  });
});
