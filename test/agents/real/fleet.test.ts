import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { hostPid } from '../../support/process.ts';
import { beadOf, cleanUpAll, data, expectSound, operator, processesIn, until } from '../../town/harness.ts';
import { agentTown, clisHere } from './town.ts';

afterEach(cleanUpAll);

/** `GASTOWN_FLEET=30 npm run fleet`; a few where nobody asks for more. */
const SIZE = Number(process.env.GASTOWN_FLEET ?? 4);
/** The lightest two, by what one keeps in memory after a turn. */
const LIGHTEST = ['codex', 'pi', 'claude'];
/** A model thinks this long before each answer. */
const THINK_MS = 1_000;
const LIMIT_MS = 600_000;
/** The fleet may not take the machine below this, as far as agents that run already let it. */
const KEEP_FREE_BYTES = 2 * 1024 ** 3;
const TICK_MS = 500;
const MB = 1024 ** 2;

const { here } = clisHere();
const two = LIGHTEST.flatMap(name => here.filter(cli => cli.name === name)).slice(0, 2);

test.runIf(two.length > 0)(
  `${SIZE} real sessions at once land every bead, within the memory that is left to them`,
  async () => {
    const url = await modelProcess();
    const town = await agentTown('fleet', {
      clis: two,
      modelUrl: url,
      settings: {
        mayor: { maxPolecats: SIZE },
        deacon: { minFreeMemoryBytes: KEEP_FREE_BYTES },
        witness: { stallAfterMs: 120_000, idleAfterMs: 30_000 },
      },
    });
    const beads: string[] = [];
    const samples = sampler(town.town);
    const begun = performance.now();
    const cpu = process.cpuUsage();
    for (let n = 0; n < SIZE; n++) {
      const file = `f${n}.txt`;
      const receipt = await operator(town, {
        type: 'bead.create',
        payload: {
          title: `Make ${file}`,
          description: `[[sh: echo ${n} > ${file}]] [[sh: git add ${file} && git commit -qm "Make ${file}"]] [[sh: gt done -m made]] [[say: done]]`,
          rig: 'app',
          agent: two[n % two.length]!.name,
          dispatch: true,
        },
      });
      beads.push(receipt.written.find(({ kind }) => kind === 'beads')!.id);
    }
    const isOver = (id: string) => beadOf(town, id).status === 'closed' || beadOf(town, id).town.parked !== undefined;
    await until(town, 'every bead is landed or parked', () => beads.every(isOver), LIMIT_MS);
    const wallMs = performance.now() - begun;
    const used = process.cpuUsage(cpu);
    const seen = samples.stop();
    const landed = beads.filter(id => beadOf(town, id).status === 'closed').length;
    const sessions = [...data(town).sessions.values()];
    const starts = sessions.map(({ startedAt }) => Date.parse(startedAt)).sort((a, b) => a - b);
    const most = mostAtOnce(
      sessions.map(({ startedAt, endedAt }) => [Date.parse(startedAt), Date.parse(endedAt ?? '')]),
    );
    const inASecond = Math.max(...starts.map(at => starts.filter(other => other >= at && other < at + 1_000).length));
    console.log(
      [
        `fleet of ${SIZE} (${two.map(({ name }) => name).join(', ')}): ${landed} landed, ${SIZE - landed} parked, ${sessions.length} sessions, in ${(wallMs / 1000).toFixed(1)} s`,
        `sessions at once ${most}, starts in one second ${inASecond}`,
        `town ${percent((used.user + used.system) / 1_000, wallMs)} of a core (its tests included), ${Math.round(process.memoryUsage.rss() / MB)} MB; host ${percent(seen.hostCpuMs, wallMs)}, ${Math.round(seen.hostBytes / MB)} MB`,
        `agents ${Math.round(seen.agentBytes / MB)} MB PSS at most; least free memory ${Math.round(seen.leastFree / MB)} MB of ${Math.round(os.totalmem() / MB)}`,
      ].join('\n'),
    );
    expect(landed).toBe(SIZE);
    expect(most).toBeGreaterThanOrEqual(Math.min(SIZE, 3));
    expect(seen.leastFree).toBeGreaterThan(KEEP_FREE_BYTES / 2);
    expectSound(town);
  },
  LIMIT_MS + 60_000,
);

test.runIf(two.length > 0)('a machine without memory to spare starts no agent, and says why', async () => {
  const town = await agentTown('fleet-memory', {
    clis: two,
    settings: { deacon: { minFreeMemoryBytes: os.totalmem() } },
  });
  onTestFinished(() => town.model.close());
  const paused = await until(town, 'dispatch pauses', () => data(town).town.get('town')?.dispatchPaused);
  expect(paused.reason).toMatch(/memory/);
  await operator(town, {
    type: 'bead.create',
    payload: { title: 'Wait', description: '[[say: never]]', rig: 'app', agent: two[0]!.name, dispatch: true },
  });
  await new Promise(resolve => setTimeout(resolve, 3_000));
  expect(data(town).sessions.size).toBe(0);
});

const modelProcess = async (): Promise<string> => {
  const file = path.join(import.meta.dirname, '../model/serve.ts');
  const child = spawn(process.execPath, [file, String(THINK_MS)], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.stdin.end();
  });
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('The scripted model did not start.');
};

const percent = (ms: number, ofMs: number): string => `${((100 * ms) / ofMs).toFixed(1)} %`;

const mostAtOnce = (spans: readonly (readonly [number, number])[]): number =>
  Math.max(...spans.map(([start]) => spans.filter(([from, to]) => from <= start && !(to <= start)).length));

/** What the host and the agents take, looked at twice a second. */
const sampler = (town: string) => {
  const most = { agentBytes: 0, hostBytes: 0, hostCpuMs: 0, leastFree: Number.POSITIVE_INFINITY };
  const look = () => {
    const agents = processesIn(path.join(town, 'rigs'));
    most.agentBytes = Math.max(
      most.agentBytes,
      agents.reduce((sum, pid) => sum + pssOf(pid), 0),
    );
    most.leastFree = Math.min(most.leastFree, availableBytes());
    const host = hostPid(town);
    if (host === undefined) return;
    most.hostBytes = Math.max(most.hostBytes, pssOf(String(host)));
    most.hostCpuMs = cpuMsOf(host);
  };
  const timer = setInterval(look, TICK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return most;
    },
  };
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const pssOf = (pid: string): number =>
  Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;

const availableBytes = (): number => Number(/^MemAvailable:\s+(\d+)/m.exec(read('/proc/meminfo'))?.[1] ?? 0) * 1024;

/** Clock ticks are hundredths of a second on Linux. */
const cpuMsOf = (pid: number): number => {
  const fields = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
};
