import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rowFilter } from '../../../components/rows/filter.ts';
import { DEFAULT_SETTINGS } from '../../../roles/settings.ts';
import { readyBeads } from '../../../source/ledger/ready.ts';
import { openLedger } from '../../../source/ledger/store.ts';
import { townPaths } from '../../../source/town/paths.ts';
import { createProjector } from '../../../source/town/project/view.ts';
import { createWorld } from '../../../source/town/world.ts';

export interface Opening {
  readonly records: number;
  readonly seq: number;
  readonly beyond: number;
  readonly openMs: number;
  readonly readyMs: number;
  readonly ready: number;
  readonly firstViewMs: number;
  readonly nextViewMs: number;
  readonly filterMs: number;
  readonly rssMb: number;
}

/** Opens a town's ledger in a process of its own and looks at all of it, as the screen does. */
export const openElsewhere = (dir: string): Opening => {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), dir], {
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as Opening;
};

const timed = async <T>(work: () => T | Promise<T>): Promise<[number, T]> => {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
};

const measure = async (dir: string): Promise<Opening> => {
  const now = Date.parse('2026-11-23T00:00:00.000Z');
  const [openMs, ledger] = await timed(() => openLedger({ dir, commitEveryMs: 60_000 }));
  const beyond = ledger.seq - ledger.committedSeq;
  const project = createProjector();
  const input = {
    ledger,
    world: createWorld(now),
    config: { name: 'Bench', agents: {}, settings: DEFAULT_SETTINGS, tip: undefined },
    paths: townPaths(dir),
    now,
  } as unknown as Parameters<typeof project>[0];
  const [readyMs, ready] = await timed(() => readyBeads(ledger.data, now));
  const [firstViewMs, view] = await timed(() => project(input, []));
  const [nextViewMs] = await timed(() => project(input, []));
  const matches = rowFilter('numbered 99')!;
  const [filterMs] = await timed(() => [...view.beads.values()].filter(row => matches(`${row.id} ${row.title}`)));
  return {
    records: Object.values(ledger.data).reduce((sum, map) => sum + map.size, 0),
    seq: ledger.seq,
    beyond,
    openMs,
    readyMs,
    ready: ready.length,
    firstViewMs,
    nextViewMs,
    filterMs,
    rssMb: process.memoryUsage.rss() / 1_048_576,
  };
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measure(process.argv[2]!)));
  // The ledger is left as it is: a process that is killed closes nothing either.
  process.exit(0);
}
