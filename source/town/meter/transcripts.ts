import { keepsTranscripts, readTranscripts, type TranscriptCall } from '../../agents/meter/transcripts.ts';
import type { CommandInput } from '../../ledger/commands.ts';
import { addUsage } from '../../ledger/costs.ts';
import type { Session } from '../../ledger/schema.ts';
import { cliOf } from '../agent-cli.ts';
import { TOWN_ACTOR, type TownContext } from '../context.ts';
import { dayOf } from './day.ts';
import { UNKNOWN } from './fold.ts';

/** Between two looks at the transcripts of a session that runs. */
const LOOK_EVERY_MS = 30_000;
/** A CLI writes its last row a moment after its process was told to end; clocks of files are coarse. */
const SLACK_MS = 5_000;
/** Sessions that ended before are known, or their files are gone. */
const LOOK_BACK_MS = 24 * 3_600_000;

/** Meters sessions in a terminal on a login, which neither the meter nor a protocol sees, by what their CLI writes down. */
export interface Transcripts {
  /** Looks at what is due. What is told replaces what was told before, so that no call counts twice. */
  follow(): Promise<void>;
}

export const createTranscripts = (
  context: Pick<TownContext, 'ledger' | 'config' | 'paths' | 'now' | 'execute' | 'log'>,
  isMetered: (session: string) => boolean,
): Transcripts => {
  const lookedAt = new Map<string, number>();
  /** Ended and read. */
  const done = new Set<string>();

  const isDue = (session: Session): boolean => {
    if (session.mode !== 'terminal' || done.has(session.id) || isMetered(session.id)) return false;
    const ended = session.endedAt === undefined ? undefined : Date.parse(session.endedAt);
    if (ended === undefined) return context.now() - (lookedAt.get(session.id) ?? 0) >= LOOK_EVERY_MS;
    return context.now() - ended >= SLACK_MS && context.now() - ended < LOOK_BACK_MS;
  };

  const look = async (session: Session): Promise<void> => {
    lookedAt.set(session.id, context.now());
    if (session.endedAt !== undefined) done.add(session.id);
    const cli = cliOf(context, session.agent)?.name;
    if (cli === undefined || !keepsTranscripts(cli)) return;
    const from = Date.parse(session.startedAt);
    const to = session.endedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(session.endedAt) + SLACK_MS;
    const all = await readTranscripts(cli, context.paths.home(session.polecat), from - SLACK_MS);
    const entries = await entriesOf(
      context,
      session.id,
      all.filter(({ at }) => at >= from && at < to),
    );
    if (entries.length > 0) await context.execute(TOWN_ACTOR, { type: 'usage.set', payload: { entries } });
  };

  return {
    async follow() {
      for (const session of context.ledger.data.sessions.values()) {
        if (!isDue(session)) continue;
        try {
          await look(session);
        } catch (error) {
          context.log.warn({ session: session.id, err: error }, 'the transcripts of a session cannot be read');
        }
      }
    },
  };
};

type Entry = CommandInput<'usage.set'>['entries'][number];

const entriesOf = async (
  { config }: Pick<TownContext, 'config'>,
  session: string,
  calls: readonly TranscriptCall[],
): Promise<Entry[]> => {
  if (calls.length === 0) return [];
  const { priceNanos } = await import('../../agents/meter/prices.ts');
  const sums = new Map<string, Entry>();
  for (const { at, model: named, usage } of calls) {
    const model = named || UNKNOWN;
    const day = dayOf(at);
    const nanos = priceNanos(model, usage, { at, overrides: config.prices });
    const one = { session, model, day, calls: 1, usage, nanos: nanos ?? 0, unpriced: nanos === undefined ? 1 : 0 };
    const known = sums.get(`${day} ${model}`);
    sums.set(`${day} ${model}`, known ? plus(known, one) : one);
  }
  return [...sums.values()];
};

const plus = (a: Entry, b: Entry): Entry => ({
  ...a,
  calls: a.calls + b.calls,
  usage: addUsage(a.usage, b.usage),
  nanos: a.nanos + b.nanos,
  unpriced: a.unpriced + b.unpriced,
});
