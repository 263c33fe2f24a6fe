import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { shellDriver } from '../agents/drivers/shell.ts';
import { connectHost, type HostClient } from '../agents/host-client.ts';
import { takeReports } from '../agents/inbox.ts';
import { runDirectory } from '../agents/run-directory.ts';
import { installTools } from '../agents/tools.ts';
import { GastownError, isGastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import { type Landing, openLanding } from '../git/landing.ts';
import { requireGit } from '../git/run.ts';
import { acquireTownLock } from '../ledger/lock.ts';
import { openLedger } from '../ledger/store.ts';
import { readConfig, type TownConfig } from './config.ts';
import { OPERATOR, TOWN_ACTOR, type TownContext } from './context.ts';
import { loadDogs, runDog } from './effects/dogs.ts';
import { launchSession } from './effects/launch.ts';
import { landMerges, runGates, stackChain } from './effects/queue.ts';
import { refreshRig } from './effects/rigs.ts';
import { collectWork, finishSession } from './effects/work.ts';
import { assertWritable } from './find.ts';
import { endOrphanedGates } from './gate-groups.ts';
import { type Loop, type RunEffect, startLoop } from './loop.ts';
import { townPaths } from './paths.ts';
import { applyReport, isReportVerb, sessionOfToken } from './reports.ts';
import { createMachineProbe, createWorld } from './world.ts';

/** Town logs are for people after the fact: one older file is kept past this size. */
const LOG_BYTES_MAX = 10_485_760;

export interface Town {
  readonly context: TownContext;
  /** Absent in a town opened only to be read or changed by one command. */
  readonly loop?: Loop;
  /** Ends the process's part: agents and their host live on. Everything acknowledged is in Git when it resolves. */
  close(): Promise<void>;
}

/**
 * Opens a town and begins to orchestrate it: lock, ledger, what a crash left behind, reports made meanwhile, then the
 * loop. Rejects with `town_locked` when another process holds it.
 */
export const openTown = async (options: {
  dir: string;
  env: NodeJS.ProcessEnv;
  /** Said to whoever is refused the lock: `screen`, `run`. */
  purpose: string;
  /** False: no loop, nothing is started; for one command on a town that does not run. Default true. */
  orchestrate?: boolean;
  onChange?: () => void;
}): Promise<Town> => {
  await requireGit();
  const dir = await fs.realpath(options.dir);
  await assertWritable(dir);
  const paths = townPaths(dir);
  const lock = await acquireTownLock(dir, { purpose: options.purpose });
  try {
    const config = await readConfig(paths.config);
    const ledger = await openLedger({ dir });
    const closing = new AbortController();
    const context = createContext({ ...options, dir, config, ledger, closing: closing.signal });
    if (options.orchestrate === false) {
      return {
        context,
        async close() {
          await ledger.close();
          await lock.release();
        },
      };
    }
    await recover(context);
    const probe = createMachineProbe(dir);
    const loop = startLoop({ context, observe: () => observe(context, probe), runEffect: effectRunner(context) });
    wakers.set(context, loop.wake);
    const unsubscribe = ledger.subscribe(event => {
      // Changed gates are another environment: the next tick learns it with the tip.
      if (event.type === 'rig.update') context.world.rigs.delete(event.written[0]!.id);
      loop.wake();
      context.changed();
    });
    return {
      context,
      loop,
      async close() {
        closing.abort();
        await loop.stop();
        unsubscribe();
        probe.stop();
        context.hostIfConnected()?.close();
        for (const rig of ledger.data.rigs.keys()) await context.landingIfOpen(rig)?.close();
        await ledger.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
};

/** Creates the folders and records of a new town. Idempotent over an interrupted first try. */
export const createTown = async (dir: string, options: { name: string; env: NodeJS.ProcessEnv }): Promise<void> => {
  await requireGit();
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  await assertWritable(dir);
  const paths = townPaths(await fs.realpath(dir));
  const lock = await acquireTownLock(paths.dir, { purpose: 'init' });
  try {
    const ledger = await openLedger({ dir: paths.dir });
    try {
      if (!ledger.data.town.has('town')) {
        await ledger.execute({ type: 'town.create', payload: { name: options.name }, actor: OPERATOR });
      }
      await ensureOperatorToken(paths.operatorToken);
      await installTools({ bin: paths.bin, node: process.execPath, gt: gtEntry() });
    } finally {
      await ledger.close();
    }
  } finally {
    await lock.release();
  }
};

/** The `gt` program beside this one: compiled in a package, source under a test. */
export const gtEntry = (): string => fileURLToPath(new URL(`../gt${path.extname(import.meta.url)}`, import.meta.url));

const wakers = new WeakMap<TownContext, () => void>();

const createContext = (options: {
  dir: string;
  env: NodeJS.ProcessEnv;
  config: TownConfig;
  ledger: TownContext['ledger'];
  closing: AbortSignal;
  onChange?: () => void;
}): TownContext => {
  const { dir, env, config, ledger, closing } = options;
  const paths = townPaths(dir);
  const runDir = runDirectory(dir);
  const landings = new Map<string, Promise<Landing>>();
  const opened = new Map<string, Landing>();
  let host: Promise<HostClient> | undefined;
  let connected: HostClient | undefined;
  const context: TownContext = {
    paths,
    runDir,
    townSocket: path.join(runDir, 'town.sock'),
    ledger,
    config,
    world: createWorld(Date.now()),
    log: pino(
      { level: env.GASTOWN_LOG_LEVEL ?? 'info' },
      pino.destination({ dest: paths.townLog, mkdir: true, sync: true }),
    ),
    env,
    now: () => Date.now(),
    isoNow: () => new Date().toISOString(),
    closing,
    execute: (actor, body, because) =>
      ledger.execute({ ...body, actor, ...(because && { because }) } as Parameters<typeof ledger.execute>[0]),
    async host() {
      host ??= connectHost({ runDir, startIfMissing: true }).then(client => {
        connected = client;
        client.onChange(() => {
          context.wake();
          context.changed();
        });
        client.onClose(() => {
          if (connected === client) connected = undefined;
          host = undefined;
          context.world.hostReachable = false;
          context.wake();
        });
        context.world.hostReachable = true;
        return client;
      });
      try {
        return await host;
      } catch (error) {
        host = undefined;
        context.world.hostReachable = false;
        throw error;
      }
    },
    hostIfConnected: () => connected,
    landingIfOpen: rigId => opened.get(rigId),
    landing(rigId) {
      let landing = landings.get(rigId);
      if (!landing) {
        const rig = ledger.data.rigs.get(rigId)!;
        landing = openLanding({ dir: paths.landing(rigId), origin: rig.origin, branch: rig.branch, env });
        landings.set(rigId, landing);
        // A rejected open is not remembered: the next asker tries again.
        landing.then(
          repository => opened.set(rigId, repository),
          () => landings.delete(rigId),
        );
      }
      return landing;
    },
    wake: () => wakers.get(context)?.(),
    changed: () => options.onChange?.(),
  };
  return context;
};

/** Before the first tick: what a crash left running is ended, what was reported meanwhile is applied. */
const recover = async (context: TownContext): Promise<void> => {
  const log = await fs.stat(context.paths.townLog).catch(() => undefined);
  if (log && log.size > LOG_BYTES_MAX) await fs.rename(context.paths.townLog, `${context.paths.townLog}.1`);
  const ended = await endOrphanedGates(context.paths.gateGroups);
  if (ended > 0) context.log.info({ ended }, 'ended gates that an earlier process left running');
  await loadDogs(context);
  await fs.mkdir(context.paths.inbox, { recursive: true, mode: 0o700 });
  await installTools({ bin: context.paths.bin, node: process.execPath, gt: gtEntry() });
  await ensureOperatorToken(context.paths.operatorToken);
  await applyInbox(context);
};

/** Whoever can read this file acts as the operator. */
const ensureOperatorToken = async (file: string): Promise<void> => {
  if ((await readFileIfPresent(file))?.trim()) return;
  await writeFileAtomic(file, randomBytes(32).toString('hex'));
};

/** Reports that agents made while no town ran, oldest first. A refused one is logged and settled: asking again would not help. */
const applyInbox = async (context: TownContext): Promise<void> => {
  for (const report of await takeReports(context.paths.inbox)) {
    const { token, verb, args } = report.report as Record<string, unknown>;
    try {
      // Agents can write anything there: what is no report is refused like any other, or the town could not start.
      if (typeof token !== 'string' || typeof verb !== 'string' || !isReportVerb(verb))
        throw new GastownError('usage', 'This is no report.');
      await applyReport(context, sessionOfToken(context, token), { verb, args });
    } catch (error) {
      if (!isGastownError(error) || error.code === 'disk') throw error;
      context.log.warn({ verb, err: error }, 'a report from the inbox was refused');
    }
    await report.settle();
  }
};

/** What changed outside since the last tick. Connects to the host only when a session needs it: an idle town starts nothing. */
const observe = async (context: TownContext, probe: ReturnType<typeof createMachineProbe>): Promise<void> => {
  const { world, ledger } = context;
  world.machine = await probe.sample();
  await applyInbox(context);
  if (!context.hostIfConnected()) {
    const needed = [...ledger.data.sessions.values()].some(session => session.status !== 'ended');
    if (!needed) {
      world.hostReachable = true;
      world.sessions.clear();
      return;
    }
  }
  try {
    const host = await context.host();
    const seen = await host.list();
    world.sessions.clear();
    for (const session of seen) {
      world.sessions.set(session.id, {
        alive: session.alive,
        pid: session.pid,
        startedAt: session.startedAt,
        bytesOut: session.bytesOut,
        lastProgressAt: session.lastProgressAt,
        lastLine: session.lastLine,
        ...(session.exitCode !== undefined && { exitCode: session.exitCode }),
        ...(session.signal !== undefined && { signal: session.signal }),
        ...(session.lastOutputAt !== undefined && { lastOutputAt: session.lastOutputAt }),
      });
    }
    world.hostReachable = true;
    await recordStarted(context);
  } catch (error) {
    if (!isGastownError(error)) throw error;
    world.hostReachable = false;
    context.log.warn({ err: error }, 'the terminal host cannot be reached');
  }
};

/** A session whose start was not recorded before a crash, but whose process runs: it is running. */
const recordStarted = async (context: TownContext): Promise<void> => {
  for (const session of context.ledger.data.sessions.values()) {
    const seen = context.world.sessions.get(session.id);
    if (session.status !== 'starting' || !seen?.alive || context.now() - seen.startedAt < UNRECORDED_AFTER_MS) continue;
    await context.execute(TOWN_ACTOR, { type: 'session.running', payload: { id: session.id, pid: seen.pid } });
  }
};

/** A start under way records itself well within this. */
const UNRECORDED_AFTER_MS = 2_000;

const effectRunner =
  (context: TownContext): RunEffect =>
  async effect => {
    switch (effect.type) {
      case 'session.launch':
        return launchSession(context, effect);
      case 'session.collect':
        return collectWork(context, effect);
      case 'session.finish':
        return finishSession(context, effect);
      case 'session.interrupt':
        return shellDriver.interrupt(await context.host(), effect.session);
      case 'session.nudge':
        return shellDriver.prompt(await context.host(), effect.session, effect.text);
      case 'rig.refresh':
        await refreshRig(context, effect.rig);
        return;
      case 'chain.build':
        return stackChain(context, effect);
      case 'gates.run':
        return runGates(context, effect);
      case 'land':
        return landMerges(context, effect);
      case 'dog.run':
        return runDog(context, effect);
    }
  };
