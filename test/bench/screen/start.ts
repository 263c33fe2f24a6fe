import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CLI, gastown, ROOT, workspace } from '../../support/process.ts';
import { cpuOf } from '../fleet/processes.ts';
import type { Took } from './inside.ts';
import { openPty } from './pty.ts';

const NODE = path.join(ROOT, 'node_modules/.bin/node');
const LIMIT_MS = 120_000;
/** Starts, of which the median is told. */
const TIMES = 3;

/** From the start of the program to its first whole frame, in a town with so many beads: after an install, and from then on. */
export const measureStart = async (beads: number): Promise<{ readonly first: Took; readonly next: Took }> => {
  const place = workspace('bench-start');
  const town = place.town(path.join(place.home, 'town'));
  try {
    const issues = path.join(place.home, 'issues.jsonl');
    writeFileSync(issues, Array.from({ length: beads }, (_, n) => `${issue(n)}\n`).join(''));
    await type(place.home, 'init', town);
    await type(place.home, 'bd', 'import', issues);
    const first = await start(place.home, town);
    const next: Took[] = [];
    for (let times = 0; times < TIMES; times++) next.push(await start(place.home, town));
    return { first, next: next.sort((a, b) => a.wallMs - b.wallMs)[TIMES >> 1]! };
  } finally {
    await place.cleanUp();
  }
};

const start = async (home: string, town: string): Promise<Took> => {
  const begun = performance.now();
  // What is compiled at the first start is kept, and not what the tests have kept already.
  const env = { XDG_CACHE_HOME: path.join(home, 'cache') };
  const screen = openPty(NODE, [CLI, '--town', town], { cwd: home, home, env });
  try {
    await screen.until(shown => shown.includes('Make the thing numbered') && shown.includes('COMMAND'), LIMIT_MS);
    // Node keeps what it compiled when it ends by itself.
    const took = { wallMs: performance.now() - begun, cpuMs: cpuOf(screen.pid) };
    screen.send('q');
    await screen.until(shown => /leave/.test(shown), LIMIT_MS);
    screen.send('\r');
    await screen.ended;
    return took;
  } finally {
    screen.close();
  }
};

const type = async (home: string, ...args: string[]): Promise<void> => {
  const { code, stderr } = await gastown(args, { home, env: { GASTOWN_TOWN: path.join(home, 'town') } });
  if (code !== 0) throw new Error(`gastown ${args.join(' ')}: ${stderr}`);
};

const issue = (n: number): string => {
  const at = new Date(Date.UTC(2026, 9, 1) + n * 1_000).toISOString();
  const [status, title] = ['open', `Make the thing numbered ${n} do what it should`];
  return JSON.stringify({
    id: `gt-${n}`,
    title,
    status,
    priority: n % 5,
    issue_type: 'task',
    created_at: at,
    updated_at: at,
  });
};
