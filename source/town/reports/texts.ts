import { z } from 'zod';
import { GastownError } from '../../common/errors.ts';
import { addNote, setDesign, textsOf } from '../texts.ts';
import { type Call, someText, verb } from './verb.ts';

const which = { convoy: z.boolean().default(false) };

/** Designs and notes of the bead on an agent's hook, and of its plan. */
export const textVerbs = {
  note: verb(z.object({ ...which, text: someText.optional() }), async (call, { convoy, text }) => {
    const { context, actor } = call;
    const id = subjectOf(call, convoy);
    if (text === undefined) {
      const texts = textsOf(context.ledger.data, id);
      return { text: texts.notes ?? `There are no notes on ${id} yet.`, record: texts };
    }
    const texts = await addNote(context, actor, { id, text });
    return { text: `Noted on ${id}: every later session of it is told.`, record: texts };
  }),
  design: verb(
    z.object({ ...which, text: someText.optional(), base: z.string().optional() }),
    async (call, { convoy, text, base }) => {
      const { context, actor } = call;
      const id = subjectOf(call, convoy);
      if (text === undefined) {
        const texts = textsOf(context.ledger.data, id);
        return {
          text: texts.design ? `Version ${texts.version}\n\n${texts.design}` : `There is no design of ${id} yet.`,
          record: texts,
        };
      }
      const texts = await setDesign(context, actor, { id, text, base });
      return { text: `The design of ${id} is version ${texts.version} now; earlier ones are kept.`, record: texts };
    },
  ),
} as const;

/** The bead of the session, or the plan that the bead is a part of. */
const subjectOf = ({ context, session }: Call, convoy: boolean): string => {
  if (!convoy) return session.bead;
  const id = context.ledger.data.beads.get(session.bead)?.town.convoy;
  if (id !== undefined) return id;
  throw new GastownError('not_found', `${session.bead} does not belong to a plan.`, {
    hint: 'Leave --convoy out to write to the bead itself.',
  });
};
