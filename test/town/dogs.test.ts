import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
