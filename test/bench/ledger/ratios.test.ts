import { describe, expect, it } from 'vitest';
import { openLedger } from '../../../source/ledger/store.ts';
import { LONG } from '../../support/long.ts';
import { makeTown, withFolder } from './towns.ts';
import { countCommits, hammer } from './writes.ts';

/** CPU time of this process, ms: what other processes do meanwhile does not count. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** The least of a few measurements: a collection of garbage, or a compilation, is no cost of the work. */
const least = async (work: () => Promise<number>): Promise<number> => {
  const costs: number[] = [];
  for (let run = 0; run < 3; run++) costs.push(await work());
  return Math.min(...costs);
};

const costOfWrites = (beads: number, changes: number): Promise<number> =>
  withFolder(async dir => {
    await makeTown(dir, beads);
    return least(async () => {
      const before = cpuMs();
      await hammer(dir, { beads, changes });
      return cpuMs() - before - (await costOfOpening(dir));
    });
  });

const costOfOpening = async (dir: string): Promise<number> => {
  const before = cpuMs();
  await (await openLedger({ dir })).close();
  return cpuMs() - before;
};

describe.runIf(LONG)('the cost of the ledger', () => {
  it('a write is the same with 10,000 beads as with 100, but for noise', async () => {
    const small = await costOfWrites(100, 1_000);
    const big = await costOfWrites(10_000, 1_000);
    console.log(`1,000 writes cost ${small.toFixed(0)} ms of CPU with 100 beads, ${big.toFixed(0)} ms with 10,000`);
    expect(big).toBeLessThanOrEqual(small * 3);
  });

  it('of opening grows with the records, not faster', async () => {
    const cost = (beads: number) =>
      withFolder(async dir => {
        await makeTown(dir, beads);
        return least(() => costOfOpening(dir));
      });
    const [small, big] = [await cost(4_000), await cost(16_000)];
    console.log(`opening costs ${small.toFixed(0)} ms of CPU with 4,000 beads, ${big.toFixed(0)} ms with 16,000`);
    expect(big).toBeLessThanOrEqual(small * 4 * 2);
  });

  it('in commits follows the groups, not the changes', async () => {
    await withFolder(async dir => {
      await makeTown(dir, 10_000);
      const before = countCommits(dir);
      const { commits } = await hammer(dir, { beads: 10_000, changes: 1_000 });
      expect(countCommits(dir) - before).toBe(commits);
      // Four groups of 250; a bead that is changed twice in one group takes another commit.
      expect(commits).toBeLessThanOrEqual(4 * 5);
    });
  });
});
