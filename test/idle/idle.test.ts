import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDirectory } from '../../source/agents/run-directory.ts';
import { CLI, cleanEnv, endChild, hostPid } from '../support/process.ts';
import { eventually, isAlive, type Journey, journey, LANDING_MS, pause } from '../terminal/journeys/journey.ts';
import { type Counters, countersOf } from './counters.ts';

/**
 * A town that has landed its work and has none that is ready, once behind a screen and once headless, left alone for a
 * while. `npm run test:idle` leaves them alone for ten minutes.
 */
const WINDOW_MS = Number(process.env.GASTOWN_IDLE_SECONDS ?? 12) * 1_000;
/** The last commit, backup and paint after the work; the slow tick of an idle town comes each ten seconds. */
const SETTLE_MS = 3_000;
/** Of one core. */
const CPU_SHARE_MAX = 0.01;
/** The kernel counts in steps of 10 ms: what a short look may be off by. */
const CPU_GRAIN_MS = 30;

interface Watched {
  readonly who: string;
  readonly pid: number;
}

const people: Journey[] = [];
let headless: ChildProcess;

/** A town with one landed bead and one that nobody has slung. */
const settledTown = async (name: string): Promise<{ person: Journey; shop: string }> => {
  const person = journey(name);
  people.push(person);
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
  await person.command('create', 'Open', '-d', '```sh\necho open > open.txt\n```', '--sling');
  await person.command('create', 'Think about it');
  await person.command('run', '--until', 'idle');
  expect((await person.records('status'))[0]).toMatchObject({ counts: { working: 0 } });
  return { person, shop };
};

const watchedOf = (town: string, pid: number, who: string): Watched[] => {
  const host = hostPid(town);
  return [{ who, pid }, ...(host === undefined ? [] : [{ who: `${who}'s terminal host`, pid: host }])];
};

const isStarter = (pid: number): boolean => {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) && readFileSync(file, 'utf8').includes('processes/starter');
};

/** Length of the log of model calls; zero when nobody ever made one. */
const modelCallBytes = (town: string): number =>
  statSync(path.join(runDirectory(town), 'meter', 'usage.jsonl'), { throwIfNoEntry: false })?.size ?? 0;

const commitsOf = (town: string): string =>
  execFileSync('git', ['--git-dir', path.join(town, 'ledger.git'), 'rev-parse', 'main'], { encoding: 'utf8' });

test('the counters see a child that has come and gone', () => {
  const before = countersOf(process.pid).childFaults;
  execFileSync('true');
  expect(countersOf(process.pid).childFaults).toBeGreaterThan(before);
});

afterAll(async () => {
  if (headless) await endChild(headless);
  for (const person of people) await person.cleanUp();
});

describe('a town with no ready work, left alone', () => {
  let before: readonly (Watched & { readonly counted: Counters | undefined })[];
  let after: typeof before;
  let towns: string[];
  let calls: readonly [number[], number[]];
  let commits: readonly [string[], string[]];
  let painted: number;
  let elapsedMs: number;

  beforeAll(
    async () => {
      const [{ person: seen, shop }, { person: unseen }] = await Promise.all([
        settledTown('idle-screen'),
        settledTown('idle-headless'),
      ]);
      const screen = seen.screen([], { cwd: shop, columns: 160, rows: 45 });
      headless = spawn(process.execPath, [CLI, 'run', '--headless', '--town', unseen.town], {
        env: cleanEnv(unseen.home),
        stdio: 'ignore',
      });
      await screen.until('Think about it', LANDING_MS);
      await eventually('the town runs headless', () => unseen.holder()?.pid === headless.pid);
      await pause(SETTLE_MS);
      await eventually('nothing is kept for starting processes', () => {
        const children = [screen.pid, headless.pid!].flatMap(pid => countersOf(pid).children);
        return !children.some(isStarter);
      });

      towns = [seen.town, unseen.town];
      const watched = [
        ...watchedOf(seen.town, screen.pid, 'screen'),
        ...watchedOf(unseen.town, headless.pid!, 'headless town'),
      ];
      const look = () => watched.map(one => ({ ...one, counted: isAlive(one.pid) ? countersOf(one.pid) : undefined }));
      const wrote = screen.cast().split('\n').length;
      const started = performance.now();
      const firstCalls = towns.map(modelCallBytes);
      const firstCommits = towns.map(commitsOf);
      before = look();
      await pause(WINDOW_MS);
      after = look();
      elapsedMs = performance.now() - started;
      calls = [firstCalls, towns.map(modelCallBytes)];
      commits = [firstCommits, towns.map(commitsOf)];
      painted = screen.cast().split('\n').length - wrote;
    },
    WINDOW_MS + 3 * LANDING_MS,
  );

  test('starts no process', () => {
    for (const [n, { who, counted }] of before.entries()) {
      const now = after[n]!.counted;
      // A terminal host without sessions ends by itself.
      if (!now && who.endsWith('host')) continue;
      expect([who, now?.children]).toEqual([who, counted!.children]);
      expect([who, now?.childFaults]).toEqual([who, counted!.childFaults]);
    }
  });

  test('uses at most 1 % of a core, terminal host included', () => {
    for (const who of ['screen', 'headless town']) {
      const usedMs = before
        .map(({ counted }, n) => (after[n]!.counted?.cpuMs ?? counted!.cpuMs) - counted!.cpuMs)
        .filter((_, n) => before[n]!.who.startsWith(who))
        .reduce((sum, ms) => sum + ms, 0);
      console.log(
        `${who}: ${usedMs} ms of CPU in ${(elapsedMs / 1_000).toFixed(0)} s, ${((usedMs / elapsedMs) * 100).toFixed(2)} %`,
      );
      expect(usedMs, who).toBeLessThanOrEqual(elapsedMs * CPU_SHARE_MAX + CPU_GRAIN_MS);
    }
  });

  test('makes no model call and writes nothing into the ledger', () => {
    expect(calls[1]).toEqual(calls[0]);
    for (const town of towns) {
      // The meter is the only way to a model, and it is not even started.
      expect(existsSync(path.join(runDirectory(town), 'meter', 'state.json'))).toBe(false);
    }
    expect(commits[1]).toEqual(commits[0]);
  });

  test('paints nothing', () => {
    expect(painted).toBe(0);
  });
});
