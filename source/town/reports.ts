import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { GastownError } from '../common/errors.ts';
import { HELP_CATEGORIES, SEVERITIES, type Session } from '../ledger/schema.ts';
import type { TownContext } from './context.ts';
import { tokenHash } from './effects/session.ts';
import { proposalOf } from './plan/proposal.ts';
import { primeText } from './prime.ts';
import { hookVerbs } from './reports/hooks.ts';
import { mailVerbs } from './reports/mail.ts';
import { memoryVerbs } from './reports/memories.ts';
import { planningVerbs } from './reports/planning.ts';
import { questionVerbs } from './reports/questions.ts';
import { seanceVerbs } from './reports/seance.ts';
import { textVerbs } from './reports/texts.ts';
import { type Call, type ReportAnswer, type ReportContext, verb } from './reports/verb.ts';

export type { ReportAnswer } from './reports/verb.ts';

/** Applies one report and answers with the text to print. A claim is recorded at once; the town checks it before it counts. */
export const applyReport = async (
  context: ReportContext,
  session: Session,
  { signal, ...report }: { verb: ReportVerb; args: unknown; signal?: AbortSignal },
): Promise<ReportAnswer> => {
  const actor = { role: 'polecat', name: session.polecat } as const;
  const call = { context, session, actor, ...(signal && { signal }) };
  return verbs[report.verb](call, report.args ?? {});
};

/** The session a token belongs to. Every caller without one is refused alike. */
export const sessionOfToken = (context: Pick<TownContext, 'ledger'>, token: string): Session => {
  const hash = Buffer.from(tokenHash(token));
  for (const session of context.ledger.data.sessions.values()) {
    if (timingSafeEqual(hash, Buffer.from(session.tokenHash))) return session;
  }
  throw new GastownError('forbidden', 'This session is not known to the town.', {
    hint: 'gt works inside a session that the town started.',
  });
};

/**
 * Records a claim in one change of the ledger and reads it back: when this resolves it is in the journal, whatever ends
 * next. Answers with what to tell the agent of it.
 */
const claim = async (
  { context, session, actor }: Call,
  kind: 'done' | 'failed' | 'handoff' | 'escalated',
  told: { summary?: string | undefined; noChange?: boolean | undefined },
): Promise<string> => {
  const { seq } = await context.execute(actor, {
    type: 'session.report',
    payload: {
      id: session.id,
      kind,
      ...(told.summary && { summary: told.summary }),
      ...(told.noChange && { noChange: true }),
    },
  });
  const recorded = context.ledger.data.sessions.get(session.id)?.reported;
  if (recorded?.kind !== kind) throw new GastownError('internal', 'The report was written and is not there.');
  return `Recorded for ${session.bead} as ${kind}, change ${seq}.`;
};

/** What ends an agent's part in its work: its process, or its turn where the town talks with it. */
const endOf = ({ session }: Call): string => (session.mode === 'wired' ? 'turn' : 'session');

/** Planning is done with a plan; told at once, it costs no session. */
const requireProposal = ({ context, session }: Call, nothing: boolean): void => {
  const { data } = context.ledger;
  if (nothing || data.beads.get(session.bead)?.town.role !== 'mayor' || proposalOf(data, session.bead)) return;
  throw new GastownError('conflict', 'No plan was proposed yet.', {
    hint: 'Hand it in with gt propose -f plan.md; where nothing is to be planned: gt done --no-change -m "why".',
  });
};

/** What an agent's `gt` can say. An unknown verb is an error, never a silent success. */
const verbs = {
  done: verb(z.object({ summary: z.string().optional(), noChange: z.boolean().optional() }), async (call, args) => {
    requireProposal(call, args.noChange === true);
    const recorded = await claim(call, 'done', args);
    return { text: `${recorded} The town takes the work over when this ${endOf(call)} ends.` };
  }),
  failed: verb(z.object({ summary: z.string().min(1) }), async (call, args) => {
    const recorded = await claim(call, 'failed', args);
    return { text: `${recorded} End the ${endOf(call)} now.` };
  }),
  handoff: verb(z.object({ note: z.string().min(1) }), async (call, { note }) => {
    const recorded = await claim(call, 'handoff', { summary: note });
    return { text: `${recorded} A fresh session takes over with your note; end this ${endOf(call)} now.` };
  }),
  escalate: verb(
    z.object({
      title: z.string().min(1),
      body: z.string().default(''),
      severity: z.enum(SEVERITIES).optional(),
      category: z.enum(HELP_CATEGORIES).optional(),
    }),
    async (call, args) => {
      const { context, session, actor } = call;
      await context.execute(actor, { type: 'escalation.open', payload: { ...args, subject: session.bead } });
      await claim(call, 'escalated', { summary: args.title });
      return { text: 'A person has been asked. Your session is marked as waiting.' };
    },
  ),
  hook: verb(z.object({}), ({ context, session }) => {
    const bead = context.ledger.data.beads.get(session.bead);
    return bead
      ? { text: `${bead.id}  P${bead.priority}  ${bead.title}`, record: bead }
      : { text: 'Nothing is on your hook.' };
  }),
  prime: verb(z.object({}), async ({ context, session }) => ({
    text: await primeText(context, session.polecat, { delivers: true }),
  })),
  ...planningVerbs,
  ...questionVerbs,
  ...hookVerbs,
  ...textVerbs,
  ...memoryVerbs,
  ...seanceVerbs,
  ...mailVerbs,
} as const;

export type ReportVerb = keyof typeof verbs;

/** The shape of a verb's arguments. */
export const reportSchema = (name: ReportVerb) => verbs[name].schema;

export const isReportVerb = (name: string): name is ReportVerb => Object.hasOwn(verbs, name);
