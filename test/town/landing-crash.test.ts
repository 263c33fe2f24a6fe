import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { LONG } from '../support/long.ts';
import {
  attention,
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  expectSound,
  fileOnMain,
  gate,
  isGone,
  landed,
  landedCommits,
  mergesOf,
  openMergeOf,
  operator,
  quiet,
  script,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

const FIXTURE = fileURLToPath(new URL('fixtures/die-at.ts', import.meta.url));

/** Kills the town from inside its own push, as a power cut between the origin's two hooks would. */
const KILL_TOWN = (notes: string, more = '') => `#!/bin/sh
read -r pid < '${notes}/town.pid'
kill -9 "$pid" 2> /dev/null
rm '${notes}/town.pid'
${more}
`;

const installHook = (town: Bench, name: string, text: string) => {
  const file = path.join(town.origin, 'hooks', name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
};

/** Five towns live side by side, each with its agent and its gates, on a machine that may have more to do. */
const STEP_LIMIT_MS = 120_000;
const TEST_LIMIT_MS = 2 * STEP_LIMIT_MS;

/** Runs the town in a process of its own until that dies at a step, or is killed when the condition holds. */
const liveAndDie = (town: Bench, step: string, isTime = () => false): Promise<NodeJS.Signals | number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [FIXTURE, town.town, step], {
      env: town.env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the town did not come to "${step}"`));
    }, STEP_LIMIT_MS);
    const watch = setInterval(() => isTime() && child.kill('SIGKILL'), 20);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      clearInterval(watch);
      resolve(signal ?? code);
    });
  });

interface Step {
  readonly title: string;
  readonly step: string;
  readonly hook?: { readonly name: string; readonly more?: string };
  /** How often the target may have moved by the time of the restart. */
  readonly moved: number;
  readonly isLong?: true;
}

const STEPS: Step[] = [
  { title: 'before the intent to land is acknowledged', step: 'before merge.landing', moved: 0, isLong: true },
  { title: 'once the intent to land is acknowledged', step: 'after merge.landing', moved: 0 },
  {
    title: "in the origin's pre-receive hook, which then refuses",
    step: 'never',
    hook: { name: 'pre-receive', more: 'exit 1' },
    moved: 0,
    isLong: true,
  },
  { title: "in the origin's post-receive hook", step: 'never', hook: { name: 'post-receive' }, moved: 1 },
  { title: 'when the target has moved and that is not recorded', step: 'before merge.landed', moved: 1 },
  { title: 'when the landing is recorded', step: 'after merge.landed', moved: 1, isLong: true },
];

describe.concurrent('a landing outlives kill -9', { timeout: TEST_LIMIT_MS }, () => {
  test.each(STEPS.filter(({ isLong }) => LONG || !isLong))('$title', async ({ step, hook, moved }) => {
    const town = await townWithWork();
    const bead = [...data(town).beads.keys()][0]!;
    await town.stop();
    if (hook) installHook(town, hook.name, KILL_TOWN(town.notes, hook.more));

    expect(await liveAndDie(town, step)).toBe('SIGKILL');
    expect(landedCommits(town)).toHaveLength(moved);
    if (hook) installHook(town, hook.name, '#!/bin/sh\nexit 0\n');

    await town.start();
    await expectLandedOnce(town, bead);
  });

  test("in the origin's pre-receive hook, while the push itself goes on and wins after the restart", async () => {
    const town = await townWithWork();
    const bead = [...data(town).beads.keys()][0]!;
    await town.stop();
    installHook(
      town,
      'pre-receive',
      KILL_TOWN(town.notes, `while [ ! -e '${town.notes}/go' ]; do sleep 0.05; done; exit 0`),
    );
    expect(await liveAndDie(town, 'never')).toBe('SIGKILL');
    expect(landedCommits(town)).toHaveLength(0);
    await town.start();
    town.leave('go');
    await expectLandedOnce(town, bead);
  });
});

/** Before the landing: whatever was acknowledged is kept, whatever was not is done again, and only that. */
const EARLIER_STEPS = [
  { step: 'after hook.set', sessions: 1, isLong: true },
  { step: 'before session.start', sessions: 1, isLong: true },
  // On record, but nothing was started: the host does not know it.
  { step: 'after session.start', sessions: 2 },
  { step: 'before session.running', sessions: 1, isLong: true },
  { step: 'after session.running', sessions: 1, isLong: true },
  { step: 'before work.done', sessions: 1, isLong: true },
  { step: 'after work.done', sessions: 1 },
  { step: 'after merge.group', sessions: 1, isLong: true },
  { step: 'before gate.record', sessions: 1, isLong: true },
  { step: 'after gate.record', sessions: 1, isLong: true },
].filter(({ isLong }) => LONG || !isLong);

describe.concurrent('work outlives kill -9', { timeout: TEST_LIMIT_MS }, () => {
  test.each(EARLIER_STEPS)('$step', async ({ step, sessions }) => {
    const town = await townWithWork();
    const bead = [...data(town).beads.keys()][0]!;
    await town.stop();
    expect(await liveAndDie(town, step)).toBe('SIGKILL');
    expect(landedCommits(town)).toHaveLength(0);
    await town.start();
    await until(town, 'it is approved or asks for it', () => {
      const request = openMergeOf(town, bead);
      return (request && attention(town).some(row => row.kind === 'approval')) || data(town).approvals.size > 0;
    });
    const request = openMergeOf(town, bead)!;
    if (request)
      await operator(town, { type: 'merge.approve', payload: { id: request.id, head: request.head, gates: [] } });
    await expectLandedOnce(town, bead, { sessions });
  });
});

describe.concurrent('a gate under way', () => {
  /** Says that it runs, and ends only when it is let go. */
  const slowGate = (paths: { notes: string }) => [
    gate(`touch '${paths.notes}/testing'; while [ ! -e '${paths.notes}/go' ]; do sleep 0.05; done; test -e work.txt`),
  ];
  /** As the machine has them: in a sandbox a gate has another pid for itself. */
  const gatePids = (town: Bench): number[] =>
    readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && commandLine(name).includes(`${town.notes}/testing`))
      .map(Number);

  test('ends with the next start after kill -9, and what it would have said is asked again', async () => {
    const town = await bench('gate-killed', { gates: slowGate });
    await operator(town, { type: 'town.estop', payload: { reason: 'The work is for the process that dies.' } });
    const bead = await town.sling('Work', script('echo work > work.txt'));
    await town.stop();
    expect(await liveAndDie(town, 'never', () => town.hasNote('testing'))).toBe('SIGKILL');
    const orphans = gatePids(town);
    await town.start();
    for (const orphan of orphans) expect(isGone(orphan)).toBe(true);
    town.leave('go');
    await landed(town, bead);
    expect([...data(town).verdicts.values()].flatMap(({ runs }) => runs.map(one => one.outcome))).toEqual(['pass']);
    expectSound(town);
  });

  test('ends when the town closes, and blames nobody', async () => {
    const town = await bench('gate-closed', { gates: slowGate });
    const bead = await town.sling('Work', script('echo work > work.txt'));
    await until(town, 'the gate runs', () => town.hasNote('testing'));
    expect(gatePids(town)).not.toEqual([]);
    await town.stop();
    expect(gatePids(town)).toEqual([]);
    await town.start();
    expect([...data(town).verdicts.values()], 'a gate that was cut short said nothing').toEqual([]);
    town.leave('go');
    await landed(town, bead);
    expectSound(town);
  });
});

/** Empty for a process that has just ended. */
const commandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};

/** One bead slung, nothing begun: all of its life happens in the process that dies, and after it. */
const townWithWork = async (): Promise<Bench> => {
  const town = await bench('landing-crash', { policy: 'all', gates: [gate('test "$(wc -l < base.txt)" = 2')] });
  await operator(town, { type: 'town.estop', payload: { reason: 'The work is for the process that dies.' } });
  await town.sling('Add a line', script('echo work >> base.txt'));
  return town;
};

const expectLandedOnce = async (town: Bench, bead: string, { sessions = 1 } = {}): Promise<void> => {
  await landed(town, bead);
  await quiet(town);
  expect(mergesOf(town, bead).map(merge => merge.state)).toEqual(['landed']);
  expect(fileOnMain(town, 'base.txt')).toBe('base\nwork');
  expect(landedCommits(town)).toHaveLength(1);
  expect(
    [...data(town).approvals.values()],
    'the approval given before the crash is the one that counted',
  ).toMatchObject([{ merge: mergesOf(town, bead)[0]!.id, head: mergesOf(town, bead)[0]!.head }]);
  expect([...data(town).sessions.values()], 'nothing was done twice').toHaveLength(sessions);
  expect(beadOf(town, bead).town).toMatchObject({ landed_sha: landedCommits(town)[0], attempts: sessions, reworks: 0 });
  expectSound(town);
};
