// npm run test:agents [-- [<cli>…] [-t <scenario>]]: installs agent CLIs from npm into a cache outside of the repository, has
// each of them work in a town at a scripted model, and says what was not run. Exit code 1 when one that was run failed.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { AGENT_CLIS } from '../../../source/agents/catalog.ts';
import type { AgentCli } from '../../../source/agents/cli.ts';
import { CACHE, PACKAGES } from './cache.ts';
import { agentProgram } from './drive.ts';

/** Some hundred megabytes on a slow line. */
const INSTALL_LIMIT_MS = 600_000;

const main = (argv: readonly string[]): number => {
  const at = argv.indexOf('-t');
  const scenario = at < 0 ? undefined : argv[at + 1];
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
  const ready = clis.filter(({ name }) => !notRun.has(name));
  const results = ready.length > 0 ? test(ready, scenario) : new Map<string, Result>();
  print(clis, results, notRun);
  return [...results.values()].some(({ failed }) => failed > 0) || (ready.length > 0 && results.size === 0) ? 1 : 0;
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
    return execFileSync(agentProgram(cli)!, ['--version'], { encoding: 'utf8', env, timeout: 30_000 })
      .trim()
      .split('\n')[0]!;
  } catch (error) {
    return `of unknown version (${(error as Error).message.split('\n')[0]})`;
  }
};

interface Result {
  readonly scenarios: ReadonlyMap<string, string>;
  readonly failed: number;
}

const test = (clis: readonly AgentCli[], scenario: string | undefined): Map<string, Result> => {
  const report = path.join(CACHE, 'report.json');
  fs.rmSync(report, { force: true });
  const own = clis.flatMap(({ name }) => [`test/agents/real/${name}.test.ts`]).filter(file => fs.existsSync(file));
  const town = 'test/agents/real/town.test.ts';
  const others = ['fleet', 'meter', 'screens'].map(name => `test/agents/real/${name}.test.ts`);
  const files = scenario === undefined ? [town, ...others, ...own] : [town];
  spawnSync(
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
  if (!fs.existsSync(report)) return new Map();
  return resultsOf(JSON.parse(fs.readFileSync(report, 'utf8')) as Report, clis);
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

const resultsOf = ({ testResults }: Report, clis: readonly AgentCli[]): Map<string, Result> =>
  new Map(
    clis.map(({ name }) => {
      const scenarios = new Map<string, string>();
      let failed = 0;
      for (const { name: file, assertionResults } of testResults) {
        for (const { ancestorTitles, title, status } of assertionResults) {
          const isOwn = path.basename(file) === `${name}.test.ts`;
          if (!isOwn && !ancestorTitles.join(' ').startsWith(`${name} `)) continue;
          if (status === 'failed') failed += 1;
          if (status !== 'skipped' && status !== 'pending') scenarios.set(isOwn ? `driver: ${title}` : title, status);
        }
      }
      return [name, { scenarios, failed }];
    }),
  );

const print = (
  clis: readonly AgentCli[],
  results: ReadonlyMap<string, Result>,
  notRun: ReadonlyMap<string, string>,
): void => {
  console.log('\nAgent CLIs, each in a real town at a scripted model:');
  for (const { name, title } of clis) {
    const result = results.get(name);
    const passed = [...(result?.scenarios.values() ?? [])].filter(status => status === 'passed').length;
    const total = result?.scenarios.size ?? 0;
    console.log(`  ${title}: ${notRun.has(name) ? `NOT RUN, ${notRun.get(name)}` : `${passed} of ${total} passed`}`);
    for (const [scenario, status] of result?.scenarios ?? [])
      if (status === 'failed') console.log(`    failed: ${scenario}`);
  }
};

process.exitCode = main(process.argv.slice(2));
