import { setTimeout as sleep } from 'node:timers/promises';
import { createCounters, runScreen } from '../../../components/run-screen.tsx';
import type { TownView } from '../../../source/town/view.ts';
import { createFakeTown } from '../../components/fake-town.ts';
import { exampleView } from '../../components/fixtures/view.ts';
import { beadRow, polecatRow } from '../../components/small-view.ts';
import { createTerminal } from '../../terminal/harness.ts';
import { COLUMNS, ROWS } from './pty.ts';

/** Of the screen alone, in processes of its own: bundled as users have it, over a town that only shows what it is given. */
export interface Inside {
  readonly firstFrame: Took;
  /** Of frames in which every one of thirty workers says something else. */
  readonly frames: readonly Took[];
  /** Of one digit in the header. */
  readonly cellBytes: readonly number[];
}

/** On the clock, and of a core: on a machine that is busy with other things only the second says something. */
export interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const BEADS = 10_000;
const POLECATS = 30;
const FRAMES = 100;
const CELLS = 20;
/** Longer than the store waits for more news before it paints. */
const APART_MS = 130;
const ENV = { LANG: 'C.UTF-8', TERM: 'xterm-256color', COLORTERM: 'truecolor' };

const stopwatch = (): (() => Took) => {
  const begun = performance.now();
  const used = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(used);
    return { wallMs: performance.now() - begun, cpuMs: (user + system) / 1_000 };
  };
};

const open = (view: TownView) => {
  const terminal = createTerminal({ columns: COLUMNS, rows: ROWS });
  // What a terminal makes of it is not the screen's to pay for.
  const written = { bytes: 0, text: '' };
  const stdout = Object.assign(terminal.stdout, {
    write(data: string, done?: unknown): true {
      written.bytes += Buffer.byteLength(data);
      written.text += data;
      if (typeof done === 'function') queueMicrotask(done as () => void);
      return true;
    },
  });
  const town = createFakeTown(view);
  const counters = createCounters();
  const stop = stopwatch();
  void runScreen({ handle: town.handle, stdin: terminal.stdin, stdout, env: ENV, counters });
  return { written, town, counters, stop };
};

const manyBeads = (): TownView => {
  const rows = Array.from({ length: BEADS }, (_, n) => beadRow(`gt-${n}`, { title: `Make the thing numbered ${n}` }));
  return exampleView({ convoys: [], loose: rows.map(({ id }) => id), beads: new Map(rows.map(row => [row.id, row])) });
};

const firstFrame = async (): Promise<Took> => {
  const { written, stop } = open(manyBeads());
  while (!written.text.includes('the thing numbered')) await turn();
  return stop();
};

/** Each polecat says another line than before, as thirty busy ones do. */
const busyView = (round: number): TownView => {
  const polecats = Array.from({ length: POLECATS }, (_, n) =>
    polecatRow(`p${n}`, {
      state: 'working',
      live: true,
      doing: `line ${round} of worker ${n} ${'x'.repeat(40)}`,
    }),
  );
  return exampleView({ version: round, polecats });
};

/** Long enough to wait in that it uses no core by itself. */
const turn = (): Promise<void> => sleep(0.5);

const measureFrames = async (): Promise<Pick<Inside, 'frames' | 'cellBytes'>> => {
  const { written, town, counters } = open(busyView(0));
  while (counters.frames === 0) await turn();
  const frames: Took[] = [];
  for (let at = 1; at <= FRAMES; at++) {
    const painted = counters.frames;
    const view = busyView(at);
    const stop = stopwatch();
    town.show(view);
    while (counters.frames === painted) await turn();
    frames.push(stop());
    await sleep(APART_MS);
  }
  const still = exampleView({ polecats: [] });
  const cellBytes: number[] = [];
  for (let at = 0; at <= CELLS; at++) {
    const before = written.bytes;
    town.show({ ...still, version: 1_000 + at, counts: { ...still.counts, queue: at % 10 } });
    await sleep(APART_MS);
    // The first one also takes away what was there before.
    if (at > 0) cellBytes.push(written.bytes - before);
  }
  return { frames, cellBytes };
};

// One of them a process: a screen that is still open goes on painting.
const measured: Partial<Inside> =
  process.argv[2] === 'first' ? { firstFrame: await firstFrame() } : await measureFrames();
process.stdout.write(`${JSON.stringify(measured)}\n`);
process.exit(0);
