import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { GONE_SINCE } from '../../source/agents/boot.ts';
import { type TestHost, testHost, until } from './support.ts';

const AFTER_MS = 100;

/** A town that, once it is started, says so in a file. */
const town = (host: TestHost, script: string, afterMs = AFTER_MS) => ({
  argv: ['sh', '-c', script],
  env: { PATH: process.env.PATH!, MINE: 'kept' },
  cwd: host.dir,
  afterMs,
});
const SAYS = `echo "$MINE $${GONE_SINCE}" >> started; ls /proc/self/fd > fds`;
const startsOf = (host: TestHost): string[] => {
  const file = path.join(host.dir, 'started');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
};

test('a town that vanishes while an agent works is started again, and is told since when it was gone', async () => {
  const host = await testHost();
  await host.start('a', 'sleep 60');
  const gone = await host.connect();
  await gone.guard(town(host, SAYS));
  const before = Date.now();
  gone.close();
  const [said] = await until(
    () => startsOf(host),
    starts => starts.length > 0,
  );
  const [mine, since] = said!.split(' ');
  expect(mine).toBe('kept');
  expect(Date.parse(since!)).toBeGreaterThanOrEqual(before);
  // No terminal of an agent: 3 is the folder that ls reads.
  await until(() => fs.existsSync(path.join(host.dir, 'fds')));
  await until(
    () => fs.readFileSync(path.join(host.dir, 'fds'), 'utf8').trim().split('\n'),
    fds => fds.join() === '0,1,2,3',
  );
});

test('one that falls again and again is left alone after three times, and one that came by itself is not started', async () => {
  const [falls, comes] = [await testHost(), await testHost()];
  const vanish = async (host: TestHost, afterMs: number) => {
    await host.start('a', 'sleep 60');
    const gone = await host.connect();
    await gone.guard(town(host, SAYS, afterMs));
    gone.close();
  };
  const back = await comes.connect();
  await vanish(comes, 900);
  await back.guard(town(comes, SAYS));
  await vanish(falls, 300);
  const log = () => fs.readFileSync(path.join(falls.runDir, 'host.log'), 'utf8');
  await until(log, text => text.includes('it is left alone'));
  expect(startsOf(falls)).toHaveLength(3);
  expect(startsOf(comes)).toEqual([]);
});

test('one that leaves on purpose, or that nobody works for, stays away, and a word of another changes nothing', async () => {
  const [left, idle, last] = [await testHost(), await testHost(), await testHost()];
  for (const host of [left, last]) await host.start('a', 'sleep 60');
  const goes = async (host: TestHost, isOnPurpose: boolean) => {
    const client = await host.connect();
    await client.guard(town(host, SAYS));
    if (isOnPurpose) await client.guard(undefined);
    else await host.client.guard(undefined);
    client.close();
  };
  await goes(left, true);
  await goes(idle, false);
  await goes(last, false);
  // Of three that go one after the other the last is started last.
  await until(
    () => startsOf(last),
    starts => starts.length > 0,
  );
  expect(startsOf(left)).toEqual([]);
  expect(startsOf(idle)).toEqual([]);
});

test('the host waits for its town though its agents have ended meanwhile', async () => {
  const host = await testHost({ idleMs: 50 });
  const gone = await host.connect();
  await gone.guard(town(host, SAYS, 600));
  await host.start('a', 'while [ ! -e go ]; do sleep 0.02; done');
  gone.close();
  fs.writeFileSync(path.join(host.dir, 'go'), '');
  await host.ended('a');
  host.client.close();
  await until(
    () => startsOf(host),
    starts => starts.length > 0,
  );
});
