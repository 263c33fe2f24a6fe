import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Settings } from '../../../roles/settings.ts';
import type { AgentCli } from '../../../source/agents/cli.ts';
import { connectMeter } from '../../../source/agents/meter/client.ts';
import { runDirectory } from '../../../source/agents/run-directory.ts';
import { endScratchTown } from '../../../source/commands/scratch-town.ts';
import { git } from '../../../source/git/run.ts';
import { openAccess } from '../../../source/town/access.ts';
import { writeConfig } from '../../../source/town/config.ts';
import { createTown } from '../../../source/town/create-town.ts';
import { townPaths } from '../../../source/town/paths.ts';
import { type ScriptedModel, startModel } from '../../agents/model/model.ts';
import { presetToml } from '../../agents/real/preset.ts';
import { CLI, cleanEnv, hostPid, workspace } from '../../support/process.ts';
import { availableBytes, cpuOf, descendantsOf, type Used, usedBy } from './processes.ts';

export interface FleetOptions {
  readonly sessions: number;
  readonly clis: readonly AgentCli[];
  /** Before each answer of the model. */
  readonly delayMs: number;
  /** Nobody ends before all are at work at once. */
  readonly gathers: boolean;
  readonly settings: { readonly [K in keyof Settings]?: Partial<Settings[K]> };
  readonly limitMs: number;
}

export interface FleetFigures {
  readonly landed: number;
  readonly wallMs: number;
  /** Of sessions, by the ledger's own events. */
  readonly mostAtOnce: number;
  readonly started: number;
  /** From the first start to the last. */
  readonly startingMs: number;
  /** Most that were started within one second. */
  readonly mostStartsInASecond: number;
  readonly modelCalls: number;
  readonly pauses: readonly string[];
  readonly parts: Readonly<Record<Part, { readonly cpuMs: number; readonly most: Used }>>;
  readonly leastFreeBytes: number;
  /** What the town said last, where not all landed. */
  readonly said: string;
}

export type Part = 'town' | 'host' | 'meter' | 'agents';

/** Real agent CLIs at a scripted model, in a town run by the program as users get it. */
export const runFleet = async (options: FleetOptions): Promise<FleetFigures> => {
  const work = workspace('fleet');
  const model = await startModel({ delayMs: options.delayMs });
  const dir = work.town(path.join(work.dir, 'town'));
  const env = cleanEnv(work.home);
  try {
    await seed({ root: work.dir, dir, env, model, options });
    return await watch({ dir, env, model, options });
  } finally {
    await endScratchTown(dir);
    await model.close();
    await work.cleanUp();
  }
};

/** A repository with a gate, and a bead for each session. */
const seed = async (given: {
  root: string;
  dir: string;
  env: Record<string, string>;
  model: ScriptedModel;
  options: FleetOptions;
}): Promise<void> => {
  const { root, dir, env, model, options } = given;
  const origin = path.join(root, 'project');
  mkdirSync(origin);
  writeFileSync(path.join(origin, 'README.md'), '# A project\n');
  await git(['init', '--quiet', '--initial-branch=main'], { cwd: origin });
  await git(['add', '--all'], { cwd: origin });
  const as = ['-c', 'user.name=Person', '-c', 'user.email=person@example.invalid'];
  await git([...as, 'commit', '--quiet', '-m', 'Begin'], { cwd: origin });
  await createTown(dir, { name: 'fleet', env });
  const { mayor, ...settings } = options.settings;
  await writeConfig(townPaths(dir).config, {
    name: 'fleet',
    settings: { ...settings, mayor: { maxPolecats: options.sessions, ...mayor } },
  });
  const presets = options.clis.map(cli => presetToml(cli, { model: model.url }));
  appendFileSync(townPaths(dir).config, `\n${presets.join('\n\n')}\n`);
  const access = await openAccess({ dir, env });
  const add = (body: Parameters<typeof access.dispatch>[0]) => access.dispatch(body);
  try {
    const gates = [{ name: 'test', command: 'test -e README.md', timeoutMs: 60_000 }];
    await add({
      type: 'rig.add',
      payload: { id: 'app', origin, branch: 'main', prefix: 'app', gates, policy: 'auto' },
    });
    for (let at = 0; at < options.sessions; at += 1) {
      const cli = options.clis[at % options.clis.length]!;
      await add({
        type: 'bead.create',
        payload: { title: `Make ${at}`, description: script(at, options), rig: 'app', agent: cli.name, dispatch: true },
      });
    }
  } finally {
    await access.close();
  }
};

/** Three calls of the model and more: a file, a commit, the report. */
const script = (at: number, { sessions, gathers }: FleetOptions): string =>
  [
    `[[sh: echo ${at} > file-${at}.txt]]`,
    ...(gathers ? [`[[gather: ${sessions}]]`] : []),
    `[[sh: git add file-${at}.txt && git commit -qm "Make ${at}"]]`,
    `[[sh: gt done -m "made ${at}"]]`,
    '[[say: done]]',
  ].join(' ');

/** Between two looks at memory: a look at 200 processes costs some 20 ms. */
const SAMPLE_MS = 1_000;

const watch = async (given: {
  dir: string;
  env: Record<string, string>;
  model: ScriptedModel;
  options: FleetOptions;
}): Promise<FleetFigures> => {
  const { dir, env, model, options } = given;
  const from = performance.now();
  const town = spawn(process.execPath, [CLI, 'run', '--headless', '--until', 'idle', '--json', '--town', dir], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = followEvents(town);
  const meters = createMeasures(dir, town.pid!);
  const sampling = setInterval(() => void meters.sample(), SAMPLE_MS);
  const tooLong = setTimeout(() => town.kill('SIGTERM'), options.limitMs);
  // The town's end is the end of its own figures: they are taken once more just before, when the last bead has landed.
  await Promise.race([log.landed(options.sessions), log.ended]);
  const wallMs = performance.now() - from;
  await meters.sample();
  await log.ended;
  clearInterval(sampling);
  clearTimeout(tooLong);
  return {
    ...log.figures(),
    wallMs,
    modelCalls: model.requests.length,
    parts: await meters.end(),
    leastFreeBytes: meters.leastFree(),
    said: log.said(),
  };
};

interface EventLine {
  readonly type?: string;
  readonly command?: string;
  readonly at?: string;
  readonly because?: string;
  readonly written?: readonly { readonly kind: string }[];
}

const LAST_LINES = 30;

/** What the town says of itself, a line of JSON each. */
const followEvents = (town: ChildProcess) => {
  const starts: number[] = [];
  const pauses: string[] = [];
  const last: string[] = [];
  const waiting = new Set<() => void>();
  const count = { now: 0, most: 0, landed: 0 };
  const keep = (line: string) => {
    last.push(line);
    if (last.length > LAST_LINES) last.shift();
  };
  createInterface({ input: town.stderr! }).on('line', keep);
  createInterface({ input: town.stdout! }).on('line', line => {
    keep(line);
    const event = JSON.parse(line) as EventLine;
    if (event.command === 'session.start') {
      starts.push(Date.parse(event.at!));
      count.now += 1;
      count.most = Math.max(count.most, count.now);
    }
    if (event.command === 'town.dispatch') pauses.push(event.because ?? '');
    if (ENDS.has(event.command ?? '')) count.now -= 1;
    if (event.command === 'merge.landed') {
      count.landed += event.written?.filter(({ kind }) => kind === 'merges').length ?? 0;
      for (const look of waiting) look();
    }
  });
  return {
    ended: new Promise<void>(resolve => town.once('exit', () => resolve())),
    landed: (wanted: number) =>
      new Promise<void>(resolve => {
        waiting.add(() => count.landed >= wanted && resolve());
      }),
    figures: () => ({
      landed: count.landed,
      mostAtOnce: count.most,
      started: starts.length,
      startingMs: (starts.at(-1) ?? 0) - (starts[0] ?? 0),
      mostStartsInASecond: Math.max(0, ...starts.map(at => starts.filter(one => one >= at && one < at + 1_000).length)),
      pauses,
    }),
    said: () => last.join('\n'),
  };
};

/** A session is over with its report taken, or without. */
const ENDS: ReadonlySet<string> = new Set(['session.end', 'work.done', 'work.nothing']);

/** CPU and memory of the town, its two helpers, and everything below the host: agents, their shells, their sandboxes. */
const createMeasures = (dir: string, town: number) => {
  const most: Record<Part, Used> = { town: NOTHING, host: NOTHING, meter: NOTHING, agents: NOTHING };
  const cpu: Record<Part, number> = { town: 0, host: 0, meter: 0, agents: 0 };
  // By process, as last seen: what one used after its last look is not known.
  const ofAgents = new Map<number, number>();
  let least = Number.POSITIVE_INFINITY;
  let meter: number | undefined;
  const see = (part: Part, pids: readonly number[]) => {
    const used = usedBy(pids);
    if (used.pssBytes > most[part].pssBytes) most[part] = used;
  };
  const sample = async (): Promise<void> => {
    least = Math.min(least, availableBytes());
    const host = hostPid(dir);
    meter ??= await meterPid(dir);
    see('town', [town]);
    see('host', host === undefined ? [] : [host]);
    see('meter', meter === undefined ? [] : [meter]);
    const agents = host === undefined ? [] : descendantsOf(host);
    see('agents', agents);
    cpu.town = Math.max(cpu.town, cpuOf(town));
    cpu.host = Math.max(cpu.host, cpuOf(host));
    cpu.meter = Math.max(cpu.meter, cpuOf(meter));
    for (const pid of agents) ofAgents.set(pid, Math.max(ofAgents.get(pid) ?? 0, cpuOf(pid)));
  };
  return {
    sample,
    leastFree: () => least,
    async end() {
      await sample();
      cpu.agents = [...ofAgents.values()].reduce((sum, ms) => sum + ms, 0);
      const parts = (Object.keys(most) as Part[]).map(part => [part, { cpuMs: cpu[part], most: most[part] }]);
      return Object.fromEntries(parts) as FleetFigures['parts'];
    },
  };
};

const NOTHING: Used = { processes: 0, pssBytes: 0 };

const meterPid = async (dir: string): Promise<number | undefined> => {
  const client = await connectMeter({ runDir: runDirectory(dir), dir: townPaths(dir).meter, startIfMissing: false });
  const pid = client?.pid;
  client?.close();
  return pid;
};
