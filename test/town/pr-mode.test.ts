import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { untilIdle } from '../../source/commands/run.ts';
import { type FakeWorld, type Github, makeGithub, ORIGIN, passed, pending } from '../support/github.ts';
import { CLI, run } from '../support/process.ts';
import {
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  expectSound,
  fileOnMain,
  gate,
  gitIn,
  landedCommits,
  merge,
  mergesOf,
  openMergeOf,
  operator,
  quiet,
  script,
  until,
} from './harness.ts';

afterAll(cleanUpAll);
// Each step of a landing is a program of its own, several towns at a time: generous, and never used as a measure.
vi.setConfig({ testTimeout: 180_000 });
const PATIENCE_MS = 80_000;
const landed = (town: Bench, bead: string) =>
  until(town, `${bead} is closed`, () => beadOf(town, bead).status === 'closed', PATIENCE_MS);

type Town = Bench & { github: Github };

/** `npm run pulls` runs them all; the rest is what `npm test` has time for. */
const long = test.skipIf(process.env.GASTOWN_PULLS !== 'long');

/** A town whose rig lands by pull requests on a GitHub in a folder, looked at every moment. */
const prTown = async (
  name: string,
  world: Partial<FakeWorld> = {},
  options: Parameters<typeof bench>[1] = {},
): Promise<Town> => {
  let github!: Github;
  const town = await bench(name, {
    ...options,
    settings: { ...options.settings, pullRequests: { pollFirstMs: 50, pollMaxMs: 200, checksAppearMs: 0 } },
    behind: paths => {
      paths.env.NOT_FOR_GH = 'secret';
      github = makeGithub(paths);
      github.set(world);
      return { origin: ORIGIN, land: 'pr' };
    },
  });
  return Object.defineProperty(town as Town, 'github', { value: github });
};

const whyOf = (town: Bench, bead: string): string =>
  town.running.handle.getView().merges.find(row => row.bead === bead)?.why ?? '';
const says = (town: Bench, bead: string, what: string | RegExp) =>
  until(town, `its request says "${what}"`, () => whyOf(town, bead).match(what), PATIENCE_MS);
const pullRequests = (town: Town) => town.github.world().pullRequests;
const calls = (town: Town, command: string) => town.github.calls().filter(call => call.command === command);
const work = (file = 'work.txt') => script(`echo work > ${file}`);
const lastMessage = (town: Bench) =>
  town.events.findLast(event => event.type === 'merge.landed')?.because ?? 'nothing landed';

const pushByHand = (town: Bench, branch: string, file: string): string => {
  const dir = path.join(town.dir, `clone-${file}`);
  gitIn(town.dir, 'clone', '--quiet', '--branch', branch, town.origin, dir);
  writeFileSync(path.join(dir, file), 'by hand\n');
  gitIn(dir, 'add', file);
  gitIn(dir, 'commit', '--quiet', '-m', `Add ${file} by hand`);
  gitIn(dir, 'push', '--quiet', 'origin', branch);
  return gitIn(dir, 'rev-parse', 'HEAD');
};

describe.concurrent('a rig that lands by pull requests', () => {
  test('opens one with the tested commit, waits for its checks and a review, and has it merged', async () => {
    const town = await prTown('pr', { checks: [passed('lint'), pending('build')], reviewDecision: 'REVIEW_REQUIRED' });
    const { github } = town;
    const bead = await town.sling('Closes #1 for @everyone, see https://evil.test', work());
    await says(town, bead, /^PR #1 open: 1 of 2 checks passed, waits for a review$/);
    const [pr] = pullRequests(town);
    const request = openMergeOf(town, bead)!;
    expect(request).toMatchObject({ state: 'landing', pr: { number: 1, url: pr!.url, head: request.landing!.new } });
    expect(pr).toMatchObject({
      title: 'Closes 1 for everyone, see https: //evil.test',
      branch: `gastown/${request.id}`,
      base: 'main',
    });
    expect(pr!.body).toContain(`for \`${bead}\`: \`Closes #1 for @everyone, see https://evil.test\``);
    expect(pr!.body).toContain(request.landing!.tree);
    expect(gitIn(town.origin, 'rev-parse', `gastown/${request.id}`)).toBe(request.landing!.new);
    expect(landedCommits(town), 'nothing lands before its time').toEqual([]);
    const row = town.running.handle.getView().merges.find(({ id }) => id === request.id);
    expect(row?.pr).toEqual({ number: 1, url: pr!.url });

    github.set({ checks: [passed('lint'), passed('build')] });
    await says(town, bead, /^PR #1 open: 2 checks passed, waits for a review$/);
    const patience = AbortSignal.timeout(PATIENCE_MS);
    await untilIdle(town.running, patience);
    expect(patience.aborted, 'it became idle').toBe(false);
    expect(openMergeOf(town, bead)?.state, 'what waits for a person is idle').toBe('landing');

    github.set({ reviewDecision: 'APPROVED' });
    await landed(town, bead);
    expect(fileOnMain(town, 'work.txt')).toBe('work');
    const [commit] = landedCommits(town);
    expect(landedCommits(town)).toHaveLength(1);
    expect(gitIn(town.origin, 'rev-parse', `${commit}^2`), 'the tested commit itself').toBe(request.landing!.new);
    expect(beadOf(town, bead).town.landed_sha).toBe(commit);
    expect(calls(town, 'pr merge').at(-1)!.args).toContain(request.landing!.new);
    expect(gitIn(town.origin, 'branch', '--list', 'gastown/*'), 'its branch is gone').toBe('');
    expectSound(town);

    await quiet(town);
    const asked = github.calls().length;
    await sleep(1_500);
    expect(github.calls(), 'no pull request is open: nobody is asked').toHaveLength(asked);
    for (const call of github.calls()) {
      expect(call.cwd).toBe('/');
      expect(call.env).not.toContain('NOT_FOR_GH');
    }
  });

  test('sends work back on a red check, with its name and link, and puts the rework into the same pull request', async () => {
    const link = 'https://github.test/acme/app/actions/runs/7';
    const town = await prTown('pr-red', { checks: [{ ...passed('build'), failsWith: 'bad.txt', detailsUrl: link }] });
    const bead = await town.sling(
      'Work',
      script('if [ "$GASTOWN_REWORK" = 0 ]; then echo bad > bad.txt; else echo good > good.txt; fi'),
    );
    await landed(town, bead);
    const [first, second] = mergesOf(town, bead);
    expect(first).toMatchObject({
      state: 'bounced',
      cause: { kind: 'red', gate: 'build', summary: `check build failed on pull request #1: ${link}` },
    });
    expect(second).toMatchObject({ state: 'landed', pr: { number: 1, branch: `gastown/${first!.id}` } });
    expect(pullRequests(town)).toMatchObject([{ state: 'MERGED' }]);
    expect(pullRequests(town)[0]!.body, 'it says what is in it now').toContain(second!.id);
    expectSound(town);
  });

  long('blames nobody for a check that was cancelled: it waits, and says for what', async () => {
    const town = await prTown('pr-cancelled', {
      checks: [{ name: 'build', status: 'COMPLETED', conclusion: 'CANCELLED' }],
    });
    const bead = await town.sling('Work', work());
    await says(town, bead, /build could not run \(cancelled\): run it again/);
    town.github.set({ checks: [passed('build')] });
    await landed(town, bead);
    expect(mergesOf(town, bead).map(({ state }) => state)).toEqual(['landed']);
  });

  long('tries the requests of a red pull request in halves: the good lands, the bad goes back', async () => {
    const town = await prTown(
      'pr-halves',
      { checks: [{ ...passed('build'), failsWith: 'bad.txt' }] },
      { settings: { refinery: { maxReworks: 1 } } },
    );
    await operator(town, { type: 'merge.pause', payload: { rig: 'app' } });
    const good = await town.sling('Good', work('good.txt'));
    const bad = await town.sling('Bad', work('bad.txt'));
    await merge(town, good);
    await merge(town, bad);
    await operator(town, { type: 'merge.resume', payload: { rig: 'app' } });
    await landed(town, good);
    await until(town, 'the bad one is given up', () => beadOf(town, bad).town.parked);
    expect(mergesOf(town, bad)).toMatchObject([{ state: 'bounced', cause: { kind: 'red', gate: 'build' } }]);
    expect(pullRequests(town)[0]!.title).not.toBe('2 changes: Good; Bad');
    expect(landedCommits(town)).toHaveLength(1);
    expectSound(town);
  });

  test('takes a closed one for a no, with what was said last, and opens another on a retry', async () => {
    const town = await prTown('pr-closed', { checks: [pending('build')] });
    const { github } = town;
    const bead = await town.sling('Work', work());
    await says(town, bead, /^PR #1 open/);
    await expect(
      operator(town, { type: 'merge.reject', payload: { id: openMergeOf(town, bead)!.id, reason: 'No' } }),
    ).rejects.toMatchObject({ hint: expect.stringContaining('#1') });
    github.gh('pr', 'close', '1', '--repo', 'github.test/acme/app', '--comment', 'Not \u001b[31mlike this.');
    const [request] = await until(town, 'it is rejected', () => {
      const all = mergesOf(town, bead);
      return all[0]?.state === 'rejected' && all;
    });
    expect(request!.cause).toMatchObject({
      kind: 'rejected',
      summary: 'pull request #1 was closed without being merged: alice: Not [31mlike this.',
    });
    expect(beadOf(town, bead).status, 'a person decides what comes of it').toBe('open');
    await quiet(town);

    github.set({ checks: [passed('build')] });
    await operator(town, { type: 'merge.retry', payload: { id: request!.id } });
    await landed(town, bead);
    expect(pullRequests(town).map(({ state }) => state)).toEqual(['CLOSED', 'MERGED']);
    expectSound(town);
  });

  long('brings what a reviewer asks for to the worker, once', async () => {
    const town = await prTown('pr-review', { reviewDecision: 'REVIEW_REQUIRED' });
    const { github } = town;
    const bead = await town.sling(
      'Work',
      script(`gt prime > '${town.notes}/prime'; echo "$GASTOWN_REWORK" > work.txt`),
    );
    await says(town, bead, /waits for a review/);
    const review = { author: { login: 'alice' }, submittedAt: new Date().toISOString() };
    github.set({
      reviewDecision: 'CHANGES_REQUESTED',
      reviews: [{ ...review, state: 'CHANGES_REQUESTED', body: 'Name it after the harbour.' }],
    });
    await says(town, bead, /^PR #1 open: 1 check passed, waits for another look by who asked for changes earlier$/);
    const [first, second] = mergesOf(town, bead);
    expect(first).toMatchObject({ state: 'rejected', cause: { kind: 'rejected' } });
    expect(town.note('prime')).toContain('Name it after the harbour.');
    github.set({ reviewDecision: 'APPROVED' });
    await landed(town, bead);
    expect(mergesOf(town, bead)).toHaveLength(2);
    expect(second!.pr!.number).toBe(1);
    expect(fileOnMain(town, 'work.txt')).toBe('1');
    expectSound(town);
  });
});

describe.concurrent('a target that somebody else moves', () => {
  test('has the work tested on it anew, and put into the same pull request', async () => {
    const town = await prTown('pr-moved', { checks: [pending('build')] });
    const bead = await town.sling('Work', work());
    await says(town, bead, /^PR #1 open/);
    const before = openMergeOf(town, bead)!.landing!;
    const byHand = pushByHand(town, 'main', 'other.txt');
    const after = await until(town, 'it is put in again', () => {
      const request = openMergeOf(town, bead);
      return request?.pr && request.pr.head !== before.new && request.state === 'landing' && request.landing;
    });
    expect(after.old).toBe(byHand);
    expect(gitIn(town.origin, 'rev-parse', `gastown/${openMergeOf(town, bead)!.id}`)).toBe(after.new);
    town.github.set({ checks: [passed('build')] });
    await landed(town, bead);
    expect(pullRequests(town)).toMatchObject([{ number: 1, state: 'MERGED' }]);
    expectSound(town, { byOthers: [byHand] });
  });

  long('in the very moment of the merge is told: what landed is not what was tested', async () => {
    const town = await prTown('pr-race', { checks: [pending('build')] });
    const bead = await town.sling('Work', work());
    await says(town, bead, /^PR #1 open/);
    gitIn(town.origin, 'branch', 'aside', 'main');
    const raced = pushByHand(town, 'aside', 'other.txt');
    town.github.set({ checks: [passed('build')], raceCommit: raced });
    await landed(town, bead);
    expect(lastMessage(town)).toContain('whose content is not what was tested');
    expect([...data(town).escalations.values()]).toMatchObject([
      { severity: 'high', title: 'app: what was merged is not what was tested' },
    ]);
    expect(beadOf(town, bead).town.landed_sha, 'it says where it is').toBe(gitIn(town.origin, 'rev-parse', 'main'));
  });

  long('a person who merges it themselves, squashed with more in it, is told too', async () => {
    const town = await prTown('pr-by-person', { checks: [pending('build')] });
    const bead = await town.sling('Work', work());
    await says(town, bead, /^PR #1 open/);
    const head = openMergeOf(town, bead)!.landing!.new;
    gitIn(town.origin, 'branch', 'aside', 'main');
    const raced = pushByHand(town, 'aside', 'other.txt');
    town.github.set({ checks: [passed('build')], raceCommit: raced, methods: ['squash'] });
    await landed(town, bead);
    expect(lastMessage(town)).toContain('whose content is not what was tested');
    expect(gitIn(town.origin, 'rev-list', 'main').split('\n')).not.toContain(head);
    expect(fileOnMain(town, 'work.txt')).toBe('work');
  });

  test('a repository that only squashes lands the tested content, and it is said how', async () => {
    const town = await prTown('pr-squash', { methods: ['squash'] });
    const bead = await town.sling('Work', work());
    await landed(town, bead);
    expect(lastMessage(town)).toContain('squashed or rebased, verified there with the tested content');
    expect(gitIn(town.origin, 'rev-list', '--count', 'main')).toBe('2');
    expect([...data(town).escalations.values()]).toEqual([]);
    expectSound(town);
  });

  long('a branch that somebody else pushed to is left alone', async () => {
    const town = await prTown('pr-pushed', { checks: [pending('build')] });
    const bead = await town.sling('Work', work());
    await says(town, bead, /^PR #1 open/);
    const branch = openMergeOf(town, bead)!.pr!.branch;
    const head = openMergeOf(town, bead)!.landing!.new;
    const byHand = pushByHand(town, branch, 'mine.txt');
    await says(town, bead, new RegExp(`^PR #1 open: somebody pushed ${byHand.slice(0, 9)} to ${branch}`));
    expect(gitIn(town.origin, 'rev-parse', branch)).toBe(byHand);
    gitIn(town.origin, 'update-ref', `refs/heads/${branch}`, head);
    town.github.set({ checks: [passed('build')] });
    await landed(town, bead);
    expectSound(town);
  });
});

describe.concurrent('a gh that does not answer', () => {
  test.each(
    [
      {
        title: 'is not logged in',
        short: true,
        world: { loggedIn: false },
        says: /gh is not logged in.*gh auth login/,
      },
      { title: 'has asked too much', world: { rateLimited: true }, says: /GitHub has had enough questions/ },
      {
        title: 'sees no such repository',
        world: { repository: 'github.test/acme/other' },
        says: /gh does not see the repository/,
      },
    ].filter(({ short }) => short || process.env.GASTOWN_PULLS === 'long'),
  )('because it $title: the request says so, waits, and lands once it can', async ({ world, says: words }) => {
    const town = await prTown('pr-gh', world);
    const bead = await town.sling('Work', work());
    await says(town, bead, words);
    expect(openMergeOf(town, bead)).toMatchObject({ state: 'landing' });
    expect(landedCommits(town)).toEqual([]);
    town.github.set({ loggedIn: true, rateLimited: false, repository: 'github.test/acme/app' });
    await landed(town, bead);
    expectSound(town);
  });

  long('because it is missing: doctor and the request name it, and it lands once it is there', async () => {
    const town = await prTown('pr-missing');
    const doctor = async () => {
      const { GASTOWN_TOWN: _none, ...env } = { ...town.env, GASTOWN_TOWN: '' };
      return run(process.execPath, [CLI, 'doctor', '--town', town.town], { home: town.dir, env });
    };
    town.github.remove();
    const bead = await town.sling('Work', work());
    await says(town, bead, /gh was not found on the PATH/);
    await town.stop();
    expect((await doctor()).stdout).toMatch(/WRONG.*pull requests of app: gh was not found on the PATH/);
    town.github.restore();
    expect((await doctor()).stdout).toMatch(/ok.*pull requests of app: gh may open and merge/);
    town.github.set({ checks: [pending('build')] });
    await town.start();
    await says(town, bead, /^PR #1 open/);
    await town.stop();
    const shown = await run(process.execPath, [CLI, 'merges', '--town', town.town], { home: town.dir, env: town.env });
    expect(shown.stdout).toMatch(/#1/);
    town.github.set({ checks: [passed('build')] });
    await town.start();
    await landed(town, bead);
    expectSound(town);
  });
});

const FIXTURE = fileURLToPath(new URL('fixtures/die-at.ts', import.meta.url));

/** Runs the town in a process of its own until it dies, at a step of its own or by the hand of `gh`. */
const liveAndDie = (town: Bench, step: string): Promise<NodeJS.Signals | number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [FIXTURE, town.town, step], {
      env: town.env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the town did not come to "${step}"`));
    }, PATIENCE_MS);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ?? code);
    });
  });

const STEPS: { title: string; step: string; killAfter?: string; open: number; moved: number; short?: true }[] = [
  { title: 'once the intent to land is acknowledged', step: 'after merge.landing', open: 0, moved: 0 },
  { title: 'when the branch is pushed and nothing else', step: 'never', killAfter: 'pr list', open: 0, moved: 0 },
  {
    title: 'when it is opened, before anybody heard of it',
    step: 'never',
    killAfter: 'pr create',
    open: 1,
    moved: 0,
    short: true,
  },
  { title: 'when it is opened and not on record', step: 'before merge.pr', open: 1, moved: 0 },
  { title: 'when it is on record', step: 'after merge.pr', open: 1, moved: 0 },
  {
    title: 'when it is merged, before anybody heard of it',
    step: 'never',
    killAfter: 'pr merge',
    open: 1,
    moved: 1,
    short: true,
  },
  { title: 'when the landing is verified and not on record', step: 'before merge.landed', open: 1, moved: 1 },
];

describe.concurrent('a landing by pull request outlives kill -9', () => {
  test.each(STEPS.filter(({ short }) => short || process.env.GASTOWN_PULLS === 'long'))(
    '$title',
    async ({ step, killAfter, open, moved }) => {
      const town = await prTown('pr-crash', killAfter ? { killAfter } : {}, {
        policy: 'all',
        gates: [gate('test "$(wc -l < base.txt)" = 2')],
      });
      await operator(town, { type: 'town.estop', payload: { reason: 'The work is for the process that dies.' } });
      const bead = await town.sling('Add a line', script('echo work >> base.txt'));
      await town.stop();
      expect(await liveAndDie(town, step)).toBe('SIGKILL');
      expect(pullRequests(town)).toHaveLength(open);
      expect(landedCommits(town)).toHaveLength(moved);
      await town.start();
      await landed(town, bead);
      await quiet(town);
      expect(pullRequests(town), 'never a second one').toMatchObject([{ number: 1, state: 'MERGED' }]);
      expect(mergesOf(town, bead)).toMatchObject([{ state: 'landed' }]);
      expect(landedCommits(town)).toHaveLength(1);
      expect(beadOf(town, bead).town).toMatchObject({ landed_sha: landedCommits(town)[0], attempts: 1, reworks: 0 });
      expectSound(town);
    },
  );
});
