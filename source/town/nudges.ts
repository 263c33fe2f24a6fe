import { deliverPrompt } from '../agents/deliver.ts';
import { agentPresets } from '../agents/presets.ts';
import { GastownError, isGastownError } from '../common/errors.ts';
import { duration, safeLine, safeText } from '../common/text.ts';
import type { Polecat, Session } from '../ledger/schema.ts';
import type { LedgerEvent } from '../ledger/store.ts';
import type { TownContext } from './context.ts';
import { NUDGE_TTL_MS, type Nudge, URGENT_NUDGE_TTL_MS } from './post.ts';
import { tellTerminal } from './tell-terminal.ts';
import type { NudgeMode } from './view.ts';

/** A terminal whose process, screen and input rest for this long is at its prompt, as far as one can see from outside. */
const QUIET_MS = 2_000;

/** Tells a polecat's session something, in the way that was asked for; answers in one line what became of it. */
export const nudgePolecat = async (
  context: TownContext,
  wish: { polecat: string; text: string; mode?: NudgeMode; urgent?: boolean },
): Promise<string> => {
  const { polecat, session } = sessionOf(context, wish.polecat);
  const text = safeText(wish.text).trim();
  if (text === '') throw new GastownError('usage', 'A nudge wants a text.');
  const mode = wish.mode ?? 'wait-idle';
  if (mode === 'now') {
    await tell(context, session, text);
    return `Sent to ${polecat.name}.`;
  }
  const urgent = wish.urgent === true;
  const whenIdle = mode === 'wait-idle' && canBeTold(context, session);
  await context.post.nudge(session.id, { text, from: 'operator', urgent, whenIdle });
  context.wake();
  const held = `within ${duration(urgent ? URGENT_NUDGE_TTL_MS : NUDGE_TTL_MS)}`;
  return whenIdle
    ? `${polecat.name} is told when it is quiet, or with its next gt call, ${held}.`
    : `${polecat.name} is told with its next gt call, ${held}.`;
};

/** Says what waits for quiet sessions, and lets go of what waits for sessions that are over. Nothing is waited for. */
export const deliverNudges = (context: TownContext): void => {
  for (const [id, nudges] of context.post.waiting()) {
    const session = context.ledger.data.sessions.get(id);
    if (!session || session.status === 'ended') settle(context, id, () => context.post.drop(id));
    else if (nudges.some(({ whenIdle }) => whenIdle) && isQuiet(context, session))
      settle(context, id, () => tellWaiting(context, session));
  }
};

/** An agent that works learns of new mail with its next `gt` call; of urgent mail as soon as it is quiet. */
export const announceMail = async (context: TownContext, event: LedgerEvent): Promise<void> => {
  const letter = context.ledger.data.mail.get(event.written[0]!.id);
  const polecat = letter && letter.to !== letter.from ? context.ledger.data.polecats.get(letter.to) : undefined;
  const session = polecat && currentSession(context, polecat);
  if (!letter || !session) return;
  const urgent = letter.priority === 'urgent';
  const text = `Mail ${letter.id} from ${letter.from}: ${safeLine(letter.subject)} (gt mail read ${letter.id})`;
  try {
    await context.post.nudge(session.id, {
      text,
      from: 'the town',
      urgent,
      whenIdle: urgent && canBeTold(context, session),
    });
  } catch (error) {
    // The message itself lies in the mailbox; an agent that does not listen is not told louder.
    if (!isGastownError(error, 'conflict')) throw error;
  }
};

/** As an agent reads it. */
export const nudgeText = ({ text, from, urgent }: Nudge): string =>
  `[${urgent ? 'urgent ' : ''}nudge from ${safeLine(from)}] ${safeText(text)}`;

const sessionOf = (context: TownContext, named: string): { polecat: Polecat; session: Session } => {
  const { polecats } = context.ledger.data;
  const polecat = polecats.get(named) ?? only([...polecats.values()].filter(({ name }) => name === named));
  if (!polecat) {
    throw new GastownError('not_found', `There is no polecat "${safeLine(named)}".`, {
      hint: 'gastown polecats lists them.',
    });
  }
  const session = currentSession(context, polecat);
  if (session) return { polecat, session };
  throw new GastownError('invalid', `${polecat.id} has no live session to nudge.`, {
    hint: `Mail waits for its next one: gastown mail send ${polecat.id} -s "subject".`,
  });
};

const only = <T>(found: readonly T[]): T | undefined => (found.length === 1 ? found[0] : undefined);

const currentSession = ({ ledger }: TownContext, { session: id }: Polecat): Session | undefined => {
  const session = id === undefined ? undefined : ledger.data.sessions.get(id);
  return session?.status === 'ended' ? undefined : session;
};

/** A script that runs has nobody who reads what is typed; it would answer the next program that asks something. */
export const canBeTold = (context: Pick<TownContext, 'config'>, session: Session): boolean =>
  wayTo(context, session) !== undefined;

/** How a session hears what it does not ask for by `gt`: in words of its protocol, or typed into its terminal. */
const wayTo = (
  { config }: Pick<TownContext, 'config'>,
  { agent, mode }: Session,
): 'protocol' | 'terminal' | undefined => {
  if (mode === 'wired') return 'protocol';
  const reads = mode === 'terminal' || agentPresets(config.agents).get(agent)?.kind === 'pty';
  return reads ? 'terminal' : undefined;
};

/** Where a person has the terminal, what is typed for the town would mix with what they type. */
const isQuiet = (context: TownContext, session: Session): boolean => {
  const seen = context.world.sessions.get(session.id);
  if (!seen?.alive || seen.attached) return false;
  if (wayTo(context, session) === 'protocol') return context.world.conversations.get(session.id)?.state === 'idle';
  return seen.lastOutputAt !== undefined && context.now() - seen.lastProgressAt >= QUIET_MS;
};

/** Tells it at once: steers a turn that is under way, or types. Rejects when nobody is there to hear it. */
const tell = async (context: TownContext, session: Session, text: string): Promise<void> => {
  const wire = context.wire(session.id);
  if (wire) return wire.act({ type: 'prompt', text });
  if (context.world.terminals.has(session.id)) return tellTerminal(context, session, text);
  const host = await context.hostIfRunning();
  const isAlive = (await host?.list())?.some(({ id, alive }) => id === session.id && alive);
  if (!host || !isAlive || wayTo(context, session) === 'protocol')
    throw new GastownError('invalid', `${session.polecat} has no live session to prompt.`);
  await deliverPrompt(host, session.id, text);
};

const tellWaiting = async (context: TownContext, session: Session): Promise<void> => {
  const nudges = await context.post.drain(session.id);
  if (nudges.length === 0) return;
  try {
    await tell(context, session, nudges.map(nudgeText).join('\n'));
  } catch (error) {
    // It was not read: it waits for the next `gt` call, and is not told again by itself.
    for (const { text, from, urgent } of nudges) await context.post.nudge(session.id, { text, from, urgent });
    throw error;
  }
};

/** One delivery a session at a time; what goes wrong is for the log. */
const settle = (context: TownContext, session: string, act: () => Promise<void>): void => {
  const busy = (deliveries.get(context) ?? new Set()) as Set<string>;
  deliveries.set(context, busy);
  if (busy.has(session)) return;
  busy.add(session);
  void act()
    .catch(error => context.log.warn({ session, err: error }, 'a nudge was not delivered'))
    .finally(() => busy.delete(session));
};

const deliveries = new WeakMap<TownContext, Set<string>>();
