import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LONG } from '../support/long.ts';
import { cleanEnv, type Finished, ROOT, run, workspace } from '../support/process.ts';
import { type Bench, beadOf, bench, cleanUpAll, data, landed, script } from '../town/harness.ts';

/** The programs as users get them. */
const BD = path.join(ROOT, 'dist/source/bd.js');
const CLI = path.join(ROOT, 'dist/source/cli.js');

const work = workspace('bd');
/** Processes that want the same issue at once. */
const CLAIMS = LONG ? 20 : 8;
afterAll(async () => {
  await cleanUpAll();
  await work.cleanUp();
});

type Options = { cwd?: string; env?: Record<string, string>; input?: string };

const call = (program: string, args: readonly string[], options: Options = {}): Promise<Finished> => {
  const settings = { cwd: options.cwd ?? work.dir, home: work.home, ...(options.env && { env: options.env }) };
  if (options.input === undefined) return run(process.execPath, [program, ...args], settings);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: settings.cwd,
      env: cleanEnv(work.home, options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', chunk => (out.stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', chunk => (out.stderr += chunk));
    child.on('error', reject);
    child.on('close', code => resolve({ code, ...out }));
    child.stdin.end(options.input);
  });
};
const ids = (out: Finished): string[] => (JSON.parse(out.stdout) as { id: string }[]).map(({ id }) => id);

describe('bd without a running town', () => {
  test('makes a town in an empty folder, and uses it from there on', async () => {
    const dir = work.town(path.join(work.dir, 'empty'));
    mkdirSync(dir);
    const before = await call(BD, ['list'], { cwd: dir });
    expect(before).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('No town here') });
    expect(await call(BD, ['help'], { cwd: dir })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Verbs:'),
    });
    expect(await call(BD, ['version', '--json'], { cwd: dir })).toMatchObject({ code: 0 });

    const made = await call(BD, ['init', '--prefix', 'ct', '--skip-hooks'], { cwd: dir });
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining(`a new town at ${dir}`) });
    const id = (await call(BD, ['create', 'First', '--silent'], { cwd: dir })).stdout.trim();
    expect(id).toMatch(/^ct-/);
    mkdirSync(path.join(dir, 'below'));
    expect(ids(await call(BD, ['ready', '--json'], { cwd: path.join(dir, 'below') }))).toEqual([id]);
    expect(await call(BD, ['init', '-p', 'ot'], { cwd: dir })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('There is a town already'),
    });
  });

  test('puts nothing into a folder that has things in it: the town is made at home', async () => {
    const repository = path.join(work.dir, 'project');
    mkdirSync(repository);
    writeFileSync(path.join(repository, 'a.txt'), 'a');
    const home = path.join(work.dir, 'somebody');
    mkdirSync(home);
    const env = { HOME: home };
    work.town(path.join(home, '.gastown'));
    expect(await call(BD, ['init', '-q'], { cwd: repository, env })).toMatchObject({ code: 0, stdout: '' });
    expect(existsSync(path.join(home, '.gastown', 'ledger.git'))).toBe(true);
    expect((await call(BD, ['create', 'X', '--silent'], { cwd: repository, env })).stdout).toMatch(/^gt-/);
    const listing = await call(CLI, ['--json', 'bd', 'list'], { cwd: repository, env });
    expect(JSON.parse(listing.stdout)).toHaveLength(1);
  });

  test('reads files and stdin itself, from where it stands or was sent, and names the file that is not there', async () => {
    const town = work.town(path.join(work.dir, 'reading'));
    await call(BD, ['init'], { env: { GASTOWN_TOWN: town } });
    const folder = path.join(work.dir, 'texts');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'body.md'), 'From a file\n');
    writeFileSync(path.join(folder, 'plan.md'), '## One\n## Two\n### Priority\n0\n');
    const bd = (args: string[], options: Options = {}) => call(BD, ['--town', town, ...args], options);
    const one = await bd(['-C', folder, 'create', 'A', '--body-file', 'body.md', '--json']);
    expect(JSON.parse(one.stdout)).toMatchObject({ description: 'From a file\n' });
    const two = await bd(['create', 'B', '-d', '-', '--json'], { input: 'From stdin' });
    expect(JSON.parse(two.stdout)).toMatchObject({ description: 'From stdin' });
    const many = await bd(['create', '-f', 'plan.md', '--json'], { cwd: folder });
    expect(JSON.parse(many.stdout)).toMatchObject([{ title: 'One' }, { title: 'Two', priority: 0 }]);
    const missing = await bd(['create', 'C', '--body-file', 'none.md']);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot read none.md (ENOENT)') });
    expect(ids(await bd(['list', '--json']))).toHaveLength(4);
  });

  test('ends with 1 and says why: unknown verbs and flags, issues that are not there, a town that is not there', async () => {
    const town = work.town(path.join(work.dir, 'mistakes'));
    await call(BD, ['init'], { env: { GASTOWN_TOWN: town } });
    for (const args of [['frobnicate'], ['list', '--frob'], ['show', 'gt-none'], ['create'], ['update', 'x']]) {
      const out = await call(BD, ['--town', town, ...args]);
      expect(out, args.join(' ')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^Error: /) });
    }
    const nowhere = await call(BD, ['--town', path.join(work.dir, 'nowhere'), 'list', '--json']);
    expect(nowhere).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(nowhere.stderr)).toMatchObject({
      error: expect.stringContaining('no town'),
      code: 'town_not_found',
    });
  });

  test('lets one of many processes that claim the same issue at once have it', async () => {
    const town = work.town(path.join(work.dir, 'claims'));
    await call(BD, ['init'], { env: { GASTOWN_TOWN: town } });
    const bd = (args: string[], name?: string) =>
      call(BD, ['--town', town, ...args], name === undefined ? {} : { env: { BEADS_ACTOR: name } });
    const id = (await bd(['create', 'Wanted', '--silent'])).stdout.trim();
    const names = Array.from({ length: CLAIMS }, (_, index) => `worker-${index}`);
    const outs = await Promise.all(names.map(name => bd(['update', id, '--claim', '--json'], name)));
    const winners = names.filter((_, index) => outs[index]!.code === 0);
    expect(winners).toHaveLength(1);
    expect(outs.filter(out => out.code === 1 && out.stderr.includes('already claimed'))).toHaveLength(CLAIMS - 1);
    expect(JSON.parse((await bd(['show', id, '--json'])).stdout)).toMatchObject([
      { assignee: winners[0], status: 'in_progress' },
    ]);
  });
});

describe('bd while the town runs', () => {
  let town: Bench;
  beforeAll(async () => {
    town = await bench('bd-running');
  });
  const bd = (args: string[], options: Options = {}) =>
    call(BD, args, { ...options, env: { GASTOWN_TOWN: town.town, ...options.env } });

  test('asks it through its socket: what is changed is known there at once', async () => {
    const id = (await bd(['create', 'Through the socket', '-d', '-', '--silent'], { input: 'piped' })).stdout.trim();
    expect(beadOf(town, id)).toMatchObject({
      title: 'Through the socket',
      description: 'piped',
      created_by: 'operator',
    });
    const [issue] = JSON.parse((await bd(['show', id, '--json'])).stdout) as Record<string, unknown>[];
    expect(issue).toMatchObject({ id, issue_type: 'task' });
    expect(issue).not.toHaveProperty('town');
    expect(await bd(['close', id, '-r', 'Seen'])).toMatchObject({ code: 0 });
    expect(beadOf(town, id)).toMatchObject({ status: 'closed', close_reason: 'Seen' });
    const history = JSON.parse((await bd(['history', id, '--json'])).stdout) as Record<string, unknown>[];
    expect(history).toMatchObject([
      { rev: 1, command: 'bead.create', by: 'operator' },
      { rev: 2, command: 'bead.close' },
    ]);
    expect((await bd(['history', id, '--limit', '1'])).stdout).toMatch(
      /operator {2}closed[\s\S]*status: open → closed/,
    );
    expect(await call(CLI, ['bd', 'show', id], { env: { GASTOWN_TOWN: town.town } })).toMatchObject({ code: 0 });
    expect(await bd(['list', '--frob'])).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown flag') });
  });

  test('lets one of many processes claim an issue', async () => {
    const id = (await bd(['create', 'Wanted', '--silent'])).stdout.trim();
    const names = Array.from({ length: CLAIMS }, (_, index) => `worker-${index}`);
    const outs = await Promise.all(names.map(name => bd(['update', id, '--claim'], { env: { BEADS_ACTOR: name } })));
    expect(outs.filter(out => out.code === 0)).toHaveLength(1);
    expect(outs.filter(out => out.code === 1 && out.stderr.includes('already claimed'))).toHaveLength(CLAIMS - 1);
    expect(beadOf(town, id)).toMatchObject({ assignee: names[outs.findIndex(out => out.code === 0)] });
  });

  test('is on the PATH of agents, who act as themselves and within their rights', async () => {
    const persons = (await bd(['create', 'Of a person', '--silent'])).stdout.trim();
    const said = (name: string) => `'${town.notes}/${name}'`;
    const id = await town.sling(
      'Use bd',
      script(
        `bd show "$GASTOWN_BEAD" --json > ${said('own.json')}`,
        `new=$(echo "seen in passing" | bd create "Found on the way" -d - --deps discovered-from:"$GASTOWN_BEAD" --silent)`,
        `echo "$new" > ${said('found')}`,
        `bd update "$GASTOWN_BEAD" --append-notes "half done" > ${said('noted')} 2>&1`,
        `bd ready > ${said('ready')}`,
        `bd close ${persons} > ${said('refused')} 2>&1 || echo "exit $?" >> ${said('refused')}`,
        `bd close "$GASTOWN_BEAD" > ${said('hook')} 2>&1 || echo "exit $?" >> ${said('hook')}`,
        `bd --town /nowhere config set issue_prefix x > ${said('config')} 2>&1 || echo "exit $?" >> ${said('config')}`,
        'echo done > done.txt',
      ),
    );
    await landed(town, id);
    expect(JSON.parse(town.note('own.json'))).toMatchObject([{ id, title: 'Use bd', status: 'in_progress' }]);
    const found = beadOf(town, town.note('found'));
    expect(found).toMatchObject({ title: 'Found on the way', description: 'seen in passing\n' });
    expect(found.created_by).toMatch(/^polecat /);
    expect(found.dependencies).toMatchObject([{ depends_on_id: id, type: 'discovered-from' }]);
    expect(beadOf(town, id).notes).toContain('half done');
    expect(town.note('ready')).toContain(persons);
    for (const name of ['refused', 'hook', 'config']) {
      expect(town.note(name), name).toMatch(/^Error: [\s\S]*exit 1$/);
      expect(town.note(name), name).not.toMatch(/--force|operator/);
    }
    expect(town.note('hook')).toContain('gt done');
    expect(beadOf(town, persons)).toMatchObject({ status: 'open' });
    expect(data(town).town.get('town')).not.toHaveProperty('beadsConfig');
  });

  test('refuses whoever shows a token that no session has', async () => {
    const { townSocket } = town.running.town.context;
    const out = await bd(['list'], { env: { GASTOWN_SOCKET: townSocket, GASTOWN_TOKEN: 'f'.repeat(64) } });
    expect(out).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('not known to the town') });
  });
});

test('the programs that agents call bring all that they need along: no dependency is installed', async () => {
  const alone = path.join(work.dir, 'alone');
  cpSync(path.join(ROOT, 'dist'), path.join(alone, 'dist'), { recursive: true });
  cpSync(path.join(ROOT, 'package.json'), path.join(alone, 'package.json'));
  for (const name of ['gt', 'bd']) {
    const { code, stdout, stderr } = await call(path.join(alone, `dist/source/${name}.js`), ['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${name}: `);
  }
});

test('gastown --version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(await call(CLI, ['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});
