import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { acquireTownLock } from '../../source/ledger/lock.ts';
import { temporaryFolder } from './helpers.ts';

const HOLDER = path.join(import.meta.dirname, 'fixtures', 'hold-lock.ts');

const holdElsewhere = async (dir: string): Promise<ChildProcess & { warnings: () => string }> => {
  const child = spawn(process.execPath, [HOLDER, dir], { stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  await once(child.stdout, 'data');
  return Object.assign(child, { warnings: () => stderr });
};

describe('acquireTownLock', () => {
  it('refuses a second holder, naming the first and what to do', async () => {
    const dir = await temporaryFolder();
    const child = await holdElsewhere(dir);
    const failure = await acquireTownLock(dir, { purpose: 'run' }).catch(error => error);
    expect(failure).toMatchObject({ code: 'town_locked' });
    expect(failure.message).toContain(`gastown screen, pid ${child.pid}`);
    expect(failure.message).toMatch(/since \d{4}-\d\d-\d\dT/);
    expect(failure.hint).toContain('end it first');
    expect(child.warnings()).toBe('');
  });

  it('is free the moment its holder is killed, with nothing to clean up', async () => {
    const dir = await temporaryFolder();
    const child = await holdElsewhere(dir);
    process.kill(child.pid!, 'SIGKILL');
    await once(child, 'exit');
    const lock = await acquireTownLock(dir, { purpose: 'run' });
    await lock.release();
    expect(await readdir(dir)).toEqual(['town.lock']);
  });

  it('refuses a second holder within one process, and is free after release, which may be repeated', async () => {
    const dir = await temporaryFolder();
    const lock = await acquireTownLock(dir, { purpose: 'screen' });
    await expect(acquireTownLock(dir, { purpose: 'run' })).rejects.toMatchObject({ code: 'town_locked' });
    await Promise.all([lock.release(), lock.release()]);
    await (await acquireTownLock(dir, { purpose: 'run' })).release();
  });

  it('says so plainly when the note about the holder is unreadable or hostile', async () => {
    const dir = await temporaryFolder();
    const lock = await acquireTownLock(dir, { purpose: 'screen' });
    await writeFile(path.join(dir, 'town.holder.json'), '{"pid":');
    await expect(acquireTownLock(dir, { purpose: 'run' })).rejects.toThrow(/held by another process/);
    await writeFile(
      path.join(dir, 'town.holder.json'),
      JSON.stringify({ pid: '\u001b[2J1', purpose: 'x'.repeat(500) }),
    );
    const failure = await acquireTownLock(dir, { purpose: 'run' }).catch(error => error);
    expect(failure.message).not.toContain('\u001b');
    expect(failure.message.length).toBeLessThan(400);
    await lock.release();
  });

  it('locks without SQLite through a name in the kernel', async () => {
    const dir = await temporaryFolder();
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    onTestFinished(() => void vi.restoreAllMocks());
    const lock = await acquireTownLock(dir, { purpose: 'screen' });
    await expect(acquireTownLock(dir, { purpose: 'run' })).rejects.toMatchObject({ code: 'town_locked' });
    await lock.release();
    await (await acquireTownLock(dir, { purpose: 'run' })).release();
  });

  it('lets every other warning pass', async () => {
    const dir = await temporaryFolder();
    const before = process.emitWarning;
    const lock = await acquireTownLock(dir, { purpose: 'screen' });
    expect(process.emitWarning).toBe(before);
    await lock.release();
  });
});
