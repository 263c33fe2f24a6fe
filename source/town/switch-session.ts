import { GastownError } from '../common/errors.ts';
import type { Session, SessionMode } from '../ledger/schema.ts';
import { TOWN_ACTOR, type TownContext } from './context.ts';

/** An interrupted turn ends within a second; a tool that does not care is ended with the session. */
const TURN_END_LIMIT_MS = 4_000;
/** From the end of one session to the next one's process: a checkout that stays, and the start of a CLI. */
const START_LIMIT_MS = 30_000;

/**
 * Has a polecat's structured session ended at a turn's boundary and the next started for the same bead and conversation in the
 * other mode (the Polecat role does both); its checkout stays as it is. Resolves with the new session once its process runs. Throws `invalid` where
 * the agent cannot go on with a conversation, `conflict` when something else happened to the polecat meanwhile.
 */
export const switchSession = async (context: TownContext, id: string, mode: SessionMode): Promise<string> => {
  const { ledger } = context;
  const session = ledger.data.sessions.get(id);
  const polecat = session && ledger.data.polecats.get(session.polecat);
  if (!session || !polecat || session.status === 'ended' || polecat.session !== id) {
    throw new GastownError('conflict', 'This session is over.', { ids: { session: id } });
  }
  if (session.conversation === undefined) {
    throw new GastownError('invalid', `${session.agent} has not begun a conversation that could go on elsewhere.`, {
      hint: 'Try again in a moment; o tells it something without attaching.',
      ids: { session: id },
    });
  }
  await endTurn(context, id);
  await context.execute(
    TOWN_ACTOR,
    { type: 'polecat.next', payload: { id: polecat.id, mode, resume: session.conversation } },
    mode === 'terminal' ? 'A person takes its terminal.' : 'The person left its terminal.',
  );
  context.wake();
  return (await nextSession(context, { polecat: polecat.id, bead: session.bead, old: id })).id;
};

/** Interrupts a turn under way and waits for its end, but not for long. */
const endTurn = async (context: TownContext, session: string): Promise<void> => {
  const wire = context.wire(session);
  if (!wire || !IN_TURN.has(wire.conversation.state)) return;
  await wire.act({ type: 'interrupt' });
  await until(context, TURN_END_LIMIT_MS, () => (IN_TURN.has(wire.conversation.state) ? undefined : true));
};

const IN_TURN: ReadonlySet<string> = new Set(['working', 'waiting']);

const nextSession = async (
  context: TownContext,
  wanted: { polecat: string; bead: string; old: string },
): Promise<Session> => {
  const { sessions, polecats } = context.ledger.data;
  const found = await until(context, START_LIMIT_MS, () => {
    const polecat = polecats.get(wanted.polecat);
    if (polecat?.hook !== wanted.bead) return 'gone' as const;
    const next = polecat.session === wanted.old ? undefined : sessions.get(polecat.session ?? '');
    return next?.status === 'running' && context.world.sessions.get(next.id)?.alive ? next : undefined;
  });
  if (typeof found === 'object') return found;
  throw new GastownError('conflict', `${wanted.polecat} did not come back for ${wanted.bead}.`, {
    hint: `gastown why ${wanted.bead} tells what happened instead.`,
    ids: { polecat: wanted.polecat },
  });
};

/** What `look` finds, asked again after every event of the town; undefined when the time is over. */
const until = async <T>(context: TownContext, limitMs: number, look: () => T | undefined): Promise<T | undefined> => {
  for (const end = Date.now() + limitMs; Date.now() < end && !context.closing.aborted; ) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise(resolve => setTimeout(resolve, LOOK_MS));
  }
  return look();
};
const LOOK_MS = 50;
