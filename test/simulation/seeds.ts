import type { Life } from './life.ts';

/** Lives that broke a promise once, as small as they were found, with what was wrong. The default suite lives through each. */
export const SEEDS: readonly { readonly found: string; readonly life: Life }[] = [
  {
    found: 'suspects that conflict with a request ahead of them were put back, were red again, and so on for ever',
    life: {
      seed: 49,
      beads: 7,
      gates: [{ name: 'test', command: 'test', timeoutMs: 1_000 }],
      agent: 'shell',
      talks: false,
      budgets: { bead: 0, convoy: 0, day: 0, town: 3 },
      brokenTarget: false,
      trouble: 0,
      flakes: 0.05,
      faultsMs: 60_634,
      mischief: ['lost', 'late', 'full', 'keys', 'dirty', 'spend'],
      disturbed: true,
      meddled: true,
    },
  },
  {
    found: 'the meter was told of the budget of a bead only once the first of it was in the ledger',
    life: {
      seed: 13,
      beads: 1,
      gates: [{ name: 'lint', command: 'lint', timeoutMs: 1_000 }],
      agent: 'claude',
      talks: false,
      budgets: { bead: 1, convoy: 4, day: 5, town: 0 },
      brokenTarget: false,
      trouble: 0,
      flakes: 0,
      faultsMs: 6_474,
      mischief: ['spend'],
      disturbed: false,
      meddled: true,
    },
  },
];
