import type { Ask } from '../../agents/wire/protocol.ts';
import { safeLine, safeText } from '../../common/text.ts';
import type { AttentionRow } from '../view.ts';
import type { ProjectionInput } from './input.ts';
import type { Behind } from './order.ts';

/** Characters of what an agent wants to do that are shown: a whole file, but not all that it could write. */
const DETAIL_CHARS = 100_000;

/**
 * What agents ask before they go on, by their own protocol or on their own screen. The key names the session and the very ask, so that an answer
 * meets this one or none.
 */
export const agentAsks = ({ ledger, world }: ProjectionInput, behind: Behind): readonly AttentionRow[] =>
  openAsks(world).flatMap(({ id, ask, since }) => {
    const session = ledger.data.sessions.get(id);
    const seen = world.sessions.get(id);
    if (!session || session.status === 'ended' || !seen?.alive) return [];
    return {
      key: askKey(id, ask.id),
      subject: session.polecat,
      since,
      behind: behind.get(session.bead) ?? 0,
      // An agent stands still until it is answered.
      severity: 'high' as const,
      ...wordsOf(ask, session),
    };
  });

const openAsks = (world: ProjectionInput['world']): readonly { id: string; ask: Ask; since: number }[] => [
  ...[...world.conversations].flatMap(([id, { asks, askedAt, since }]) =>
    asks.map(ask => ({ id, ask, since: askedAt.get(ask.id) ?? since })),
  ),
  // Whoever has the terminal sees the question there.
  ...[...world.terminals].flatMap(([id, { ask, since }]) =>
    ask && !world.sessions.get(id)?.attached ? [{ id, ask, since }] : [],
  ),
];

/** Names one ask of one session. */
export const askKey = (session: string, ask: string): string => `ask:${session}:${ask}`;

type Words = Pick<AttentionRow, 'kind' | 'title' | 'detail' | 'options'>;

/** Made once an ask: its text may be long, and views are made ten times a second. */
const known = new WeakMap<Ask, Words>();

const wordsOf = (ask: Ask, about: { polecat: string; bead: string; agent: string }): Words => {
  const before = known.get(ask);
  if (before) return before;
  const { length } = ask.detail;
  const rest = length > DETAIL_CHARS ? `\n… and ${length - DETAIL_CHARS} characters more: attach to see them.` : '';
  const words: Words = {
    kind: ask.kind,
    title: safeLine(ask.title),
    detail: safeText(
      `${ask.detail.slice(0, DETAIL_CHARS)}${rest}\n\nAsked by ${about.polecat} (${about.agent}), on ${about.bead}.`,
    ),
    options: ask.options.map(option => ({ ...option, label: safeLine(option.label) })),
  };
  known.set(ask, words);
  return words;
};
