import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openLedger } from '../../../source/ledger/store.ts';
import { beadNumber } from './towns.ts';

/** Changes before the kill. A full group is committed as always; the rest is in the journal only. */
const CHANGES = 5_000;

/** Fills the journal in a process of its own and kills it with SIGKILL while Git lags behind. */
export const killWriter = async (dir: string): Promise<void> => {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  process.kill(child.pid!, 'SIGKILL');
  await once(child, 'exit');
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ledger = await openLedger({ dir: process.argv[2]!, commitEveryMs: 3_600_000 });
  const actor = { role: 'operator', name: 'operator' } as const;
  for (let done = 0; done < CHANGES; done += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => {
        const payload = { id: beadNumber((done + n) % ledger.data.beads.size), text: 'Before the end.' };
        return ledger.execute({ type: 'bead.comment', payload, actor });
      }),
    );
  }
  console.log('written');
  setInterval(() => undefined, 1_000);
}
