import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Session } from '../../source/ledger/schema.ts';
import { drillRestore } from '../../source/town/effects/dogs/backup.ts';
import { runDog } from '../../source/town/effects/dogs.ts';
import { townPaths } from '../../source/town/paths.ts';
import { emptyTrash, listTrash, restoreTrash } from '../../source/town/trash.ts';
import {
  type Bench,
  bench,
  cleanUpAll,
  data,
  gitIn,
  isGone,
  landed,
  quiet,
  script,
  sessionsOf,
  until,
} from './harness.ts';

let town: Bench;
beforeAll(async () => {
  town = await bench('dogs', { settings: { dogs: { pruneAfterMs: 1 } } });
});
afterAll(cleanUpAll);

const context = () => town.running.town.context;
const run = async (dog: 'backup' | 'pruner') => {
  await runDog(context(), { type: 'dog.run', dog }, 'person');
  return context().world.dogs.get(dog)!;
};

describe('the backup', () => {
  const backups = () => townPaths(town.town).backups;
  const bundles = () => readdirSync(backups()).filter(name => name.endsWith('.bundle'));

  test('counts only once it was restored, record by record', async () => {
    const id = await town.sling('Lands', script('echo x > x'));
    await landed(town, id);
    const result = await run('backup');
    expect(result).toMatchObject({
      ok: true,
      note: expect.stringMatching(/^wrote ledger-.*\.bundle and restored \d+ records from it$/),
    });
    const records = Object.values(data(town)).reduce((sum, kind) => sum + kind.size, 0);
    expect(Number(/restored (\d+)/.exec(result.note)![1])).toBe(records);
    expect(bundles()).toHaveLength(1);
    expect(readdirSync(backups()), 'nothing of the drill stays').toEqual(bundles());
  });

  test('of another ledger, or of none, is found out', async () => {
    const other = path.join(town.dir, 'other.bundle');
    gitIn(town.origin, 'bundle', 'create', '--quiet', other, '--all');
    const options = { ledger: townPaths(town.town).ledger, folder: backups() };
    await expect(drillRestore({ bundle: other, ...options })).rejects.toThrow(
      /could not be restored: its head .* is not on/,
    );
    writeFileSync(other, 'no bundle');
    await expect(drillRestore({ bundle: other, ...options })).rejects.toThrow();
    expect(readdirSync(backups())).toEqual(bundles());
  });
});

test('a job that takes too long counts as failed, is let end, and is not run a second time meanwhile', async () => {
  const { config, world } = context();
  const { limitMs } = config.settings.dogs;
  const settings = config.settings.dogs as { limitMs: number };
  settings.limitMs = 0;
  try {
    const late = runDog(context(), { type: 'dog.run', dog: 'backup' }, 'person');
    await expect(runDog(context(), { type: 'dog.run', dog: 'backup' }, 'person')).rejects.toThrow(/running already/);
    await late;
    expect(world.dogs.get('backup')).toMatchObject({
      ok: false,
      note: expect.stringContaining('takes longer than'),
      failed: { times: 1 },
      seq: expect.any(Number),
    });
  } finally {
    settings.limitMs = limitMs;
  }
  const folder = townPaths(town.town).backups;
  await until(town, 'it has ended', () => readdirSync(folder).every(name => name.endsWith('.bundle')));
});

describe('the pruner', () => {
  /** A checkout of a polecat that landed its work, changed by what is done to it. */
  const checkoutOf = async (title: string): Promise<{ polecat: string; checkout: string }> => {
    const id = await town.sling(title, script(`echo '${title}' > '${title}.txt'`));
    await landed(town, id);
    await quiet(town);
    const { polecat, checkout } = sessionsOf(town, id)[0]!;
    return { polecat, checkout };
  };

  test('removes a checkout of which everything landed', async () => {
    const { checkout } = await checkoutOf('all-landed');
    expect(existsSync(checkout)).toBe(true);
    expect((await run('pruner')).note).toBe('removed 1 checkout, moved 0 with unlanded work to the trash');
    expect(existsSync(checkout)).toBe(false);
    expect(await listTrash(context())).toEqual([]);
  });

  test('leaves one alone in which a process works', async () => {
    const { checkout } = await checkoutOf('busy');
    const child = spawn('sleep', ['60'], { cwd: checkout, stdio: 'ignore' });
    try {
      expect((await run('pruner')).note).toContain('left 1 in which something runs');
      expect(existsSync(checkout)).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
    await until(town, 'it is gone', () => isGone(child.pid!));
    expect((await run('pruner')).note).toContain('removed 1 checkout');
  });

  test('moves one with anything unlanded to the trash, from where it comes back while its place is free', async () => {
    const { checkout, polecat } = await checkoutOf('replaced');
    writeFileSync(path.join(checkout, 'draft'), 'x');
    expect((await run('pruner')).note).toContain('moved 1 with unlanded work to the trash');
    expect(existsSync(checkout)).toBe(false);
    const [entry, ...more] = await listTrash(context());
    expect(more).toEqual([]);
    const torn = path.join(townPaths(town.town).trash, '0-torn');
    mkdirSync(torn);
    writeFileSync(path.join(torn, 'entry.json'), '{"id":');
    expect(await listTrash(context()), 'a folder without a readable note is passed over').toHaveLength(1);
    rmSync(torn, { recursive: true });
    expect(entry).toMatchObject({ polecat, checkout, holds: ['files that were never committed'] });
    mkdirSync(checkout);
    await expect(restoreTrash(context(), entry!.id)).rejects.toThrow(/has another checkout/);
    rmdirSync(checkout);
    await restoreTrash(context(), entry!.id);
    expect(existsSync(path.join(checkout, 'draft'))).toBe(true);
    expect((await run('pruner')).note, 'it is the town’s as before').toContain('moved 1');
    await expect(emptyTrash(context(), 'nothing')).rejects.toThrow(/There is no "nothing" in the trash/);
    expect(await emptyTrash(context())).toHaveLength(1);
    expect(await listTrash(context())).toEqual([]);
  });
});

test('a checkpoint saves what it can, though one agent spoiled its checkout, and says whose work is not saved', async () => {
  const stay = script(`while [ ! -e '${town.notes}/saved' ]; do sleep 0.1; done`, 'echo x > "$(basename "$PWD")"');
  const ids = [await town.sling('Spoils it', stay), await town.sling('Works', stay)];
  const { context: inner } = town.running.town;
  const isSeen = ({ id, status }: Session) => status === 'running' && inner.world.sessions.get(id)?.alive;
  const running = () => [...data(town).sessions.values()].filter(isSeen);
  // They are looked after in this order.
  const [spoilt, well] = (await until(town, 'both run', () => running().length === 2 && running())) as [
    Session,
    Session,
  ];
  writeFileSync(path.join(well.checkout, 'draft'), 'x');
  // Whatever else goes wrong with its files goes wrong here, where the town's own repository refuses to take them.
  const landing = await inner.landing('app');
  const snapshot = vi.spyOn(landing, 'snapshot');
  snapshot.mockImplementationOnce(() => Promise.reject(new Error('a file vanished')));
  await runDog(inner, { type: 'dog.run', dog: 'checkpoint' }, 'person');
  expect(inner.world.dogs.get('checkpoint')).toMatchObject({
    ok: false,
    note: expect.stringContaining(`saved work in progress of 1 session, but not of ${spoilt.polecat}: a file vanished`),
  });
  const wip = `refs/gastown/wip/${well.polecat}/${well.id}`;
  expect(gitIn(townPaths(town.town).landing('app'), 'ls-tree', '--name-only', wip)).toContain('draft');
  town.leave('saved');
  for (const id of ids) await landed(town, id);
});
