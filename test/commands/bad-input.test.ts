import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/in-turn.ts';
import { CLI, cleanEnv, gastown, run, workspace } from '../support/process.ts';

/** Every kind of bad input ends in one clear message that names the thing and says what to do, with the designed exit code, and nothing half done. */
const work = workspace('bad');
const town = work.town(path.join(work.dir, 'town'));
const repository = path.join(work.dir, 'repo');

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@t.invalid', ...args], {
    cwd,
    encoding: 'utf8',
    env: cleanEnv(work.home),
  });
const makeRepository = (name: string, options: { commit: boolean }) => {
  const dir = path.join(work.dir, name);
  mkdirSync(dir);
  git(dir, 'init', '-q', '-b', 'main');
  if (options.commit) {
    writeFileSync(path.join(dir, 'a.txt'), 'a\n');
    git(dir, 'add', '.');
    git(dir, 'commit', '-qm', 'first');
  }
  return dir;
};
const command = (...args: string[]) => inTurn(args, { home: work.home, env: { GASTOWN_TOWN: town } });

beforeAll(async () => {
  expect(await gastown(['init', town], { home: work.home })).toMatchObject({ code: 0 });
  makeRepository('repo', { commit: true });
});
afterAll(() => work.cleanUp());

describe('a command line', () => {
  test.each([
    [['rig'], 'gastown: gastown rig needs one of its commands.\n  gastown help rig lists them.\n'],
    [['--town', '/x', 'plan'], 'gastown: gastown plan needs one of its commands.\n  gastown help plan lists them.\n'],
    [['help', 'no-such'], 'gastown: There is no command "no-such".\n  gastown --help lists the commands.\n'],
  ])('%j says what is missing', async (args, stderr) => {
    expect(await gastown(args, { home: work.home })).toMatchObject({ code: 2, stdout: '', stderr });
  });

  test.each([[['help']], [['help', 'sling']]])('%j explains', async args => {
    const { code, stdout, stderr } = await gastown(args, { home: work.home });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: gastown /);
  });
});

describe('Git', () => {
  test('that is missing is named, with what to do', async () => {
    const result = await gastown(['status'], { home: work.home, env: { PATH: '/nonexistent', GASTOWN_TOWN: town } });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/^gastown: Git .*\n {2}.*[Ii]nstall/);
  });

  test('older than 2.38 does not run a town, and its version is named', async () => {
    const bin = path.join(work.dir, 'old-git');
    mkdirSync(bin);
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    const script = `#!/bin/sh\n[ "$1" = --version ] && echo git version 2.30.2 || exec ${git} "$@"\n`;
    writeFileSync(path.join(bin, 'git'), script, { mode: 0o755 });
    const result = await gastown(['run', '--until', 'idle'], {
      home: work.home,
      env: { PATH: bin, GASTOWN_TOWN: town },
    });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('2.30.2');
    expect(result.stderr).toContain('2.38');
  });
});

describe('a repository', () => {
  const refused = async (origin: string, expected: RegExp, ...more: string[]) => {
    const result = await command('rig', 'add', 'bad', origin, ...more);
    expect(result.stderr).toMatch(expected);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect((await command('rig', 'list', '--json')).stdout).not.toContain('"bad"');
  };

  test('that is not there is refused', () => refused(path.join(work.dir, 'nowhere'), /nowhere/));
  test('that is only a folder is refused', () => {
    mkdirSync(path.join(work.dir, 'folder'));
    return refused(path.join(work.dir, 'folder'), /not a Git repository/i);
  });
  test('without a commit is refused', () => refused(makeRepository('empty', { commit: false }), /no commit/i));
  test('that is bare and empty is refused', () => {
    git(work.dir, 'init', '-q', '--bare', '-b', 'main', 'bare-empty.git');
    return refused(path.join(work.dir, 'bare-empty.git'), /no commit/i);
  });
  test('that is bare and has the branch is taken', async () => {
    git(work.dir, 'clone', '-q', '--bare', repository, 'bare.git');
    expect(await command('rig', 'add', 'bare', path.join(work.dir, 'bare.git'))).toMatchObject({ code: 0 });
  });
  test('with a detached HEAD wants the branch named, and is taken with it', async () => {
    const dir = makeRepository('detached', { commit: true });
    git(dir, 'checkout', '-q', '--detach');
    await refused(dir, /detached/i);
    expect(await command('rig', 'add', 'detached', dir, '--branch', 'main')).toMatchObject({ code: 0 });
  });
  test('on an unborn branch is refused', () => {
    const dir = makeRepository('unborn', { commit: true });
    git(dir, 'checkout', '-q', '--orphan', 'fresh');
    return refused(dir, /fresh/);
  });
  test('without the branch named is refused, naming it', () => refused(repository, /mian/, '--branch', 'mian'));
});

describe('a plan', () => {
  beforeAll(async () => {
    expect(await command('rig', 'add', 'repo', repository, '--no-gates')).toMatchObject({ code: 0 });
  });
  const refused = async (plan: string | Buffer, expected: RegExp) => {
    const file = path.join(work.dir, 'plan.md');
    writeFileSync(file, plan);
    const result = await command('plan', 'import', file, '--rig', 'repo');
    expect(result.stderr).toMatch(expected);
    expect(result.stderr).toContain('plan.md');
    expect(result.code).toBe(2);
    expect((await command('convoys', '--json')).stdout).toBe('');
  };

  test('with an unknown need is refused', () => refused('# P\n\n## A {#a}\nneeds: b\n\ntext\n', /"?b"?/));
  test('with circular needs is refused, showing the circle', () =>
    refused('# P\n\n## A {#a}\nneeds: b\n\nx\n\n## B {#b}\nneeds: a\n\ny\n', /a.*b.*a|b.*a.*b/));
  test('with the same key twice is refused', () =>
    refused('# P\n\n## A {#a}\n\nx\n\n## B {#a}\n\ny\n', /`a` a second time/));
  test('that is not UTF-8 is refused', () => refused(Buffer.from([0x23, 0x20, 0xff, 0xfe, 0x0a]), /UTF-8/));
  test('that names an unknown agent is refused', async () => {
    const file = path.join(work.dir, 'plan.md');
    writeFileSync(file, '# P\n\n## A\nagent: shel\n\ntext\n');
    const result = await command('plan', 'import', file, '--rig', 'repo');
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/no agent "shel"[\s\S]*shell/);
  });
  test('that is missing is refused', async () => {
    expect(await command('plan', 'import', path.join(work.dir, 'none.md'), '--rig', 'repo')).toMatchObject({ code: 2 });
  });
});

describe('a town', () => {
  test('in a folder that takes no writes is refused', async ({ skip }) => {
    const dir = path.join(work.dir, 'read-only');
    mkdirSync(dir);
    if (process.getuid?.() === 0) {
      // Root writes to any mode: only a read-only mount refuses it, and not every sandbox allows one.
      const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'tmpfs', dir], { home: work.home });
      if (mounted.code !== 0) skip('a read-only file system cannot be mounted here');
    } else chmodSync(dir, 0o500);
    try {
      const result = await gastown(['init', dir], { home: work.home });
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(/cannot be written to/);
    } finally {
      if (process.getuid?.() === 0) await run('umount', [dir], { home: work.home });
      else chmodSync(dir, 0o700);
    }
  });

  test('of a newer schema is refused and left as it is', async () => {
    const newer = work.town(path.join(work.dir, 'newer'));
    await gastown(['init', newer], { home: work.home });
    const ledger = path.join(newer, 'ledger.git');
    const branch = git(ledger, 'symbolic-ref', 'HEAD').trim();
    const meta = JSON.parse(git(ledger, 'show', `${branch}:meta.json`)) as { schema: number };
    const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], {
      cwd: ledger,
      encoding: 'utf8',
      input: JSON.stringify({ ...meta, schema: meta.schema + 1 }),
    }).trim();
    const tree = execFileSync('git', ['mktree'], {
      cwd: ledger,
      encoding: 'utf8',
      input: git(ledger, 'ls-tree', branch).replace(/[0-9a-f]{40}\tmeta\.json/, `${blob}\tmeta.json`),
    }).trim();
    const commit = git(ledger, 'commit-tree', tree, '-p', branch, '-m', 'newer').trim();
    git(ledger, 'update-ref', branch, commit);
    const result = await gastown(['status', '--town', newer], { home: work.home });
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/version 2; this gastown knows 1/);
    expect(git(ledger, 'rev-parse', branch).trim()).toBe(commit);
  });

  test('that is not one is refused by name', async () => {
    const result = await gastown(['status', '--town', work.dir], { home: work.home });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`There is no town at ${work.dir}`);
  });

  test('with an unknown setting names it', async () => {
    const odd = work.town(path.join(work.dir, 'odd'));
    await gastown(['init', odd], { home: work.home });
    writeFileSync(path.join(odd, 'town.toml'), 'name = "odd"\n[settings.witness]\nstall = 3\n');
    const result = await gastown(['status', '--town', odd, '--json'], { home: work.home });
    expect(result.code).toBe(2);
    expect(JSON.parse(result.stderr)).toMatchObject({
      type: 'error',
      code: 'config_invalid',
      message: expect.stringContaining('settings.witness'),
    });
  });
});

describe('a command', () => {
  test('that is unknown is refused with exit 2', async () => {
    expect(await gastown(['stauts', '--nope'], { home: work.home })).toMatchObject({ code: 2, stdout: '' });
  });

  test('with hostile text keeps it out of the terminal but in the record', async () => {
    const title = 'red \u001B[31mand\u001B]0;owned\u0007 \u202Egnp.exe';
    expect(await command('create', title, '--rig', 'repo')).toMatchObject({ code: 0 });
    const shown = await command('attention');
    const listed = await command('status');
    expect(shown.stdout + listed.stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  test('without a terminal says what to use instead', async () => {
    const result = await gastown([], { home: work.home, cwd: repository, env: { GASTOWN_TOWN: town } });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/needs a terminal[\s\S]*gastown (status|run)/);
  });

  test('under an older Node gives one line and exit 2', async ({ skip }) => {
    const old = '/usr/bin/node';
    const version = await run(old, ['--version'], { home: work.home }).catch(() => undefined);
    if (!version || !/^v(1\d|20)\./.test(version.stdout)) skip('there is no older Node on this machine');
    const result = await run(old, [CLI, 'status'], { home: work.home });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toContain('22.12');
  });
});
