import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { OPERATOR } from '../../source/town/context.ts';
import {
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  cli,
  data,
  fileOnMain,
  gate,
  gitIn,
  landed,
  operator,
  quiet,
  script,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

const filesOn = (town: Bench, branch: string): string[] =>
  gitIn(town.origin, 'ls-tree', '--name-only', branch).split('\n');

const create = async (town: Bench, payload: { title: string; description?: string; parent?: string; rig?: string }) => {
  const receipt = await town.running.town.context.execute(OPERATOR, {
    type: 'bead.create',
    payload: { rig: 'app', ...payload },
  });
  return receipt.written.find(({ kind }) => kind === 'beads')!.id;
};

const workOn = async (town: Bench, ...beads: string[]): Promise<void> => {
  for (const id of beads) await operator(town, { type: 'bead.sling', payload: { id } });
  for (const id of beads) await landed(town, id);
};

/** Somebody else's commit. */
const pushToMain = (town: Bench, file: string, text: string): void => {
  const theirs = path.join(town.dir, 'theirs');
  rmSync(theirs, { recursive: true, force: true });
  gitIn(town.dir, 'clone', '--quiet', '--branch', 'main', town.origin, theirs);
  writeFileSync(path.join(theirs, file), `${text}\n`);
  gitIn(theirs, 'add', '.');
  gitIn(theirs, 'commit', '--quiet', '-m', `Write ${file}`);
  gitIn(theirs, 'push', '--quiet', 'origin', 'HEAD:main');
};

test('an epic is gathered on its branch while the target is untouched, and lands as a whole through the gates', async () => {
  const town = await bench('integrate');
  const epic = await create(town, { title: 'The big one' });
  const one = await create(town, { title: 'One', description: script('echo one > one.txt'), parent: epic });
  const two = await create(town, { title: 'Two', description: script('echo two > two.txt'), parent: epic });
  const before = gitIn(town.origin, 'rev-parse', 'main');

  const started = await cli(town, 'integrate', 'start', epic, '--name', 'big', '--json');
  expect(started, started.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(started.stdout)).toMatchObject({ type: 'rig', id: 'big', of: 'app', branch: 'integration/big' });
  expect(gitIn(town.origin, 'rev-parse', 'integration/big')).toBe(before);
  expect(await cli(town, 'integrate', 'land', 'big')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('holds nothing'),
  });

  await workOn(town, one);
  const early = await cli(town, 'integrate', 'land', 'big');
  expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining(`while ${two} is open`) });
  await workOn(town, two);
  expect(filesOn(town, 'integration/big')).toEqual(['base.txt', 'one.txt', 'two.txt']);
  expect(gitIn(town.origin, 'rev-parse', 'main')).toBe(before);

  const events = town.events.length;
  const dry = await cli(town, 'integrate', 'land', epic, '--dry-run', '--json');
  expect(dry, dry.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(dry.stdout)).toMatchObject({
    ...{ name: 'big', epic, branch: 'integration/big', target: 'main', ahead: 4, behind: 0, merges: 'clean' },
    files: ['one.txt', 'two.txt'],
    beads: { done: expect.arrayContaining([one, two]), open: [] },
  });
  expect(town.events).toHaveLength(events);
  expect(gitIn(town.origin, 'rev-parse', 'main')).toBe(before);

  // The town is stopped and started in between: all of it is in the ledger.
  await town.stop();
  await town.start();
  const asked = await cli(town, 'integrate', 'land', 'big', '--json');
  expect(asked, asked.stderr).toMatchObject({ code: 0 });
  await landed(town, epic);
  expect(filesOn(town, 'main')).toEqual(['base.txt', 'one.txt', 'two.txt']);
  expect(beadOf(town, epic).close_reason).toMatch(/^Landed on main/);
  expect(gitIn(town.origin, 'rev-parse', '--verify', 'integration/big')).not.toBe(before);
  expect(data(town).rigs.get('big')!.removedAt).toBeDefined();
  expect((await cli(town, 'integrate', 'list', '--json')).stdout).toBe('');
  await quiet(town);
});

test('a branch that is red together with the target does not land, nor one that conflicts with it', async () => {
  const town = await bench('integrate-red', { gates: [gate('test ! -e one.txt || test ! -e main.txt')] });
  const epic = await create(town, { title: 'The big one' });
  const work = script('echo one > one.txt', 'echo ours > base.txt');
  const one = await create(town, { title: 'One', description: work, parent: epic });
  expect(await cli(town, 'integrate', 'start', epic)).toMatchObject({ code: 0 });
  await workOn(town, one);
  pushToMain(town, 'main.txt', 'main');
  const asked = await cli(town, 'integrate', 'land', epic, '--json');
  expect(asked, asked.stderr).toMatchObject({ code: 0 });
  const { id } = JSON.parse(asked.stdout) as { id: string };
  await until(town, 'the request is back', () => data(town).merges.get(id)?.state === 'bounced');
  expect(filesOn(town, 'main')).toEqual(['base.txt', 'main.txt']);
  expect(beadOf(town, epic)).toMatchObject({ status: 'open' });
  expect([...data(town).escalations.values()]).toMatchObject([{ subject: id, key: `integrate:${id}` }]);
  expect([...data(town).rigs.values()].find(rig => rig.of === 'app')!.removedAt).toBeUndefined();

  pushToMain(town, 'base.txt', 'theirs');
  const dry = await cli(town, 'integrate', 'land', epic, '--dry-run');
  expect(dry).toMatchObject({ code: 1, stdout: expect.stringContaining('conflicts with main in base.txt') });
  const refused = await cli(town, 'integrate', 'land', epic);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('base.txt') });
  expect(fileOnMain(town, 'base.txt')).toBe('theirs');
});

test('a branch of that name with work of its own is left alone; another one is made, listed and ended', async () => {
  const town = await bench('integrate-taken');
  const epic = await create(town, { title: 'The big one' });
  const bead = await create(town, { title: 'One', parent: epic });
  const own = gitIn(town.origin, 'commit-tree', '-m', 'Own', '-p', 'main', 'main^{tree}');
  gitIn(town.origin, 'update-ref', 'refs/heads/integration/big', own);
  const refused = await cli(town, 'integrate', 'start', epic, '--name', 'big');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('already, with work of its own') });
  expect(gitIn(town.origin, 'rev-parse', 'integration/big')).toBe(own);
  expect([...data(town).rigs.keys()]).toEqual(['app']);

  const started = await cli(town, 'integrate', 'start', epic, '--name', 'other');
  expect(started, started.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('1 bead of') });
  expect(beadOf(town, bead).town.rig).toBe('other');
  const listed = await cli(town, 'integrate', 'list');
  expect(listed.stdout).toMatch(/^other +\S+ +integration\/other +app main +0 +1 +0 +0 +clean$/m);
  const stopped = await cli(town, 'integrate', 'stop', epic);
  expect(stopped, stopped.stderr).toMatchObject({ code: 0 });
  expect(beadOf(town, bead).town.rig).toBe('app');
  expect(gitIn(town.origin, 'rev-parse', 'integration/other')).toBe(gitIn(town.origin, 'rev-parse', 'main'));

  const nowhere = await cli(town, 'integrate', 'start', epic, '--branch', '-x', '--name', 'x');
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('is not a name that a branch can have') });
});
