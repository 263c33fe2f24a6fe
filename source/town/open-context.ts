import pino from 'pino';
import { connectHost, type HostClient } from '../agents/host-client.ts';
import { runDirectory, townSocket } from '../agents/run-directory.ts';
import { isGastownError } from '../common/errors.ts';
import { type Landing, openLanding } from '../git/landing.ts';
import { answerAgent } from './agent-request.ts';
import { guardTown } from './boot.ts';
import type { TownConfig } from './config.ts';
import type { TownContext } from './context.ts';
import { createMcp, type TownMcp } from './mcp.ts';
import { createTownMeter, type TownMeter } from './meter.ts';
import { townPaths } from './paths.ts';
import { createPost } from './post.ts';
import { createWires, type Wires } from './wires.ts';
import { createWorld } from './world.ts';

/** Builds what effects, socket and views share. Nothing is started or connected before it is asked for. */
export const createContext = (options: {
  dir: string;
  env: NodeJS.ProcessEnv;
  config: TownConfig;
  ledger: TownContext['ledger'];
  closing: AbortSignal;
  onChange?: () => void;
  onWake?: () => void;
}): TownContext => {
  const { dir, env, config, ledger, closing } = options;
  const paths = townPaths(dir);
  const runDir = runDirectory(dir);
  const landings = new Map<string, { origin: string; branch: string; landing: Promise<Landing> }>();
  const opened = new Map<string, Landing>();
  let wires: Wires | undefined;
  let mcp: TownMcp | undefined;
  let meter: TownMeter | undefined;
  let host: Promise<HostClient> | undefined;
  let connected: HostClient | undefined;
  const connect = async (startIfMissing: boolean): Promise<HostClient> => {
    host ??= connectHost({ runDir, startIfMissing }).then(client => {
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
      void guardTown(context, client);
      return client;
    });
    try {
      return await host;
    } catch (error) {
      host = undefined;
      context.world.hostReachable = false;
      throw error;
    }
  };
  const context: TownContext = {
    paths,
    runDir,
    townSocket: townSocket(runDir),
    ledger,
    config,
    world: createWorld(Date.now()),
    post: createPost({
      file: paths.post,
      now: () => Date.now(),
      onUnreadable: error => context.log.warn({ err: error }, 'waiting nudges are unreadable and were dropped'),
    }),
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
    host: () => connect(true),
    async hostIfRunning() {
      try {
        return await connect(false);
      } catch (error) {
        if (!isGastownError(error, 'host_unreachable')) throw error;
        return undefined;
      }
    },
    hostIfConnected: () => connected,
    successor: undefined,
    landingIfOpen: rigId => opened.get(rigId),
    landing(rigId) {
      const rig = ledger.data.rigs.get(rigId)!;
      const known = landings.get(rigId);
      if (known && known.origin === rig.origin && known.branch === rig.branch) return known.landing;
      const landing = openLanding({ dir: paths.landing(rigId), origin: rig.origin, branch: rig.branch, env, closing });
      landings.set(rigId, { origin: rig.origin, branch: rig.branch, landing });
      void opened.get(rigId)?.close();
      // A rejected open is not remembered: the next asker tries again.
      landing.then(
        repository => opened.set(rigId, repository),
        () => landings.delete(rigId),
      );
      return landing;
    },
    wire: session => context.wires.get(session),
    get wires() {
      wires ??= createWires(context, (session, reports, index) => context.meter.reported(session, reports, index));
      return wires;
    },
    get meter() {
      meter ??= createTownMeter(context);
      return meter;
    },
    get mcp() {
      mcp ??= createMcp(context, (request, signal) => answerAgent(context, request, signal));
      return mcp;
    },
    wake: () => options.onWake?.(),
    changed: () => options.onChange?.(),
  };
  return context;
};
