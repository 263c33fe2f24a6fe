import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { EXIT } from '../common/errors.ts';
import { writeFileAtomic } from '../common/files.ts';
import { git } from '../git/run.ts';
import { openAccess } from '../town/access.ts';
import { type PartialSettings, writeConfig } from '../town/config.ts';
import { createTown } from '../town/create-town.ts';
import { isTown } from '../town/find.ts';
import { townPaths } from '../town/paths.ts';
import { type RunningTown, runTown } from '../town/service.ts';
import { DEMO_FILES, DEMO_GATES, DEMO_PLAN } from './demo/project.ts';
import type { Invocation } from './invocation.ts';
import { importPlan } from './plan.ts';
import { addRig } from './rig.ts';
import { follow, stopSignal, untilIdle } from './run.ts';
import { endScratchTown, exists } from './scratch-town.ts';

/** The demo's clocks run fast, so that a hang is noticed while one watches and every Dog is seen at work. */
const DEMO_SETTINGS: PartialSettings = {
  mayor: { maxPolecats: 5 },
  witness: { startupSilenceMs: 6_000, stallAfterMs: 5_000, ladderStepMs: 1_000, lostAfterMs: 3_000 },
  deacon: { massDeathWindowMs: 3_000 },
  dogs: { checkpointMs: 3_000, reaperMs: 10_000, backupMs: 8_000, mainTestMs: 12_000, doctorMs: 6_000 },
};
/** Headless, the demo gives up after this: something is wrong with it or with the machine. */
const GIVE_UP_MS = 300_000;
const DEMO_RIG = 'harbour';
const DEMO_TIP =
  'Demo, working by itself: 1-5 panes · {open-log} log · {diff} review · {explain} why · {help} keys · {quit} end';

/** `gastown demo`: a seeded town on a small real project; every part at work, then a table of what came of it. */
export const demo = async (
  invocation: Invocation,
  _args: string[],
  options: Record<string, unknown>,
): Promise<number> => {
  const headless = options.headless === true || invocation.output.json || !process.stdin.isTTY || !process.stdout.isTTY;
  const kept = options.keep !== undefined;
  const root = kept
    ? path.resolve(invocation.cwd, options.keep as string)
    : await fs.mkdtemp(path.join(os.tmpdir(), 'gastown-demo-'));
  const dir = path.join(root, 'town');
  try {
    await seed(root, dir, invocation.env);
    const running = await runTown({ dir, env: invocation.env, purpose: 'demo' });
    if (!headless) {
      const { showScreen } = await import('./screen.ts');
      return await showScreen(running, { env: invocation.env, headlessAfter: false });
    }
    return await watch(running, invocation, root);
  } finally {
    if (!kept) await endScratchTown(dir);
    if (!kept) await fs.rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
};

const watch = async (running: RunningTown, invocation: Invocation, root: string): Promise<number> => {
  const { output } = invocation;
  output.say(`A town at ${root}: ten beads and one that leaks a key. It ends by itself.`);
  const summary = follow(running, invocation);
  const stop = stopSignal({ ignoreHangup: false });
  const tooLong = AbortSignal.timeout(GIVE_UP_MS);
  await untilIdle(running, AbortSignal.any([stop.signal, tooLong]));
  const { data } = running.town.context.ledger;
  const beads = [...data.convoys.values()].flatMap(convoy => convoy.beads.map(id => data.beads.get(id)!));
  const all = beads.every(bead => bead.town.landed_sha !== undefined);
  const bounced = [...data.merges.values()].filter(merge => merge.state === 'bounced');
  output.say('');
  output.table(
    ['BEAD', 'WHAT', 'ENDED', 'SESSIONS', 'SENT BACK BECAUSE'],
    beads.map(bead => [
      bead.id,
      bead.title,
      bead.town.landed_sha ? `landed ${bead.town.landed_sha.slice(0, 7)}` : bead.status,
      String(bead.town.attempts),
      bounced
        .filter(merge => merge.bead === bead.id)
        .map(merge => `${merge.cause?.kind}: ${merge.cause?.summary}`)
        .join('; '),
    ]),
  );
  output.say('');
  const history = await git(['log', '--first-parent', '--format=%h %s', 'main'], { cwd: path.join(root, DEMO_RIG) });
  output.say('First-parent history of the target (every tree on it was tested):');
  for (const line of history.stdout.trimEnd().split('\n')) output.say(`  ${line}`);
  const result = summary();
  output.record('summary', { ...result });
  output.say('');
  output.say(all ? `All ${beads.length} beads landed.` : 'Not every bead landed.');
  await running.close();
  return all ? EXIT.done : EXIT.failed;
};

/** Makes what is missing: a second start over an interrupted first one goes on where that stopped. */
const seed = async (root: string, dir: string, env: NodeJS.ProcessEnv): Promise<void> => {
  const project = path.join(root, DEMO_RIG);
  await fs.mkdir(root, { recursive: true });
  await seedProject(project);
  if (!isTown(dir)) {
    await createTown(dir, { name: 'demo', env });
    await writeConfig(townPaths(dir).config, { name: 'demo', tip: DEMO_TIP, settings: DEMO_SETTINGS });
  }
  const access = await openAccess({ dir, env });
  try {
    if ((await access.records('rigs')).length === 0) {
      await addRig(access, {
        name: DEMO_RIG,
        origin: project,
        gates: DEMO_GATES.map(gate => ({ ...gate })),
        policy: 'auto',
        prefix: 'hb',
      });
    }
    if ((await access.records('convoys')).length === 0) {
      const plan = path.join(root, 'plan.md');
      await writeFileAtomic(plan, DEMO_PLAN);
      await importPlan(access, { file: plan, rig: DEMO_RIG, approve: true });
    }
  } finally {
    await access.close();
  }
};

const seedProject = async (project: string): Promise<void> => {
  const done = path.join(project, '.git', 'refs', 'heads', 'main');
  if (await exists(done)) return;
  await fs.rm(project, { recursive: true, force: true });
  for (const [name, content] of Object.entries(DEMO_FILES)) {
    await fs.mkdir(path.dirname(path.join(project, name)), { recursive: true });
    await fs.writeFile(path.join(project, name), content);
  }
  await git(['init', '--quiet', '--initial-branch=main'], { cwd: project });
  await git(['add', '--all'], { cwd: project });
  await git(
    [
      '-c',
      'user.name=Harbour Master',
      '-c',
      'user.email=master@harbour.invalid',
      'commit',
      '--quiet',
      '-m',
      'Found the harbour office',
    ],
    { cwd: project },
  );
};
