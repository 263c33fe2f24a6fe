import { describe, expect, test } from 'vitest';
import { detectGates } from '../../source/gates/detect.ts';
import { gateEnvironmentId } from '../../source/gates/environment.ts';
import { gateSchema } from '../../source/ledger/schema.ts';
import { makeRig, sh, temporary, write } from '../git/repositories.ts';

const detect = (files: Record<string, string>) => {
  const dir = temporary();
  write(dir, files);
  return detectGates(dir);
};
const manifest = (scripts: Record<string, string>, more: object = {}) => JSON.stringify({ scripts, ...more });
const commands = (detected: Awaited<ReturnType<typeof detectGates>>) =>
  Object.fromEntries(detected.gates.map(gate => [gate.name, gate.command]));

describe('detectGates', () => {
  test('takes test, types, lint and build from package.json, tests first', async () => {
    const detected = await detect({
      'package.json': manifest({
        build: 'tsc',
        lint: 'eslint .',
        'type-check': 'tsc --noEmit',
        test: 'vitest',
        start: 'node .',
      }),
      'package-lock.json': '{}',
    });
    expect(detected.gates.map(gate => gate.name)).toEqual(['test', 'typecheck', 'lint', 'build']);
    expect(commands(detected)).toEqual({
      test: 'npm test',
      typecheck: 'npm run type-check',
      lint: 'npm run lint',
      build: 'npm run build',
    });
    expect(detected.setup).toBe('npm ci --no-audit --no-fund');
    expect(detected.found).toContain('package.json: script test');
    for (const gate of detected.gates) expect(gateSchema.safeParse(gate).success).toBe(true);
  });

  test.each([
    ['pnpm-lock.yaml', '', 'pnpm run test', 'pnpm install --frozen-lockfile'],
    ['yarn.lock', '# yarn lockfile v1\n', 'yarn run test', 'yarn install --frozen-lockfile'],
    ['yarn.lock', '__metadata:\n', 'yarn run test', 'yarn install --immutable'],
    ['bun.lock', '', 'bun run test', 'bun install --frozen-lockfile'],
  ])('uses the package manager that %s belongs to', async (lockfile, content, command, setup) => {
    const detected = await detect({ 'package.json': manifest({ test: 'x' }), [lockfile]: content });
    expect([commands(detected).test, detected.setup]).toEqual([command, setup]);
  });

  test('needs no setup without dependencies, and installs them without a lockfile', async () => {
    expect((await detect({ 'package.json': manifest({ test: 'node --test' }) })).setup).toBeUndefined();
    expect((await detect({ 'package.json': manifest({ test: 'x' }, { dependencies: { x: '1' } }) })).setup).toContain(
      'npm install',
    );
  });

  test.each([
    ['the placeholder of npm init', 'echo "Error: no test specified" && exit 1', 'placeholder'],
    ['a script that watches', 'jest --watch', 'never ends'],
  ])('leaves out %s and says so', async (_, script, said) => {
    const detected = await detect({ 'package.json': manifest({ test: script }) });
    expect(detected.gates).toEqual([]);
    expect(detected.found.join('\n')).toContain(said);
  });

  test.each(['{ not json', '[]', 'null', '{"scripts":7}'])(
    'takes nothing from a package.json that is %s',
    async content => {
      expect((await detect({ 'package.json': content })).gates).toEqual([]);
    },
  );

  test.each([
    [{ 'Cargo.toml': '', 'Cargo.lock': '' }, { test: 'cargo test --locked' }],
    [{ 'go.mod': '' }, { test: 'go test ./...', vet: 'go vet ./...' }],
    [{ Makefile: 'all:\n\techo\ntest: all\n\techo t\n' }, { test: 'make test' }],
    [{ Makefile: 'check:\n\techo t\n' }, { test: 'make check' }],
    [{ Makefile: 'test := x\nlatest:\n' }, {}],
    [{ 'pyproject.toml': '[tool.pytest.ini_options]\n', 'uv.lock': '' }, { test: 'uv run --no-sync pytest -q' }],
    [{ 'pyproject.toml': '[project]\n', 'requirements.txt': 'pytest==8\n' }, { test: 'python3 -m pytest -q' }],
    [{ 'pyproject.toml': 'not = = toml' }, {}],
    [{ 'README.md': '' }, {}],
  ] as [Record<string, string>, Record<string, string>][])('%j has %j', async (files, expected) => {
    expect(commands(await detect(files))).toEqual(expected);
  });

  test.each([
    [{ 'Cargo.toml': '', 'Cargo.lock': '' }, 'cargo fetch --locked'],
    [{ 'go.mod': '', 'go.sum': '' }, 'go mod download'],
    [{ 'go.mod': '' }, undefined],
  ] as [Record<string, string>, string | undefined][])(
    '%j fetches what its gates build on in its setup, for they have no network: %s',
    async (files, setup) => {
      expect((await detect(files)).setup).toBe(setup);
    },
  );

  test('gives two languages names of their own, and leaves a Makefile that only calls them', async () => {
    const detected = await detect({
      'package.json': manifest({ test: 'x', lint: 'y' }),
      'go.mod': '',
      Makefile: 'test:\n\tgo test\n',
    });
    expect(detected.gates.map(gate => gate.name)).toEqual(['test', 'test-2', 'lint', 'vet']);
  });

  test('reads the commit, not what lies in the work tree', async () => {
    const { origin, landing, tip } = await makeRig({
      'package.json': manifest({ test: 'node --test' }),
      'src/a.js': '',
    });
    sh('echo "test:" > Makefile; rm package.json', origin);
    expect(commands(await detectGates({ landing, commit: tip }))).toEqual({ test: 'npm test' });
    expect(commands(await detectGates(origin))).toEqual({ test: 'make test' });
  });
});

describe('gateEnvironmentId', () => {
  const base = {
    gates: [{ name: 'test', command: 'npm test' }],
    setup: 'npm ci',
    nodeVersion: 'v24.0.0',
    platform: 'linux-x64',
  };

  test('is 12 hex digits, the same for the same', () => {
    expect(gateEnvironmentId(base)).toMatch(/^[0-9a-f]{12}$/);
    expect(gateEnvironmentId({ ...base, gates: [{ ...base.gates[0]!, timeoutMs: 5 } as never] })).toBe(
      gateEnvironmentId(base),
    );
  });

  test('differs with everything that decides an outcome', () => {
    const others = [
      { ...base, gates: [{ name: 'test', command: 'npm test ' }] },
      { ...base, gates: [{ name: 'tests', command: 'npm test' }] },
      { ...base, gates: [...base.gates, { name: 'lint', command: 'x' }] },
      { ...base, setup: undefined },
      { ...base, setup: '' },
      { ...base, nodeVersion: 'v22.12.0' },
      { ...base, platform: 'darwin-arm64' },
    ];
    expect(new Set([base, ...others].map(gateEnvironmentId)).size).toBe(others.length + 1);
  });
});
