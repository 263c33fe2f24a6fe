import os from 'node:os';
import { comparison, deviations, flaky } from '../../simulation/queue/table.ts';
import { withFolder } from '../ledger/towns.ts';
import { table } from '../table.ts';
import { measureChain } from './chain.ts';
import { measureQueue } from './queue.ts';
import { measureRadar } from './radar.ts';

interface Scale {
  /** Random worlds a cell of the simulated tables. */
  readonly worlds: number;
  readonly queues: readonly { readonly requests: number; readonly bad: number }[];
  readonly slots: readonly number[];
}

const FULL: Scale = {
  worlds: 400,
  queues: [
    { requests: 8, bad: 1 },
    { requests: 32, bad: 0 },
    { requests: 32, bad: 2 },
  ],
  slots: [1, 2, 4],
};
const QUICK: Scale = { worlds: 60, queues: [{ requests: 8, bad: 1 }], slots: [1, 4] };

/** DESIGN §12, "merge chain" and "gate runs and makespan", beside other ways to work through a queue. */
export const bench = async (args: readonly string[]): Promise<void> => {
  const scale = args.includes('--quick') ? QUICK : FULL;
  console.log(`${os.cpus().length} cores, Node ${process.versions.node}, load ${os.loadavg()[0]!.toFixed(1)}`);
  simulated(scale);
  if (args.includes('--simulated')) return;
  await chains();
  await queues(scale);
};

const simulated = ({ worlds }: Scale): void => {
  for (const [header, ...rows] of comparison(worlds))
    console.log(table(`runs / makespan / mean landing, in gate runs, over ${worlds} worlds`, header!, rows));
  const [header, ...rows] = flaky(worlds);
  console.log(table('with flaky gates: runs / makespan / good requests sent back', header!, rows));
  const worst = deviations(worlds);
  console.log(`\nthe ladder beside what was published of it, worst of ${worst.length} figures:`);
  for (const { what, share } of worst.slice(0, 3)) console.log(`  ${(share * 100).toFixed(1)} %  ${what}`);
};

const chains = async (): Promise<void> => {
  const chain = await withFolder(dir => measureChain(dir, 100));
  console.log(
    table(
      'merge chain, 5,000 files, ms a branch',
      ['branches', 'stacked', 'first', 'again'],
      [[chain.branches, chain.stacked, chain.firstMs, chain.againMs]],
    ),
  );
  const radar = await measureRadar();
  console.log(
    table(
      'conflict radar, ms a look',
      ['branches', 'merges', 'conflicts', 'first', 'nothing moved', 'one moved'],
      [[radar.branches, radar.merges, radar.conflicts, radar.lookMs, radar.againMs, radar.movedMs]],
    ),
  );
};

const queues = async ({ queues: sizes, slots }: Scale): Promise<void> => {
  const rows: (string | number)[][] = [];
  for (const size of sizes) {
    for (const count of slots) {
      const done = await withFolder(dir => measureQueue(dir, { ...size, slots: count }));
      const hours = done.makespanMs / 3_600_000;
      rows.push([
        ...[done.requests, done.bad, done.slots, done.landed, done.sentBack, done.runs, done.trees, done.cacheHits],
        ...[done.makespanMs / 1000, Math.round(done.landed / hours)],
      ]);
    }
  }
  const header = [
    'requests',
    'bad',
    'slots',
    'landed',
    'sent back',
    'runs',
    'trees',
    'cache hits',
    'seconds',
    'landings an hour',
  ];
  console.log(table('a real town with a gate of one second', header, rows));
};
