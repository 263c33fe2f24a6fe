import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import type { LedgerData, Merge } from '../ledger/schema.ts';
import { requireTown } from '../town/find.ts';
import { type RunningTown, runTown } from '../town/service.ts';
import { whenFree } from '../town/when-free.ts';
import { whileThere } from './folder.ts';
import type { Invocation } from './invocation.ts';

/** Between two looks at whether the town is idle. */
const IDLE_POLL_MS = 250;
/** Quiet for this long is idle; with requests still in test, longer than the back-off before a gate is tried again. */
const QUIET_MS = 600;
const QUIET_WITH_TESTS_MS = 20_000;

/** A command lets go of a stopped town within this, many times over. */
const LOCKED_LIMIT_MS = 10_000;

/** `gastown run`: orchestrates until it is told to stop, or until nothing is left to do. */
export const run = async (
  invocation: Invocation,
  _args: string[],
  options: Record<string, unknown>,
): Promise<number> => {
  if (options.until !== undefined && options.until !== 'idle') {
    throw new GastownError('usage', `--until knows "idle", found "${String(options.until)}".`);
  }
  const dir = requireTown({
    ...(invocation.town !== undefined && { town: invocation.town }),
    cwd: invocation.cwd,
    env: invocation.env,
  });
  // Before it opens: a line that drops in that very moment must not end what is to go on without one.
  const stop = stopSignal({ ignoreHangup: options.headless === true });
  const open = () =>
    runTown({
      dir,
      env: invocation.env,
      purpose: options.headless ? 'run --headless' : 'run',
      // Headless goes on with what was left; who runs it before them sends it off themselves.
      absence: options.headless ? 'goes on' : 'anew',
      successor: options.until === 'idle' ? ['--until', 'idle'] : [],
      ...(options.headless === true && { onTakeover: stop.request }),
    });
  // Nobody reads the refusal of a town that is to go on headless: it waits for commands that hold the town for a moment.
  const running = options.headless ? await whenFree(open, { limitMs: LOCKED_LIMIT_MS }) : await open();
  const summary = follow(running, invocation);
  invocation.output.say(`The town at ${dir} runs. Ctrl-C ends it; agents go on.`);
  const ends = options.until === 'idle' ? [untilIdle(running, stop.signal)] : [];
  await whileThere(running, [...ends, stop.requested]);
  const result = summary();
  await running.close();
  invocation.output.record('summary', result);
  invocation.output.say(
    `landed ${result.landed}, bounced ${result.bounced}, parked ${result.parked}, waiting for you ${result.waiting}, $${result.costUsd.toFixed(2)}`,
  );
  return result.waiting > 0 ? EXIT.needsPerson : EXIT.done;
};

/** Resolves when nothing is on a hook, no effect runs and roles find nothing to do; what waits for a person does not count. */
export const untilIdle = async (running: RunningTown, signal?: AbortSignal): Promise<void> => {
  let quietSince: number | undefined;
  while (!signal?.aborted) {
    const { data } = running.town.context.ledger;
    const isAway = running.town.context.ledger.awayHost !== undefined;
    const quiet = running.town.loop!.isQuiet() && (isAway || !hasWorkUnderWay(data));
    quietSince = quiet ? (quietSince ?? performance.now()) : undefined;
    const inTest = [...data.merges.values()].some(
      merge => ['testing', 'landing'].includes(merge.state) && !merge.held && !waitsForPerson(running, merge),
    );
    const needed = inTest && !isAway && !isBlocked(running) ? QUIET_WITH_TESTS_MS : QUIET_MS;
    if (quietSince !== undefined && performance.now() - quietSince >= needed) return;
    await sleep(IDLE_POLL_MS);
  }
};

/** Its pull request is for people to go on with. */
const waitsForPerson = ({ town }: RunningTown, merge: Merge): boolean =>
  merge.state === 'landing' && town.context.world.failing.get(`land:${merge.rig}`)?.waitsOn === 'person';

/** What goes on by itself sooner or later: sessions that wait for no person, and wanted work while dispatch only pauses. */
const hasWorkUnderWay = (data: LedgerData): boolean => {
  const town = data.town.get('town');
  if (town?.estop) return false;
  const wanted = [...data.beads.values()].some(bead => bead.status === 'open' && bead.town.dispatch !== undefined);
  if (town?.dispatchPaused && wanted) return true;
  return [...data.polecats.values()].some(polecat => polecat.hook !== undefined && polecat.state !== 'waiting');
};

export interface RunSummary {
  landed: number;
  bounced: number;
  parked: number;
  waiting: number;
  costUsd: number;
}

/** Prints every acknowledged change as it happens; the returned function counts what this run came to. */
export const follow = (running: RunningTown, invocation: Invocation): (() => RunSummary) => {
  const counted = { landed: 0, bounced: 0 };
  const { ledger } = running.town.context;
  ledger.subscribe(event => {
    if (event.type === 'merge.landed') counted.landed += event.written.filter(({ kind }) => kind === 'merges').length;
    if (event.type === 'merge.bounce') counted.bounced++;
    const subject = event.written[0]?.id ?? '';
    invocation.output.record('event', {
      ...event,
      at: new Date(event.at).toISOString(),
      command: event.type,
      type: 'event',
      subject,
    });
    if (SPOKEN.has(event.type)) {
      invocation.output.say(
        `${new Date(event.at).toISOString().slice(11, 19)}  ${event.type.padEnd(15)} ${subject}  ${safeLine(event.because ?? '')}`,
      );
    }
  });
  return () => {
    const view = running.handle.getView();
    return {
      ...counted,
      parked: view.counts.parked,
      waiting: view.counts.attention,
      costUsd: view.counts.costTodayUsd,
    };
  };
};

/** Events worth a line to a person who watches a plain log. */
const SPOKEN = new Set([
  'plan.import',
  'plan.request',
  'plan.propose',
  'question.ask',
  'question.answer',
  'convoy.approve',
  'hook.set',
  'session.running',
  'session.ladder',
  'session.end',
  'work.done',
  'work.nothing',
  'bead.park',
  'merge.group',
  'merge.sift',
  'gate.record',
  'merge.landed',
  'merge.duplicate',
  'merge.bounce',
  'merge.unland',
  'merge.hold',
  'escalation.open',
  'convoy.land',
  'town.dispatch',
]);

const isBlocked = (running: RunningTown): boolean =>
  [...running.town.context.world.rigs.values()].some(rig => rig.blocked !== undefined);

/** Ctrl-C and TERM ask for an orderly end; a second one is left to the system. A lost line does too, unless it is to be survived. */
export const stopSignal = (options: {
  ignoreHangup: boolean;
}): { requested: Promise<void>; signal: AbortSignal; request: () => void } => {
  const controller = new AbortController();
  const requested = new Promise<void>(resolve => {
    controller.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const request = () => controller.abort();
  process.once('SIGINT', request);
  process.once('SIGTERM', request);
  if (options.ignoreHangup) {
    process.on('SIGHUP', () => {});
    // With the terminal gone, every write to it fails: what it would have said is in the town's log.
    process.stdout.on('error', () => {});
    process.stderr.on('error', () => {});
  } else {
    process.once('SIGHUP', request);
    // Whoever read what it says has left: so does it.
    process.stdout.once('error', request);
  }
  return { requested, signal: controller.signal, request };
};
