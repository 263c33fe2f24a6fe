import { GONE_SINCE } from '../agents/boot.ts';
import type { HostClient, TownStart } from '../agents/host-client.ts';
import { isGastownError } from '../common/errors.ts';
import { ownProgram } from '../common/own-files.ts';
import { duration, plural } from '../common/text.ts';
import type { Actor } from '../ledger/commands.ts';
import type { TownContext } from './context.ts';

const DEACON: Actor = { role: 'deacon', name: 'deacon' };

/** How this town is started again, should it vanish while agents work; undefined where `dogs.bootMs` is 0. */
export const successorOf = (
  { config, paths, env }: Pick<TownContext, 'config' | 'paths' | 'env'>,
  options: readonly string[],
): TownStart | undefined => {
  const afterMs = config.settings.dogs.bootMs;
  if (afterMs === 0) return undefined;
  const { [GONE_SINCE]: _, ...own } = env;
  return {
    argv: [process.execPath, ownProgram('cli'), 'run', '--headless', ...options, '--town', paths.dir],
    env: Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) as Record<string, string>,
    cwd: paths.dir,
    afterMs,
  };
};

/** Has the host watch over this town. Without it the town works all the same: a host that is older knows nothing of it. */
export const guardTown = async ({ successor, log }: TownContext, host: HostClient): Promise<void> => {
  if (!successor) return;
  await host.guard(successor).catch(error => log.warn({ err: error }, 'nothing starts this town again if it vanishes'));
};

/** It leaves on purpose: nobody is to start it again. */
export const leaveGuard = async (context: TownContext): Promise<void> => {
  const host = context.hostIfConnected();
  if (!context.successor || !host) return;
  context.successor = undefined;
  await host.guard(undefined).catch(error => {
    if (!isGastownError(error)) throw error;
  });
};

/** Tells a person that their town was gone for a while, and is back without them. */
export const recordBoot = async (context: TownContext): Promise<void> => {
  const since = Date.parse(context.env[GONE_SINCE] ?? '');
  if (Number.isNaN(since)) return;
  const { ledger } = context;
  const left = [...ledger.data.sessions.values()].filter(({ status }) => status !== 'ended').length;
  const because = `the town vanished ${duration(Math.max(0, context.now() - since))} ago without a word, with ${plural(left, 'session')} under way`;
  context.log.warn({ goneSince: context.env[GONE_SINCE] }, 'started again by the terminal host');
  await context.execute(
    DEACON,
    {
      type: 'escalation.open',
      payload: {
        severity: 'medium',
        subject: 'town',
        title: 'The town fell and was started again',
        body: `${because.replace(/^t/, 'T')}; the terminal host started it again, without a screen. Nothing acknowledged is lost. logs/town.log in its folder has what it did last.`,
        key: `boot:${since}`,
      },
    },
    because,
  );
};
