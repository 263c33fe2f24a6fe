import type { Command } from 'commander';
import type { Declare } from './lasting.ts';

/** Commands about branches on which an epic is gathered before it lands as a whole. */
export const declareIntegrate = (program: Command, command: Declare): void => {
  const load = () => import('./integrate.ts');
  const integrate = program.command('integrate').description('branches on which an epic is gathered before it lands');
  command(
    integrate,
    'start <epic>',
    'make one, and have the beads of the epic land there; again: those that came since',
    async () => (await load()).start,
  )
    .option('--name <name>', 'of its rig (default: the id of the epic)')
    .option('--branch <branch>', 'of the origin (default: integration/<name>)');
  command(integrate, 'list', 'how far each one is', async () => (await load()).status);
  command(integrate, 'status [name]', 'how far one is, with its commits and files', async () => (await load()).status);
  command(
    integrate,
    'land <name>',
    'bring it onto the target as one request, tested like any other work',
    async () => (await load()).land,
  ).option('--dry-run', 'only say what would land, and whether it would merge');
  command(
    integrate,
    'stop <name>',
    'end it without landing: its open beads go back, the branch stays',
    async () => (await load()).stop,
  );
};
