import { GastownError } from '../common/errors.ts';
import type { TownContext } from './context.ts';
import { SESSION_SIZE } from './effects/launch.ts';
import type { Attachment } from './view.ts';

/** Hands a live session's terminal to a person; on detach it goes back to its own size. */
export const attachSession = async (
  context: TownContext,
  session: string,
  size: { columns: number; rows: number },
): Promise<Attachment> => {
  const seen = context.world.sessions.get(session);
  if (!seen?.alive) {
    throw new GastownError('not_found', 'This session has no live process to attach to.', {
      hint: 'Its log is under l.',
      ids: { session },
    });
  }
  const host = await context.host();
  const attachment = await host.attach(session, size);
  return {
    ...attachment,
    detach() {
      attachment.resize(SESSION_SIZE.columns, SESSION_SIZE.rows);
      attachment.detach();
    },
  };
};
