import { GastownError } from '../common/errors.ts';
import { answerBd } from './bd.ts';
import type { TownRequest } from './client.ts';
import type { TownContext } from './context.ts';
import { nudgeText } from './nudges.ts';
import { applyReport, isReportVerb, sessionOfToken } from './reports.ts';

/** Answers what an agent asks with its session's token, by `gt`, `bd` or as a tool; what waits for it is told along. */
export const answerAgent = async (
  context: TownContext,
  { token, verb, args }: TownRequest,
  signal?: AbortSignal,
): Promise<unknown> => {
  const session = sessionOfToken(context, token);
  if (verb === 'bd') return answerBd(context, { role: 'polecat', name: session.polecat }, args);
  if (!isReportVerb(verb)) {
    throw new GastownError('usage', `gt knows no "${verb}".`, { hint: 'gt --help lists what it knows.' });
  }
  const answer = await applyReport(context, session, { verb, args, ...(signal && { signal }) });
  // A hook asks this, and nobody reads what else it prints: nudges wait for the agent's own next call.
  if (verb === 'remind') return answer;
  const nudges = await context.post.drain(session.id);
  return nudges.length === 0 ? answer : { ...answer, nudges: nudges.map(nudgeText) };
};
