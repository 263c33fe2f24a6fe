import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface FakePullRequest {
  number: number;
  url: string;
  state: 'OPEN' | 'CLOSED' | 'MERGED';
  title: string;
  body: string;
  branch: string;
  base: string;
  head: string;
  isDraft: boolean;
  comments: { author: { login: string }; body: string }[];
  mergeCommit?: string;
}

export interface FakeCheck {
  name: string;
  status?: string;
  conclusion?: string;
  detailsUrl?: string;
  /** Red for every head that has this file. */
  failsWith?: string;
}

/** All that fake-gh.ts knows. */
export interface FakeWorld {
  repository: string;
  bare: string;
  loggedIn: boolean;
  rateLimited: boolean;
  permission: string;
  slowMs: number;
  /** Ways to merge that the repository allows. */
  methods: string[];
  checks: FakeCheck[];
  reviewDecision: string;
  reviews: { author: { login: string }; state: string; body: string; submittedAt: string }[];
  blocked: boolean;
  /** What the target is moved to just before a merge. */
  raceCommit?: string;
  /** A command after which whoever's pid is in `pidFile` dies. */
  killAfter?: string;
  pidFile: string;
  pullRequests: FakePullRequest[];
}

export interface Github {
  world(): FakeWorld;
  set(change: Partial<FakeWorld>): void;
  /** As a person, from the command line. */
  gh(...args: string[]): string;
  calls(): { command: string; args: string[]; env: string[]; cwd: string }[];
  /** Takes `gh` off the PATH of the town, or puts it back. */
  remove(): void;
  restore(): void;
}

export const passed = (name: string): FakeCheck => ({ name, status: 'COMPLETED', conclusion: 'SUCCESS' });
export const pending = (name: string): FakeCheck => ({ name, status: 'IN_PROGRESS', conclusion: '' });

const FAKE = fileURLToPath(new URL('fake-gh.ts', import.meta.url));
const REPOSITORY = 'github.test/acme/app';
export const ORIGIN = 'git@github.test:acme/app.git';

/** A GitHub in a folder: `gh` first on the PATH, the bare repository behind an address that Git reaches by a stand-in for ssh. */
export const makeGithub = (paths: { dir: string; origin: string; env: Record<string, string> }): Github => {
  const { dir, origin, env } = paths;
  const config = path.join(dir, 'gh');
  const bin = path.join(dir, 'gh-bin');
  for (const folder of [config, bin, path.join(dir, 'served', 'acme')]) mkdirSync(folder, { recursive: true });
  symlinkSync(origin, path.join(dir, 'served', 'acme', 'app.git'));
  const program = (file: string, text: string) => {
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  };
  program(path.join(bin, 'gh'), `exec '${process.execPath}' '${FAKE}' "$@"`);
  const ssh = path.join(dir, 'ssh');
  program(ssh, `for last; do :; done\ncd '${dir}/served' && eval "exec $last"`);
  const PATH = `${bin}:${env.PATH}`;
  Object.assign(env, {
    PATH,
    GH_CONFIG_DIR: config,
    GIT_SSH_COMMAND: ssh,
    GIT_SSH_VARIANT: 'simple',
  });
  const file = path.join(config, 'world.json');
  const world = (): FakeWorld => JSON.parse(readFileSync(file, 'utf8')) as FakeWorld;
  const write = (next: FakeWorld) => {
    writeFileSync(`${file}.new`, JSON.stringify(next));
    renameSync(`${file}.new`, file);
  };
  write({
    repository: REPOSITORY,
    bare: origin,
    loggedIn: true,
    rateLimited: false,
    permission: 'WRITE',
    slowMs: 0,
    methods: ['merge', 'squash', 'rebase'],
    checks: [passed('build')],
    reviewDecision: '',
    reviews: [],
    blocked: false,
    pidFile: path.join(dir, 'notes', 'town.pid'),
    pullRequests: [],
  });
  const calls = path.join(config, 'calls.log');
  return {
    world,
    set: change => write({ ...world(), ...change }),
    gh: (...args) => execFileSync(path.join(bin, 'gh'), args, { env, encoding: 'utf8' }),
    calls: () =>
      existsSync(calls)
        ? readFileSync(calls, 'utf8')
            .trim()
            .split('\n')
            .map(line => JSON.parse(line))
        : [],
    remove: () => {
      env.PATH = pathWithoutGh(path.join(dir, 'no-gh'));
    },
    restore: () => {
      env.PATH = PATH;
    },
  };
};

/** A folder of links to all programs but `gh`, which this machine may have beside those that are needed. */
const pathWithoutGh = (folder: string): string => {
  mkdirSync(folder);
  for (const from of process.env.PATH!.split(':').filter(existsSync)) {
    for (const name of readdirSync(from)) {
      if (name !== 'gh' && !existsSync(path.join(folder, name)))
        symlinkSync(path.join(from, name), path.join(folder, name));
    }
  }
  return folder;
};
