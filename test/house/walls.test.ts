import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/**
 * The walls of the house (ARCHITECTURE.md): six floors, each importing only below itself, no circles. Checked on the
 * import statements of every source file.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const FLOORS: [prefix: string, floor: number][] = [
  ['source/common/', 0],
  ['source/ledger/', 1],
  ['source/agents/', 1],
  ['source/git/', 1],
  ['roles/', 2],
  ['source/gates/', 2],
  ['source/beads/', 2],
  ['source/town/', 3],
  ['components/', 4],
  ['source/commands/', 5],
  ['source/cli.ts', 6],
  ['source/gt.ts', 6],
  ['source/bd.ts', 6],
];

const filesUnder = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(entry => path.relative(ROOT, path.join(entry.parentPath, entry.name)));

const files = ['source', 'roles', 'components'].flatMap(filesUnder);

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
  /** `import()`: loaded only when it is reached. */
  lazy: boolean;
}

const importsOf = (file: string): Import[] => {
  // The demo's project stands in template literals, with imports of its own; this file has none.
  if (file === 'source/commands/demo/project.ts') return [];
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(import|export)\s+(type\s+)?[^'"`;]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g,
  );
  return [...found].map(match => ({
    from: file,
    to: match[3] ?? match[4]!,
    typeOnly: match[2] !== undefined,
    lazy: match[4] !== undefined,
  }));
};

const imports = files.flatMap(importsOf);
const local = imports
  .filter(({ to }) => to.startsWith('.'))
  .map(found => ({ ...found, to: path.normalize(path.join(path.dirname(found.from), found.to)) }));

const floorOf = (file: string): number => {
  const entry = FLOORS.find(([prefix]) => file.startsWith(prefix));
  if (!entry) throw new Error(`${file} is on no floor of the house`);
  return entry[1];
};
const roomOf = (file: string): string => FLOORS.find(([prefix]) => file.startsWith(prefix))![0];

describe('the house', () => {
  test('has files to check, and every import of our own points at one of them', () => {
    expect(files.length).toBeGreaterThan(50);
    const known = new Set(files);
    expect(local.filter(({ to }) => !known.has(to))).toEqual([]);
  });

  test('imports only from floors below or from its own room; beside itself only types of the ledger', () => {
    const wrong = local.filter(({ from, to, typeOnly }) => {
      if (roomOf(from) === roomOf(to)) return false;
      if (floorOf(to) < floorOf(from)) return false;
      return !(typeOnly && floorOf(to) === floorOf(from) && /^source\/ledger\/(schema|commands)\.ts$/.test(to));
    });
    expect(wrong).toEqual([]);
  });

  test('has no circles', () => {
    const edges = new Map<string, string[]>();
    for (const { from, to, typeOnly } of local) if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
    const done = new Set<string>();
    const circle = (file: string, trail: string[]): string[] | undefined => {
      if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
      if (done.has(file)) return undefined;
      for (const next of edges.get(file) ?? []) {
        const found = circle(next, [...trail, file]);
        if (found) return found;
      }
      done.add(file);
      return undefined;
    };
    for (const file of files) expect(circle(file, [])).toBeUndefined();
  });

  test('keeps roles pure: no file, process, clock or random number', () => {
    const roleImports = imports.filter(({ from }) => from.startsWith('roles/'));
    const outside = roleImports.filter(({ to }) => !to.startsWith('.'));
    expect(outside).toEqual([]);
    const ledger = local.filter(({ from, to }) => from.startsWith('roles/') && to.startsWith('source/'));
    expect(
      ledger.filter(
        ({ to }) =>
          !/^source\/(ledger\/(schema|commands|verdict|ready|ids|approvals|compaction|memories|costs|budgets|guards|gate-history|requests|recent-runs)|common\/(text|text-version|errors|json))\.ts$/.test(
            to,
          ),
      ),
    ).toEqual([]);
    const impure = files
      .filter(file => file.startsWith('roles/'))
      .filter(file =>
        /\bDate\.now\(|new Date\(\)|Math\.random|\bprocess\.\w|setTimeout|performance\.\w/.test(
          readFileSync(path.join(ROOT, file), 'utf8'),
        ),
      );
    expect(impure).toEqual([]);
  });

  test('lets components know the town only through its view', () => {
    const wrong = local.filter(
      ({ from, to }) => from.startsWith('components/') && to.startsWith('source/town/') && to !== 'source/town/view.ts',
    );
    expect(wrong).toEqual([]);
  });

  /** What a program loads before it does anything. */
  const loadedBy = (entry: string): string[] => {
    const reached = new Set<string>();
    const visit = (file: string) => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { from, to, typeOnly, lazy } of local) if (from === file && !typeOnly && !lazy) visit(to);
    };
    visit(entry);
    return [...reached].sort();
  };

  test('keeps the agents’ gt light: the socket client, the inbox and errors, nothing else', () => {
    expect(loadedBy('source/gt.ts')).toEqual([
      'source/agents/inbox.ts',
      'source/common/errors.ts',
      'source/common/files.ts',
      'source/gt.ts',
      'source/town/client.ts',
      'source/town/gt-arguments.ts',
    ]);
  });

  test('keeps bd as light while a town runs: the way to its socket, nothing else and nothing installed', () => {
    const loaded = loadedBy('source/bd.ts');
    expect(loaded).toEqual([
      'source/agents/run-directory.ts',
      'source/bd.ts',
      'source/common/errors.ts',
      'source/common/files.ts',
      'source/town/bd-client.ts',
      'source/town/bd-socket.ts',
      'source/town/client.ts',
      'source/town/find.ts',
      'source/town/paths.ts',
    ]);
    const packages = imports.filter(
      ({ from, to, typeOnly }) => loaded.includes(from) && !typeOnly && !/^(\.|node:)/.test(to),
    );
    expect(packages).toEqual([]);
  });
});
