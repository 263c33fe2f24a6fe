import { z } from 'zod';
import { reminderFor } from '../../../roles/witness/words.ts';
import { whyRemind } from '../../agents/hooks/remind.ts';
import { verb } from './verb.ts';

/** What the hooks of agents' CLIs ask. */
export const hookVerbs = {
  /** At the end of a turn: what the agent is told instead of stopping, or nothing. */
  remind: verb(z.object({ cli: z.string().default('') }), async ({ context, session }) => {
    const { data } = context.ledger;
    const isAsking = [...data.escalations.values()].some(
      ({ question, closedAt }) => question?.session === session.id && closedAt === undefined,
    );
    const reason = whyRemind({
      hasReported: session.reported !== undefined || session.status === 'ended',
      isAsking,
      times: await context.post.reminders(session.id),
      text: reminderFor(data, session.bead),
    });
    if (reason === undefined) return { text: '' };
    await context.post.countReminder(session.id, id => {
      const known = data.sessions.get(id);
      return known !== undefined && known.status !== 'ended';
    });
    return { text: reason, record: { reason } };
  }),
} as const;
