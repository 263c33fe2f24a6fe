import { z } from 'zod';
import { mostUrgentFirst } from '../../../roles/prompts/letters.ts';
import { GastownError } from '../../common/errors.ts';
import { plural, safeLine } from '../../common/text.ts';
import { MAIL_PRIORITIES, MAIL_TYPES, type Mail } from '../../ledger/schema.ts';
import { TOWN_ACTOR } from '../context.ts';
import { type Call, someText, verb } from './verb.ts';

const kinds = { type: z.enum(MAIL_TYPES).optional(), priority: z.enum(MAIL_PRIORITIES).optional() };
const ids = z.array(z.string().min(1)).min(1, 'name the message');

/** An agent's mailbox: what lies in it is pending, delivered once it was shown, and done with once it was acknowledged. */
export const mailVerbs = {
  'mail.send': verb(
    z.object({ to: z.string().min(1), subject: z.string().min(1), body: z.string().default(''), ...kinds }),
    async ({ context, actor }, args) => {
      const { written } = await context.execute(actor, { type: 'mail.send', payload: args });
      return { text: `Sent to ${args.to}.`, record: written[0] && context.ledger.data.mail.get(written[0].id) };
    },
  ),
  'mail.reply': verb(z.object({ id: z.string().min(1), body: someText, ...kinds }), async (call, { id, ...said }) => {
    const { context, actor } = call;
    const { written } = await context.execute(actor, { type: 'mail.send', payload: { ...said, replyTo: id } });
    const letter = context.ledger.data.mail.get(written[0]!.id)!;
    return { text: `Answered to ${letter.to}; ${id} counts as read.`, record: letter };
  }),
  'mail.inbox': verb(z.object({ all: z.boolean().default(false) }), async ({ context, session }, { all }) => {
    const letters = [...context.ledger.data.mail.values()]
      .filter(letter => letter.to === session.polecat && (all || !letter.readAt))
      .sort(mostUrgentFirst);
    if (letters.length === 0) return { text: all ? 'No mail.' : 'No new mail.', record: [] };
    const pending = letters.filter(letter => !letter.deliveredAt).map(({ id }) => id);
    if (pending.length > 0) await context.execute(TOWN_ACTOR, { type: 'mail.deliver', payload: { ids: pending } });
    const head = `${plural(letters.length, 'message')}; gt mail read <id> shows one, gt mail ack <id> is done with it`;
    return { text: [head, ...letters.map(headline)].join('\n'), record: letters };
  }),
  'mail.read': verb(z.object({ ids }), async (call, args) => {
    const letters = args.ids.map(id => ownLetter(call, id));
    await acknowledge(call, letters);
    return { text: letters.map(whole).join('\n\n'), record: letters };
  }),
  'mail.ack': verb(z.object({ ids }), async (call, args) => {
    await acknowledge(
      call,
      args.ids.map(id => ownLetter(call, id)),
    );
    return { text: `${plural(args.ids.length, 'message')} acknowledged.` };
  }),
} as const;

const ownLetter = ({ context, session }: Call, id: string): Mail => {
  const letter = context.ledger.data.mail.get(id);
  if (letter?.to === session.polecat) return letter;
  throw new GastownError('not_found', `There is no message ${safeLine(id)} for you.`, { hint: 'gt mail inbox' });
};

const acknowledge = async ({ context, actor }: Call, letters: readonly Mail[]): Promise<void> => {
  const unread = letters.filter(({ readAt }) => !readAt).map(({ id }) => id);
  if (unread.length > 0) await context.execute(actor, { type: 'mail.read', payload: { ids: unread } });
};

const headline = ({ id, from, at, subject, priority, readAt }: Mail): string =>
  `${id}  ${at}  ${safeLine(from)}  ${priority && priority !== 'normal' ? `[${priority}] ` : ''}${safeLine(subject)}${readAt ? '  (read)' : ''}`;

const whole = (letter: Mail): string =>
  [
    `From ${safeLine(letter.from)}, ${letter.at}: ${safeLine(letter.subject)}`,
    ...(letter.replyTo ? [`In answer to ${letter.replyTo}`] : []),
    letter.body,
  ].join('\n');
