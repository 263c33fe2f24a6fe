import { lettersFor } from '../../roles/prompts/letters.ts';
import { primePrompt } from '../../roles/prompts/prime.ts';
import { resumePrompt } from '../../roles/prompts/resume.ts';
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

/** What an agent that goes on with an earlier conversation is told. The polecat as it was before this session began. */
export const resumeText = (context: Pick<TownContext, 'ledger'>, { id, next }: Pick<Polecat, 'id' | 'next'>): string =>
  resumePrompt(context.ledger.data, id, { afterPerson: next !== undefined });
