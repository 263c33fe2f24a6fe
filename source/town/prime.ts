import { lettersFor } from '../../roles/prompts/letters.ts';
import { primePrompt } from '../../roles/prompts/prime.ts';
import { isGastownError } from '../common/errors.ts';
import type { Polecat } from '../ledger/schema.ts';
import { TOWN_ACTOR, type TownContext } from './context.ts';

/**
 * What `gt prime` shows a polecat: its hook, designs and notes, why earlier work came back, mail, memories, and how to
 * report. With `delivers` somebody reads it: the messages in it count as delivered, and as shown once more.
 */
export const primeText = async (
  context: Pick<TownContext, 'ledger' | 'post' | 'execute' | 'log'>,
  polecat: string,
  { delivers }: { delivers: boolean },
): Promise<string> => {
  const { data } = context.ledger;
  const timesShown = await context.post.timesShown();
  const { shown } = lettersFor(data, polecat, timesShown);
  const text = primePrompt(data, polecat, timesShown);
  if (delivers && shown.length > 0) {
    const isUnread = (id: string) => data.mail.get(id)?.readAt === undefined && data.mail.has(id);
    const pending = shown.filter(({ deliveredAt }) => deliveredAt === undefined).map(({ id }) => id);
    await context.post.countShown(
      shown.map(({ id }) => id),
      isUnread,
    );
    if (pending.length > 0) await recordDelivery(context, pending);
  }
  return text;
};

/** A ledger that takes no writes just now must not keep an agent from its work. */
const recordDelivery = async (context: Pick<TownContext, 'execute' | 'log'>, ids: readonly string[]): Promise<void> => {
  try {
    await context.execute(TOWN_ACTOR, { type: 'mail.deliver', payload: { ids: [...ids] } });
  } catch (error) {
    if (!isGastownError(error)) throw error;
    context.log.warn({ err: error }, 'the delivery of mail was not recorded');
  }
};

/** What an agent that goes on with an earlier conversation is told: it knows its task, and not what happened since. */
export const resumeText = ({ hook = 'your bead', next }: Pick<Polecat, 'hook' | 'next'>): string => {
  const happened = next
    ? `A person has left your terminal; you work on ${hook} by yourself again. Your checkout is as it was.`
    : `Your session for ${hook} was cut short and goes on now. Your checkout is as you left it; what was not committed is in the last commit. Commands that were running are gone.`;
  return `${happened} \`gt prime\` shows the task and everything known of it. Finish the work, commit it, and report with \`gt done\`.`;
};
