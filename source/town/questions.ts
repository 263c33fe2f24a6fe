import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import type { Escalation, Session } from '../ledger/schema.ts';
import { OPERATOR, TOWN_ACTOR, type TownContext } from './context.ts';
import { canBeTold } from './nudges.ts';
import { NUDGE_CHARS } from './post.ts';

/** A question of an agent that somebody has answered, or closed without a word. */
export const answerOf = ({ resolution }: Escalation): string =>
  resolution ?? 'The question was closed without an answer: decide by yourself, and say in your report how.';

/**
 * The question once it is answered; undefined when that takes longer, or whoever waits is gone. While somebody waits here,
 * the answer is theirs; else it is brought to the session as a message (`deliverAnswers`).
 */
export const waitForAnswer = async (
  context: Pick<TownContext, 'ledger' | 'closing'>,
  id: string,
  { limitMs, signal }: { limitMs: number; signal?: AbortSignal },
): Promise<Escalation | undefined> => {
  const closed = () => {
    const asked = context.ledger.data.escalations.get(id);
    return asked?.closedAt === undefined ? undefined : asked;
  };
  const ended = AbortSignal.any([context.closing, AbortSignal.timeout(limitMs), ...(signal ? [signal] : [])]);
  if (closed() || ended.aborted) return closed();
  const waiting = waitersOf(context);
  waiting.set(id, (waiting.get(id) ?? 0) + 1);
  const done = Promise.withResolvers<void>();
  const unsubscribe = context.ledger.subscribe(() => closed() && done.resolve());
  ended.addEventListener('abort', () => done.resolve(), { once: true });
  try {
    await done.promise;
    return closed();
  } finally {
    unsubscribe();
    waiting.set(id, waiting.get(id)! - 1);
    if (waiting.get(id) === 0) waiting.delete(id);
  }
};

/**
 * Says answers that nobody waits for any more to the sessions that asked, each once; looked at with every tick, so that one
 * that was given while no town ran arrives as well. A session that is over finds it in `gt prime`.
 */
export const deliverAnswers = (context: TownContext): void => {
  const sending = sendingOf(context);
  for (const asked of context.ledger.data.escalations.values()) {
    const { id, question, closedAt } = asked;
    if (!question || !closedAt || question.toldAt || sending.has(id) || waitersOf(context).has(id)) continue;
    const session = context.ledger.data.sessions.get(question.session);
    if (session?.status !== 'running' || !context.world.sessions.get(session.id)?.alive) continue;
    sending.add(id);
    void tellAnswer(context, asked, session)
      .catch(error => context.log.warn({ session: session.id, err: error }, 'an answer did not reach its session yet'))
      .finally(() => sending.delete(id));
  }
};

const tellAnswer = async (context: TownContext, asked: Escalation, session: Session): Promise<void> => {
  const text = `Answer to your question "${safeLine(asked.title)}": ${answerOf(asked)}`;
  const wire = context.wire(session.id);
  if (wire) await wire.act({ type: 'prompt', text });
  else {
    const whenIdle = canBeTold(context, session);
    const from = asked.closedBy ?? 'the operator';
    await context.post.nudge(session.id, { text: text.slice(0, NUDGE_CHARS), from, urgent: true, whenIdle });
  }
  await context.execute(TOWN_ACTOR, { type: 'question.told', payload: { id: asked.id } });
};

/** A person's answer: one of the choices, by its number or its words, or words of their own. */
export const answerQuestion = async (
  context: Pick<TownContext, 'ledger' | 'execute'>,
  id: string,
  { option, text }: { option: string; text?: string | undefined },
): Promise<string> => {
  const asked = context.ledger.data.escalations.get(id);
  if (!asked?.question) throw new GastownError('not_found', `There is no question ${safeLine(id)}.`);
  const choice = asked.question.choices[Number(option) - 1];
  const answer = [choice, text?.trim()].filter(Boolean).join(': ');
  if (answer === '') throw new GastownError('usage', 'An answer wants words.', { hint: 'Say it, or choose one.' });
  await context.execute(OPERATOR, { type: 'question.answer', payload: { id, answer } }, 'The operator answered it.');
  return `Answered: ${safeLine(answer)}`;
};

/** How many wait for each question, by its id. */
const waitersOf = ({ ledger }: Pick<TownContext, 'ledger'>): Map<string, number> => {
  const known = waiters.get(ledger) ?? new Map<string, number>();
  waiters.set(ledger, known);
  return known;
};
const waiters = new WeakMap<TownContext['ledger'], Map<string, number>>();

/** Answers on their way, by the question's id. */
const sendingOf = ({ ledger }: Pick<TownContext, 'ledger'>): Set<string> => {
  const known = underWay.get(ledger) ?? new Set<string>();
  underWay.set(ledger, known);
  return known;
};
const underWay = new WeakMap<TownContext['ledger'], Set<string>>();
