import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLanding } from '../../../source/git/landing.ts';
import type { RadarBranch } from '../../../source/git/radar.ts';
import { hardened } from '../../../source/git/run.ts';

export interface RadarMeasure {
  readonly branches: number;
  /** Merges of a first look, and of the pairs among them. */
  readonly merges: number;
  readonly pairs: number;
  readonly conflicts: number;
  /** The best of several looks, everything included: child, commits, cleaning up. */
  readonly lookMs: number;
  /** The same with nothing moved since. */
  readonly againMs: number;
  /** One branch moved since. */
  readonly movedMs: number;
}

const FILES = 2_000;
const LOOKS = 5;

/** Looks at that many branches in a repository of 2,000 files, each changing five, some of them the same. */
export const measureRadar = async (branches = 20): Promise<RadarMeasure> => {
  const dir = mkdtempSync(path.join(tmpdir(), 'gastown-radar-'));
  try {
    const { origin, heads, base } = makeRepository(dir, branches + 1);
    const landing = await openLanding({ dir: path.join(dir, 'landing.git'), origin, branch: 'main' });
    const { tip } = await landing.refresh();
    await landing.run(['fetch', '--quiet', origin, '+refs/heads/*:refs/gastown/work/*']);
    const all: RadarBranch[] = heads.map((head, at) => ({ id: `b${at}`, head, base }));
    const some = all.slice(0, branches);
    const looks: number[] = [];
    let first = await landing.radar.look({ tip, branches: some });
    for (let look = 0; look < LOOKS; look++) {
      await landing.radar.look({ tip: heads.at(-1)!, branches: [] });
      const [picture, ms] = await timed(() => landing.radar.look({ tip, branches: some }));
      first = picture;
      looks.push(ms);
    }
    const [, againMs] = await timed(() => landing.radar.look({ tip, branches: some }));
    const moved = [...some.slice(1), all.at(-1)!];
    const [, movedMs] = await timed(() => landing.radar.look({ tip, branches: moved }));
    await landing.close();
    return {
      branches,
      merges: first.merges,
      pairs: (branches * (branches - 1)) / 2,
      conflicts: first.conflicts.length,
      lookMs: Math.min(...looks),
      againMs,
      movedMs,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
  const begin = performance.now();
  const result = await work();
  return [result, performance.now() - begin];
};

const makeRepository = (dir: string, branches: number): { origin: string; heads: string[]; base: string } => {
  const origin = path.join(dir, 'origin.git');
  const git = (args: readonly string[], input?: string): string =>
    execFileSync('git', args, { cwd: dir, encoding: 'utf8', env: hardened().env, ...(input && { input }) }).trim();
  git(['init', '--quiet', '--bare', '--initial-branch=main', origin]);
  git([`--git-dir=${origin}`, 'fast-import', '--quiet'], history(branches));
  const at = (ref: string): string => git([`--git-dir=${origin}`, 'rev-parse', ref]);
  return { origin, base: at('main'), heads: Array.from({ length: branches }, (_, index) => at(`b${index}`)) };
};

/** A base of many files, and branches on it; each tenth changes the first line of the same file. */
const history = (branches: number): string => {
  const data = (text: string): string => `data ${text.length}\n${text}\n`;
  const name = (file: number): string => `src/d${file % 40}/f${file}.txt`;
  const text = (file: number, more = ''): string =>
    `${more}${Array.from({ length: 40 }, (_, line) => `file ${file} line ${line}`).join('\n')}\n`;
  const commit = (ref: string, mark: number, from = ''): string =>
    `commit refs/heads/${ref}\nmark :${mark}\ncommitter A <a@example.invalid> ${1_700_000_000 + mark} +0000\n${data(ref)}${from}`;
  const write = (file: number, more = ''): string => `M 100644 inline ${name(file)}\n${data(text(file, more))}`;
  const base = commit('main', 1) + Array.from({ length: FILES }, (_, file) => write(file)).join('');
  const rest = Array.from({ length: branches }, (_, index) => {
    const own = Array.from({ length: 4 }, (_unused, at) => write(10 + index * 4 + at, `branch ${index}\n`)).join('');
    return `${commit(`b${index}`, index + 2, 'from :1\n')}${own}${write(index % 10, `branch ${index}\n`)}`;
  });
  return [base, ...rest].join('');
};

/** `node test/bench/refinery/radar.ts`: by itself. */
if (process.argv[1] === import.meta.filename) {
  const measure = await measureRadar();
  console.log(JSON.stringify(measure));
}
