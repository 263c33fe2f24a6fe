import { existsSync } from 'node:fs';
import os from 'node:os';
import { AGENT_CLIS } from '../../../source/agents/catalog.ts';
import { agentProgram } from '../../agents/real/drive.ts';
import { CLI } from '../../support/process.ts';
import { table } from '../table.ts';
import { type FleetFigures, type FleetOptions, type Part, runFleet } from './fleet.ts';
import { availableBytes } from './processes.ts';

/** The lightest by memory after a turn, field-measured. */
const LIGHTEST = ['codex', 'pi'];
const SESSIONS = 30;
const QUICK_SESSIONS = 4;
const DELAY_MS = 1_000;
const LIMIT_MS = 900_000;
const MIB = 1_048_576;
/** What the second run may use of the memory that is free: itself and a few agents, not all of them. */
const CAPPED_BYTES = 1_000 * MIB;

/**
 * `npm run fleet [-- --quick] [--sessions <n>] [<cli> …]`: as many real agents at once against a scripted model that
 * thinks for a second, all in one town; then the same with little memory to use, where the town has to wait. Exit code 1
 * when not all landed.
 */
export const bench = async (args: readonly string[]): Promise<void> => {
  const at = args.indexOf('--sessions');
  const quick = args.includes('--quick');
  const sessions = at < 0 ? (quick ? QUICK_SESSIONS : SESSIONS) : Number(args[at + 1]);
  const named = args.filter((word, index) => AGENT_CLIS.has(word) && args[index - 1] !== '--sessions');
  const wanted = named.length > 0 ? named : LIGHTEST;
  const clis = wanted.map(name => AGENT_CLIS.get(name)!).filter(cli => agentProgram(cli));
  for (const name of wanted)
    if (!clis.some(cli => cli.name === name)) console.log(`${name} is not run: not in the cache`);
  if (clis.length === 0 || !existsSync(CLI)) {
    console.error('Nothing was run: `npm run test:agents` installs the agents, `npm run build` makes the program.');
    process.exitCode = 1;
    return;
  }
  const shared: FleetOptions = {
    ...{ sessions, clis, delayMs: DELAY_MS, gathers: true, limitMs: LIMIT_MS },
    // What other work on this machine does to the loop is not measured here.
    settings: { deacon: { loopLagWarnMs: 60_000 } },
  };
  console.log(
    `${os.availableParallelism()} cores, ${gib(os.totalmem())} of memory, ${gib(availableBytes())} of it free`,
  );
  const whole = await runFleet(shared);
  print(`${sessions} sessions at once: ${clis.map(({ title }) => title).join(' and ')}`, whole);
  const minFreeMemoryBytes = Math.max(0, availableBytes() - CAPPED_BYTES);
  const capped = await runFleet({
    ...shared,
    gathers: false,
    settings: { deacon: { ...shared.settings.deacon, minFreeMemoryBytes } },
  });
  print(`the same, with ${CAPPED_BYTES / MIB} MiB to use`, capped);
  const isSound = whole.landed === sessions && whole.mostAtOnce === sessions && capped.landed === sessions;
  if (!isSound) process.exitCode = 1;
};

const PARTS: readonly Part[] = ['town', 'host', 'meter', 'agents'];

const print = (title: string, figures: FleetFigures): void => {
  const { landed, wallMs, mostAtOnce, started, startingMs, mostStartsInASecond, modelCalls, parts } = figures;
  const seconds = (ms: number) => ms / 1_000;
  console.log(
    table(
      title,
      ['landed', 'started', 'at once', 'wall s', 'starts/s', 'most starts in 1 s', 'model calls', 'least free MiB'],
      [
        [
          ...[landed, started, mostAtOnce, seconds(wallMs)],
          startingMs > 0 ? (started - 1) / seconds(startingMs) : Number.NaN,
          ...[mostStartsInASecond, modelCalls, Math.round(figures.leastFreeBytes / MIB)],
        ],
      ],
    ),
  );
  const used = PARTS.map(part => {
    const { cpuMs, most } = parts[part];
    return [part, seconds(cpuMs), (100 * cpuMs) / wallMs, Math.round(most.pssBytes / MIB), most.processes] as const;
  });
  console.log(table('', ['', 'CPU s', '% of a core', 'most PSS MiB', 'processes'], used));
  for (const pause of figures.pauses) console.log(`  dispatch: ${pause}`);
  if (landed < started) console.log(figures.said);
};

const gib = (bytes: number): string => `${(bytes / MIB / 1024).toFixed(1)} GiB`;
