import { execFileSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { quantile, table } from '../table.ts';
import { type Compared, commitEach, lowdb } from './compare.ts';
import { openElsewhere } from './opening.ts';
import { killWriter } from './recovery.ts';
import { makeTown, townBytes, withFolder } from './towns.ts';
import { hammer, offer, ROW_HEADER, row } from './writes.ts';

const MB = 1_048_576;

interface Scale {
  readonly sizes: readonly number[];
  readonly seconds: number;
  readonly mutations: number;
  readonly lowdbChanges: number;
  readonly gitChanges: number;
}

const FULL: Scale = {
  sizes: [100, 1_000, 10_000, 100_000],
  seconds: 10,
  mutations: 100_000,
  lowdbChanges: 300,
  gitChanges: 200,
};
const QUICK: Scale = { sizes: [100, 10_000], seconds: 2, mutations: 5_000, lowdbChanges: 100, gitChanges: 40 };

/** DESIGN §12, "durable ledger mutations", and what the ledger is compared with. */
export const bench = async (args: readonly string[]): Promise<void> => {
  const scale = args.includes('--quick') ? QUICK : FULL;
  const [cpu] = os.cpus();
  console.log(
    `${os.cpus().length} × ${cpu?.model ?? '?'}, Node ${process.versions.node}, load ${os.loadavg()[0]!.toFixed(1)}`,
  );
  await writes(scale);
  await openings(scale);
  await recovery(scale);
  await sizes(scale);
  await others(scale);
};

const writes = async ({ sizes, seconds }: Scale) => {
  const rows: (string | number)[][] = [];
  for (const beads of sizes) {
    await withFolder(async dir => {
      await makeTown(dir, beads);
      rows.push(row(beads, await offer(dir, { beads, perSecond: 1_000, seconds })));
    });
  }
  console.log(table(`1,000 changes a second offered by 100 writers for ${seconds} s`, ROW_HEADER, rows));
};

const openings = async ({ sizes }: Scale) => {
  const rows: (string | number)[][] = [];
  for (const beads of sizes) {
    await withFolder(async dir => {
      await makeTown(dir, beads);
      const { openMs, readyMs, ready, firstViewMs, nextViewMs, filterMs, rssMb } = openElsewhere(dir);
      rows.push([beads, openMs, readyMs, ready, firstViewMs, nextViewMs, filterMs, rssMb, townBytes(dir) / MB]);
    });
  }
  const header = [
    'beads',
    'open ms',
    'ready ms',
    'ready',
    'first view ms',
    'next view ms',
    'filter ms',
    'RSS MB',
    'on disk MB',
  ];
  console.log(table('Opening a town in a new process, and looking at all of it', header, rows));
};

const recovery = async ({ sizes }: Scale) => {
  const rows: (string | number)[][] = [];
  for (const beads of sizes.filter(size => size >= 1_000)) {
    await withFolder(async dir => {
      await makeTown(dir, beads);
      await killWriter(dir);
      const { openMs, beyond, firstViewMs } = openElsewhere(dir);
      rows.push([beads, beyond, openMs, firstViewMs, openMs + firstViewMs]);
    });
  }
  const header = ['beads', 'only in the journal', 'open ms', 'first view ms', 'sum ms'];
  console.log(table('After kill -9 with changes that Git does not have', header, rows));
};

const sizes = async ({ mutations }: Scale) => {
  const rows: (string | number)[][] = [];
  const beads = 10_000;
  await withFolder(async dir => {
    await makeTown(dir, beads);
    const before = townBytes(dir);
    const { seconds, commits } = await hammer(dir, { beads, changes: mutations });
    const after = townBytes(dir);
    rows.push([
      'as it is kept',
      mutations,
      mutations / seconds,
      commits,
      after / MB,
      (after - before) / commits,
      (after - before) / mutations,
    ]);
    const start = performance.now();
    execFileSync('git', ['--git-dir', path.join(dir, 'ledger.git'), 'repack', '-a', '-d', '-f', '-q'], {
      stdio: 'ignore',
    });
    const packed = townBytes(dir);
    rows.push([
      `repacked in ${((performance.now() - start) / 1_000).toFixed(1)} s`,
      mutations,
      '',
      commits,
      packed / MB,
      (packed - before) / commits,
      (packed - before) / mutations,
    ]);
  });
  const header = ['', 'changes', 'changes/s', 'commits', 'on disk MB', 'bytes/commit', 'bytes/change'];
  console.log(
    table(`Size after ${mutations.toLocaleString('en')} changes to 10,000 beads, committed each 250`, header, rows),
  );
};

const others = async ({ sizes, lowdbChanges, gitChanges }: Scale) => {
  const rows: (string | number)[][] = [];
  const add = (what: string, beads: number, { done, seconds, ackMs }: Compared) =>
    rows.push([what, beads, done, done / seconds, quantile(ackMs, 0.5), quantile(ackMs, 0.99)]);
  for (const beads of sizes.filter(size => size <= 10_000)) {
    await withFolder(async dir => {
      await makeTown(dir, beads);
      const { acked, seconds, ackMs } = await offer(dir, { beads, perSecond: 1_000, seconds: 2 });
      add('the ledger, 1,000/s offered', beads, { done: acked, seconds, ackMs });
    });
    await withFolder(
      async dir => void add('lowdb JSONFile, no fsync', beads, await lowdb(dir, { beads, changes: lowdbChanges })),
    );
    await withFolder(
      async dir => void add('simple-git, a commit each', beads, await commitEach(dir, { beads, changes: gitChanges })),
    );
  }
  console.log(
    table(
      'Beside others, 100 writers each (fewer changes where slow)',
      ['', 'beads', 'changes', 'changes/s', 'ack p50 ms', 'ack p99 ms'],
      rows,
    ),
  );
};
