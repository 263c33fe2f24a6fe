import { afterAll, expect, test } from 'vitest';
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
  landedCommits,
  mergesOf,
  operator,
  quiet,
  script,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

const filesOnMain = (town: Bench): string[] => gitIn(town.origin, 'ls-tree', '--name-only', 'main').split('\n');
const landedOf = (town: Bench, bead: string) => mergesOf(town, bead).find(merge => merge.state === 'landed')!;

test('what landed is taken back by one command, through the gates, opens its bead again, and can be had again', async () => {
  const town = await bench('revert', { gates: ({ notes }) => [gate(`echo run >> '${notes}/runs'`)] });
  const id = await town.sling('Add a file', script('echo one > one.txt'));
  await landed(town, id);
  const first = landedOf(town, id);
  const runs = town.note('runs').split('\n').length;

  const asked = await cli(town, 'revert', first.id, '-m', 'It smells', '--json');
  expect(asked, asked.stderr).toMatchObject({ code: 0 });
  const request = JSON.parse(asked.stdout.trim().split('\n')[0]!) as { id: string; reverts: string };
  expect(request.reverts).toBe(first.id);
  await until(town, 'the revert landed', () => data(town).merges.get(request.id)?.state === 'landed');
  expect(filesOnMain(town)).toEqual(['base.txt']);
  expect(gitIn(town.origin, 'log', '--format=%B', 'main')).toContain('It smells');
  expect(beadOf(town, id)).toMatchObject({
    status: 'open',
    town: { cause: { summary: expect.stringContaining('It smells') } },
  });
  expect(beadOf(town, id).town.landed_sha).toBeUndefined();
  expect(data(town).merges.get(first.id)!.revertedBy).toBe(request.id);
  // The tree without it had been tested before it came: an identical tree is never tested twice.
  expect(town.note('runs').split('\n').length).toBeLessThanOrEqual(runs + 1);

  expect(await cli(town, 'revert', first.id)).toMatchObject({ code: 1, stderr: expect.stringContaining(request.id) });
  expect(await cli(town, 'revert', request.id)).toMatchObject({ code: 0 });
  await until(town, 'it is there again', () => filesOnMain(town).includes('one.txt'));
  await until(town, 'the bead is closed again', () => beadOf(town, id).status === 'closed');
  expect(data(town).merges.get(first.id)!.revertedBy).toBeUndefined();
  expect(data(town).merges.get(request.id)!.revertedBy).toBeDefined();
  expect(landedCommits(town)).toHaveLength(3);
  await quiet(town);
});

test('a revert on which later work stands is refused with the files, and nothing is queued', async () => {
  const town = await bench('revert-conflict');
  const one = await town.sling('First', script('echo first > base.txt'));
  await landed(town, one);
  const two = await town.sling('Second', script('echo second >> base.txt'));
  await landed(town, two);
  const refused = await cli(town, 'revert', one);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('base.txt') });
  expect([...data(town).merges.values()].filter(merge => merge.reverts)).toEqual([]);
  const taken = await cli(town, 'revert', two);
  expect(taken, taken.stderr).toMatchObject({ code: 0 });
  await until(town, 'the second is open again', () => beadOf(town, two).status === 'open');
  expect(fileOnMain(town, 'base.txt')).toBe('first');
});

test('a revert that breaks the tests does not land: the bead stays closed and a person is told', async () => {
  const town = await bench('revert-red', { gates: [gate('test -e one.txt || test ! -e two.txt')] });
  const one = await town.sling('One', script('echo one > one.txt'));
  await landed(town, one);
  const two = await town.sling('Two', script('echo two > two.txt'));
  await landed(town, two);
  const request = landedOf(town, one);
  await operator(town, { type: 'merge.pause', payload: { rig: 'app' } });
  expect(await cli(town, 'revert', request.id)).toMatchObject({ code: 0 });
  await operator(town, { type: 'merge.resume', payload: { rig: 'app' } });
  const revert = await until(town, 'the revert is back', () =>
    [...data(town).merges.values()].find(merge => merge.reverts === request.id && merge.state === 'bounced'),
  );
  expect(beadOf(town, one).status).toBe('closed');
  expect([...data(town).escalations.values()]).toMatchObject([{ subject: revert.id, key: `revert:${revert.id}` }]);
  expect(filesOnMain(town)).toEqual(['base.txt', 'one.txt', 'two.txt']);
});

test('hold, release, order and land now are commands, too', async () => {
  const town = await bench('queue-commands');
  await operator(town, { type: 'merge.pause', payload: { rig: 'app' } });
  const beads = [await town.sling('One', script('echo 1 > 1')), await town.sling('Two', script('echo 2 > 2'))];
  const ids = await until(town, 'both are in the queue', () => {
    const found = beads.flatMap(bead => mergesOf(town, bead).map(merge => merge.id));
    return found.length === 2 && found;
  });
  const positions = () => {
    const rows = town.running.handle.getView().merges.filter(row => row.position !== undefined);
    return [...rows].sort((a, b) => a.position! - b.position!).map(row => row.id);
  };
  const [first, second] = await until(town, 'the screen shows both', () => positions().length === 2 && positions());
  const ordered = await cli(town, 'merge', 'order', second!, 'first');
  expect(ordered, ordered.stderr).toMatchObject({ code: 0 });
  await until(town, 'it is first', () => positions()[0] === second);
  expect(await cli(town, 'hold', first!, '-m', 'Not today')).toMatchObject({ code: 0 });
  expect(data(town).merges.get(first!)!.held).toMatchObject({ reason: 'Not today' });
  expect(await cli(town, 'land-now', first!)).toMatchObject({ code: 0 });
  await until(town, 'the other is first', () => positions()[0] === first);
  expect(data(town).merges.get(first!)!.held).toBeUndefined();
  expect(await cli(town, 'hold', second!)).toMatchObject({ code: 0 });
  expect(await cli(town, 'release', second!)).toMatchObject({ code: 0 });
  expect(await cli(town, 'merge', 'order', second!, 'nowhere')).toMatchObject({ code: 2 });
  await operator(town, { type: 'merge.resume', payload: { rig: 'app' } });
  for (const bead of beads) await landed(town, bead);
  expect(ids).toHaveLength(2);
});
