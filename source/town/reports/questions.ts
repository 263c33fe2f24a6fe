import { z } from 'zod';
import { LIMITS } from '../../ledger/schema.ts';
import { TOWN_ACTOR } from '../context.ts';
import { ASK_WAIT_MS } from '../gt-arguments.ts';
import { answerOf, waitForAnswer } from '../questions.ts';
import { someText, verb } from './verb.ts';

/** What only a person can say, asked so that the agent has the answer in its hand. */
export const questionVerbs = {
  ask: verb(
    z.object({
      text: someText,
      body: z.string().default(''),
      choices: z.array(someText).max(LIMITS.choices).default([]),
    }),
    async ({ context, session, actor, signal }, { text, body, choices }) => {
      const title = text.length > LIMITS.titleChars ? `${text.slice(0, LIMITS.titleChars - 1)}…` : text;
      const { written } = await context.execute(actor, {
        type: 'question.ask',
        payload: { session: session.id, title, body: title === text ? body : `${text}\n\n${body}`.trim(), choices },
      });
      const id = written[0]!.id;
      const answered = await waitForAnswer(context, id, { limitMs: ASK_WAIT_MS, ...(signal && { signal }) });
      const record = context.ledger.data.escalations.get(id);
      if (answered) {
        await context.execute(TOWN_ACTOR, { type: 'question.told', payload: { id } });
        return { text: `Answer: ${answerOf(answered)}`, record };
      }
      return {
        text:
          `Asked as ${id}; nobody has answered yet. Go on with what does not depend on it, or end your turn and wait: ` +
          'the answer comes to you as a message, and gt prime shows it.',
        record,
      };
    },
  ),
} as const;
