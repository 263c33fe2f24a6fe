import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readConfig, writeConfig } from '../../../source/town/config.ts';
import { townPaths } from '../../../source/town/paths.ts';
import { CLI, cleanEnv, gastown, workspace } from '../../support/process.ts';
import { launch } from '../../terminal/launch.ts';
import { table } from '../table.ts';

const AGENTS = 10;
const QUICK_AGENTS = 2;
const ROUNDS = 5;
/** Of each agent's output; the terminal host keeps about a thousand. */
const LINES = 900;
const START_LIMIT_MS = 120_000;
/** Within this after its line is cut a town is headless. */
const HEADLESS_MS = 1_000;

/**
 * `npm run bench -- takeover [--quick]`: how long after a cut line, and after `kill -9` of the screen, the next `gastown`
 * takes to show the town, an agent's terminal, and the first line of what that agent has said.
 */
export const bench = async (args: readonly string[]): Promise<void> => {
  const agents = args.includes('--quick') ? QUICK_AGENTS : AGENTS;
  const rows = await measure(agents);
  console.log(`\nFor comparison: gastown --version takes ${await versionMs()} ms on this machine just now.`);
  console.log(
    table(
      `The next gastown, ${agents} agents at work with ${LINES} lines each, ms from its start (median of ${ROUNDS})`,
      ['after', 'the town is shown', 'an agent’s terminal', 'its first line'],
      rows.map(({ after, shown, attached, whole }) => [after, median(shown), median(attached), median(whole)]),
    ),
  );
};

interface Row {
  readonly after: string;
  readonly shown: number[];
  readonly attached: number[];
  readonly whole: number[];
}

const WAYS = { 'a cut line': 'SIGHUP', 'kill -9 of the screen': 'SIGKILL' } as const;

const measure = async (agents: number): Promise<Row[]> => {
  const place = workspace('bench-takeover');
  const { home } = place;
  const town = place.town(path.join(home, '.gastown'));
  const open = () => launch(process.execPath, [CLI], { cwd: path.join(home, 'shop'), env: cleanEnv(home), rows: 40 });
  try {
    await openShop({ home, town, agents });
    let screen = open();
    await screen.until(new RegExp(`\\b${agents} working`), START_LIMIT_MS);
    await screen.until(shown => shown.includes('Talk'), START_LIMIT_MS);
    const rows: Row[] = [];
    for (const [after, signal] of Object.entries(WAYS)) {
      const row: Row = { after, shown: [], attached: [], whole: [] };
      for (let round = 0; round < ROUNDS; round++) {
        screen.signal(signal);
        await pause(HEADLESS_MS);
        const from = performance.now();
        const next = open();
        await next.until('Talk', START_LIMIT_MS);
        row.shown.push(performance.now() - from);
        // What the host says of its sessions comes in a moment after the town's own records.
        next.send('2');
        await next.until(`line ${LINES}`, START_LIMIT_MS);
        next.send('a');
        await next.until(shown => shown.includes(`line ${LINES}`) && !shown.includes('COMMAND'), START_LIMIT_MS);
        row.attached.push(performance.now() - from);
        next.send('\u001d');
        await next.until('COMMAND', START_LIMIT_MS);
        const asked = performance.now();
        next.send('lg');
        await next.until(/line 1\b/, START_LIMIT_MS);
        row.whole.push(performance.now() - asked);
        screen.kill();
        screen = next;
      }
      rows.push(row);
    }
    screen.signal('SIGHUP');
    await gastown(['stop', '--town', town], { home });
    screen.kill();
    return rows;
  } finally {
    await place.cleanUp();
  }
};

/** A repository, its town, and as many agents at work in it as are asked for, each of which has said its lines and waits. */
const openShop = async ({ home, town, agents }: { home: string; town: string; agents: number }): Promise<void> => {
  const shop = path.join(home, 'shop');
  mkdirSync(shop, { recursive: true });
  writeFileSync(path.join(shop, 'README.md'), '# Shop\n');
  const run = async (...args: string[]) => {
    const { code, stderr } = await gastown(args, { home, cwd: shop });
    if (code !== 0) throw new Error(`gastown ${args.join(' ')}: ${stderr}`);
  };
  const git = (...args: string[]) => execFileSync('git', args, { cwd: shop, env: cleanEnv(home), stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=Ada', '-c', 'user.email=ada@shop.invalid', 'commit', '--quiet', '-m', 'Open the shop');
  await run('init', town);
  await run('rig', 'add', 'shop', shop, '--town', town, '--gate', 'ok=true');
  const { config } = townPaths(town);
  const { name, settings } = await readConfig(config);
  rmSync(config);
  await writeConfig(config, {
    name,
    settings: {
      mayor: { ...settings.mayor, maxPolecats: agents, maxStarting: agents },
      deacon: { ...settings.deacon, minFreeMemoryBytes: 0, loopLagWarnMs: 60_000 },
    },
  });
  const plan = path.join(home, 'plan.md');
  const bead = (n: number) =>
    `## Talk ${n}\n\`\`\`sh\nfor n in $(seq 1 ${LINES}); do echo "line $n"; done\nread go\necho "$go" > talk-${n}.txt\n\`\`\``;
  writeFileSync(plan, ['# Talks', ...Array.from({ length: agents }, (_, n) => bead(n))].join('\n\n'));
  await run('plan', 'import', plan, '--rig', 'shop', '--sling', '--town', town);
};

const versionMs = async (): Promise<number> => {
  const home = os.tmpdir();
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    await gastown(['--version'], { home });
    took.push(performance.now() - from);
  }
  return median(took);
};

const median = (all: readonly number[]): number =>
  Math.round([...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!);

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
