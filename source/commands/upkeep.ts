import type { Command } from 'commander';
import type { Declare } from './lasting.ts';

/** Commands about what the town does while nobody looks: its Dogs, what they took away, and the digest of it all. */
export const declareUpkeep = (program: Command, command: Declare): void => {
  const dogs = () => import('./dogs.ts');
  const dog = command(
    program,
    'dog',
    'the maintenance jobs: what each does, how often, and how it went',
    async () => (await dogs()).list,
  ).alias('dogs');
  command(dog, 'list', 'the same', async () => (await dogs()).list);
  command(dog, 'run <name>', 'run one now, whatever its interval', async () => (await dogs()).run);
  command(dog, 'off <name>', 'let one run only when it is told to', async () => (await dogs()).switchOff);
  command(dog, 'on <name>', 'let it run by its interval again', async () => (await dogs()).switchOn);

  command(
    program,
    'digest',
    'what happened since the screen was last open, and what waits for you',
    async () => (await import('./digest.ts')).digest,
  ).option('--since <time>', 'for so long (8h, 2d), or since a moment (2026-11-23T18:00)');

  command(
    program,
    'report',
    'one HTML page with plots: lead time, landings, what was sent back and why, cost of a landed change, agents',
    async () => (await import('./report.ts')).report,
  )
    .option(
      '-o, --out <file>',
      'where to write it (default: report.html in the folder of the town; -: standard output)',
    )
    .option('--since <time>', 'for so long (30d, 12h), or since a moment (2026-11-01)', '30d');

  const trashed = () => import('./trash.ts');
  const trash = command(
    program,
    'trash',
    'checkouts that were taken away though something may still be in them',
    async () => (await trashed()).list,
  );
  command(trash, 'list', 'the same', async () => (await trashed()).list);
  command(trash, 'restore <id>', 'put one back where it lay', async () => (await trashed()).restore);
  command(
    trash,
    'empty [id]',
    'remove one, or with --all every one, for good',
    async () => (await trashed()).empty,
  ).option('--all', 'every one');
};
