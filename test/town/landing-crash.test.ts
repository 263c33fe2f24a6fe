import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  expectSound,
  fileOnMain,
  gate,
  landed,
  landedCommits,
  mergesOf,
  operator,
  quiet,
  script,
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

/** Runs the town in a process of its own until that dies. */
const liveAndDie = (town: Bench, step: string): Promise<NodeJS.Signals | number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [FIXTURE, town.town, step], {
      env: town.env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the town did not come to "${step}"`));
    }, 40_000);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ?? code);
    });
  });

interface Step {
  readonly title: string;
  readonly step: string;
  readonly hook?: { readonly name: string; readonly more?: string };
  /** How often the target may have moved by the time of the restart. */
  readonly moved: number;
}

const STEPS: Step[] = [
  { title: 'before the intent to land is acknowledged', step: 'before merge.landing', moved: 0 },
  { title: 'once the intent to land is acknowledged', step: 'after merge.landing', moved: 0 },
  {
    title: "in the origin's pre-receive hook, which then refuses",
    step: 'never',
    hook: { name: 'pre-receive', more: 'exit 1' },
    moved: 0,
  },
  { title: "in the origin's post-receive hook", step: 'never', hook: { name: 'post-receive' }, moved: 1 },
  { title: 'when the target has moved and that is not recorded', step: 'before merge.landed', moved: 1 },
  { title: 'when the landing is recorded', step: 'after merge.landed', moved: 1 },
];

describe.concurrent('a landing outlives kill -9', () => {
  test.each(STEPS)('$title', async ({ step, hook, moved }) => {
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

/** One bead slung, nothing begun: all of its life happens in the process that dies, and after it. */
const townWithWork = async (): Promise<Bench> => {
  const town = await bench('landing-crash', { policy: 'all', gates: [gate('test "$(wc -l < base.txt)" = 2')] });
  await operator(town, { type: 'town.estop', payload: { reason: 'The work is for the process that dies.' } });
  await town.sling('Add a line', script('echo work >> base.txt'));
  return town;
};

const expectLandedOnce = async (town: Bench, bead: string): Promise<void> => {
  await landed(town, bead);
  await quiet(town);
  expect(mergesOf(town, bead).map(merge => merge.state)).toEqual(['landed']);
  expect(fileOnMain(town, 'base.txt')).toBe('base\nwork');
  expect(landedCommits(town)).toHaveLength(1);
  expect(
    [...data(town).approvals.values()],
    'the approval given before the crash is the one that counted',
  ).toMatchObject([{ merge: mergesOf(town, bead)[0]!.id, head: mergesOf(town, bead)[0]!.head }]);
  expect([...data(town).sessions.values()], 'nothing was done twice').toHaveLength(1);
  expect(beadOf(town, bead).town).toMatchObject({ landed_sha: landedCommits(town)[0], attempts: 1, reworks: 0 });
  expectSound(town);
};
