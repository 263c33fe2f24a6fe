import { afterAll, describe, expect, test } from 'vitest';
import { removeRepository, repository, said } from './support.ts';

afterAll(removeRepository);

const ask = async (files: Record<string, string>, change: Record<string, string | null>, rig = {}) => {
  const repo = repository({ 'a.ts': 'export const a = 1;\n', ...files });
  return said(await repo.look(repo.commit(repo.tip, change), { rig: { gates: [], ...rig } }));
};

describe('protected paths', () => {
  test.each([
    ['.github/workflows/ci.yml', 'a CI file'],
    ['package-lock.json', 'a lockfile'],
    ['web/yarn.lock', 'a lockfile'],
    ['vitest.config.ts', 'the configuration of a gate'],
    ['.husky/pre-commit', 'a hook that runs by itself'],
    ['.npmrc', 'the configuration of a package manager'],
    ['.claude/settings.json', "an agent's configuration"],
    ['sub/.Claude/settings.json', "an agent's configuration"],
    ['.codex/config.toml', "an agent's configuration"],
    ['.mcp.json', "an agent's configuration"],
    ['claude.md', "an agent's configuration"],
    ['pkg/AGENTS.md', "an agent's configuration"],
    ['docs/CODEOWNERS', 'the list of owners'],
  ])('%s is, as %s', async (path, what) => {
    expect(await ask({}, { [path]: 'x: 1\n' })).toEqual([`protected-paths ask: changes ${path}, ${what}`]);
  });

  test('ordinary files are not', async () => {
    expect(
      await ask({}, { 'src/b.ts': 'b\n', 'docs/ci.md': 'c\n', 'lock.json': '{}\n', 'test/agents.md.ts': 'd\n' }),
    ).toEqual([]);
  });

  test('taking one away, or moving it to where it does nothing, changes it too', async () => {
    const ci = { '.github/workflows/ci.yml': 'on: push\njobs: {}\nname: all of it\n' };
    expect(await ask(ci, { '.github/workflows/ci.yml': null })).toEqual([expect.stringContaining('a CI file')]);
    const moved = { '.github/workflows/ci.yml': null, 'old/ci.yml': ci['.github/workflows/ci.yml'] };
    expect(await ask(ci, moved)).toEqual([expect.stringContaining('changes .github/workflows/ci.yml, a CI file')]);
  });

  test("the target's CODEOWNERS decides, never the one that the branch brings", async () => {
    const files = { CODEOWNERS: '/infra/ @ops\n*.sql @db\n', 'infra/main.tf': 'a\n' };
    expect(await ask(files, { 'infra/main.tf': 'b\n' })).toEqual([
      'protected-paths ask: changes infra/main.tf, owned by @ops (CODEOWNERS line 1)',
    ]);
    expect(await ask(files, { CODEOWNERS: '# nobody\n', 'infra/main.tf': 'b\n', '.github/CODEOWNERS': '' })).toEqual([
      'protected-paths ask: changes .github/CODEOWNERS, the list of owners',
      'protected-paths ask: changes CODEOWNERS, the list of owners',
      'protected-paths ask: changes infra/main.tf, owned by @ops (CODEOWNERS line 1)',
    ]);
  });

  test('a file that is owned only as every file is, is told apart', async () => {
    const files = { '.github/CODEOWNERS': '* @me\n/free/\n' };
    expect(await ask(files, { 'b.ts': 'b\n', 'c.ts': 'c\n', 'free/d.ts': 'd\n' })).toEqual([
      'owners ask: changes 2 files, owned by @me (CODEOWNERS line 1) as every file is',
    ]);
  });

  test("the rig's own lines protect, and free what is protected else", async () => {
    const guards = { protect: ['/money/ @you', '/package-lock.json'] };
    const change = { 'money/pay.ts': 'b\n', 'package-lock.json': '{}\n', 'yarn.lock': '\n' };
    expect(await ask({}, change, { guards })).toEqual([
      'protected-paths ask: changes money/pay.ts, protected in this rig (/money/)',
      'protected-paths ask: changes yarn.lock, a lockfile',
    ]);
  });

  test('what a gate runs is', async () => {
    const gates = [
      { name: 'test', command: 'npm ci && sh scripts/check.sh --all' },
      { name: 'lint', command: 'make lint' },
    ];
    const change = { 'scripts/check.sh': 'true\n', Makefile: 'lint:\n', 'scripts/other.sh': 'true\n' };
    expect(await ask({}, change, { gates })).toEqual([
      'protected-paths ask: changes Makefile, which the gate lint runs',
      'protected-paths ask: changes scripts/check.sh, which the gate test runs',
    ]);
    expect(await ask({}, { Makefile: 'lint:\n' })).toEqual([]);
  });

  test('the scripts of a package.json are, its description is not', async () => {
    const before = { name: 'app', scripts: { test: 'vitest run' } };
    const files = { 'package.json': JSON.stringify(before) };
    const changed = (after: object) => ask(files, { 'package.json': JSON.stringify(after) });
    expect(await changed({ ...before, description: 'An app', dependencies: { zod: '1' } })).toEqual([]);
    expect(await changed({ ...before, scripts: { test: 'true' } })).toEqual([
      'protected-paths ask: changes "scripts" of package.json, which says what runs',
    ]);
    expect(await ask(files, { 'package.json': '{' })).toEqual([
      expect.stringContaining('can no longer be read as JSON'),
    ]);
    expect(await ask(files, { 'package.json': null })).toEqual([expect.stringContaining('removes package.json')]);
    expect(await ask({}, { 'web/package.json': '{"name":"web"}' })).toEqual([]);
  });
});
