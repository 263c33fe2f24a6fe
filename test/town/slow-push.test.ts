import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  expectSound,
  fileOnMain,
  landed,
  landedCommits,
  merge,
  mergesOf,
  script,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

/** A remote whose hook takes a push and thinks about it until a note lies there. */
const slowRemote = (town: Bench): void => {
  const hook = path.join(town.origin, 'hooks', 'pre-receive');
  const open = path.join(town.notes, 'open');
  const asked = path.join(town.notes, 'asked');
  writeFileSync(hook, `#!/bin/sh\ncat > /dev/null\n: > '${asked}'\nwhile [ ! -e '${open}' ]; do sleep 0.05; done\n`);
  chmodSync(hook, 0o755);
};

const landingOf = (town: Bench, bead: string) =>
  until(town, 'its push is under way', () => mergesOf(town, bead)[0]?.state === 'landing' && town.hasNote('asked'));

test('a push that takes its time keeps nothing else waiting, and the work lands once', async () => {
  const town = await bench('slow-push');
  slowRemote(town);
  const first = await town.sling('Add a', script('echo a > a.txt'));
  await merge(town, first);
  await landingOf(town, first);

  const second = await town.sling('Add b', script('echo b > b.txt'));
  await merge(town, second);
  await until(
    town,
    'the other is told what it waits for',
    () => town.running.handle.getView().merges.find(({ bead }) => bead === second)?.why,
  );
  expect(beadOf(town, first).status).not.toBe('closed');
  town.leave('open');
  await landed(town, first);
  await landed(town, second);
  expect([fileOnMain(town, 'a.txt'), fileOnMain(town, 'b.txt')]).toEqual(['a', 'b']);
  expectSound(town);
});

test('a town that is closed in the middle of such a push does not wait for it, and the next one finds out how it ended', async () => {
  const town = await bench('slow-push-closed');
  slowRemote(town);
  const bead = await town.sling('Add a', script('echo a > a.txt'));
  await merge(town, bead);
  await landingOf(town, bead);
  // With the remote still at it: it is told to go on only after the town has let go.
  await town.stop();
  town.leave('open');
  await town.start();
  await landed(town, bead);
  expect(landedCommits(town)).toHaveLength(1);
  expectSound(town);
});
