import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { versionsOf } from '../../source/ledger/past.ts';
import { openLedger } from '../../source/ledger/store.ts';
import { act, OPERATOR, temporaryFolder } from './helpers.ts';

it('keeps a repository with many commits in few packs, with nothing lost and its history quick to find', async () => {
  const dir = await temporaryFolder();
  const gitDir = path.join(dir, 'ledger.git');
  const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  const first = await act(ledger, 'bead.create', { title: 'First' });
  // Enough objects a commit that each comes as a pack of its own.
  for (let round = 0; round < 66; round++) {
    const writes = Array.from({ length: 12 }, (_, index) =>
      act(ledger, 'bead.create', { title: `Bead ${round} ${index}` }, OPERATOR),
    );
    await Promise.all(writes);
    await act(ledger, 'bead.update', { id: first, set: { description: `Round ${round}` } });
    await ledger.flush();
  }
  await ledger.close();
  const packs = readdirSync(path.join(gitDir, 'objects/pack')).filter(name => name.endsWith('.pack'));
  expect(packs.length).toBeLessThan(50);
  expect(existsSync(path.join(gitDir, 'objects/info/commit-graphs/commit-graph-chain'))).toBe(true);
  expect(execFileSync('git', ['--git-dir', gitDir, 'fsck', '--full', '--no-dangling'], { encoding: 'utf8' })).toBe('');
  expect(await versionsOf(gitDir, { kind: 'beads', id: first })).toHaveLength(67);
  const again = await openLedger({ dir });
  expect(again.data.beads.size).toBe(66 * 12 + 1);
  await again.close();
});
