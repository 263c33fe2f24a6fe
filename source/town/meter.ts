import { isLimited } from '../../roles/budget.ts';
import type { ServiceLimit } from '../../roles/role.ts';
import { AGENT_CLIS } from '../agents/catalog.ts';
import type { AgentCli, ModelEndpoint } from '../agents/cli.ts';
import type { CallLine } from '../agents/meter/log.ts';
import { type AgentPreset, agentPresets } from '../agents/presets.ts';
import type { UsageReport } from '../agents/wire/protocol.ts';
import type { TownContext } from './context.ts';
import { type Book, createBook } from './meter/book.ts';
import { dayOf } from './meter/day.ts';
import { type Account, accountOf } from './meter/keys.ts';
import { createMeterLink } from './meter/link.ts';
import { stopGroups } from './meter/stops.ts';
import { createTranscripts } from './meter/transcripts.ts';
import { createTurns, hasUnjudgedEnd } from './meter/turns.ts';

/** A service that turns calls away and does not say for how long is asked again after this. */
const COOL_DOWN_MS = 30_000;

/** A log of which all is in the ledger gives way to a new one from here on: some hundred thousand calls. */
const LOG_MAX_BYTES = 64 * 1024 * 1024;

/** What is said of a session before it starts. */
export interface Metered {
  readonly session: string;
  readonly cli: AgentCli;
  readonly preset: AgentPreset;
  readonly rig: string;
}

/** Money of the running town: where agents' model calls go, and what they cost. */
export interface TownMeter {
  /** Throws `config_invalid` when an agent of this preset could not be paid for as its preset wants. */
  check(agent: { cli: AgentCli; preset: AgentPreset }): void;
  /** Where a session sends its model calls; undefined when it uses its own login. Starts the meter when there is none. */
  endpoint(of: Metered): Promise<ModelEndpoint | undefined>;
  /** The same for a session that has ended and is asked once more, until `release`. */
  endpointAgain(of: Metered): Promise<ModelEndpoint | undefined>;
  release(session: string): void;
  /** What a CLI says itself: counted where its calls do not pass the meter. */
  reported(session: string, reports: readonly UsageReport[], index?: number): void;
  /** With each tick: reads on in the logs, writes to the ledger in groups, and keeps `world.money`. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

/** Nothing is opened or started before it is asked for: a town of scripts has no meter. */
export const createTownMeter = (context: TownContext): TownMeter => {
  const { config, env, world, ledger, now } = context;
  const limits = new Map<string, ServiceLimit>();
  const turns = createTurns();
  const link = createMeterLink(context);
  const transcripts = createTranscripts(context, link.isMetered);
  let opened: Book | undefined;
  let shownLimits = '[]';

  const cool = (session: string, { until, message }: Omit<ServiceLimit, 'since'>): void => {
    const agent = ledger.data.sessions.get(session)?.agent;
    if (agent === undefined || until <= now()) return;
    for (const name of ofSameService(context, agent)) {
      if ((limits.get(name)?.until ?? 0) < until) limits.set(name, { since: now(), until, message });
    }
  };
  const onCall = ({ session, at, limit, error = '' }: CallLine): void => {
    if (limit) cool(session, { until: limit.until ?? at + COOL_DOWN_MS, message: error });
  };
  const book = (): Book => {
    opened ??= createBook(context, onCall);
    return opened;
  };

  const followLimits = (): void => {
    for (const [agent, limit] of limits) if (!isLimited(limit, now())) limits.delete(agent);
    for (const [session, { limited, state }] of world.conversations) {
      if (limited && state === 'limited') {
        cool(session, { until: limited.until ?? now() + COOL_DOWN_MS, message: limited.message });
      }
    }
    const shown = JSON.stringify([...limits]);
    if (shown !== shownLimits) context.changed();
    shownLimits = shown;
  };

  const followCalls = async (): Promise<void> => {
    const client = await link.follow(() => accountsOf(context));
    if (book().isWritten && book().place.offset > LOG_MAX_BYTES) await client?.rotate(book().place.offset);
    // A model that thinks is progress: the call is open, and nobody hangs.
    for (const call of (await client?.open()) ?? []) {
      const seen = world.sessions.get(call.session);
      if (seen)
        world.sessions.set(call.session, {
          ...seen,
          lastProgressAt: Math.max(seen.lastProgressAt, call.heardAt),
          modelCall: true,
        });
    }
  };

  return {
    check: agent => void accountOf(agent, env),
    async endpoint({ session, cli, preset }) {
      const account = accountOf({ cli, preset }, env);
      return account && link.admit(session, cli.api, account);
    },
    endpointAgain(of) {
      link.hold(of.session);
      return this.endpoint(of);
    },
    release: session => link.release(session),
    reported(session, reports, index) {
      if (!link.isMetered(session)) book().report(session, reports, index);
    },
    async follow() {
      const isTurnOver = turns.follow(world.conversations, session => opened?.spent(session) ?? 0);
      await book().follow(isTurnOver || hasUnjudgedEnd(ledger.data, world.sessions));
      await transcripts.follow();
      followLimits();
      const today = dayOf(now());
      world.money = { today, limits, lastHourNanos: book().lastHour(), trend: book().trend, inFlight: turns.inFlight };
      await followCalls();
      const { log, offset } = book().place;
      const limitsOf = config.settings.budgets;
      const groups = stopGroups(ledger.data, {
        limits: limitsOf,
        today,
        absence: world.absence,
        isMetered: link.isMetered,
        pending: book().pending,
      });
      await link.stop({ log, offset, groups });
    },
    async close() {
      try {
        await opened?.follow(true);
      } finally {
        opened?.close();
        await link.close();
      }
    },
  };
};

/** Agents that ask the same service with the same account: what turns one of them away turns away all. */
const ofSameService = (context: Pick<TownContext, 'config' | 'env'>, agent: string): string[] => {
  const presets = agentPresets(context.config.agents);
  const service = (preset: AgentPreset | undefined): string | undefined => {
    const cli = preset && AGENT_CLIS.get(preset.kind);
    if (!cli) return undefined;
    const account = tryAccount({ cli, preset }, context.env);
    return account ? `${account.upstream} ${account.value}` : `login ${cli.name}`;
  };
  const own = service(presets.get(agent));
  if (own === undefined) return [agent];
  return [agent, ...[...presets.values()].filter(preset => service(preset) === own).map(({ name }) => name)];
};

/** Keys of all presets: a meter that began anew has none. */
const accountsOf = ({ config, env }: Pick<TownContext, 'config' | 'env'>): Record<string, Account> =>
  Object.fromEntries(
    [...agentPresets(config.agents).values()].flatMap(preset => {
      const cli = AGENT_CLIS.get(preset.kind);
      const account = cli && tryAccount({ cli, preset }, env);
      return account ? [[account.name, account]] : [];
    }),
  );

/** A preset that cannot be paid for says so when it is started. */
const tryAccount = (agent: { cli: AgentCli; preset: AgentPreset }, env: NodeJS.ProcessEnv): Account | undefined => {
  try {
    return accountOf(agent, env);
  } catch {
    return undefined;
  }
};
