import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connectHost } from '../../source/agents/host-client.ts';
import { isSameProcess } from '../../source/agents/process.ts';
import { privateDirectory, runDirectory } from '../../source/agents/run-directory.ts';
import { readConfig, writeConfig } from '../../source/town/config.ts';
import { townPaths } from '../../source/town/paths.ts';
import { descendantsOf } from '../bench/fleet/processes.ts';
import { seeded } from '../simulation/random.ts';
import { liveHeapBytes } from '../support/live-heap.ts';
import { CLI, cleanEnv, endChild, hostPid, ROOT } from '../support/process.ts';
import { eventually, type Journey, journey, pause } from '../terminal/journeys/journey.ts';

/**
 * Shell agents by the wave, killed at random, in a town run by the program as users get it: what the town and its terminal
 * host hold afterwards is what they held after the first wave. `npm run soak` has thirty agents for fifteen minutes.
 */
const SOAK_MS = Number(process.env.GASTOWN_SOAK_MINUTES ?? 0.1) * 60_000;
const AGENTS = Number(process.env.GASTOWN_SOAK_AGENTS ?? 3);
const SEED = Number(process.env.GASTOWN_SEED ?? Date.now() % 1_000_000);
const KILL_MS = { shortest: 100, longest: 1_500 };
/** Between two looks, each of which is a process. */
const LOOK_MS = 500;
const WAVE_LIMIT_MS = 60_000 + AGENTS * 10_000;
/**
 * What lives of the town's memory is some 40 MB, also after two thousand agents. V8 would let far more than that lie before
 * it clears up on a machine with room, and that looks like a leak; here one ends the town.
 */
const HEAP_MIB = 160;
/** Pages that V8 keeps for garbage to come. They come to rest. */
const MEMORY_GROWTH_MAX = 2;
const MEMORY_SLACK_BYTES = 64 * 1024 * 1024;
/** What the ledger remembers of a bead, its sessions and its landing. What an agent printed is a hundred times that. */
const LIVE_GROWTH_MAX_BYTES = 12 * 1024;
/** Caches that fill; the host keeps the screens of the last sixteen that ended, one or two megabytes each. */
const LIVE_SLACK_BYTES = { town: 8 * 1024 * 1024, host: 32 * 1024 * 1024 };
const DESCRIPTORS_SLACK = 4;
/** A Git that happens to run at the last look. */
const PROCESSES_SLACK = 2;

interface Held {
  /** After a collection of all garbage. */
  readonly liveBytes: number;
  readonly memoryBytes: number;
  readonly descriptors: number;
  readonly ptys: number;
  readonly processes: number;
  readonly temporaryFiles: number;
}

let person: Journey;
let town: ChildProcess | undefined;
afterAll(async () => {
  if (town) await endChild(town);
  await person?.cleanUp();
}, WAVE_LIMIT_MS);

const heldBy = async (pid: number, files: { temporary: string; errors: string }): Promise<Held> => {
  // First, as it opens the inspector's own descriptors at the first look.
  const liveBytes = await liveHeapBytes({ pid, errorFile: files.errors });
  const links = readdirSync(`/proc/${pid}/fd`).flatMap(fd => linkOf(`/proc/${pid}/fd/${fd}`));
  return {
    liveBytes,
    memoryBytes: Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1_024,
    descriptors: links.length,
    ptys: links.filter(link => link === '/dev/ptmx' || link === '/dev/pts/ptmx').length,
    processes: descendantsOf(pid).length,
    temporaryFiles: readdirSync(files.temporary).length,
  };
};

/** Nothing where it was closed since it was listed. */
const linkOf = (file: string): string[] => {
  try {
    return [readlinkSync(file)];
  } catch {
    return [];
  }
};

const wave = (n: number): string =>
  [
    `# Wave ${n}`,
    ...Array.from(
      { length: AGENTS },
      (_, agent) =>
        `## Box ${n}-${agent}\n\`\`\`sh\nfor step in 1 2 3; do seq 1 200; sleep 0.3; done\necho ${n} > box-${n}-${agent}.txt\n\`\`\``,
    ),
  ].join('\n\n');

const openYard = async (): Promise<void> => {
  await person.townOf(person.repository(), '--gate', 'ok=test -f README.md');
  const { config } = townPaths(person.town);
  const { name, settings } = await readConfig(config);
  rmSync(config);
  await writeConfig(config, {
    name,
    settings: {
      mayor: { ...settings.mayor, maxPolecats: AGENTS, maxStarting: AGENTS },
      witness: { ...settings.witness, respawnDelayMs: 200, maxRestarts: 10_000 },
      deacon: { ...settings.deacon, minFreeMemoryBytes: 0, loopLagWarnMs: 60_000, massDeaths: 10_000 },
    },
  });
};

/** Nothing is ready, at work or under way to the target. */
const isOver = async (): Promise<boolean> => {
  await pause(LOOK_MS);
  const [status] = await person.records('status');
  const { working, ready } = status!.counts as Record<string, number>;
  const merges = await person.records('merges');
  return (
    working === 0 &&
    ready === 0 &&
    merges.every(merge => !['queued', 'testing', 'landing'].includes(merge.state as string) || Boolean(merge.held))
  );
};

const kibibytes = (bytes: number): string => `${Math.round(bytes / 1_024)} KiB`;
const mebibytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;

test(
  `${AGENTS} agents that are killed at random leave nothing behind (seed ${SEED})`,
  async () => {
    person = journey('soak');
    const random = seeded(SEED);
    const temporary = path.join(person.home, 'tmp');
    mkdirSync(temporary);
    await openYard();
    const errors = { town: path.join(person.home, 'town.errors'), host: path.join(person.home, 'host.errors') };
    const start = (errorFile: string, ...args: readonly string[]): ChildProcess => {
      const stderr = openSync(errorFile, 'w');
      const child = spawn(process.execPath, ['--inspect-port=0', ...args], {
        env: cleanEnv(person.home, { TMPDIR: temporary }),
        stdio: ['ignore', 'ignore', stderr],
      });
      closeSync(stderr);
      return child;
    };
    // The town would start it in the same way, but for the port of its inspector: the usual one may be taken.
    const host = privateDirectory(runDirectory(person.town));
    start(errors.host, '--max-semi-space-size=1', path.join(ROOT, 'dist/source/agents/host.js'), host);
    town = start(errors.town, `--max-old-space-size=${HEAP_MIB}`, CLI, 'run', '--headless', '--town', person.town);
    await eventually('the town runs', () => person.holder()?.pid === town!.pid);

    let waves = 0;
    let kills = 0;
    const runWave = async (isCruel: boolean): Promise<void> => {
      const plan = path.join(person.home, 'plan.md');
      writeFileSync(plan, wave(waves++));
      expect((await person.command('plan', 'import', plan, '--rig', 'shop', '--sling')).stderr).toBe('');
      let over = false;
      const killing = isCruel ? killAtRandom(random, () => over) : Promise.resolve(0);
      try {
        await eventually('the wave is over', isOver, WAVE_LIMIT_MS);
      } finally {
        over = true;
      }
      kills += await killing;
    };
    const look = async () => ({
      town: await heldBy(town!.pid!, { temporary, errors: errors.town }),
      host: await heldBy(hostPid(person.town)!, { temporary, errors: errors.host }),
    });

    await runWave(false);
    await pause(1_500);
    const looks = [await look()];
    for (const until = performance.now() + SOAK_MS; performance.now() < until || kills === 0; ) {
      await runWave(true);
      looks.push(await look());
    }
    await pause(1_500);
    looks.push(await look());

    const parked = (await person.records('attention')).filter(row => row.kind === 'parked').length;
    for (const who of ['town', 'host'] as const) {
      const [was, is] = [looks[0]![who], looks.at(-1)![who]];
      console.log(
        `${who}: ${mebibytes(was.memoryBytes)} → ${mebibytes(is.memoryBytes)}, descriptors ${was.descriptors} → ${is.descriptors}, ptys ${was.ptys} → ${is.ptys}, processes ${was.processes} → ${is.processes}, temporary files ${was.temporaryFiles} → ${is.temporaryFiles}`,
      );
      console.log(`${who} alive, wave by wave: ${looks.map(held => kibibytes(held[who].liveBytes)).join(', ')}`);
      console.log(`${who} held, wave by wave: ${looks.map(held => mebibytes(held[who].memoryBytes)).join(', ')}`);
      expect(is.liveBytes).toBeLessThan(was.liveBytes + LIVE_SLACK_BYTES[who] + waves * AGENTS * LIVE_GROWTH_MAX_BYTES);
      expect(is.memoryBytes).toBeLessThan(was.memoryBytes * MEMORY_GROWTH_MAX + MEMORY_SLACK_BYTES);
      expect(is.descriptors).toBeLessThanOrEqual(was.descriptors + DESCRIPTORS_SLACK);
      expect(is.ptys).toBe(0);
      expect(is.processes).toBeLessThanOrEqual(was.processes + PROCESSES_SLACK);
      expect(is.temporaryFiles).toBeLessThanOrEqual(was.temporaryFiles);
    }
    console.log(`${waves} waves of ${AGENTS} agents, ${kills} killed, ${parked} beads given up on`);
  },
  SOAK_MS + 4 * WAVE_LIMIT_MS,
);

/** Kills one agent after the other by the pid and start time that the host recorded, until the wave is over. */
const killAtRandom = async (random: ReturnType<typeof seeded>, isOver: () => boolean): Promise<number> => {
  const host = await connectHost({ runDir: runDirectory(person.town), startIfMissing: false });
  let kills = 0;
  try {
    while (!isOver()) {
      await pause(random.between(KILL_MS.shortest, KILL_MS.longest));
      const alive = (await host.list()).filter(session => session.alive);
      if (alive.length === 0) continue;
      const { pid, startTime } = random.pick(alive);
      if (!isSameProcess(pid, startTime)) continue;
      process.kill(pid, 'SIGKILL');
      kills++;
    }
  } finally {
    host.close();
  }
  return kills;
};
