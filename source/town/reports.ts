import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { GastownError } from '../common/errors.ts';
import { plural } from '../common/text.ts';
import type { Actor } from '../ledger/commands.ts';
import { SEVERITIES, type Session } from '../ledger/schema.ts';
import type { TownContext } from './context.ts';
import { tokenHash } from './effects/session.ts';
import { primeText } from './prime.ts';

type ReportContext = Pick<TownContext, 'ledger' | 'execute'>;

/** What `gt` prints: `record` under `--json`, else `text`. */
export interface ReportAnswer {
  readonly text: string;
  readonly record?: unknown;
}

interface Call {
  readonly context: ReportContext;
  readonly session: Session;
  readonly actor: Actor;
}

/** Applies one report and answers with the text to print. A claim is recorded at once; the town checks it before it counts. */
export const applyReport = async (
  context: ReportContext,
  session: Session,
  report: { verb: ReportVerb; args: unknown },
): Promise<ReportAnswer> => {
  const call = { context, session, actor: { role: 'polecat', name: session.polecat } as const };
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

/** Checks a verb's arguments before it runs. */
const verb =
  <Schema extends z.ZodType>(
    schema: Schema,
    run: (call: Call, args: z.output<Schema>) => Promise<ReportAnswer> | ReportAnswer,
  ) =>
  async (call: Call, given: unknown): Promise<ReportAnswer> => {
    const parsed = schema.safeParse(given);
    if (parsed.success) return run(call, parsed.data);
    const issue = parsed.error.issues[0]!;
    throw new GastownError('usage', `gt: ${issue.path.join('.') || 'arguments'}: ${issue.message}`, {
      hint: 'gt --help shows how it is called.',
    });
  };

const claim = async (
  { context, session, actor }: Call,
  kind: 'done' | 'failed' | 'handoff' | 'escalated',
  told: { summary?: string | undefined; noChange?: boolean | undefined },
) => {
  await context.execute(actor, {
    type: 'session.report',
    payload: {
      id: session.id,
      kind,
      ...(told.summary && { summary: told.summary }),
      ...(told.noChange && { noChange: true }),
    },
  });
};

/** What an agent's `gt` can say. An unknown verb is an error, never a silent success. */
const verbs = {
  done: verb(z.object({ summary: z.string().optional(), noChange: z.boolean().optional() }), async (call, args) => {
    await claim(call, 'done', args);
    return { text: 'Noted. The town takes the work over when this session ends.' };
  }),
  failed: verb(z.object({ summary: z.string().min(1) }), async (call, args) => {
    await claim(call, 'failed', args);
    return { text: 'Noted: this attempt failed. End the session now.' };
  }),
  handoff: verb(z.object({ note: z.string().min(1) }), async (call, { note }) => {
    await claim(call, 'handoff', { summary: note });
    return { text: 'Noted. A fresh session takes over with your note; end this one now.' };
  }),
  escalate: verb(
    z.object({
      title: z.string().min(1),
      body: z.string().default(''),
      severity: z.enum(SEVERITIES).default('medium'),
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
  prime: verb(z.object({}), ({ context, session }) => ({ text: primeText(context, session.polecat) })),
  'mail.send': verb(
    z.object({ to: z.string().min(1), subject: z.string().min(1), body: z.string().default('') }),
    async ({ context, actor }, args) => {
      await context.execute(actor, { type: 'mail.send', payload: args });
      return { text: `Sent to ${args.to}.` };
    },
  ),
  'mail.inbox': verb(z.object({}), async ({ context, session, actor }) => {
    const unread = [...context.ledger.data.mail.values()].filter(mail => mail.to === session.polecat && !mail.readAt);
    if (unread.length === 0) return { text: 'No new mail.', record: [] };
    await context.execute(actor, { type: 'mail.read', payload: { ids: unread.map(mail => mail.id) } });
    const text = unread.map(mail => `From ${mail.from}, ${mail.at}: ${mail.subject}\n${mail.body}`).join('\n\n');
    return { text: `${plural(unread.length, 'message')}\n\n${text}`, record: unread };
  }),
} as const;

export type ReportVerb = keyof typeof verbs;

export const isReportVerb = (name: string): name is ReportVerb => Object.hasOwn(verbs, name);
