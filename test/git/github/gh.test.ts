import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createGh } from '../../../source/git/github/gh.ts';
import { isGone } from '../../town/harness.ts';
import { temporary } from '../repositories.ts';

/** A `gh` that is this script. */
const ghOf = (script: string, options: { timeoutMs?: number; env?: Record<string, string> } = {}) => {
  const dir = temporary();
  const bin = path.join(dir, 'bin');
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'gh'), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(bin, 'gh'), 0o755);
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: dir, ...options.env };
  return { dir, gh: createGh({ env, restMs: 1_234, ...(options.timeoutMs && { timeoutMs: options.timeoutMs }) }) };
};
const failing = (stderr: string, code = 1) => ghOf(`cat > /dev/null; echo '${stderr}' >&2; exit ${code}`).gh.run(['x']);

describe('gh', () => {
  test('runs for the person, with what it needs of their environment and nothing else, and outside of any checkout', async () => {
    const env = {
      ...{ GH_TOKEN: 't', GH_CONFIG_DIR: '/c', XDG_RUNTIME_DIR: '/run/u', HTTPS_PROXY: 'http://p' },
      ...{ AWS_SECRET_ACCESS_KEY: 's', ANTHROPIC_API_KEY: 'k', GIT_DIR: '/x', NODE_OPTIONS: '--x', GH_REPO: 'evil/x' },
      ...{ GH_DEBUG: 'api', GH_PAGER: 'less', SSH_AUTH_SOCK: '/s' },
    };
    const { gh, dir } = ghOf('pwd; cat; env | cut -d= -f1 | sort | tr "\\n" " "', { env });
    const [cwd, input, names] = (await gh.run(['x'], { input: 'hello\n' })).split('\n');
    expect([cwd, input]).toEqual(['/', 'hello']);
    expect(
      names!
        .trim()
        .split(' ')
        .filter(name => !['_', 'PWD', 'OLDPWD', 'SHLVL'].includes(name)),
    ).toEqual([
      ...['GH_CONFIG_DIR', 'GH_NO_UPDATE_NOTIFIER', 'GH_PAGER', 'GH_PROMPT_DISABLED', 'GH_TOKEN'],
      ...['GIT_TERMINAL_PROMPT', 'HOME', 'HTTPS_PROXY', 'LC_ALL', 'NO_COLOR', 'PATH', 'XDG_RUNTIME_DIR'],
    ]);
    expect(dir).not.toBe(cwd);
  });

  test('takes arguments as they are: no shell ever sees them', async () => {
    const { gh, dir } = ghOf('printf "%s\\n" "$@"');
    const hostile = '$(touch pwned); `id` && "x" \'y\' *';
    expect(await gh.run(['--title', hostile])).toBe(`--title\n${hostile}`);
    expect(() => readFileSync(path.join(dir, 'pwned'))).toThrow();
  });

  test.each([
    ['To get started with GitHub CLI, please run:  gh auth login', 4, /gh is not logged in/],
    ['HTTP 401: Bad credentials (https://api.github.com/graphql)', 1, /gh is not logged in/],
    ['GraphQL: Could not resolve to a Repository with the name acme/x.', 1, /gh does not see the repository/],
    ['error connecting to api.github.com', 1, /GitHub cannot be reached/],
    ['HTTP 502: Bad Gateway', 1, /GitHub cannot be reached/],
    [
      'fatal: https://me:secret@github.com/x \u001b[31mno',
      1,
      /gh failed: fatal: https:\/\/\*\*\*@github.com\/x \[31mno/,
    ],
  ])('that says "%s"', async (stderr, code, message) => {
    await expect(failing(stderr, code)).rejects.toMatchObject({
      code: 'gh_failed',
      message: expect.stringMatching(message),
      wait: undefined,
    });
  });

  test('that may not ask for now is left alone for a while', async () => {
    await expect(failing('API rate limit exceeded for user ID 1.')).rejects.toMatchObject({
      code: 'gh_failed',
      wait: { forMs: 1_234, on: 'service' },
    });
  });

  test('that hangs is ended with its helpers', async () => {
    const { gh, dir } = ghOf('sleep 60 & echo $! > "$HOME/pid"; wait', { timeoutMs: 300 });
    await expect(gh.run(['x'])).rejects.toMatchObject({ code: 'gh_failed', message: /did not answer/ });
    const pid = Number(readFileSync(path.join(dir, 'pid'), 'utf8'));
    await expect.poll(() => isGone(pid)).toBe(true);
  });

  test('that is not there says how to get it', async () => {
    const gh = createGh({ env: { PATH: temporary(), HOME: '/nonexistent' } });
    await expect(gh.run(['x'])).rejects.toMatchObject({
      code: 'gh_failed',
      message: 'gh was not found on the PATH of the town.',
      hint: expect.stringContaining('gh auth login'),
    });
  });
});
