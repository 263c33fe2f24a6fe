import { GastownError } from '../common/errors.ts';
import { worksByItself } from './agent-cli.ts';
import type { TownContext } from './context.ts';
import { SESSION_SIZE } from './effects/launch.ts';
import { switchSession } from './switch-session.ts';
import type { Attachment } from './view.ts';

/**
 * Hands a live session's terminal to a person; on detach it goes back to its own size. A session that is talked to by its
 * protocol goes on in a terminal of its own for that time, with the same conversation, bead and checkout, and by its
 * protocol again afterwards.
 */
export const attachSession = async (
  context: TownContext,
  session: string,
  size: { columns: number; rows: number },
): Promise<Attachment> => {
  const seen = context.world.sessions.get(session);
  if (!seen?.alive) {
    throw new GastownError('not_found', 'This session has no live process to attach to.', {
      hint: 'Its log is kept.',
      ids: { session },
    });
  }
  const record = context.ledger.data.sessions.get(session);
  const isWired = record?.mode === 'wired';
  // Also a session that somebody took before and never gave back, because the town ended under them.
  const goesBack = isWired || (record?.conversation !== undefined && worksByItself(context, record.agent));
  const shown = isWired ? await switchSession(context, session, 'terminal') : session;
  const host = await context.host();
  const attachment = await host.attach(shown, size);
  return {
    ...attachment,
    async history() {
      const lines = await host.tail(shown, HISTORY_LINES);
      const now = (await host.list()).find(({ id }) => id === shown);
      return { lines, alternate: now?.alternateScreen ?? false };
    },
    repaint: () => host.serialize(shown),
    detach() {
      attachment.resize(SESSION_SIZE.columns, SESSION_SIZE.rows);
      attachment.detach();
      if (goesBack) giveBack(context, shown);
    },
  };
};

/** Lines of its past that a person can scroll through: what the host keeps. */
const HISTORY_LINES = 1_000;

/** The person has left: the agent works on by itself, unless it ended under their hands. */
const giveBack = (context: TownContext, session: string): void => {
  if (context.ledger.data.sessions.get(session)?.status === 'ended') return;
  switchSession(context, session, 'wired').catch(error =>
    context.log.warn({ session, err: error }, 'the session stays in its terminal'),
  );
};
