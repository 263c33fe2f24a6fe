import { answerOnTerminal } from '../agents/answer-terminal.ts';
import type { HostClient, HostSession } from '../agents/host-client.ts';
import { agentPresets } from '../agents/presets.ts';
import type { TerminalLook } from '../agents/prompt-terminal.ts';
import { type TerminalState, terminalState } from '../agents/screens/layers.ts';
import { type ScreenRules, screenRules } from '../agents/screens/rules.ts';
import { GastownError } from '../common/errors.ts';
import type { Session } from '../ledger/schema.ts';
import type { TownContext } from './context.ts';

/** A terminal that was read: its state, and the screen that it was read from. */
export interface TerminalSeen extends TerminalState {
  readonly rows: readonly string[];
  readonly bytesOut: number;
}

/** How an agent's screen is read: rules of its kind, and a person's own from town.toml. */
export const rulesOf = ({ config }: Pick<TownContext, 'config'>, agent: string): ScreenRules =>
  screenRules({ name: agent, kind: agentPresets(config.agents).get(agent)?.kind ?? agent }, config.screens);

/**
 * Reads the terminals of agents that work on a screen of their own, each only when it printed something or time alone
 * may change what it means. What they do becomes part of what was observed of their sessions.
 */
export const observeTerminals = async (
  context: TownContext,
  host: Pick<HostClient, 'screen'>,
  sessions: readonly HostSession[],
): Promise<void> => {
  const { world, ledger } = context;
  const read = new Set<string>();
  for (const seen of sessions) {
    const session = ledger.data.sessions.get(seen.id);
    if (!session || !seen.alive || session.status === 'ended' || !hasScreen(context, session, seen)) continue;
    read.add(seen.id);
    const before = world.terminals.get(seen.id);
    const rows = before?.bytesOut === seen.bytesOut ? before.rows : await host.screen(seen.id);
    const state = stateOf(context, session, { seen, rows });
    world.terminals.set(seen.id, { ...state, rows, bytesOut: seen.bytesOut });
    const { since, source, confidence, evidence, turns } = state;
    const asks = state.ask ? 1 : 0;
    world.sessions.set(seen.id, {
      ...world.sessions.get(seen.id)!,
      agent: { state: state.state, since, source, confidence, evidence, turns, asks },
    });
    if (before?.ask?.id !== state.ask?.id || before?.state !== state.state) context.changed();
  }
  for (const id of world.terminals.keys()) if (!read.has(id)) world.terminals.delete(id);
};

/** Its terminal as it is at this moment. Throws `invalid` or `not_found` when its process has ended. */
export const lookAtTerminal = async (
  context: TownContext,
  host: Pick<HostClient, 'list' | 'screen'>,
  session: Session,
): Promise<TerminalLook> => {
  // The screen first: what is told of its modes is never older than what it shows.
  const rows = await host.screen(session.id);
  const seen = (await host.list()).find(({ id, alive }) => id === session.id && alive);
  if (!seen) throw new GastownError('invalid', 'Its process has ended.', { ids: { session: session.id } });
  return { ...stateOf(context, session, { seen, rows }), rows, seen };
};

/** Answers what an agent asks on its own screen: see `answerOnTerminal`. */
export const answerTerminal = async (
  context: TownContext,
  session: Session,
  answer: { ask: string; option: string },
): Promise<void> => {
  const host = await context.host();
  const look = () => lookAtTerminal(context, host, session);
  await answerOnTerminal({ ...answer, session: session.id, host, look });
};

/** A script's output is no screen to be read, unless it says of itself what it does, or a person gave rules for it. */
const hasScreen = ({ config }: TownContext, { mode, agent }: Session, { status }: HostSession): boolean =>
  mode === 'terminal' || (mode === undefined && (status !== undefined || config.screens[agent] !== undefined));

const stateOf = (
  context: TownContext,
  session: Session,
  { seen, rows }: { seen: HostSession; rows: readonly string[] },
): TerminalState => {
  const { status, title, lastOutputAt } = seen;
  const sight = {
    rows,
    ...(status && { status }),
    ...(title && { title }),
    ...(lastOutputAt !== undefined && { lastOutputAt }),
  };
  const before = context.world.terminals.get(session.id);
  return terminalState(sight, { rules: rulesOf(context, session.agent), before, now: context.now() });
};
