import type { WorldView } from '../../../roles/role.ts';
import { whyHookWaits } from '../../../roles/unstarted.ts';
import { duration, safeLine } from '../../common/text.ts';
import type { Polecat, Session } from '../../ledger/schema.ts';
import type { AgentActivity, PolecatRow } from '../view.ts';
import { worldViewOf } from '../world.ts';
import type { ProjectionInput } from './input.ts';

/** Polecats by name; each with what its state is known from. */
export const polecatRows = (input: ProjectionInput): PolecatRow[] => {
  const view = worldViewOf(input, input.now);
  return [...input.ledger.data.polecats.values()]
    .sort((a, b) => a.id.localeCompare(b.id))
    .map(polecat => polecatRow(input, polecat, view));
};

/** Memory is shown no finer: it changes all the time, and a row that stays the same is not drawn anew. */
const MEMORY_STEP_BYTES = 10_000_000;

const polecatRow = (input: ProjectionInput, polecat: Polecat, view: WorldView): PolecatRow => {
  const { ledger, world } = input;
  const bead = polecat.hook === undefined ? undefined : ledger.data.beads.get(polecat.hook);
  const session = polecat.session === undefined ? undefined : ledger.data.sessions.get(polecat.session);
  const current = session && session.status !== 'ended' ? session : undefined;
  const seen = current && world.sessions.get(current.id);
  return {
    id: polecat.id,
    name: safeLine(polecat.name),
    rig: polecat.rig,
    state: polecat.state,
    since: Date.parse(polecat.since),
    live: seen?.alive ?? false,
    attempt: current?.attempt ?? 0,
    landed: polecat.landed,
    bounced: polecat.bounced,
    failed: polecat.failed,
    evidence: evidenceOf(input, polecat, view),
    ...(bead && { bead: bead.id, beadTitle: safeLine(bead.title) }),
    ...(polecat.session && { lastSession: polecat.session }),
    ...(current && {
      session: current.id,
      agent: safeLine(current.agent),
      activity: activityOf(input, current),
      ...modeOf(input, current),
      ...(current.sandbox?.on !== true && {
        unsandboxed: safeLine(current.sandbox?.why ?? 'it was started without one'),
      }),
    }),
    ...doingOf(input, current),
    ...(seen?.residentBytes !== undefined && {
      memoryBytes: Math.ceil(seen.residentBytes / MEMORY_STEP_BYTES) * MEMORY_STEP_BYTES,
    }),
    ...(seen?.lastOutputAt && { lastOutputAt: seen.lastOutputAt }),
  };
};

/** What the agent says it does; the screen of one that is talked to by its protocol holds nothing but complaints. */
const doingOf = ({ world }: ProjectionInput, session: Session | undefined): { doing?: string } => {
  if (!session) return {};
  const conversation = world.conversations.get(session.id);
  const doing = conversation
    ? conversation.failure || conversation.limited?.message || conversation.doing
    : (world.terminals.get(session.id)?.doing ?? world.sessions.get(session.id)?.lastLine);
  return doing ? { doing: safeLine(doing) } : {};
};

const modeOf = ({ world }: ProjectionInput, session: Session): Pick<PolecatRow, 'mode'> => {
  if (world.sessions.get(session.id)?.attached) return { mode: 'attached' };
  return session.mode === undefined ? {} : { mode: session.mode };
};

/** From the best layer that said anything. Of a script its process says it all; of a screen nobody could read, nothing. */
const activityOf = ({ world }: ProjectionInput, session: Session): AgentActivity => {
  const seen = world.sessions.get(session.id);
  const since = Date.parse(session.startedAt);
  const process = { since, source: 'process', confidence: 'sure' } as const;
  if (!world.hostReachable || !seen)
    return { ...process, state: 'unknown', evidence: 'its process is not seen', confidence: 'guess' };
  if (!seen.alive) return { ...process, state: 'failed', evidence: 'its process has ended' };
  const { agent } = seen;
  if (agent) {
    return {
      state: agent.state,
      since: agent.since,
      source: agent.source,
      confidence: agent.confidence ?? 'sure',
      evidence: safeLine(agent.evidence),
      ...(agent.limitedUntil !== undefined && { limitedUntil: agent.limitedUntil }),
    };
  }
  if (session.mode === undefined) return { ...process, state: 'working', evidence: 'its command runs' };
  return { ...process, state: 'unknown', evidence: 'only its process is seen', confidence: 'guess' };
};

/** Where the state is known from, and how old that is: ages by the minute, so that an unchanged row stays the same row. */
const evidenceOf = ({ world, ledger, now }: ProjectionInput, polecat: Polecat, view: WorldView): string => {
  if (!polecat.hook) return 'nothing on its hook';
  const session = polecat.session ? ledger.data.sessions.get(polecat.session) : undefined;
  if (!session || session.status === 'ended')
    return `between sessions: ${safeLine(whyHookWaits(view, polecat) ?? 'one is started')}`;
  if (!world.hostReachable) return 'unknown: the terminal host cannot be reached';
  const seen = world.sessions.get(session.id);
  if (!seen) return 'unknown: the terminal host does not know its session';
  if (!seen.alive)
    return seen.signal
      ? `process ended by signal ${seen.signal}`
      : `process ended with exit code ${seen.exitCode ?? 'unknown'}`;
  const quietMs = now - seen.lastProgressAt;
  return quietMs < 10_000
    ? 'process runs, progress just now'
    : `process runs, last progress ${duration(Math.floor(quietMs / 10_000) * 10_000)} ago`;
};
