import path from 'node:path';
import pino from 'pino';
import { connectHost, type HostClient } from '../agents/host-client.ts';
import { runDirectory } from '../agents/run-directory.ts';
import { type Landing, openLanding } from '../git/landing.ts';
import type { TownConfig } from './config.ts';
import type { TownContext } from './context.ts';
import { townPaths } from './paths.ts';
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
    wake: () => options.onWake?.(),
    changed: () => options.onChange?.(),
  };
  return context;
};
