import { afterAll, expect, test } from 'vitest';
import { runTown } from '../../source/town/service.ts';
import {
  attention,
  bench,
  cleanUpAll,
  cli,
  fileOnMain,
  landed,
  merge,
  openMergeOf,
  operator,
  quiet,
  script,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

test('what the policy holds back while nobody is at the screen waits, through a restart, and lands once somebody is', async () => {
  const town = await bench('unattended', { settings: { unattended: { dispatch: 'none', land: 'none' } } });
  const { context } = town.running.town;
  expect(context.world.absence).toBeUndefined();
  await town.running.leave();
  const { since } = context.world.absence!;

  // An order of the person's own is begun; what came before they left is not.
  const bead = await town.sling('Add a', script('echo a > a.txt'));
  await merge(town, bead);
  // Quiet is also a town that is about to look through the work.
  await until(town, 'it was looked through', () => openMergeOf(town, bead)?.guards);
  await quiet(town);
  expect(openMergeOf(town, bead)!.state).toBe('queued');
  expect((await cli(town, 'why', bead)).stdout).toContain('waits: nobody is at the screen: nothing lands');
  expect((await cli(town, 'status')).stdout).toContain('nothing new is begun; nothing lands');

  await town.stop();
  const headless = await runTown({ dir: town.town, env: town.env, purpose: 'run', absence: 'goes on' });
  try {
    expect(headless.town.context.world.absence!.since).toBe(since);
    await until(town, 'it looked', () => headless.town.loop!.isQuiet());
    expect([...headless.town.context.ledger.data.merges.values()].map(({ state }) => state)).toEqual(['queued']);
  } finally {
    await headless.close();
  }

  await town.start();
  expect(town.running.town.context.world.absence).toBeUndefined();
  await landed(town, bead);
  expect(fileOnMain(town, 'a.txt')).toBe('a');
  expect((await cli(town, 'status')).stdout).not.toContain('Nobody is at the screen');
});

test('a bead slung before the person left is not begun, and goes on when they are back', async () => {
  const town = await bench('unattended-new', { settings: { unattended: { dispatch: 'begun' } } });
  await operator(town, { type: 'town.estop', payload: { reason: 'for a moment' } });
  const bead = await town.sling('Add b', script('echo b > b.txt'));
  await town.running.leave();
  await operator(town, { type: 'town.thaw', payload: {} });
  await quiet(town);
  const row = () => town.running.handle.getView().beads.get(bead);
  await until(town, 'its row says why', () => row()?.waits === 'nobody is at the screen: only what was begun goes on');
  await town.stop();
  await town.start();
  await landed(town, bead);
});

test('where only what was approved lands, it is asked about, and an approval by command lets it land', async () => {
  const town = await bench('unattended-approved', { settings: { unattended: { land: 'approved' } } });
  await town.running.leave();
  const bead = await town.sling('Add c', script('echo c > c.txt'));
  const { id, head } = await merge(town, bead);
  await until(town, 'it is asked about', () => attention(town).some(({ subject }) => subject === id));
  expect((await cli(town, 'approve', id, '--head', head)).code).toBe(0);
  await landed(town, bead);
  expect(town.running.town.context.world.absence).toBeDefined();
});
