import type { Conversation } from '../../agents/wire/conversation.ts';
import type { LedgerData } from '../../ledger/schema.ts';

/** What the turns of each working session cost, as far as it is known: what one that runs may still add. */
export interface Turns {
  /** Looks at the conversations; answers whether a turn ended since the last look. */
  follow(conversations: ReadonlyMap<string, Conversation>, spent: (session: string) => number): boolean;
  /** The largest turn so far of a session whose turn runs; 0 for one that has none under way. */
  inFlight(session: string): number;
}

/**
 * An agent has ended and nobody has said yet what of. What it cost must be on record by then: one whose calls were refused
 * for want of money has not failed.
 */
export const hasUnjudgedEnd = (
  { sessions }: Pick<LedgerData, 'sessions'>,
  seen: ReadonlyMap<string, { readonly alive: boolean }>,
): boolean => [...seen].some(([id, { alive }]) => !alive && sessions.has(id) && sessions.get(id)!.status !== 'ended');

interface Known {
  readonly turns: number;
  /** When this turn began. */
  readonly spentBefore: number;
  readonly largest: number;
  readonly isWorking: boolean;
}

export const createTurns = (): Turns => {
  const known = new Map<string, Known>();
  return {
    follow(conversations, spent) {
      let ended = false;
      for (const session of known.keys()) if (!conversations.has(session)) known.delete(session);
      for (const [session, { turns, state }] of conversations) {
        const now = spent(session);
        const before = known.get(session) ?? { turns, spentBefore: now, largest: 0, isWorking: false };
        const isNext = turns > before.turns;
        ended ||= isNext;
        known.set(session, {
          turns,
          spentBefore: isNext ? now : before.spentBefore,
          largest: Math.max(before.largest, now - before.spentBefore),
          isWorking: state === 'working' || state === 'waiting',
        });
      }
      return ended;
    },
    inFlight(session) {
      const one = known.get(session);
      return one?.isWorking ? one.largest : 0;
    },
  };
};
