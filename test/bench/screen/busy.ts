import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CLI, cleanEnv, gastown, hostPid, ROOT, workspace } from '../../support/process.ts';
import { cpuOf } from '../fleet/processes.ts';
import { type Keys, measureEcho, measureKeys, openPty, type Pty, pause } from './pty.ts';

export interface Busy extends Keys {
  readonly ptys: number;
  /** Of a program that only writes keys back, in the same minute and beside the same agents. */
  readonly echoMs: readonly number[];
  /** Of a core, for one key: what screen and town used while keys were pressed, less what they use anyway. */
  readonly keyCpuMs: number;
  /** Of a core, in percent, while nobody types. */
  readonly quietCpu: number;
  /** Written to the terminal a second while nobody types. */
  readonly bytesPerSecond: number;
  /** Screen and town are one process; the agents' terminals live in the host. */
  readonly rssBytes: { readonly screen: number; readonly host: number };
}

/** An agent that says ten lines a second and starts nothing. */
export const TALKER = `$| = 1; while (1) { $i++; print "agent $$ line $i ", "x" x 60, "\\n"; select(undef, undef, undef, 0.1) }`;

const NODE = path.join(ROOT, 'node_modules/.bin/node');
/** A hundred checkouts and starts on two busy cores. */
const START_LIMIT_MS = 300_000;
const QUIET_MS = 3_000;

/** A real town with so many workers that talk without end, before a real screen in a real terminal. */
export const measureBusy = async (ptys: number, keys: number): Promise<Busy> => {
  const place = workspace('bench-screen');
  const town = place.town(path.join(place.home, 'town'));
  const shop = repository(place.home);
  let screen: Pty | undefined;
  try {
    await type(place.home, 'init', town);
    appendFileSync(path.join(town, 'town.toml'), settings(ptys));
    await type(place.home, 'rig', 'add', 'shop', shop, '--gate', 'ok=true', '--sandbox', 'off', '--town', town);
    const plan = path.join(place.home, 'plan.md');
    writeFileSync(plan, planOf(ptys));
    await type(place.home, 'plan', 'import', plan, '--sling', '--town', town);
    screen = openPty(NODE, [CLI, '--town', town], { cwd: shop, home: place.home });
    await screen.until(shown => shown.includes(`${ptys} working`), START_LIMIT_MS);
    // A list that still comes into order moves what is selected by itself.
    await allAtWork(place.home, ptys);
    screen.send('2');
    await screen.until(shown => /2 Polecats/.test(shown), START_LIMIT_MS);
    screen.send('g');
    await screen.until(shown => shown.includes(`1 of ${ptys}`), START_LIMIT_MS);
    const quiet = used(screen);
    await pause(QUIET_MS);
    const { bytes, cpuMs, wallMs } = quiet();
    const pressing = used(screen);
    const pressedKeys = await measureKeys(screen, {
      rows: ptys,
      keys,
      shown: (row, before) => placeOf(ptys, row, before),
    });
    const pressed = pressing();
    const keyCpuMs = Math.max(0, pressed.cpuMs - (cpuMs / wallMs) * pressed.wallMs) / keys;
    const echoMs = await measureEcho(keys, place.home);
    const host = hostPid(town);
    const rssBytes = { screen: rssOf(screen.pid), host: host === undefined ? 0 : rssOf(host) };
    const bytesPerSecond = (bytes * 1_000) / wallMs;
    return { ptys, ...pressedKeys, echoMs, keyCpuMs, quietCpu: (100 * cpuMs) / wallMs, bytesPerSecond, rssBytes };
  } finally {
    screen?.close();
    // The host ends, and its terminals with it: every agent gets the hang-up.
    await place.cleanUp();
  }
};

/** Of a line that changes only what follows the first difference is written: of 10 and then 11 of 30, `1 of 30`. */
const placeOf = (ptys: number, row: number, before: number): RegExp => {
  const [now, then] = [`${row} of ${ptys}`, `${before} of ${ptys}`];
  let same = 0;
  while (now[same] === then[same]) same++;
  return new RegExp(`${now.slice(same)}\\b`);
};

/** What screen and town use from now on. */
const used = (screen: Pty): (() => { bytes: number; cpuMs: number; wallMs: number }) => {
  const [bytes, cpuMs, begun] = [screen.bytes(), cpuOf(screen.pid), performance.now()];
  return () => ({
    bytes: screen.bytes() - bytes,
    cpuMs: cpuOf(screen.pid) - cpuMs,
    wallMs: performance.now() - begun,
  });
};

const allAtWork = async (home: string, ptys: number): Promise<void> => {
  const end = performance.now() + START_LIMIT_MS;
  for (;;) {
    const { stdout } = await gastown(['polecats', '--json'], { home, env: { GASTOWN_TOWN: path.join(home, 'town') } });
    if (stdout.split('\n').filter(line => line.includes('"state":"working"')).length === ptys) return;
    if (performance.now() > end) throw new Error(`Not all ${ptys} came to work:\n${stdout}`);
    await pause(500);
  }
};

const type = async (home: string, ...args: string[]): Promise<void> => {
  const { code, stderr } = await gastown(args, { home });
  if (code !== 0) throw new Error(`gastown ${args.join(' ')}: ${stderr}`);
};

/** All may work, however little memory this machine has and however long they only talk. */
const settings = (ptys: number): string => `
[settings.mayor]
maxPolecats = ${ptys}
maxStarting = 8
sessionBytes = 0
[settings.deacon]
minFreeMemoryBytes = 0
minFreeDiskBytes = 0
loopLagWarnMs = 60000
`;

const planOf = (beads: number): string =>
  [
    '# Talk',
    ...Array.from(
      { length: beads },
      (_, n) => `\n## Talk number ${n + 1}\n\n\`\`\`sh\nexec perl -e '${TALKER}'\n\`\`\``,
    ),
    '',
  ].join('\n');

export const repository = (home: string): string => {
  const dir = path.join(home, 'shop');
  mkdirSync(dir);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: dir, env: cleanEnv(home) });
  git('init', '--quiet', '--initial-branch=main');
  git('-c', 'user.name=Ada', '-c', 'user.email=ada@shop.invalid', 'commit', '--quiet', '--allow-empty', '-m', 'Open');
  return dir;
};

export const rssOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
