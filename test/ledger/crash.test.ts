import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { acquireTownLock } from '../../source/ledger/lock.ts';
import { openLedger } from '../../source/ledger/store.ts';
import { temporaryFolder } from './helpers.ts';

const WRITERS = path.join(import.meta.dirname, 'fixtures', 'writers.ts');
const ROUNDS = 25;
/** A kill comes at a random moment of this long after the first acknowledgement. */
const KILL_WITHIN_MS = 350;

interface Acked {
  readonly seq: number;
  readonly id: string;
  readonly rev: number;
  readonly opId: string;
}

/** Runs the writers until a random moment and kills them with SIGKILL; answers with what they were promised. */
const writeAndKill = async (dir: string, commitEveryMs: number): Promise<Acked[]> => {
  const child = spawn(process.execPath, [WRITERS, dir, `${commitEveryMs}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acked: Acked[] = [];
  const lines = createInterface({ input: child.stdout });
  const read = (async () => {
    for await (const line of lines) {
      // The last line may be torn by the kill; a promise counts once its line is whole.
      const [, seq, id, rev, opId] = /^(\d+) (\S+) (\d+) (\d+-\d+-\d+)$/.exec(line) ?? [];
      if (opId) acked.push({ seq: Number(seq), id: id!, rev: Number(rev), opId });
    }
  })();
  await once(lines, 'line');
  await sleep(Math.random() * KILL_WITHIN_MS);
  process.kill(child.pid!, 'SIGKILL');
  await once(child, 'exit');
  await read;
  return acked;
};

/** What a killed process may leave behind. */
const plant = async (dir: string, round: number): Promise<void> => {
  if (round % 3 === 0) {
    const git = path.join(dir, 'ledger.git');
    await mkdir(path.join(git, 'refs', 'heads'), { recursive: true });
    for (const name of [
      'HEAD.lock',
      'packed-refs.lock',
      'refs/heads/main.lock',
      'objects/pack/tmp_pack_abc',
      'fast_import_crash_123',
    ]) {
      await mkdir(path.dirname(path.join(git, name)), { recursive: true });
      await writeFile(path.join(git, name), '');
    }
  }
  if (round % 4 === 1) {
    const newest = (await readdir(path.join(dir, 'journal')))
      .filter(name => name.endsWith('.wal'))
      .sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))[0];
    if (newest) await appendFile(path.join(dir, 'journal', newest), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 123, 34]));
  }
};

describe('kill -9', () => {
  it(`at ${ROUNDS} random moments loses nothing acknowledged and applies nothing twice`, async () => {
    const dir = await temporaryFolder();
    const newest = new Map<string, Acked>();
    const opIds = new Set<string>();
    let total = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const acked = await writeAndKill(dir, round % 2 === 0 ? 20 : 250);
      for (const ack of acked) {
        expect(opIds.has(ack.opId)).toBe(false);
        opIds.add(ack.opId);
        if ((newest.get(ack.id)?.rev ?? 0) < ack.rev) newest.set(ack.id, ack);
      }
      total += acked.length;
      await plant(dir, round);

      const lock = await acquireTownLock(dir, { purpose: 'check' });
      const ledger = await openLedger({ dir });
      for (const [id, ack] of newest) {
        const bead = ledger.data.beads.get(id);
        // One change may have become durable in the instant before its acknowledgement was printed.
        expect(bead!.rev - ack.rev, `${id} in round ${round}`).toBeGreaterThanOrEqual(0);
        expect(bead!.rev - ack.rev, `${id} in round ${round}`).toBeLessThanOrEqual(1);
        if (bead!.rev === ack.rev) expect(bead!.notes).toBe(ack.opId);
        newest.set(id, { ...ack, rev: bead!.rev, opId: bead!.notes! });
      }
      const written = [...ledger.data.beads.values()].reduce((sum, bead) => sum + bead.rev, 0);
      expect(ledger.seq, 'one sequence number a change').toBe(written);
      await ledger.flush();
      expect(ledger.committedSeq).toBe(ledger.seq);
      await ledger.close();
      await lock.release();
    }
    expect(total).toBeGreaterThan(ROUNDS * 20);
    const fsck = execFileSync('git', ['--git-dir', path.join(dir, 'ledger.git'), 'fsck', '--full', '--strict'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(fsck.split('\n').filter(line => line && !line.startsWith('dangling'))).toEqual([]);
  });
});
