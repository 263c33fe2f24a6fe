import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build, type InputOptions, type OutputOptions } from 'rolldown';
import shipped from '../../../rolldown.config.ts';
import { CLI, ROOT } from '../../support/process.ts';
import { quantile, table } from '../table.ts';
import { type Busy, measureBusy } from './busy.ts';
import { measureCcmanager, type Peer } from './ccmanager.ts';
import type { Inside } from './inside.ts';
import { COLUMNS, type Keys, ROWS } from './pty.ts';
import { measureStart } from './start.ts';

interface Scale {
  readonly ptys: readonly number[];
  readonly keys: number;
  readonly beads: number;
}

const FULL: Scale = { ptys: [30, 100], keys: 150, beads: 10_000 };
const QUICK: Scale = { ptys: [8], keys: 30, beads: 10_000 };
const MIB = 1_048_576;
/** Sessions of the other program: each is started by a walk down its menu, a key a row, so that a hundred take half an hour. */
const PEER_PTYS_MAX = 30;

/** DESIGN §12: what may be measured, with the most that it may be. */
const BUDGETS = {
  key: { p50: 5, p95: 20 },
  cellBytes: 400,
  firstFrameMs: 400,
  wholeStartMs: 1_000,
  rssMib: (ptys: number): number => (ptys <= 30 ? 300 : 600),
} as const;

/**
 * `npm run bench -- screen [--quick] [--ptys N] [--alone]`: the screen as a person has it, beside ccmanager where that can be
 * had, with at most thirty sessions (`--alone`: without it). A figure past its budget says so, with the load of the machine, which
 * is what most often is why.
 */
export const bench = async (args: readonly string[]): Promise<void> => {
  if (!existsSync(CLI)) throw new Error('Nothing was run: `npm run build` makes the program.');
  const scale = scaleOf(args);
  console.log(`${os.availableParallelism()} cores, Node ${process.versions.node}, ${COLUMNS}×${ROWS}, ${load()}`);
  const inside = await measureInside();
  const start = await measureStart(scale.beads);
  const busy: Busy[] = [];
  const peers: (Peer | { ptys: number; why: string })[] = [];
  for (const ptys of scale.ptys) {
    console.log(`${ptys} busy ptys …`);
    busy.push(await measureBusy(ptys, scale.keys));
    if (!args.includes('--alone') && ptys <= PEER_PTYS_MAX) peers.push(await tryPeer(ptys, scale.keys));
  }
  printFigures(inside, start, busy);
  printKeys(busy, peers);
  console.log(`\nafterwards: ${load()}`);
};

const scaleOf = (args: readonly string[]): Scale => {
  const scale = args.includes('--quick') ? QUICK : FULL;
  const at = args.indexOf('--ptys');
  return at === -1 ? scale : { ...scale, ptys: [Number(args[at + 1])] };
};

const load = (): string => `load ${os.loadavg()[0]!.toFixed(1)}`;

/** Bundled, as it is shipped: the screen's files are TSX, which Node does not run. */
const measureInside = async (): Promise<Inside> => {
  const { input: _, output, ...config } = shipped as InputOptions & { output: OutputOptions };
  const dir = path.join(ROOT, 'dist', 'bench-screen');
  await build({
    ...config,
    cwd: ROOT,
    input: { inside: path.join(ROOT, 'test/bench/screen/inside.ts') },
    output: { ...output, dir },
    plugins: [],
  });
  const env = { ...process.env, NODE_ENV: 'production' };
  const ask = (what: string): Inside =>
    JSON.parse(
      execFileSync(process.execPath, [path.join(dir, 'inside.js'), what], { encoding: 'utf8', env, stdio: 'pipe' }),
    );
  return { ...ask('first'), ...ask('frames') };
};

const tryPeer = async (ptys: number, keys: number): Promise<Peer | { ptys: number; why: string }> => {
  try {
    return await measureCcmanager(ptys, keys);
  } catch (error) {
    return { ptys, why: (error as Error).message.split('\n')[0]! };
  }
};

type Start = Awaited<ReturnType<typeof measureStart>>;
type Row = readonly [what: string, measured: number, budget: number | string, verdict: string];

const printFigures = (inside: Inside, start: Start, busy: readonly Busy[]): void => {
  const cpu = inside.frames.map(({ cpuMs }) => cpuMs);
  const rows: Row[] = [
    judged('one changed cell, bytes (median)', quantile(inside.cellBytes, 0.5), BUDGETS.cellBytes),
    judged('first frame with 10,000 beads, screen alone, ms', inside.firstFrame.wallMs, BUDGETS.firstFrameMs),
    ['of it of a core', inside.firstFrame.cpuMs, '-', ''],
    judged('the same from the start of the program, ms', start.next.wallMs, BUDGETS.wholeStartMs),
    ['of it of a core', start.next.cpuMs, '-', ''],
    ['the same for the first time, ms', start.first.wallMs, '-', ''],
    ['a frame in which 30 rows change, ms of a core, p50', quantile(cpu, 0.5), '-', ''],
    ['the same, p95', quantile(cpu, 0.95), '-', ''],
  ];
  for (const { ptys, keyMs, echoMs, keyCpuMs, quietCpu, rssBytes, bytesPerSecond } of busy) {
    const [bare50, bare95] = [quantile(echoMs, 0.5), quantile(echoMs, 0.95)];
    rows.push(
      judged(`key → frame, ${ptys} busy ptys, ms p50`, quantile(keyMs, 0.5), BUDGETS.key.p50, bare50),
      judged('the same, p95', quantile(keyMs, 0.95), BUDGETS.key.p95, bare95),
      ['a key, ms of a core', keyCpuMs, '-', ''],
      judged(
        `RSS of screen and host, ${ptys} ptys, MiB`,
        (rssBytes.screen + rssBytes.host) / MIB,
        BUDGETS.rssMib(ptys),
      ),
      [`written while nobody types, ${ptys} ptys, KiB/s`, bytesPerSecond / 1_024, '-', ''],
      [`screen and town while nobody types, ${ptys} ptys, % of a core`, quietCpu, '-', ''],
    );
  }
  console.log(table('the screen', ['what', 'measured', 'budget', ''], rows));
  for (const { ptys, rssBytes } of busy)
    console.log(
      `  ${ptys} ptys: screen and town ${Math.round(rssBytes.screen / MIB)} MiB, host ${Math.round(rssBytes.host / MIB)} MiB`,
    );
};

/** `bare`: what the machine needs for a key of a program that only writes it back. */
const judged = (what: string, measured: number, budget: number, bare?: number): Row => [
  what,
  measured,
  budget,
  measured <= budget ? 'within' : `past it: ${(measured / budget).toFixed(1)} times, ${reason(bare)}`,
];

const reason = (bare: number | undefined): string => {
  const machine = `at ${load()} on ${os.availableParallelism()} cores`;
  return bare === undefined ? machine : `${machine}, where a bare echo takes ${bare.toFixed(1)}`;
};

const printKeys = (busy: readonly Busy[], peers: readonly (Peer | { ptys: number; why: string })[]): void => {
  const ours = busy.flatMap(({ ptys, keyMs, lost, echoMs, rssBytes }) => [
    keyRow('a bare echo', ptys, { keyMs: echoMs, lost: 0 }),
    keyRow('gastown', ptys, { keyMs, lost }, rssBytes.screen + rssBytes.host),
  ]);
  const theirs = peers.flatMap(peer =>
    'why' in peer ? [] : [keyRow(`ccmanager ${peer.version}`, peer.ptys, peer, peer.rssBytes)],
  );
  console.log(
    table('key → painted, ms', ['program', 'ptys', 'p50', 'p95', 'most', 'lost', 'RSS MiB'], [...ours, ...theirs]),
  );
  for (const peer of peers)
    if ('why' in peer) console.log(`  ccmanager with ${peer.ptys} ptys was not measured: ${peer.why}`);
};

const keyRow = (program: string, ptys: number, { keyMs, lost }: Keys, rss?: number) =>
  [
    ...[program, ptys, quantile(keyMs, 0.5), quantile(keyMs, 0.95), Math.max(...keyMs), lost],
    rss === undefined ? '-' : Math.round(rss / MIB),
  ] as const;
