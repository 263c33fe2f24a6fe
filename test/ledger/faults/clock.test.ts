import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLedger } from '../../../source/ledger/store.ts';
import { command, temporaryFolder } from '../helpers.ts';
import { printedSeed } from './seed.ts';
import { changesSince, historyChecker } from './whole.ts';

const DAY_MS = 86_400_000;
const CHANGES = 300;
const RESTARTS = 3;

describe('a wall clock that jumps a day to and fro, and stands still', () => {
  it('changes no order, doubles no id, and holds up no commit', async () => {
    const random = printedSeed('clock jumps');
    const dir = await temporaryFolder();
    let time = Date.parse('2026-11-23T12:00:00.000Z');
    const now = () => time;
    const ids = new Set<string>();
    for (let life = 0; life < RESTARTS; life++) {
      const ledger = await openLedger({ dir, now, commitEveryMs: 20 });
      const seqs: number[] = [];
      ledger.subscribe(event => seqs.push(event.seq));
      const first = ledger.seq + 1;
      for (let change = 0; change < CHANGES; change += 10) {
        if (random.chance(0.5)) time += random.pick([DAY_MS, -DAY_MS, 1, 0]);
        const receipts = await Promise.all(
          Array.from({ length: 10 }, () => ledger.execute(command('bead.create', { title: 'the same title' }))),
        );
        for (const { written } of receipts) ids.add(written[0]!.id);
      }
      expect(seqs).toEqual(Array.from({ length: CHANGES }, (_, n) => first + n));
      await expect.poll(() => ledger.committedSeq, { timeout: 60_000 }).toBe(ledger.seq);
      await ledger.close();
    }
    expect(ids.size).toBe(CHANGES * RESTARTS);
    await historyChecker(dir).check(CHANGES * RESTARTS);
    const { changes } = await changesSince(dir);
    expect(changes.map(({ seq }) => seq)).toEqual(Array.from({ length: CHANGES * RESTARTS }, (_, n) => n + 1));
    const log = execFileSync('git', ['--git-dir', path.join(dir, 'ledger.git'), 'log', '--format=%ct %s', 'main'], {
      encoding: 'utf8',
    });
    for (const line of log.trim().split('\n')) expect(Number(line.split(' ')[0])).toBeGreaterThan(1_700_000_000);
  });

  it('before 1970, as on a board without a battery, still lets everything be written', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir, now: () => -DAY_MS });
    await ledger.execute(command('bead.create', { title: 'early' }));
    await ledger.flush();
    expect(ledger.committedSeq).toBe(1);
    await ledger.close();
  });
});
