import { z } from 'zod';
import { agentPresets } from '../../agents/presets.ts';
import { GastownError } from '../../common/errors.ts';
import { plural, safeLine } from '../../common/text.ts';
import type { Bead, Convoy, LedgerData } from '../../ledger/schema.ts';
import { MAYOR_ACTOR } from '../context.ts';
import { likelyDuplicates } from '../plan/duplicates.ts';
import { proposalOf } from '../plan/proposal.ts';
import type { Plan } from '../plan.ts';
import { type Call, type ReportAnswer, someText, verb } from './verb.ts';

/** What an agent in the Mayor's role hands in: a plan, which a person approves or not. */
export const planningVerbs = {
  propose: verb(z.object({ text: someText, base: z.string().optional() }), async (call, { text, base }) => {
    const { context, session } = call;
    const bead = planningBead(call);
    const { planInput } = await import('../plan/shown.ts');
    const plan = withAgent(await readProposal(call, text), { rigAgent: rigAgentOf(call), planner: session.agent });
    const before = proposalOf(context.ledger.data, bead.id);
    await context.execute(
      MAYOR_ACTOR,
      { type: 'plan.propose', payload: { bead: bead.id, ...planInput(plan), ...(base !== undefined && { base }) } },
      `Proposed by ${session.polecat} for ${bead.id}.`,
    );
    return proposed(context.ledger.data, proposalOf(context.ledger.data, bead.id)!, before);
  }),
  plan: verb(z.object({}), async ({ context, session }) => {
    const convoy = proposalOf(context.ledger.data, session.bead) ?? convoyOf(context.ledger.data, session.bead);
    if (!convoy) return { text: 'There is no plan yet.' };
    const { showConvoy } = await import('../plan/shown.ts');
    const { text, version } = showConvoy(context.ledger.data, convoy.id);
    return { text: `Plan ${convoy.id} (${convoy.status}), version ${version}\n\n${text}`, record: convoy };
  }),
} as const;

const convoyOf = (data: LedgerData, bead: string): Convoy | undefined => {
  const id = data.beads.get(bead)?.town.convoy;
  return id === undefined ? undefined : data.convoys.get(id);
};

const planningBead = ({ context, session }: Call): Bead => {
  const bead = context.ledger.data.beads.get(session.bead);
  if (bead?.town.role === 'mayor') return bead;
  throw new GastownError('forbidden', `${session.bead} is to be done, not planned.`, {
    hint: 'File what you find with bd create; hand your work in with gt done.',
  });
};

const rigAgentOf = ({ context, session }: Call): string => context.ledger.data.rigs.get(session.rig)?.agent ?? SHELL;

/** What is wrong with it is said with the line, so that its writer can put it right and hand it in again. */
const readProposal = async ({ context }: Call, text: string): Promise<Plan> => {
  // The reader of Markdown is loaded for those who plan only.
  const { parsePlan } = await import('../plan.ts');
  try {
    return parsePlan(text, 'plan', {
      known: liveBeads(context.ledger.data),
      agents: new Set(agentPresets(context.config.agents).keys()),
    });
  } catch (error) {
    if (!(error instanceof GastownError) || error.code !== 'plan_invalid') throw error;
    throw new GastownError('plan_invalid', error.message, {
      hint: `${error.hint && !error.hint.includes('import') ? `${error.hint} ` : ''}Nothing was proposed: correct it and call gt propose again.`,
      cause: error,
    });
  }
};

const liveBeads = (data: LedgerData): Set<string> =>
  new Set([...data.beads.values()].filter(({ status }) => status !== 'tombstone').map(({ id }) => id));

const SHELL = 'shell';
const SCRIPT = /^ {0,3}(```+|~~~+)[ \t]*sh[ \t]*$/m;

/** Where scripts are the repository's usual work, a bead without one is for an agent that can read: the one that planned it. */
const withAgent = (plan: Plan, { rigAgent, planner }: { rigAgent: string; planner: string }): Plan => ({
  ...plan,
  beads: plan.beads.map(bead =>
    bead.agent === undefined && rigAgent === SHELL && !SCRIPT.test(bead.description)
      ? { ...bead, agent: planner }
      : bead,
  ),
});

const proposed = (data: LedgerData, convoy: Convoy, before: Convoy | undefined): ReportAnswer => {
  const isNew = before?.id !== convoy.id;
  const duplicates = likelyDuplicates(data, convoy);
  return {
    text: [
      `${isNew ? 'Proposed' : 'Proposed again'} as ${convoy.id}, version ${convoy.proposal!.version}: ` +
        `${plural(convoy.beads.length, 'bead')}. A person sees it now; nothing starts before they approve it.`,
      ...duplicates.map(
        ({ bead, like }) =>
          `${bead.id} "${safeLine(bead.title)}" may be the same as ${like.id} "${safeLine(like.title)}", which is ${like.status}: bd show ${like.id}.`,
      ),
      duplicates.length > 0
        ? 'Where it is the same, propose again without it (needs: may name the bead that is there); then gt done.'
        : 'If it is as you want it, end with: gt done -m "<one line>".',
    ].join('\n'),
    record: { ...convoy, duplicates: duplicates.map(({ bead, like }) => ({ bead: bead.id, like: like.id })) },
  };
};
