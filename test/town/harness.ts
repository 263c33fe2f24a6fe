import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../roles/settings.ts';
import type { LedgerEvent } from '../../source/ledger/store.ts';
import { outcomeOf } from '../../source/ledger/verdict.ts';
import { writeConfig } from '../../source/town/config.ts';
import { OPERATOR } from '../../source/town/context.ts';
import { createTown } from '../../source/town/create-town.ts';
import { townPaths } from '../../source/town/paths.ts';
import { type RunningTown, runTown } from '../../source/town/service.ts';
import { CLI, cleanEnv, run, workspace } from '../support/process.ts';
import { copyMade } from '../support/run-folder.ts';

/** Dogs off and clocks short, so that what takes a person minutes takes a test a second; a busy machine pauses nothing. */
export const FAST: Settings = {
  ...DEFAULT_SETTINGS,
  witness: {
    ...DEFAULT_SETTINGS.witness,
    // Slow is not stuck: only tests of that set it lower.
    stallAfterMs: 30_000,
    ladderStepMs: 500,
    lostAfterMs: 1_000,
    respawnDelayMs: 0,
  },
  deacon: {
    ...DEFAULT_SETTINGS.deacon,
    heartbeatStaleMs: 60_000,
    loopLagWarnMs: 60_000,
    minFreeDiskBytes: 0,
    minFreeMemoryBytes: 0,
    massDeaths: 100,
  },
  dogs: {
    ...DEFAULT_SETTINGS.dogs,
    checkpointMs: 0,
    reaperMs: 0,
    backupMs: 0,
    mainTestMs: 0,
    doctorMs: 0,
    compactorMs: 0,
    prunerMs: 0,
    coolDownMs: 0,
  },
};

export type Gate = { readonly name: string; readonly command: string; readonly timeoutMs: number };

export const gate = (command: string, name = 'test'): Gate => ({ name, command, timeoutMs: 20_000 });

/** Git as a person with no configuration of their own. */
export const gitIn = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH!,
      HOME: '/nonexistent',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Person',
      GIT_AUTHOR_EMAIL: 'person@example.invalid',
      GIT_COMMITTER_NAME: 'Person',
      GIT_COMMITTER_EMAIL: 'person@example.invalid',
    },
  }).trim();

/** A bead for the shell agent. */
export const script = (...lines: string[]): string => `\`\`\`sh\n${lines.join('\n')}\n\`\`\``;

export interface Bench {
  readonly dir: string;
  /** The town's folder. */
  readonly town: string;
  /** The repository that work lands in: bare, unless asked otherwise. */
  readonly origin: string;
  /** For notes that scripts and gates leave to the test, outside of every checkout. */
  readonly notes: string;
  readonly env: Record<string, string>;
  /** Every acknowledged change since the last `start`. */
  readonly events: LedgerEvent[];
  readonly running: RunningTown;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Creates a bead that is wanted on a hook at once; answers its id. */
  sling(title: string, work: string): Promise<string>;
  note(name: string): string;
  leave(name: string, text?: string): void;
  hasNote(name: string): boolean;
}

const FILES = { 'base.txt': 'base\n' };

/** Leaves no trace of a test's towns: closes those that run, ends their hosts by recorded pid, removes the folder. */
const cleanups: (() => Promise<void>)[] = [];
export const cleanUpAll = async (): Promise<void> => {
  for (const cleanUp of cleanups.splice(0)) await cleanUp();
};

/** A town on a small repository, running in this process. */
export const bench = async (
  name: string,
  options: {
    gates?: readonly Gate[] | ((paths: { notes: string }) => readonly Gate[]);
    policy?: 'auto' | 'guarded' | 'all';
    files?: Readonly<Record<string, string>>;
    settings?: Partial<{ [K in keyof Settings]: Partial<Settings[K]> }>;
    /** The person's own checkout is the origin, with the target checked out. */
    checkedOut?: boolean;
    started?: boolean;
    /** Puts something between town and origin: may add to the environment, and says what the rig is to be. */
    behind?: (paths: { dir: string; origin: string; env: Record<string, string> }) => { origin: string; land?: 'pr' };
  } = {},
): Promise<Bench> => {
  const work = workspace(name);
  const notes = path.join(work.dir, 'notes');
  mkdirSync(notes);
  const origin = makeOrigin(work.dir, { files: options.files ?? FILES, checkedOut: options.checkedOut === true });
  const town = work.town(path.join(work.dir, 'town'));
  const env = cleanEnv(work.home);
  const rig = options.behind?.({ dir: work.dir, origin, env }) ?? { origin };
  await createTown(town, { name, env });
  const settings = Object.fromEntries(
    Object.entries(FAST).map(([group, numbers]) => [
      group,
      { ...numbers, ...options.settings?.[group as keyof Settings] },
    ]),
  ) as unknown as Settings;
  // Scripts of tests tell what they saw in notes that lie outside of their checkouts.
  await writeConfig(townPaths(town).config, { name, settings, sandbox: { writable: [notes] } });

  let running: RunningTown | undefined;
  const events: LedgerEvent[] = [];
  const made: Bench = {
    dir: work.dir,
    town,
    origin,
    notes,
    env,
    events,
    get running() {
      if (!running) throw new Error('the town does not run');
      return running;
    },
    async start() {
      running = await runTown({ dir: town, env, purpose: 'run' });
      events.length = 0;
      running.town.context.ledger.subscribe(event => events.push(event));
    },
    async stop() {
      await running?.close();
      running = undefined;
    },
    async sling(title, description) {
      const receipt = await made.running.town.context.execute(OPERATOR, {
        type: 'bead.create',
        payload: { title, description, rig: 'app', dispatch: true },
      });
      return receipt.written.find(({ kind }) => kind === 'beads')!.id;
    },
    note: file => readFileSync(path.join(notes, file), 'utf8').trim(),
    leave: (file, text = '') => writeFileSync(path.join(notes, file), text),
    hasNote: file => readdirSync(notes).includes(file),
  };
  cleanups.push(async () => {
    await made.stop();
    await work.cleanUp();
  });
  await made.start();
  const gates = typeof options.gates === 'function' ? options.gates({ notes }) : (options.gates ?? [gate('true')]);
  await made.running.town.context.execute(OPERATOR, {
    type: 'rig.add',
    payload: { id: 'app', ...rig, branch: 'main', prefix: 'app', gates: [...gates], policy: options.policy ?? 'auto' },
  });
  if (options.started === false) await made.stop();
  return made;
};

const makeOrigin = (dir: string, options: { files: Readonly<Record<string, string>>; checkedOut: boolean }): string => {
  copyMade(dir, ['town', options.files], made => {
    const project = path.join(made, 'project');
    mkdirSync(project);
    gitIn(project, 'init', '--quiet', '--initial-branch=main');
    for (const [file, text] of Object.entries(options.files)) writeFileSync(path.join(project, file), text);
    gitIn(project, 'add', '.');
    gitIn(project, 'commit', '--quiet', '-m', 'Begin');
    gitIn(made, 'clone', '--quiet', '--bare', project, 'origin.git');
  });
  return path.join(dir, options.checkedOut ? 'project' : 'origin.git');
};

const POLL_MS = 20;
/** For a machine five times slower than the one it was written on: never a measure. */
const PATIENCE_MS = 90_000;

/** Waits until the condition holds; on time-out the error shows what the town did instead. */
export const until = async <T>(
  town: Bench,
  what: string,
  condition: () => T | undefined | false | null | '',
  timeoutMs = PATIENCE_MS,
): Promise<T> => {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}.\n${describe(town)}`);
    await sleep(POLL_MS);
  }
};

const describe = (town: Bench): string =>
  [
    ...town.events.map(event => `${event.type} ${event.written[0]?.id ?? ''} ${event.because ?? ''}`),
    ...readFileSync(townPaths(town.town).townLog, 'utf8').split('\n').slice(-20),
  ].join('\n');

/** A command as a person types it in another terminal. */
export const cli = (town: Bench, ...args: string[]) =>
  run(process.execPath, [CLI, ...args], { home: town.dir, env: { GASTOWN_TOWN: town.town } });
export const data = (town: Bench) => town.running.town.context.ledger.data;
export const beadOf = (town: Bench, id: string) => data(town).beads.get(id)!;
export const mergesOf = (town: Bench, bead: string) =>
  [...data(town).merges.values()].filter(merge => merge.bead === bead);
export const openMergeOf = (town: Bench, bead: string) =>
  mergesOf(town, bead).find(merge => ['queued', 'testing', 'landing'].includes(merge.state));
export const sessionsOf = (town: Bench, bead: string) =>
  [...data(town).sessions.values()]
    .filter(session => session.bead === bead)
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt));
export const merge = (town: Bench, bead: string) =>
  until(town, `a merge request of ${bead}`, () => openMergeOf(town, bead));
export const landed = (town: Bench, bead: string, timeoutMs?: number) =>
  until(town, `${bead} is closed`, () => beadOf(town, bead).status === 'closed', timeoutMs);
export const attention = (town: Bench) => town.running.handle.getView().attention;
export const operator = (town: Bench, body: Parameters<RunningTown['town']['context']['execute']>[1]) =>
  town.running.town.context.execute(OPERATOR, body);

/** Nothing under way, and nothing more wanted. */
export const quiet = (town: Bench, timeoutMs?: number) =>
  until(
    town,
    'the town is quiet',
    () =>
      town.running.town.loop!.isQuiet() &&
      [...data(town).polecats.values()].every(polecat => polecat.hook === undefined),
    timeoutMs,
  );

/** True when the process is over, also as one that nobody has reaped yet. */
export const isGone = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.startsWith('Z');
  } catch {
    return true;
  }
};

/** Processes that work in a folder, in whatever sandbox. */
export const processesIn = (folder: string): string[] =>
  readdirSync('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  });

/** Commits on the target's first-parent line since the town began, oldest first. */
export const landedCommits = (town: Bench): string[] => [...landedTrees(town).keys()];

const landedTrees = (town: Bench): ReadonlyMap<string, string> =>
  new Map(
    gitIn(town.origin, 'log', '--first-parent', '--reverse', '--format=%H %T', 'main')
      .split('\n')
      .slice(1)
      .map(line => line.split(' ') as [string, string]),
  );

export const fileOnMain = (town: Bench, file: string): string => gitIn(town.origin, 'show', `main:${file}`);

/** What must hold of any town at any time: each closed bead landed once, and every tree on the target passed its gates. */
export const expectSound = (town: Bench, options: { byOthers?: readonly string[] } = {}): void => {
  const { merges, beads, verdicts, rigs, polecats } = data(town);
  const landed = landedTrees(town);
  const firstParents = [...landed.keys()];
  const hooks = [...polecats.values()].flatMap(polecat => polecat.hook ?? []);
  expect(new Set(hooks).size, 'a bead is on one hook at most').toBe(hooks.length);
  for (const bead of beads.values()) {
    const ofBead = [...merges.values()].filter(
      one => one.bead === bead.id && one.state === 'landed' && !one.reverts && !one.revertedBy,
    );
    expect(ofBead.length, `${bead.id} landed at most once`).toBeLessThanOrEqual(1);
    for (const one of ofBead) expect(firstParents, `${one.id} is on the target`).toContain(one.landedSha);
  }
  for (const [commit, tree] of landed) {
    if (options.byOthers?.includes(commit)) continue;
    for (const { name } of rigs.get('app')!.gates) {
      const green = [...verdicts.values()].some(
        verdict => verdict.tree === tree && verdict.gate === name && outcomeOf(verdict.runs) === 'pass',
      );
      expect(green, `${name} is green on the tree of ${commit}`).toBe(true);
    }
  }
  expect(gitIn(town.origin, 'fsck', '--connectivity-only', '--no-dangling')).toBe('');
};
