import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/in-turn.ts';
import { workspace } from '../support/process.ts';
import { gitIn } from '../town/harness.ts';

/** `gastown sync` and `gastown clone`: what they print, and each bad input with its exit code. */
const work = workspace('sync-command');
const one = work.town(path.join(work.dir, 'one'));
const two = work.town(path.join(work.dir, 'two'));
const remote = path.join(work.dir, 'remote.git');
const project = path.join(work.dir, 'project.git');

const command = (...args: string[]) => inTurn(args, { home: work.home });
const json = (text: string) =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
const ok = async (...args: string[]) => {
  const result = await command(...args);
  expect(result, result.stderr).toMatchObject({ code: 0 });
  return result.stdout;
};
const refused = async (code: number, expected: RegExp, ...args: string[]) => {
  const result = await command(...args);
  expect(result.stderr).toMatch(expected);
  expect(result).toMatchObject({ code, stdout: '' });
};

beforeAll(async () => {
  gitIn(work.dir, 'init', '--quiet', '--bare', remote);
  const checkout = path.join(work.dir, 'checkout');
  mkdirSync(checkout);
  gitIn(checkout, 'init', '--quiet', '--initial-branch=main');
  gitIn(checkout, 'commit', '--quiet', '--allow-empty', '-m', 'Begin');
  gitIn(work.dir, 'clone', '--quiet', '--bare', checkout, project);
  await ok('init', one, '--name', 'home');
  await ok('--town', one, 'rig', 'add', 'app', project, '--no-gates');
});
afterAll(() => work.cleanUp());

describe('gastown sync', () => {
  test('without a remote says so, and refuses what is none', async () => {
    await refused(2, /never synced[\s\S]*gastown sync <remote>/, '--town', one, 'sync');
    await refused(
      1,
      /no repository at .*nowhere[\s\S]*git init --bare/,
      '--town',
      one,
      'sync',
      path.join(work.dir, 'nowhere'),
    );
    await refused(1, /cannot be read[\s\S]*git ls-remote/, '--town', one, 'sync', work.dir);
    await refused(2, /unknown option/, '--town', one, 'sync', remote, '--force');
    await refused(1, /no repository at/, '--town', one, 'sync', '--', '--upload-pack=touch');
  });

  test('goes, comes back, and remembers where to', async () => {
    await ok('--town', one, 'create', 'Carry me', '--rig', 'app');
    expect(await ok('--town', one, 'sync', remote)).toMatch(/Nothing new came[\s\S]*To it went: .*1 bead/);
    await refused(1, /holds no town/, 'clone', project, path.join(work.dir, 'nothing'));
    const cloned = await ok('clone', remote, two);
    expect(cloned).toMatch(/Town home is at .*with 1 bead[\s\S]*works on .*--take-over/);
    await refused(1, /There is a town at/, 'clone', remote, two);
    await ok('--town', two, 'create', 'From two', '--rig', 'app');
    expect(await ok('--town', two, 'sync')).toMatch(
      /the remote of the last sync[\s\S]*To it went: .*1 bead[\s\S]*works on/,
    );
    const looked = json(await ok('--town', one, 'sync', '--dry-run', '--json'));
    expect(looked).toMatchObject([{ type: 'sync', remote, dryRun: true, came: { beads: 1 } }]);
    expect(await ok('--town', one, 'sync')).toMatch(/came: .*1 bead/);
    expect(await ok('--town', two, 'status')).toContain('This town works on');
  });

  test('names repositories that do not lie on this machine, takes one elsewhere, and moves the town here', async () => {
    const moved = path.join(work.dir, 'moved.git');
    gitIn(work.dir, 'clone', '--quiet', '--bare', project, moved);
    rmSync(project, { recursive: true });
    const three = work.town(path.join(work.dir, 'three'));
    expect(await ok('clone', remote, three)).toMatch(
      /app: .*project\.git: there is no such folder[\s\S]*rig set-origin app/,
    );
    await refused(1, /no rig "nope"/, '--town', three, 'rig', 'set-origin', 'nope', moved);
    await refused(1, /./, '--town', three, 'rig', 'set-origin', 'app', path.join(work.dir, 'nowhere'));
    expect(await ok('--town', three, 'rig', 'set-origin', 'app', moved)).toContain(moved);
    expect(await ok('--town', three, 'sync', '--take-over')).toMatch(/The town works here now, and no longer on/);
    expect(await ok('--town', three, 'sync', '--take-over')).toContain('works here already');
    expect(await ok('--town', three, 'status')).not.toContain('This town works on');
    await ok('--town', one, 'sync');
    expect(await ok('--town', one, 'status')).toContain('This town works on');
    expect(json(await ok('--town', one, 'rig', 'list', '--json'))).toMatchObject([{ id: 'app', origin: moved }]);
  });
});
