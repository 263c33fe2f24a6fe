import { isGastownError } from '../common/errors.ts';
import { TOWN_ACTOR, type TownContext } from './context.ts';
import { RUNS } from './effects/launch.ts';
import { applyInbox } from './recover.ts';
import { observeTerminals } from './terminals.ts';
import type { createMachineProbe } from './world.ts';

/** What changed outside since the last tick. Connects to the host only when a session needs it: an idle town starts nothing. */
export const observe = async (context: TownContext, probe: ReturnType<typeof createMachineProbe>): Promise<void> => {
  const { world, ledger } = context;
  world.machine = await probe.sample(context.hostIfConnected()?.pid);
  await applyInbox(context);
  if (!context.hostIfConnected()) {
    if (ledger.awayHost !== undefined && !(await context.hostIfRunning())) {
      world.hostReachable = true;
      world.sessions.clear();
      return;
    }
    const needed = [...ledger.data.sessions.values()].some(session => session.status !== 'ended');
    if (!needed && ledger.awayHost === undefined) {
      world.hostReachable = true;
      world.sessions.clear();
      return;
    }
  }
  try {
    const host = await context.host();
    const seen = await host.list();
    world.sessions.clear();
    for (const session of seen) {
      world.sessions.set(session.id, {
        alive: session.alive,
        pid: session.pid,
        startedAt: session.startedAt,
        bytesOut: session.bytesOut,
        lastProgressAt: session.lastProgressAt,
        lastLine: session.lastLine,
        attached: session.attached > 0,
        ...endOf(session, ledger.data.sessions.get(session.id)?.sandbox?.on === true),
        ...(session.residentBytes !== undefined && { residentBytes: session.residentBytes }),
        ...(session.lastOutputAt !== undefined && { lastOutputAt: session.lastOutputAt }),
      });
    }
    world.hostReachable = true;
    await context.wires.follow();
    addConversations(context);
    await observeTerminals(context, host, seen);
    await recordStarted(context);
  } catch (error) {
    if (!isGastownError(error)) throw error;
    world.hostReachable = false;
    context.log.warn({ err: error }, 'the terminal host cannot be reached');
  }
};

/** A sandbox says by its exit code which signal ended the agent inside, as a shell does; its own end by one means the same. */
const endOf = (
  { exitCode, signal }: { readonly exitCode?: number; readonly signal?: number },
  isConfined: boolean,
): { exitCode?: number; signal?: number } => {
  const isSignal = isConfined && !signal && exitCode !== undefined && exitCode > 128 && exitCode <= 128 + MAX_SIGNAL;
  if (isSignal) return { signal: exitCode - 128 };
  return { ...(exitCode !== undefined && { exitCode }), ...(signal !== undefined && { signal }) };
};

const MAX_SIGNAL = 64;

/** What structured agents say of themselves is progress and output as well, and the best evidence of their state. */
const addConversations = ({ world }: TownContext): void => {
  for (const [id, conversation] of world.conversations) {
    const seen = world.sessions.get(id);
    if (!seen) continue;
    world.sessions.set(id, {
      ...seen,
      lastProgressAt: Math.max(seen.lastProgressAt, conversation.heardAt),
      bytesOut: seen.bytesOut + (conversation.heardLines > 0 ? 1 : 0),
      agent: {
        state: conversation.state,
        since: conversation.since,
        source: 'protocol',
        evidence: conversation.failure || conversation.evidence,
        ...(conversation.doing && { doing: conversation.doing }),
        turns: conversation.turns,
        asks: conversation.asks.length,
        ...(conversation.limited?.until !== undefined && { limitedUntil: conversation.limited.until }),
      },
    });
  }
};

/** A session whose start was not recorded before a crash, but whose process runs: it is running. */
const recordStarted = async (context: TownContext): Promise<void> => {
  for (const session of context.ledger.data.sessions.values()) {
    const seen = context.world.sessions.get(session.id);
    if (session.status !== 'starting' || !seen?.alive || context.now() - seen.startedAt < UNRECORDED_AFTER_MS) continue;
    await context.execute(TOWN_ACTOR, { type: 'session.running', payload: { id: session.id, pid: seen.pid } }, RUNS);
  }
};

/** A start under way records itself well within this. */
const UNRECORDED_AFTER_MS = 2_000;
