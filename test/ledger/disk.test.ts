import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_SETTINGS } from '../../roles/settings.ts';
import { type Ledger, openLedger } from '../../source/ledger/store.ts';
import { townPaths } from '../../source/town/paths.ts';
import type { ProjectionInput } from '../../source/town/project/input.ts';
import { createProjector } from '../../source/town/project/view.ts';
import { createWorld } from '../../source/town/world.ts';
import { fsck, historyChecker } from './faults/whole.ts';
import { act, command, freshLedger, temporaryFolder } from './helpers.ts';

/** Mounting takes root, and a kernel that lets it; elsewhere the tests with an unwritable journal stand in. */
const canMount = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const probe = `/tmp/gastown-probe-${process.pid}`;
  mkdirSync(probe);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', probe]).status === 0;
  if (mounted) spawnSync('umount', [probe]);
  rmSync(probe, { recursive: true });
  return mounted;
})();

const smallDisk = async (size: string): Promise<string> => {
  const dir = await temporaryFolder();
  const disk = path.join(dir, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', disk]);
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  return disk;
};

/** What the screen says at its top. */
const bannerOf = (dir: string, ledger: Ledger): string | undefined => {
  const input = { ledger, world: createWorld(0), config: { name: 'x', settings: DEFAULT_SETTINGS }, now: 0 };
  const view = createProjector()({ ...input, paths: townPaths(dir) } as unknown as ProjectionInput, []);
  return view.town.banner;
};

const fill = (disk: string): void => {
  try {
    writeFileSync(path.join(disk, 'ballast'), Buffer.alloc(64 * 1_048_576));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  expect(statfsSync(disk).bavail).toBe(0);
};

describe('a journal that takes no writes', () => {
  it('has every waiting command refused, changes nothing, and goes on by itself later', async () => {
    const dir = await temporaryFolder();
    const ledger = await freshLedger({ dir });
    const id = await act(ledger, 'bead.create', { title: 'one' });
    await ledger.flush();
    const folder = path.join(dir, 'journal');
    await rename(folder, `${folder}.away`);
    await writeFile(folder, 'in the way');

    const refused = await Promise.allSettled([
      ledger.execute(command('bead.claim', { id, assignee: 'a' }, { opId: 'claim' })),
      ledger.execute(command('bead.update', { id, set: { title: 'two' } })),
      ledger.execute(command('bead.claim', { id, assignee: 'a' })),
    ]);
    for (const result of refused) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'disk' } });
    expect(ledger.readOnlyReason).toContain('cannot be written');
    expect(ledger.data.beads.get(id)).toMatchObject({ title: 'one', rev: 1, status: 'open' });
    expect(ledger.seq).toBe(1);

    await rm(folder);
    await rename(`${folder}.away`, folder);
    const receipt = await ledger.execute(command('bead.claim', { id, assignee: 'b' }, { opId: 'claim' }));
    expect(receipt).toMatchObject({ seq: 2, replayed: false });
    expect(ledger.readOnlyReason).toBeUndefined();
    expect(ledger.data.beads.get(id)!.assignee).toBe('b');
  });

  it('is still no loss when Git fails: the journal keeps all, and the next start commits it', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir, commitEveryMs: 10 });
    await act(ledger, 'bead.create', { title: 'one' });
    await ledger.flush();
    const repository = path.join(dir, 'ledger.git');
    await rename(repository, `${repository}.away`);
    await mkdir(repository);
    let told = 0;
    ledger.onCommit(() => told++);
    await act(ledger, 'bead.create', { title: 'two' });
    await expect(ledger.flush()).rejects.toMatchObject({ code: 'git_failed' });
    expect(ledger.commitError).toBeDefined();
    expect(told, 'who shows it is told').toBeGreaterThan(0);
    await ledger.close();
    await rm(repository, { recursive: true });
    await rename(`${repository}.away`, repository);
    const again = await freshLedger({ dir });
    expect([again.seq, again.committedSeq, again.data.beads.size]).toEqual([2, 1, 2]);
    await again.flush();
    expect(again.committedSeq).toBe(2);
  });
});

describe.skipIf(!canMount)('a full disk (needs to mount a small one)', () => {
  it('acknowledges nothing that is not on it, and goes on by itself when there is space', async () => {
    const disk = await smallDisk('8m');
    const ledger = await openLedger({ dir: disk, commitEveryMs: 20 });
    const first = await act(ledger, 'bead.create', { title: 'before' });
    await ledger.flush();
    fill(disk);
    const acked: string[] = [first];
    let refused = 0;
    for (let n = 0; n < 40; n++) {
      try {
        acked.push(await act(ledger, 'bead.create', { title: `during ${n}`, description: 'x'.repeat(5_000) }));
      } catch (error) {
        expect(error).toMatchObject({ code: 'disk' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(ledger.readOnlyReason).toMatch(/ENOSPC/);
    expect(bannerOf(disk, ledger)).toMatch(/^Read-only: The ledger cannot be written: ENOSPC/);
    expect([...ledger.data.beads.keys()].sort()).toEqual([...acked].sort());

    rmSync(path.join(disk, 'ballast'));
    acked.push(await act(ledger, 'bead.create', { title: 'after' }));
    expect(ledger.readOnlyReason).toBeUndefined();
    expect(bannerOf(disk, ledger)).toBeUndefined();
    await ledger.flush();
    expect(ledger.commitError).toBeUndefined();
    await ledger.close();
    const again = await openLedger({ dir: disk });
    expect([...again.data.beads.keys()].sort()).toEqual([...acked].sort());
    expect([again.committedSeq, again.quarantined]).toEqual([again.seq, []]);
    await again.close();
    expect(await fsck(disk)).toEqual([]);
    await historyChecker(disk).check(again.seq);
    const left = readdirSync(disk, { recursive: true, encoding: 'utf8' });
    expect(left.filter(name => /tmp_|fast_import_crash|\.lock$/.test(name) && name !== 'town.lock')).toEqual([]);
  });

  it('filled between two writes leaves a journal that opens to exactly what was acknowledged', async () => {
    const disk = await smallDisk('4m');
    const ledger = await openLedger({ dir: disk, commitEveryMs: 60_000 });
    const acked = new Set<string>();
    for (let refused = 0; refused < 3; ) {
      try {
        acked.add(await act(ledger, 'bead.create', { title: 'x', description: 'y'.repeat(20_000) }));
      } catch {
        refused++;
      }
    }
    const again = await openLedger({ dir: disk, commitEveryMs: 60_000 });
    expect(new Set(again.data.beads.keys())).toEqual(acked);
    await again.close();
    await ledger.close();
  });
});
