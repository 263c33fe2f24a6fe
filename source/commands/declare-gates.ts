import type { Command } from 'commander';
import type { Declare } from './lasting.ts';

/** Commands about gates and the tests in them. */
export const declareGates = (program: Command, command: Declare): void => {
  const load = () => import('./gates.ts');
  command(
    program,
    'gates [rig]',
    'what each gate has done lately: runs, passes, flakes, usual time',
    async () => (await load()).gates,
  );
  const quarantine = command(
    program,
    'quarantine',
    'flaky tests that run and do not count',
    async () => (await load()).list,
  );
  command(quarantine, 'list [rig]', 'those in quarantine, and those that might be', async () => (await load()).list);
  command(quarantine, 'add <rig> <gate> <test>', 'let a test not count for a week', async () => (await load()).add)
    .option('--days <n>', 'for so long instead, at most 30')
    .option('-m, --message <text>', 'why');
  command(quarantine, 'remove <rig> <gate> <test>', 'let it count again', async () => (await load()).remove);
};
