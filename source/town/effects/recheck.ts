import type { Evidence } from '../../../roles/role.ts';
import type { TownContext } from '../context.ts';

/**
 * Whether what an action against a session rests on still holds: its process, its progress and its turns are looked at
 * once more, since a decision is as old as the look before it. Where it no longer holds nothing is done and the log says so.
 */
export const stillHolds = async (
  context: TownContext,
  session: string,
  evidence: Evidence | undefined,
): Promise<boolean> => {
  if (!evidence) return true;
  const changed = await changeSince(context, session, evidence);
  if (changed !== undefined) context.log.info({ session, changed }, 'left alone: what was decided on has changed');
  return changed === undefined;
};

const changeSince = async (
  context: TownContext,
  session: string,
  { process, progressAt, silent, turns }: Evidence,
): Promise<string | undefined> => {
  const host = process === 'unknown' ? await context.hostIfRunning() : await context.host();
  const seen = (await host?.list())?.find(({ id }) => id === session);
  if (process === 'unknown') return seen ? 'the terminal host knows it' : undefined;
  if (!seen) return 'the terminal host does not know it';
  if (process === 'over') return seen.alive ? 'its process runs' : undefined;
  if (!seen.alive) return 'its process is over';
  if (seen.attached > 0) return 'a person has its terminal';
  const conversation = context.world.conversations.get(session);
  const heardAt = Math.max(
    seen.lastProgressAt,
    conversation?.heardAt ?? 0,
    context.world.sessions.get(session)?.lastProgressAt ?? 0,
  );
  if (progressAt !== undefined && heardAt > progressAt) return 'it makes progress';
  if (silent && (seen.bytesOut > 0 || (conversation?.heardLines ?? 0) > 0)) return 'it printed something';
  const turnsNow = conversation?.turns ?? context.world.terminals.get(session)?.turns;
  if (turns !== undefined && turnsNow !== undefined && turnsNow !== turns) return 'it ended another turn';
  if (turns !== undefined && conversation?.state === 'working') return 'its next turn runs';
  return undefined;
};
