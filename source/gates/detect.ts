import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { readFileIfPresent } from '../common/files.ts';
import { safeLine } from '../common/text.ts';
import type { Landing } from '../git/landing.ts';

export interface DetectedGates {
  readonly setup?: string;
  /** Tests first: they say most. */
  readonly gates: readonly { readonly name: string; readonly command: string }[];
  /** One line for each thing that decided, for the person who is asked to agree. */
  readonly found: readonly string[];
}

/**
 * Proposes gates and setup from what a project says about itself. Nothing is run. Given the landing repository and a
 * commit (the target's tip), what lies in somebody's work tree does not matter.
 */
export const detectGates = async (
  source: string | { landing: Pick<Landing, 'fileAt' | 'rootOf'>; commit: string },
): Promise<DetectedGates> => {
  const project = await openProject(source);
  const parts = [
    await detectNode(project),
    await detectRust(project),
    await detectGo(project),
    await detectPython(project),
  ].filter(part => part !== undefined);
  if (!parts.some(part => part.gates.some(gate => gate.name.startsWith('test')))) parts.push(await detectMake(project));
  const setups = parts.map(part => part.setup).filter(setup => setup !== undefined);
  return {
    ...(setups.length > 0 && { setup: setups.join(' && ') }),
    gates: uniqueNames(parts.flatMap(part => part.gates)),
    found: parts.flatMap(part => part.found),
  };
};

interface Project {
  /** Names at the top; folders end in `/`. */
  readonly root: ReadonlySet<string>;
  read(file: string): Promise<string | undefined>;
}

const openProject = async (
  source: string | { landing: Pick<Landing, 'fileAt' | 'rootOf'>; commit: string },
): Promise<Project> => {
  if (typeof source !== 'string') {
    const { landing, commit } = source;
    return { root: new Set(await landing.rootOf(commit)), read: file => landing.fileAt(commit, file) };
  }
  const entries = await readdir(source, { withFileTypes: true });
  return {
    root: new Set(entries.map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name))),
    read: file => readFileIfPresent(path.join(source, file)),
  };
};

/** Scripts worth a gate, in order; the first name of each row that exists is taken. */
const NODE_SCRIPTS: readonly (readonly string[])[] = [
  ['test'],
  ['typecheck', 'type-check', 'types', 'tsc'],
  ['lint'],
  ['build'],
];
/** What `npm init` writes. */
const NO_TESTS = /no test specified/;
/** A gate must end. */
const WATCHES = /--watch(?!=false)\b|--watchAll(?!=false)\b|\bnodemon\b/;

const detectNode = async ({ root, read }: Project): Promise<DetectedGates | undefined> => {
  if (!root.has('package.json')) return undefined;
  const manifest = parseManifest((await read('package.json')) ?? '');
  if (!manifest) return { gates: [], found: ['package.json is not valid JSON: nothing was taken from it'] };
  const { manager, setup } = await nodeManager({ root, read }, manifest);
  const found: string[] = [];
  const gates: { name: string; command: string }[] = [];
  for (const names of NODE_SCRIPTS) {
    const name = names.find(candidate => typeof manifest.scripts[candidate] === 'string');
    if (name === undefined) continue;
    const script = manifest.scripts[name] as string;
    if (NO_TESTS.test(script)) found.push('package.json: its test script is the placeholder of npm init');
    else if (WATCHES.test(script)) found.push(`package.json: script ${safeLine(name)} watches files and never ends`);
    else {
      gates.push({
        name: names[0]!,
        command: name === 'test' && manager === 'npm' ? 'npm test' : `${manager} run ${name}`,
      });
      found.push(`package.json: script ${safeLine(name)}`);
    }
  }
  if (setup) found.push(`${manager}: ${setup}`);
  return { gates, found, ...(setup && { setup }) };
};

interface Manifest {
  scripts: Record<string, unknown>;
  hasDependencies: boolean;
  packageManager: string;
}

const parseManifest = (text: string): Manifest | undefined => {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    if (value === null || typeof value !== 'object') return undefined;
    const isMap = (part: unknown): part is Record<string, unknown> => typeof part === 'object' && part !== null;
    return {
      scripts: isMap(value.scripts) ? value.scripts : {},
      hasDependencies: ['dependencies', 'devDependencies', 'optionalDependencies', 'workspaces'].some(
        key => isMap(value[key]) && Object.keys(value[key]).length > 0,
      ),
      packageManager: typeof value.packageManager === 'string' ? value.packageManager : '',
    };
  } catch {
    return undefined;
  }
};

const nodeManager = async (
  { root, read }: Project,
  manifest: Manifest,
): Promise<{ manager: string; setup?: string }> => {
  const named = /^(npm|pnpm|yarn|bun)@/.exec(manifest.packageManager)?.[1];
  if (root.has('pnpm-lock.yaml') || named === 'pnpm')
    return { manager: 'pnpm', setup: 'pnpm install --frozen-lockfile' };
  if (root.has('bun.lock') || root.has('bun.lockb') || named === 'bun')
    return { manager: 'bun', setup: 'bun install --frozen-lockfile' };
  if (root.has('yarn.lock') || named === 'yarn') {
    const classic = (await read('yarn.lock'))?.includes('yarn lockfile v1') ?? false;
    return { manager: 'yarn', setup: classic ? 'yarn install --frozen-lockfile' : 'yarn install --immutable' };
  }
  if (root.has('package-lock.json') || root.has('npm-shrinkwrap.json'))
    return { manager: 'npm', setup: 'npm ci --no-audit --no-fund' };
  return manifest.hasDependencies
    ? { manager: 'npm', setup: 'npm install --no-audit --no-fund --no-package-lock' }
    : { manager: 'npm' };
};

const detectRust = async ({ root }: Project): Promise<DetectedGates | undefined> =>
  root.has('Cargo.toml')
    ? {
        // Gates have no network: what they build on is fetched before.
        setup: root.has('Cargo.lock') ? 'cargo fetch --locked' : 'cargo fetch',
        gates: [{ name: 'test', command: root.has('Cargo.lock') ? 'cargo test --locked' : 'cargo test' }],
        found: ['Cargo.toml'],
      }
    : undefined;

const detectGo = async ({ root }: Project): Promise<DetectedGates | undefined> =>
  root.has('go.mod')
    ? {
        ...(root.has('go.sum') && !root.has('vendor/') && { setup: 'go mod download' }),
        gates: [
          { name: 'test', command: 'go test ./...' },
          { name: 'vet', command: 'go vet ./...' },
        ],
        found: ['go.mod'],
      }
    : undefined;

const detectPython = async ({ root, read }: Project): Promise<DetectedGates | undefined> => {
  const pyproject = root.has('pyproject.toml') ? await read('pyproject.toml') : undefined;
  const usesPytest = ['pytest.ini', 'conftest.py', '.pytest.ini'].find(file => root.has(file));
  const declared = pyproject !== undefined && mentionsPytest(pyproject);
  const legacy = ['setup.cfg', 'tox.ini', 'requirements.txt'].find(file => root.has(file));
  const named = legacy && /\bpytest\b/.test((await read(legacy)) ?? '') ? legacy : undefined;
  const evidence = usesPytest ?? (declared ? 'pyproject.toml: pytest' : undefined) ?? (named && `${named}: pytest`);
  if (evidence === undefined) return undefined;
  if (root.has('uv.lock'))
    return {
      setup: 'uv sync --frozen',
      gates: [{ name: 'test', command: 'uv run --no-sync pytest -q' }],
      found: [evidence, 'uv.lock'],
    };
  if (root.has('poetry.lock')) {
    return {
      setup: 'poetry install',
      gates: [{ name: 'test', command: 'poetry run pytest -q' }],
      found: [evidence, 'poetry.lock'],
    };
  }
  return { gates: [{ name: 'test', command: 'python3 -m pytest -q' }], found: [evidence] };
};

const mentionsPytest = (text: string): boolean => {
  try {
    const { tool } = parseToml(text) as { tool?: Record<string, unknown> };
    return tool?.pytest !== undefined || /["']pytest\b/.test(text);
  } catch {
    return false;
  }
};

const detectMake = async ({ root, read }: Project): Promise<DetectedGates> => {
  const file = ['GNUmakefile', 'makefile', 'Makefile'].find(name => root.has(name));
  const text = file === undefined ? '' : ((await read(file)) ?? '');
  const target = ['test', 'check'].find(name => new RegExp(`^${name}\\s*:(?!=)`, 'm').test(text));
  return target === undefined
    ? { gates: [], found: [] }
    : { gates: [{ name: 'test', command: `make ${target}` }], found: [`${file}: target ${target}`] };
};

/** Two languages in one repository may both have tests: `test`, `test-2`. */
const uniqueNames = (gates: readonly { name: string; command: string }[]): { name: string; command: string }[] => {
  const taken = new Map<string, number>();
  const sorted = [...gates].sort((a, b) => Number(b.name === 'test') - Number(a.name === 'test'));
  return sorted.map(gate => {
    const count = (taken.get(gate.name) ?? 0) + 1;
    taken.set(gate.name, count);
    return count === 1 ? gate : { ...gate, name: `${gate.name}-${count}` };
  });
};
