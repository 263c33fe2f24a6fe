import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openAccess } from '../../source/town/access.ts';
import { writeConfig } from '../../source/town/config.ts';
import { OPERATOR } from '../../source/town/context.ts';
import { townPaths } from '../../source/town/paths.ts';
import { type RunningTown, runTown } from '../../source/town/service.ts';
import { cloneTown } from '../../source/town/sync/clone.ts';
import { type SyncOptions, syncTown } from '../../source/town/sync/sync.ts';
import { hostPid } from '../support/process.ts';
import {
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  FAST,
  fileOnMain,
  gitIn,
  script,
  sessionsOf,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

/** As the command does on a town that runs: through its socket. */
const sync = async (town: string, remote: string, env: Record<string, string>, options: Partial<SyncOptions> = {}) => {
  const access = await openAccess({ dir: town, env });
  try {
    expect(access.running).toBe(true);
    return await syncTown(access.sync, { gitDir: townPaths(town).ledger, remote, env, ...options });
  } finally {
    await access.close();
  }
};

/** A clone of a bench's town, running in this process as another machine would run it. */
const cloneOf = async (one: Bench, remote: string): Promise<{ town: string; running: RunningTown; as: Bench }> => {
  const town = path.join(one.dir, 'clone');
  await cloneTown({ dir: town, remote, env: one.env });
  await rm(townPaths(town).config);
  await writeConfig(townPaths(town).config, { name: 'clone', settings: FAST, sandbox: { writable: [one.notes] } });
  const running = await runTown({ dir: town, env: one.env, purpose: 'run' });
  return { town, running, as: { ...one, town, running } as Bench };
};

test('a cloned town takes over: what was on hooks and in the queue is done again there and lands, and the old machine ends its sessions with their work saved', async () => {
  const one = await bench('take-over');
  const remote = path.join(one.dir, 'remote.git');
  mkdirSync(remote);
  gitIn(remote, 'init', '--quiet', '--bare');
  const half = await one.sling(
    'Half done',
    script(
      `if [ -e '${one.notes}/second' ]; then echo whole > whole.txt; exit 0; fi`,
      'echo half > half.txt',
      `touch '${one.notes}/started'`,
      'while true; do sleep 0.1; done',
    ),
  );
  await until(one, 'its session works', () => one.hasNote('started') && sessionsOf(one, half)[0]?.status === 'running');
  await one.running.town.context.execute(OPERATOR, { type: 'merge.pause', payload: { rig: 'app' } });
  const queued = await one.sling('Queued', script('echo queued > queued.txt'));
  await until(one, 'it is in the queue', () => beadOf(one, queued).town.merge);
  await sync(one.town, remote, one.env);

  const two = await cloneOf(one, remote);
  let host: number | undefined;
  try {
    const { context } = two.running.town;
    await until(two.as, 'the clone looks around', () => context.world.heartbeats.get('dogs'));
    expect(two.running.handle.getView().town.banner).toContain('--take-over');
    expect(sessionsOf(two.as, half)).toMatchObject([{ status: 'running' }]);

    one.leave('second');
    const taken = await sync(two.town, remote, one.env, { takeOver: true });
    expect(taken.takenOver?.missing).toHaveLength(1);
    await context.execute(OPERATOR, { type: 'merge.resume', payload: { rig: 'app' } });
    await until(two.as, 'both land', () => [half, queued].every(id => beadOf(two.as, id).status === 'closed'));
    host = hostPid(two.town);
    expect(fileOnMain(one, 'whole.txt')).toBe('whole');
    expect(fileOnMain(one, 'queued.txt')).toBe('queued');
    expect(sessionsOf(two.as, half)[0]).toMatchObject({ outcome: 'lost' });

    const [lost] = sessionsOf(one, half);
    expect(one.running.town.context.world.sessions.get(lost!.id)?.alive).toBe(true);
    await sync(two.town, remote, one.env);
    await sync(one.town, remote, one.env);
    expect(beadOf(one, half)).toMatchObject({ status: 'closed', town: { landed_sha: expect.any(String) } });
    await until(
      one,
      'the process of the lost session ends',
      () => one.running.town.context.world.sessions.get(lost!.id)?.alive === false,
    );
    const landing = townPaths(one.town).landing('app');
    const saved = () =>
      gitIn(landing, 'for-each-ref', '--format=%(refname)', 'refs/gastown/wip')
        .split('\n')
        .find(ref => ref.includes(lost!.id));
    await until(
      one,
      'its work is saved',
      () => saved() && gitIn(landing, 'ls-tree', '--name-only', saved()!).includes('half.txt'),
    );

    const again = await one.sling('Not here', script('echo no > no.txt'));
    await until(
      one,
      'the old machine looks around',
      () => (one.running.town.context.world.heartbeats.get('mayor') ?? 0) > Date.parse(beadOf(one, again).created_at),
    );
    expect(data(one).polecats.get(lost!.polecat)).toMatchObject({ state: 'idle' });
    expect(beadOf(one, again)).toMatchObject({ status: 'open', town: { dispatch: {} } });
  } finally {
    await two.running.close();
    host ??= hostPid(two.town);
    if (host !== undefined) process.kill(host, 'SIGKILL');
  }
});
