import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AGENT_CLIS } from '../agents/catalog.ts';
import { inspectCli } from '../agents/inspect-cli.ts';
import { type AgentPreset, findPreset } from '../agents/presets.ts';
import { EXIT, GastownError } from '../common/errors.ts';
import { duration } from '../common/text.ts';
import { git } from '../git/run.ts';
import type { Bead } from '../ledger/schema.ts';
import { openAccess } from '../town/access.ts';
import { writeConfig } from '../town/config.ts';
import { createTown } from '../town/create-town.ts';
import { townPaths } from '../town/paths.ts';
import { type RunningTown, runTown } from '../town/service.ts';
import { ownPresets } from './agents.ts';
import type { Invocation } from './invocation.ts';
import { addRig } from './rig.ts';
import { follow, stopSignal, untilIdle } from './run.ts';
import { endScratchTown } from './scratch-town.ts';

/** One small task; a model that is this slow is of no use either. */
const LIMIT_MS = 300_000;
const LAST_LINES = 12;
const WORD = 'gastown';

const TASK = `Create a file hello.txt in the root of this repository with the single line "${WORD}", and commit it.
Nothing else is to be changed. Then report with: gt done -m "hello.txt is there"

\`\`\`sh
echo ${WORD} > hello.txt
git add hello.txt
git commit --quiet -m 'Say hello'
gt done -m 'hello.txt is there'
\`\`\`
`;

/**
 * `gastown agents test <name>`: has an agent do one small task in a throw-away town and repository, gate and landing
 * included. It costs what a few model calls cost.
 */
export const agentsTest = async (invocation: Invocation, [name]: string[]): Promise<number> => {
  const own = await ownPresets(invocation);
  const preset = findPreset(name!, own);
  await introduce(preset, invocation);
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'gastown-agent-test-'));
  const dir = path.join(root, 'town');
  try {
    const bead = await seed(root, dir, { invocation, preset, own: own[preset.name] });
    const running = await runTown({ dir, env: invocation.env, purpose: 'agents test' });
    const stop = stopSignal({ ignoreHangup: false });
    const tooLong = AbortSignal.timeout(LIMIT_MS);
    const summary = follow(running, invocation);
    await untilIdle(running, AbortSignal.any([stop.signal, tooLong]));
    const exitCode = await judge(running, invocation, {
      bead,
      preset,
      isLate: tooLong.aborted,
      costUsd: summary().costUsd,
    });
    await running.close();
    return exitCode;
  } finally {
    await endScratchTown(dir);
    await fs.rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
};

const introduce = async (preset: AgentPreset, { output, env }: Invocation): Promise<void> => {
  const cli = AGENT_CLIS.get(preset.kind);
  if (!cli) return output.say(`${preset.name}: ${preset.description}`);
  const found = await inspectCli(cli, { preset, env });
  if (found.path === undefined) {
    throw new GastownError(
      'agent_unknown',
      `${cli.title} is not installed: ${preset.command || cli.program} was not found.`,
      {
        hint: `Get it with: ${cli.install}`,
      },
    );
  }
  output.say(`${cli.title} ${found.version ?? `of unknown version (${found.complaint})`} at ${found.path}`);
  if (found.isOld) output.say(`  It is older than ${cli.oldest}, which this was tried with.`);
  output.say('  One small task, with its own model and account.');
};

const seed = async (
  root: string,
  dir: string,
  options: { invocation: Invocation; preset: AgentPreset; own: unknown },
): Promise<string> => {
  const { invocation, preset, own } = options;
  const origin = path.join(root, 'repository');
  await fs.mkdir(origin);
  await fs.writeFile(path.join(origin, 'README.md'), '# A place to try an agent\n');
  await git(['init', '--quiet', '--initial-branch=main'], { cwd: origin });
  await git(['add', '--all'], { cwd: origin });
  const as = ['-c', 'user.name=Gas Town', '-c', 'user.email=town@gastown.invalid'];
  await git([...as, 'commit', '--quiet', '-m', 'Begin'], { cwd: origin });
  await createTown(dir, { name: 'agent test', env: invocation.env });
  await writeConfig(townPaths(dir).config, {
    name: 'agent test',
    // What fails here fails once: whoever looks on wants to know why, not to wait for another try.
    settings: { witness: { maxRespawns: 1 } },
    ...(own !== undefined && { agents: { [preset.name]: own } }),
  });
  const access = await openAccess({ dir, env: invocation.env });
  try {
    const gates = [{ name: 'hello', command: `test "$(cat hello.txt)" = ${WORD}` }];
    await addRig(access, { name: 'hello', origin, gates, policy: 'auto', agent: preset.name });
    const { subject } = await access.dispatch({
      type: 'bead.create',
      payload: { title: 'Say hello', description: TASK, rig: 'hello', priority: 2, dispatch: true },
    });
    return subject!;
  } finally {
    await access.close();
  }
};

interface Tried {
  readonly bead: string;
  readonly preset: AgentPreset;
  readonly isLate: boolean;
  readonly costUsd: number;
}

const judge = async (running: RunningTown, { output }: Invocation, tried: Tried): Promise<number> => {
  const { context } = running.town;
  const bead = context.ledger.data.beads.get(tried.bead)!;
  const sessions = [...context.ledger.data.sessions.values()].filter(session => session.bead === bead.id);
  const landed = bead.town.landed_sha !== undefined;
  const startedAt = Date.parse(sessions[0]?.startedAt ?? context.isoNow());
  const tookMs = Date.parse(bead.closed_at ?? context.isoNow()) - startedAt;
  output.record('test', {
    agent: tried.preset.name,
    landed,
    sessions: sessions.length,
    tookMs,
    costUsd: tried.costUsd,
    ...(!landed && { cause: whyNot(bead, tried) }),
  });
  output.say('');
  if (landed) {
    const cost = tried.costUsd > 0 ? ` for $${tried.costUsd.toFixed(4)}` : '';
    output.say(
      `${tried.preset.name} works: it did the task, reported it, and the change landed in ${duration(tookMs)}${cost}.`,
    );
    return EXIT.done;
  }
  output.say(`${tried.preset.name} did not get there: ${whyNot(bead, tried)}`);
  const last = sessions.at(-1);
  if (last) {
    output.say('What it said last:');
    const lines = await running.handle.readLog({ kind: 'session', session: last.id }, LAST_LINES);
    for (const line of lines) output.say(`  ${line}`);
  }
  return EXIT.failed;
};

const whyNot = (bead: Bead, { isLate }: Tried): string => {
  if (isLate) return `it was not done after ${duration(LIMIT_MS)}.`;
  return bead.town.cause?.summary ?? bead.town.parked?.reason ?? `its bead is ${bead.status}.`;
};
