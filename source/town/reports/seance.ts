import { z } from 'zod';
import { GastownError } from '../../common/errors.ts';
import { type SeanceRow, sessionNamed, sessionsOf, tailOf } from '../seance.ts';
import { type Call, verb } from './verb.ts';

/** Earlier sessions, for an agent that goes on where they were. It reads what they left; only a person asks them. */
export const seanceVerbs = {
  seance: verb(
    z.object({ bead: z.string().min(1).optional(), session: z.string().min(1).optional() }),
    async (call, { bead: named, session: which }) => {
      const { context, session } = call;
      const bead = ownRig(call, named ?? session.bead);
      if (which === undefined) {
        const record = (await sessionsOf(context, bead)).filter(row => row.session !== session.id);
        const text = record.length > 0 ? record.map(rowLine).join('\n') : `${bead} had no session but this one.`;
        return { text, record };
      }
      const { id } = sessionNamed(context.ledger.data, { bead, which });
      const lines = await tailOf(context, id);
      return { text: lines.join('\n'), record: { session: id, lines } };
    },
  ),
} as const;

/** What other repositories' agents said is no business of this one. */
const ownRig = ({ context, session }: Call, bead: string): string => {
  const known = context.ledger.data.beads.get(bead);
  if (known && (known.id === session.bead || known.town.rig === session.rig)) return bead;
  throw new GastownError('not_found', `There is no bead ${bead} in ${session.rig}.`);
};

const rowLine = ({ n, session, agent, startedAt, outcome, lastWords }: SeanceRow): string =>
  `${n}  ${session}  ${agent}  ${startedAt.slice(0, 16)}  ${outcome ?? 'runs'}  ${lastWords}`.trimEnd();
