import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { buildChain } from '../../../source/git/chain.ts';
import { openLanding } from '../../../source/git/landing.ts';
import { hardened } from '../../../source/git/run.ts';
import { quantile } from '../table.ts';

const FILES = 5_000;
const LINES_A_FILE = 80;
const FILES_A_BRANCH = 5;

export interface ChainMeasure {
  readonly branches: number;
  readonly stacked: number;
  /** A branch, of the first chain: merges and commits of objects that are not there yet. */
  readonly firstMs: number;
  /** Median of chains of the same branches after that, as they are built again after a landing or a crash. */
  readonly againMs: number;
}

/** Stacks that many branches, each with a change in five files of 5,000, in a fresh landing repository. */
export const measureChain = async (dir: string, branches: number): Promise<ChainMeasure> => {
  const origin = path.join(dir, 'origin.git');
  const git = (args: readonly string[], input?: string) =>
    execFileSync('git', args, { cwd: dir, encoding: 'utf8', env: hardened().env, ...(input && { input }) }).trim();
  git(['init', '--quiet', '--bare', '--initial-branch=main', origin]);
  git([`--git-dir=${origin}`, 'fast-import', '--quiet'], history(branches));
  const landing = await openLanding({ dir: path.join(dir, 'landing.git'), origin, branch: 'main' });
  try {
    const { tip } = await landing.refresh();
    await landing.run(['fetch', '--quiet', origin, '+refs/heads/b*:refs/gastown/work/*']);
    const merges = Array.from({ length: branches }, (_, at) => ({
      id: `mr-${at}`,
      head: git([`--git-dir=${origin}`, 'rev-parse', `b${at}`]),
      title: `Branch ${at}`,
      author: { name: 'bench', email: 'bench@gastown.invalid' },
      base: tip,
    }));
    const times: number[] = [];
    let stacked = 0;
    for (let round = 0; round < 6; round++) {
      const begin = performance.now();
      const { links } = await buildChain(landing, { tip, merges });
      times.push((performance.now() - begin) / branches);
      stacked = links.filter(({ outcome }) => outcome === 'stacked').length;
    }
    return { branches, stacked, firstMs: times[0]!, againMs: quantile(times.slice(1), 0.5) };
  } finally {
    await landing.close();
  }
};

const history = (branches: number): string => {
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const name = (file: number): string => `src/d${file % 100}/f${file}.txt`;
  const lines = (file: number): string[] =>
    Array.from({ length: LINES_A_FILE }, (_, line) => `file ${file} line ${line}`);
  const commit = (ref: string, mark: number, from = ''): string =>
    `commit refs/heads/${ref}\nmark :${mark}\ncommitter A <a@example.invalid> ${1_700_000_000 + mark} +0000\n${data(ref)}${from}`;
  const write = (file: number, change = ''): string =>
    `M 100644 inline ${name(file)}\n${data(`${[change, ...lines(file)].filter(Boolean).join('\n')}\n`)}`;
  return [
    commit('main', 1) + Array.from({ length: FILES }, (_, file) => write(file)).join(''),
    ...Array.from(
      { length: branches },
      (_, at) =>
        commit(`b${at}`, at + 2, 'from :1\n') +
        Array.from({ length: FILES_A_BRANCH }, (_unused, file) =>
          write(at * FILES_A_BRANCH + file, `branch ${at}`),
        ).join(''),
    ),
  ].join('');
};
