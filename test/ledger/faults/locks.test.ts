import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acquireTownLock } from '../../../source/ledger/lock.ts';
import { openLedger } from '../../../source/ledger/store.ts';
import { act, freshLedger, temporaryFolder } from '../helpers.ts';
import { fsck, historyChecker } from './whole.ts';

const WRITERS = path.join(import.meta.dirname, '..', 'fixtures', 'writers.ts');

const LEFT_BEHIND = [
  'HEAD.lock',
  'config.lock',
  'index.lock',
  'shallow.lock',
  'packed-refs.lock',
  'packed-refs.new',
  'refs/heads/main.lock',
  'objects/info/commit-graph.lock',
  'objects/info/commit-graphs/commit-graph-chain.lock',
  'objects/pack/multi-pack-index.lock',
  'objects/pack/tmp_pack_Ab12Cd',
  'objects/pack/tmp_idx_Ab12Cd',
  'objects/pack/tmp_rev_Ab12Cd',
  'objects/pack/.tmp-4711-pack-0123456789012345678901234567890123456789.pack',
  'objects/ab/tmp_obj_Ab12Cd',
  'fast_import_crash_4711',
];

const plant = async (dir: string, name: string): Promise<string> => {
  const file = path.join(dir, 'ledger.git', name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, 'of a process that is gone');
  return file;
};

describe('what a killed Git leaves behind', () => {
  it.each(LEFT_BEHIND)('%s is gone after the next start, and holds up nothing', async name => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    await act(ledger, 'bead.create', { title: 'before' });
    await ledger.close();
    const file = await plant(dir, name);
    const again = await freshLedger({ dir });
    await act(again, 'bead.create', { title: 'after' });
    await again.flush();
    expect(again.committedSeq).toBe(2);
    expect(existsSync(file)).toBe(false);
    await historyChecker(dir).check(2);
  });

  it('on the branch while the town is open holds it up for one commit at most', async () => {
    const dir = await temporaryFolder();
    const ledger = await freshLedger({ dir, commitEveryMs: 60_000 });
    await act(ledger, 'bead.create', { title: 'before' });
    await ledger.flush();
    // As when the machine runs out of memory and the kernel picks the Git child.
    await plant(dir, 'refs/heads/main.lock');
    await act(ledger, 'bead.create', { title: 'after' });
    await ledger.flush().catch(() => undefined);
    await ledger.flush();
    expect(ledger.committedSeq).toBe(2);
    expect(ledger.commitError).toBeUndefined();
    expect(await fsck(dir)).toEqual([]);
  });
});

describe('two that open one town', () => {
  it('are told apart by the lock: the second is refused by name, and opens the moment the first is killed', async () => {
    const dir = await temporaryFolder();
    const first = spawn(process.execPath, [WRITERS, dir, '20'], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void first.kill('SIGKILL'));
    await once(first.stdout, 'data');
    first.stdout.resume();
    const refused = await acquireTownLock(dir, { purpose: 'run' }).catch(error => error);
    expect(refused).toMatchObject({ code: 'town_locked' });
    expect(refused.message).toContain(`gastown writers, pid ${first.pid}`);
    process.kill(first.pid!, 'SIGKILL');
    await once(first, 'exit');
    const lock = await acquireTownLock(dir, { purpose: 'run' });
    const ledger = await openLedger({ dir });
    await act(ledger, 'bead.create', { title: 'mine now' });
    await ledger.close();
    await lock.release();
    await historyChecker(dir).check(ledger.seq);
    expect(await readdir(path.join(dir, 'journal'))).toEqual([]);
  });
});
