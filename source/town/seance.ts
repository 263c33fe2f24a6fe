import { readTranscript } from '../agents/wire/transcript.ts';
import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import { sumCosts, usdOf } from '../ledger/costs.ts';
import type { LedgerData, Session } from '../ledger/schema.ts';
import type { TownContext } from './context.ts';
import { readLog } from './logs.ts';

/** One session of a bead, as those see it who ask what became of it. */
export interface SeanceRow {
  /** From 1, the oldest first. */
  readonly n: number;
  readonly session: string;
  readonly bead: string;
  readonly polecat: string;
  readonly agent: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly outcome?: NonNullable<Session['outcome']>;
  /** What it said at its end, in one line. */
  readonly lastWords: string;
  /** USD, where anything is known of it. */
  readonly costUsd?: number;
  /** Calls whose price nobody knows. */
  readonly unpriced?: number;
}

/** Entries of a transcript in which its agent's last words are looked for. */
const LOOKED_AT = 50;
/** Lines shown of a session that cannot be asked. */
export const TAIL_LINES = 40;

type Town = Parameters<typeof readLog>[0] & Pick<TownContext, 'ledger'>;

/** Every session that a bead ever had, oldest first. Throws `not_found` for a bead that nobody knows. */
export const sessionsOf = async (context: Town, bead: string): Promise<SeanceRow[]> => {
  const { data } = context.ledger;
  if (!data.beads.has(bead)) throw new GastownError('not_found', `There is no bead "${safeLine(bead)}".`);
  const sessions = [...data.sessions.values()]
    .filter(session => session.bead === bead)
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  return Promise.all(sessions.map((session, index) => rowOf(context, session, index + 1)));
};

/** The session that a person means by its number or its id. */
export const sessionNamed = (data: LedgerData, { bead, which }: { bead: string; which: string }): Session => {
  const sessions = [...data.sessions.values()]
    .filter(session => session.bead === bead)
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  const found = sessions.find(({ id }, index) => id === which || String(index + 1) === which);
  if (found) return found;
  throw new GastownError('not_found', `${safeLine(bead)} has no session "${safeLine(which)}".`, {
    hint:
      sessions.length === 0 ? 'It never had one.' : `It has 1 to ${sessions.length}: gastown seance ${safeLine(bead)}`,
  });
};

/** The end of what a session said and did, safe to print. */
export const tailOf = (context: Town, session: string): Promise<readonly string[]> =>
  readLog(context, { kind: 'session', session }, { lines: TAIL_LINES, feed: [] });

const rowOf = async (context: Town, session: Session, n: number): Promise<SeanceRow> => {
  const { id, bead, polecat, agent, startedAt, endedAt, outcome } = session;
  const costs = [...context.ledger.data.costs.values()].filter(cost => cost.session === id);
  const { nanos, unpriced } = sumCosts(costs);
  return {
    ...{ n, session: id, bead, polecat, agent, startedAt },
    ...(endedAt !== undefined && { endedAt }),
    ...(outcome !== undefined && { outcome }),
    lastWords: safeLine(await lastWords(context, session)),
    ...(costs.length > 0 && { costUsd: usdOf(nanos), ...(unpriced > 0 && { unpriced }) }),
  };
};

/** What it left on purpose, else what it said last, else what ended it, else the last line of its screen. */
const lastWords = async (context: Town, session: Session): Promise<string> => {
  const meant = session.note ?? session.reported?.summary;
  if (meant?.trim()) return firstLine(meant);
  const said = await readTranscript(context.paths.transcript(session.id), LOOKED_AT);
  const spoken = said.findLast(({ kind, text }) => kind === 'agent' && text.trim() !== '');
  if (spoken) return firstLine(spoken.text);
  if (session.cause) return session.cause.summary;
  return (await tailOf(context, session.id)).findLast(line => line.trim() !== '') ?? '';
};

const firstLine = (text: string): string => text.trim().split('\n')[0]!;
