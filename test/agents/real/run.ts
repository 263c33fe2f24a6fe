// npm run test:agents [-- [<cli>…] [-t <scenario> | --install]]: installs agent CLIs from npm into a cache outside of the
// repository (and only that with --install), has each of them work in a town at a scripted model, and says what was not run.
// Exit code 1 when one that was run failed.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { AGENT_CLIS } from '../../../source/agents/catalog.ts';
import type { AgentCli } from '../../../source/agents/cli.ts';
import { cut } from '../../../source/common/text.ts';
import { table } from '../../bench/table.ts';
import { CACHE, PACKAGES } from './cache.ts';
import { agentProgram } from './drive.ts';

/** Some hundred megabytes on a slow line. */
const INSTALL_LIMIT_MS = 600_000;

const main = (argv: readonly string[]): number => {
  const at = argv.findIndex(word => word.startsWith('-'));
  const scenario = argv[at] === '-t' ? argv[at + 1] : undefined;
  const names = at < 0 ? argv : argv.slice(0, at);
  const unknown = names.filter(name => !AGENT_CLIS.has(name));
  if (unknown.length > 0) {
    console.error(`No agent CLI is called ${unknown.join(', ')}; there are ${[...AGENT_CLIS.keys()].join(', ')}.`);
    return 2;
  }
  const clis = [...AGENT_CLIS.values()].filter(({ name }) => names.length === 0 || names.includes(name));
  const notRun = new Map<string, string>();
  for (const cli of clis) {
    const why = install(cli);
    console.log(`${cli.title}: ${why === undefined ? versionOf(cli) : `not run, ${why}`}`);
    if (why !== undefined) notRun.set(cli.name, why);
  }
  if (argv[at] === '--install') return notRun.size === 0 ? 0 : 1;
  const ready = clis.filter(({ name }) => !notRun.has(name));
  const { isWell, results } = ready.length > 0 ? test(ready, scenario) : { isWell: true, results: new Map() };
  print(clis, results, notRun);
  return isWell ? 0 : 1;
};

/** Undefined when it is there; else why not, in one line. The newest version first, else the oldest that was tried. */
const install = (cli: AgentCli): string | undefined => {
  if (agentProgram(cli)) return undefined;
  const folder = path.join(CACHE, cli.name);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  let why = '';
  for (const version of ['latest', cli.oldest]) {
    // Their scripts only link binaries that lie there, or fetch more: nothing of them is needed.
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    const { status, stderr } = spawnSync('npm', ['install', ...flags, `${PACKAGES[cli.name]}@${version}`], {
      cwd: folder,
      encoding: 'utf8',
      timeout: INSTALL_LIMIT_MS,
    });
    if (status === 0 && agentProgram(cli)) return undefined;
    why ||=
      stderr.split('\n').find(line => /error (code|notarget|network|E)/i.test(line)) ?? 'npm could not install it';
  }
  return `npm could not install ${PACKAGES[cli.name]}: ${why.replace(/^npm error /, '')}`;
};

const versionOf = (cli: AgentCli): string => {
  try {
    const env = { PATH: process.env.PATH ?? '', HOME: path.join(CACHE, cli.name) };
    return execFileSync(agentProgram(cli)!, ['--version'], {
      encoding: 'utf8',
      env,
      timeout: 30_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split('\n')[0]!;
  } catch (error) {
    return `of unknown version (${(error as Error).message.split('\n')[0]})`;
  }
};

interface Result {
  /** `passed` or `failed`, by title. */
  readonly scenarios: ReadonlyMap<string, string>;
}

const test = (
  clis: readonly AgentCli[],
  scenario: string | undefined,
): { isWell: boolean; results: Map<string, Result> } => {
  const report = path.join(CACHE, 'report.json');
  fs.rmSync(report, { force: true });
  const own = clis.flatMap(({ name }) => [`test/agents/real/${name}.test.ts`]).filter(file => fs.existsSync(file));
  const town = 'test/agents/real/town.test.ts';
  const others = ['fleet', 'meter', 'screens'].map(name => `test/agents/real/${name}.test.ts`);
  const files = scenario === undefined ? [town, ...others, ...own] : [town];
  const { status } = spawnSync(
    'vitest',
    [
      ...['run', '--config', 'test/agents/real/vitest.config.ts', ...files],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      ...(scenario === undefined ? [] : ['-t', scenario]),
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, GASTOWN_AGENTS_CACHE: CACHE, GASTOWN_AGENTS: clis.map(({ name }) => name).join(',') },
    },
  );
  if (!fs.existsSync(report)) return { isWell: false, results: new Map() };
  const results = resultsOf(JSON.parse(fs.readFileSync(report, 'utf8')) as Report, clis);
  return { isWell: status === 0, results };
};

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** Of tests that are of one CLI: in a file of its name, or with its name or title at their beginning or end. */
const resultsOf = ({ testResults }: Report, clis: readonly AgentCli[]): Map<string, Result> =>
  new Map(
    clis.map(({ name, title: cliTitle }) => {
      const scenarios = new Map<string, string>();
      for (const { name: file, assertionResults } of testResults) {
        for (const { ancestorTitles, title, status } of assertionResults) {
          if (status === 'skipped' || status === 'pending') continue;
          const group = ancestorTitles.join(' ');
          const isOwn = path.basename(file) === `${name}.test.ts`;
          if (isOwn) scenarios.set(`driver: ${title}`, status);
          else if (group.startsWith(`${name} `)) scenarios.set(title, status);
          else if (title.includes(cliTitle))
            scenarios.set(`${group}: ${title.replaceAll(cliTitle, 'the CLI')}`, status);
        }
      }
      return [name, { scenarios }];
    }),
  );

/** Each scenario with each CLI. What was not run says so: it is never taken for passed. */
const print = (
  clis: readonly AgentCli[],
  results: ReadonlyMap<string, Result>,
  notRun: ReadonlyMap<string, string>,
): void => {
  const scenarios = [...new Set([...results.values()].flatMap(({ scenarios: of }) => [...of.keys()]))];
  const shared = scenarios.filter(scenario => !scenario.startsWith('driver: '));
  const cell = (name: string, scenario: string): string =>
    notRun.has(name) ? 'not run' : (WORDS[results.get(name)?.scenarios.get(scenario) ?? ''] ?? '-');
  const ofDriver = (name: string): string => {
    const found = [...(results.get(name)?.scenarios ?? [])].filter(([scenario]) => scenario.startsWith('driver: '));
    const passed = found.filter(([, status]) => status === 'passed').length;
    if (notRun.has(name)) return 'not run';
    return found.length === 0 ? '-' : `${passed} of ${found.length}`;
  };
  const rows = shared.map(scenario => [cut(scenario, TITLE_CHARS), ...clis.map(({ name }) => cell(name, scenario))]);
  const drivers = ['its driver by itself', ...clis.map(({ name }) => ofDriver(name))];
  const header = ['scenario', ...clis.map(({ name }) => name)];
  console.log(table('Real agent CLIs at a scripted model', header, [...rows, drivers]));
  for (const [name, { scenarios: of }] of results)
    for (const [scenario, status] of of) if (status === 'failed') console.log(`failed: ${name}: ${scenario}`);
  for (const [name, why] of notRun) console.log(`not run: ${name}: ${why}`);
};

const WORDS: Readonly<Record<string, string>> = { passed: 'passed', failed: 'FAILED' };
/** Of a scenario in the table. */
const TITLE_CHARS = 70;

process.exitCode = main(process.argv.slice(2));
