// A `gh` for tests: `node fake-gh.ts <arguments of gh>`. Its GitHub is `world.json` in GH_CONFIG_DIR (see github.ts) beside a bare repository,
// whose branches it really moves. Takes only what the real one takes, so that a wrong flag or field shows.
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FakePullRequest, FakeWorld } from './github.ts';

const dir = process.env.GH_CONFIG_DIR!;
const file = path.join(dir, 'world.json');
const args = process.argv.slice(2);

const fail = (message: string, code = 1): never => {
  process.stderr.write(`${message}\n`);
  process.exit(code);
};

const world = JSON.parse(readFileSync(file, 'utf8')) as FakeWorld;
const save = (): void => {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify(world, null, 2));
  renameSync(fresh, file);
};

const git = (...command: string[]): string =>
  execFileSync('git', command, {
    cwd: world.bare,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH!,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      ...Object.fromEntries(
        ['AUTHOR', 'COMMITTER'].flatMap(who => [
          [`GIT_${who}_NAME`, 'GitHub'],
          [`GIT_${who}_EMAIL`, 'noreply@github.test'],
        ]),
      ),
    },
  }).trim();
const succeeds = (...command: string[]): boolean => {
  try {
    git(...command);
    return true;
  } catch {
    return false;
  }
};

const FLAGS: Readonly<Record<string, readonly string[]>> = {
  'pr list': ['--repo', '--head', '--state', '--limit', '--json'],
  'pr view': ['--repo', '--json'],
  'pr create': ['--repo', '--head', '--base', '--title', '--body-file'],
  'pr merge': ['--repo', '--match-head-commit'],
  'pr close': ['--repo', '--comment'],
  'repo view': ['--json'],
  api: ['--hostname', '--method', '--input'],
};
const SWITCHES: Readonly<Record<string, readonly string[]>> = {
  'pr merge': ['--merge', '--squash', '--rebase'],
  api: ['--silent'],
};
const PULL_REQUEST_FIELDS =
  'number url state title body isDraft headRefOid headRefName baseRefName isCrossRepository mergeable mergeStateStatus reviewDecision statusCheckRollup reviews comments mergeCommit'.split(
    ' ',
  );
const REPOSITORY_FIELDS = ['viewerPermission', 'mergeCommitAllowed', 'nameWithOwner'];

/** The command, its flags and what stands alone; exits as `gh` does on anything it does not know. */
const parse = (): { command: string; flags: Map<string, string>; rest: string[] } => {
  const command = args[0] === 'api' ? 'api' : args.slice(0, 2).join(' ');
  const known = FLAGS[command] ?? fail(`unknown command "${command}" for "gh"`);
  const flags = new Map<string, string>();
  const rest: string[] = [];
  const given = args.slice(command.split(' ').length);
  while (given.length > 0) {
    const one = given.shift()!;
    if (SWITCHES[command]?.includes(one)) flags.set(one, '');
    else if (known.includes(one)) flags.set(one, given.shift() ?? fail(`flag needs an argument: ${one}`));
    else if (one.startsWith('-')) fail(`unknown flag: ${one}`);
    else rest.push(one);
  }
  return { command, flags, rest };
};

const headOf = (pr: FakePullRequest): string =>
  pr.state === 'OPEN' && succeeds('rev-parse', '--verify', '--quiet', `refs/heads/${pr.branch}`)
    ? git('rev-parse', `refs/heads/${pr.branch}`)
    : pr.head;

const checksOf = (head: string) =>
  world.checks.map(({ failsWith, ...check }) =>
    failsWith !== undefined && succeeds('cat-file', '-e', `${head}:${failsWith}`)
      ? { ...check, status: 'COMPLETED', conclusion: 'FAILURE' }
      : check,
  );

const shown = (pr: FakePullRequest): Record<string, unknown> => {
  const head = headOf(pr);
  const conflicts = pr.state === 'OPEN' && !succeeds('merge-tree', '--write-tree', pr.base, head);
  const blocked = world.reviewDecision !== '' && world.reviewDecision !== 'APPROVED';
  return {
    ...pr,
    headRefOid: head,
    headRefName: pr.branch,
    baseRefName: pr.base,
    isCrossRepository: false,
    mergeable: conflicts ? 'CONFLICTING' : 'MERGEABLE',
    mergeStateStatus: conflicts ? 'DIRTY' : blocked || world.blocked ? 'BLOCKED' : 'CLEAN',
    reviewDecision: world.reviewDecision,
    statusCheckRollup: checksOf(head),
    reviews: world.reviews,
    mergeCommit: pr.mergeCommit ? { oid: pr.mergeCommit } : null,
  };
};

const answer = (fields: string, known: readonly string[], what: unknown): void => {
  const wanted = fields.split(',');
  const wrong = wanted.find(field => !known.includes(field));
  if (wrong !== undefined) fail(`Unknown JSON field: "${wrong}"`);
  const cut = (record: unknown) => Object.fromEntries(wanted.map(field => [field, (record as never)[field] ?? null]));
  process.stdout.write(`${JSON.stringify(Array.isArray(what) ? what.map(cut) : cut(what))}\n`);
};

const numbered = (number: string | undefined): FakePullRequest =>
  world.pullRequests.find(pr => String(pr.number) === number) ??
  fail(`GraphQL: Could not resolve to a PullRequest with the number of ${number}. (repository.pullRequest)`);

const create = (flags: Map<string, string>): void => {
  const [branch, base] = [flags.get('--head')!, flags.get('--base')!];
  const open = world.pullRequests.find(pr => pr.state === 'OPEN' && pr.branch === branch && pr.base === base);
  if (open) fail(`a pull request for branch "${branch}" into branch "${base}" already exists:\n${open.url}`);
  const head = git('rev-parse', '--verify', `refs/heads/${branch}`);
  if (git('rev-parse', base) === head)
    fail(`pull request create failed: GraphQL: No commits between ${base} and ${branch}`);
  const number = world.pullRequests.length + 1;
  const url = `https://${world.repository}/pull/${number}`;
  const body = readFileSync(0, 'utf8');
  world.pullRequests.push({
    ...{ number, url, branch, base, head, body, title: flags.get('--title')! },
    ...{ state: 'OPEN', isDraft: false, comments: [] },
  });
  save();
  process.stdout.write(`${url}\n`);
};

const merge = (number: string | undefined, flags: Map<string, string>): void => {
  const pr = numbered(number);
  if (pr.state === 'MERGED') return;
  const method =
    ['merge', 'squash', 'rebase'].find(one => flags.has(`--${one}`)) ?? fail('--merge, --rebase, or --squash required');
  if (!world.methods.includes(method)) {
    const name = { merge: 'Merge commits', squash: 'Squash merges', rebase: 'Rebase merges' }[method];
    fail(`GraphQL: ${name} are not allowed on this repository. (mergePullRequest)`);
  }
  const head = headOf(pr);
  const match = flags.get('--match-head-commit');
  if (match !== undefined && match !== head)
    fail('GraphQL: Head branch was modified. Review and try the merge again. (mergePullRequest)');
  if (shown(pr).mergeStateStatus !== 'CLEAN') fail('GraphQL: Pull Request is not mergeable (mergePullRequest)');
  // Somebody else is faster: what a look a moment earlier cannot see.
  if (world.raceCommit !== undefined) git('update-ref', `refs/heads/${pr.base}`, world.raceCommit);
  const base = git('rev-parse', pr.base);
  const tree = git('merge-tree', '--write-tree', base, head).split('\n')[0]!;
  const parents = method === 'merge' ? ['-p', base, '-p', head] : ['-p', base];
  const commit = git('commit-tree', tree, ...parents, '-m', `${pr.title} (#${pr.number})`);
  git('update-ref', `refs/heads/${pr.base}`, commit, base);
  Object.assign(pr, { state: 'MERGED', head, mergeCommit: commit });
  save();
};

const patch = (rest: readonly string[]): void => {
  const [, number] = /^repos\/[^/]+\/[^/]+\/pulls\/(\d+)$/.exec(rest[0] ?? '') ?? fail('HTTP 404: Not Found');
  Object.assign(numbered(number), JSON.parse(readFileSync(0, 'utf8')));
  save();
};

const close = (pr: FakePullRequest, comment: string | undefined): void => {
  Object.assign(pr, { state: 'CLOSED', head: headOf(pr) });
  if (comment !== undefined) pr.comments.push({ author: { login: 'alice' }, body: comment });
  save();
};

const { command, flags, rest } = parse();
appendFileSync(
  path.join(dir, 'calls.log'),
  `${JSON.stringify({ command, args, env: Object.keys(process.env), cwd: process.cwd() })}\n`,
);
if (world.slowMs) await sleep(world.slowMs);
if (!world.loggedIn) fail('To get started with GitHub CLI, please run:  gh auth login', 4);
if (world.rateLimited) fail('GraphQL: API rate limit already exceeded for user ID 1.');
const asked = command === 'repo view' ? rest[0] : command === 'api' ? flags.get('--hostname') : flags.get('--repo');
if (!asked || !world.repository.startsWith(asked))
  fail(`GraphQL: Could not resolve to a Repository with the name '${asked}'. (repository)`);
if (command === 'pr list') {
  const list = world.pullRequests.filter(pr => pr.branch === flags.get('--head'));
  answer(flags.get('--json')!, PULL_REQUEST_FIELDS, list.map(shown));
} else if (command === 'pr view') answer(flags.get('--json')!, PULL_REQUEST_FIELDS, shown(numbered(rest[0])));
else if (command === 'pr create') create(flags);
else if (command === 'pr merge') merge(rest[0], flags);
else if (command === 'pr close') close(numbered(rest[0]), flags.get('--comment'));
else if (command === 'api') patch(rest);
else
  answer(flags.get('--json')!, REPOSITORY_FIELDS, {
    viewerPermission: world.permission,
    mergeCommitAllowed: world.methods.includes('merge'),
  });
// The answer never arrives: whoever asked is gone.
if (world.killAfter === command && existsSync(world.pidFile)) {
  process.kill(Number(readFileSync(world.pidFile, 'utf8')), 'SIGKILL');
  rmSync(world.pidFile);
}
